"""What a PBX sent is kept as it came, beside its call, without what proved it, and in nobody's way."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any

import pytest

from shared import pbx as families
from shared.company import Retention
from shared.raw_events import RawEvents
from tests.support.faults import failing
from tests.support.functions import SECRETS
from tests.support.pbx import TOKEN, Generic, ItooLabs, Mango
from tests.support.stack import CLIENT, Stack, a_company, a_connection

if TYPE_CHECKING:
    from tests.support.functions import Functions


def raw_items(stack: Stack) -> list[Any]:
    pages = stack.dynamodb.get_paginator("scan").paginate(TableName=stack.table)
    return [item for page in pages for item in page["Items"] if item["sk"]["S"].startswith("raw#")]


def test_each_request_is_kept_in_order_and_reads_as_it_did(functions: Functions, stack: Stack) -> None:
    pbx = ItooLabs(functions.webhook)
    pbx.event("INCOMING", "boris")
    stack.clock.tick(3)
    pbx.event("ACCEPTED", "boris")
    kept = list(RawEvents(stack.dynamodb, stack.table).of_call("megafon-main", pbx.call_id))
    assert [each.arrived for each in kept] == [stack.clock.ms - 3000, stack.clock.ms]
    parsed = [families.family("itoolabs").parse(each.request).events[0].name for each in kept]
    assert parsed == ["INCOMING", "ACCEPTED"]


def test_no_secret_is_kept_with_it(functions: Functions, stack: Stack) -> None:
    ItooLabs(functions.webhook).event("INCOMING", "boris")
    Generic(functions.webhook).event("ringing", ext="701")
    Mango(functions.webhook).leg("ivr-leg", 1, "Appeared", "ivr")
    items = raw_items(stack)
    assert len(items) == 3
    for item in items:
        plain = zlib.decompress(bytes(item["raw"]["B"])).decode()
        for secret in (TOKEN, *SECRETS["mango"].values()):
            assert secret not in plain


def test_it_is_kept_for_the_days_the_company_file_says(functions: Functions, stack: Stack) -> None:
    ItooLabs(functions.webhook).event("INCOMING", "boris")
    (item,) = raw_items(stack)
    assert int(item["expires_at"]["N"]) == stack.clock.ms // 1000 + 7 * 86_400


def test_nothing_is_kept_where_the_company_file_says_so(functions: Functions, stack: Stack) -> None:
    functions.apply(a_company(a_connection(), version=2, retention=Retention(raw_events=0)))
    assert ItooLabs(functions.webhook).event("INCOMING", "boris").status == 200
    assert raw_items(stack) == []


def test_a_call_is_kept_for_the_days_the_company_file_says(functions: Functions, stack: Stack) -> None:
    functions.apply(a_company(a_connection(), version=2, retention=Retention(calls=10)))
    pbx = ItooLabs(functions.webhook)
    pbx.event("INCOMING", "boris")
    key = {"pk": {"S": f"call#megafon-main#{pbx.call_id}"}, "sk": {"S": "call"}}
    item = stack.dynamodb.get_item(TableName=stack.table, Key=key)["Item"]
    assert int(item["expires_at"]["N"]) == stack.clock.ms // 1000 + 10 * 86_400


def test_a_request_that_did_not_prove_itself_is_not_kept(functions: Functions, stack: Stack) -> None:
    assert ItooLabs(functions.webhook, common={"crm_token": "wrong"}).event("INCOMING", "boris").status == 401
    assert raw_items(stack) == []


@pytest.mark.rule("K6")
def test_an_unknown_request_is_kept_with_its_connection(functions: Functions, stack: Stack) -> None:
    assert ItooLabs(functions.webhook).send({"cmd": "something-new"}).status == 200
    (item,) = raw_items(stack)
    assert item["pk"]["S"] == "raw#megafon-main"


def test_a_look_up_alone_is_not_kept(functions: Functions, stack: Stack) -> None:
    Generic(functions.route).ask()
    assert raw_items(stack) == []


def test_an_event_is_stored_and_acknowledged_where_its_request_cannot_be_kept(
    functions: Functions, stack: Stack
) -> None:
    with failing({"PutItem"}, stack.dynamodb):
        assert ItooLabs(functions.webhook).event("INCOMING", "boris").status == 200
    assert stack.contact(CLIENT) is not None
    assert raw_items(stack) == []
