"""Everything held on one person: shown whole, erased whole."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest

from shared.contacts import Contacts
from tests.support.faults import Killed, killed_before_write
from tests.support.functions import Functions
from tests.support.pbx import Generic, ItooLabs
from tests.support.stack import CLIENT, a_company, a_connection

if TYPE_CHECKING:
    from tests.integration.admin.conftest import Answer, RawAdmin
    from tests.support.stack import Stack

SECOND, OTHER = "+79167654321", "+79160009999"


@pytest.fixture
def functions(applied: RawAdmin) -> Functions:
    """Wire the functions to the admin's stack, with the tests' company in force."""
    functions = Functions(applied.stack)
    functions.apply(a_company(a_connection(), a_connection("site", "generic")))
    return functions


def call(functions: Functions, number: int, phone: str = CLIENT) -> None:
    pbx = ItooLabs(functions.webhook, call_id=f"Q7ZK2MTR9X{number:05d}C", phone=phone.removeprefix("+"))
    pbx.event("INCOMING", "boris")
    pbx.event("ACCEPTED", "boris")


def two_numbers_call(functions: Functions) -> None:
    stack = functions.stack
    call(functions, 0)
    contact = stack.contact(CLIENT)
    assert contact is not None
    Contacts(stack.dynamodb, stack.table).renumber(contact, contact._replace(phones=(CLIENT, SECOND)))
    call(functions, 1, SECOND)


def everything_of(stack: Stack, *parts: str) -> list[str]:
    """Find what in the whole table still tells of a person."""
    found = []
    for page in stack.dynamodb.get_paginator("scan").paginate(TableName=stack.table):
        for item in page["Items"]:
            key = f"{item['pk']['S']} {item['sk']['S']}"
            if any(part in key or part in str(item) for part in parts):
                found.append(key)
    return found


def erase(admin: RawAdmin, phone: str = CLIENT) -> Answer:
    return admin.send("POST", "people/erase", json.dumps({"phone": phone}))


def held(admin: RawAdmin, **query: str) -> Any:
    return admin.send("GET", "people", query=urlencode(query)).json


def test_an_erased_person_is_nowhere_in_the_table_and_others_are_untouched(
    functions: Functions, applied: RawAdmin
) -> None:
    stack = applied.stack
    for number in range(3):
        call(functions, number)
    call(functions, 7, OTHER)
    Generic(functions.webhook).event("ringing", ext="701")
    contact = stack.contact(CLIENT)
    assert contact is not None
    receipt = erase(applied).json
    assert (receipt["complete"], receipt["phones"], receipt["contacts"]) == (True, [CLIENT], [contact.id])
    assert (len(receipt["calls"]), receipt["requests"]) == (4, 7)
    assert [key for key in everything_of(stack, CLIENT, contact.id) if not key.startswith("audit#")] == []
    assert everything_of(stack, "Q7ZK2MTR9X00000C", "Q7ZK2MTR9X00002C", "call-1") == []
    assert stack.contact(OTHER) is not None
    assert len(everything_of(stack, "Q7ZK2MTR9X00007C")) == 4  # the contact names it, one call, two requests


def test_the_audit_record_of_an_erasure_does_not_name_the_number(functions: Functions, applied: RawAdmin) -> None:
    call(functions, 0)
    erase(applied)
    assert everything_of(applied.stack, CLIENT, CLIENT.removeprefix("+7")) == []
    assert len(everything_of(applied.stack, "/admin/people/erase")) == 1


def test_every_number_of_a_person_is_erased_by_any_of_them(functions: Functions, applied: RawAdmin) -> None:
    stack = applied.stack
    two_numbers_call(functions)
    receipt = erase(applied, "8 916 765-43-21").json
    assert (sorted(receipt["phones"]), len(receipt["calls"])) == (sorted([CLIENT, SECOND]), 2)
    assert [key for key in everything_of(stack, CLIENT, SECOND) if not key.startswith("audit#")] == []


def test_an_erasure_that_dies_half_way_is_finished_by_the_next(functions: Functions, applied: RawAdmin) -> None:
    stack = applied.stack
    two_numbers_call(functions)
    for number in (2, 4, 5):  # the first write is the audit's
        with pytest.raises(Killed), killed_before_write(number, stack.dynamodb):
            erase(applied)
    assert stack.contact(CLIENT) is not None
    assert erase(applied).json["complete"] is True
    assert [key for key in everything_of(stack, CLIENT, SECOND) if not key.startswith("audit#")] == []


def test_a_message_of_an_erased_call_finds_nothing_and_brings_nobody_back(
    functions: Functions, applied: RawAdmin
) -> None:
    pbx = ItooLabs(functions.webhook)
    pbx.event("INCOMING", "boris")
    erase(applied)
    assert functions.deliver()["batchItemFailures"] == []
    assert applied.stack.contact(CLIENT) is None
    assert functions.sweep() == 0


def test_what_a_connection_sent_without_a_call_is_erased_where_it_names_the_number(
    functions: Functions, applied: RawAdmin
) -> None:
    pbx = ItooLabs(functions.webhook)
    pbx.send({"cmd": "something-new", "who": "8 (916) 123-45-67"})
    pbx.send({"cmd": "something-new", "who": "another"})
    assert len(held(applied, phone=CLIENT)["requests"]) == 1
    assert erase(applied).json["requests"] == 1
    assert applied.stack.count("raw#") == 1


def test_a_person_nobody_knows_leaves_an_empty_receipt(functions: Functions, applied: RawAdmin) -> None:
    receipt = erase(applied).json
    assert (receipt["contacts"], receipt["calls"], receipt["requests"], receipt["complete"]) == ([], [], 0, True)
    assert functions.company is not None


def test_the_receipt_names_what_only_the_company_file_can_take_out(functions: Functions, applied: RawAdmin) -> None:
    assert erase(applied, "+74990000000").json["company_file"] == ["company.blocked: +74990000000"]
    assert erase(applied, "+79160000001").json["company_file"] == ["employees.anna.phones: +79160000001"]
    assert functions.company is not None


def test_everything_held_is_shown_page_by_page(functions: Functions, applied: RawAdmin) -> None:
    for number in range(30):
        applied.stack.clock.tick(60)
        call(functions, number)
    first = held(applied, phone=CLIENT)
    assert (first["contact"]["phones"], len(first["calls"]), len(first["requests"])) == ([CLIENT], 25, 50)
    rest = held(applied, phone=CLIENT, cursor=first["cursor"])
    assert (len(rest["calls"]), len(rest["requests"]), rest["cursor"]) == (5, 10, None)
    assert {
        "connection", "call_id", "arrived_at", "method", "suffix", "query", "body", "body_is_base64",
    } == set(first["requests"][0])  # fmt: skip
    assert any("INCOMING" in each["body"] for each in first["requests"])


def test_a_number_that_is_none_is_refused(applied: RawAdmin) -> None:
    for answer in (erase(applied, "what"), applied.send("GET", "people", query="phone=what")):
        assert (answer.status, answer.json["error"]) == (400, "phone: it cannot be read as a number")
