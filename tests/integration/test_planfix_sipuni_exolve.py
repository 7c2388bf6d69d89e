"""A first call, its owner and the second call's answer, on PBXs that speak Planfix's API, Sipuni's and Exolve's."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest

from shared.company import Extension
from tests.contract.recorded import ALL
from tests.support.faults import failing
from tests.support.functions import Functions
from tests.support.pbx import TOKEN, api_event
from tests.support.stack import ANNA, BORIS, CLIENT, LINE, Stack, a_company, a_connection

if TYPE_CHECKING:
    from functions.route.answer_lookup import LookupHandler
    from functions.webhook.handle_webhook import WebhookHandler
    from shared.pbx.protocol import PbxResponse

PLANFIX = a_connection("pbx-main", "planfix_api", answerer="first_directed", operator="planfix-api")
SIPUNI = a_connection("sipuni-main", "sipuni", employees_by_ext={"201": ANNA, "202": BORIS})
SIP_IDS = {ANNA: "883140000000701", BORIS: "883140000000702"}
EXOLVE = a_connection("exolve-main", "exolve", employees_by_ext={ext: who for who, ext in SIP_IDS.items()})


RECORDED_LINE = b"74951112233"


@pytest.fixture
def functions(stack: Stack) -> Functions:
    functions = Functions(stack)
    company = a_company(PLANFIX, SIPUNI, EXOLVE)
    people = {
        name: person._replace(extensions={**person.extensions, EXOLVE.id: Extension(SIP_IDS.get(name), None)})
        for name, person in company.employees.items()
    }
    functions.apply(company._replace(employees=people))
    return functions


def play(functions: Functions, operator: str, situation: str) -> list[PbxResponse]:
    """Send what a fixture recorded to the operator's connection."""
    connection = next(each for each in (PLANFIX, SIPUNI, EXOLVE) if each.operator == operator)
    mine = [each for each in ALL if (each.operator, each.situation) == (operator, situation)]
    assert mine
    responses = []
    for record in mine:
        functions.stack.clock.tick(1)
        # The tests' company has a template with owners on the line of the fixtures.
        body = record.request.body.replace(RECORDED_LINE, LINE.removeprefix("+").encode())
        for secret in record.secrets.values():
            body = body.replace(secret.encode(), TOKEN.encode())
        responses.append(
            functions.webhook.handle(
                api_event(
                    connection.id,
                    method=record.request.method,
                    query=record.request.query,
                    headers=record.request.headers,
                    body=body,
                )
            )
        )
    return responses


def owners(stack: Stack) -> list[tuple[str, str]]:
    contact = stack.contact(CLIENT)
    assert contact is not None
    return [(each.who, each.source) for each in contact.responsibles]


def ask_planfix(handler: WebhookHandler | LookupHandler, **fields: str) -> Any:
    body = urlencode({"cmd": "contact", "phone": CLIENT.removeprefix("+"), "planfix_token": TOKEN, **fields}).encode()
    response = handler.handle(api_event("pbx-main", body=body))
    assert response.status == 200
    return json.loads(response.body)


def ask_exolve(handler: WebhookHandler | LookupHandler, query: dict[str, str] | None = None) -> Any:
    params = {"sip_id": LINE.removeprefix("+"), "numberA": CLIENT.removeprefix("+"), "call_sid": "in-2"}
    question = {"id": "7", "jsonrpc": "2.0", "method": "getControlCallFollowMe", "params": params}
    response = handler.handle(api_event("exolve-main", query=query, body=json.dumps(question).encode()))
    assert response.status == 200
    return json.loads(response.body)


@pytest.mark.rule("R4")
@pytest.mark.rule("T1")
def test_planfixs_caller_belongs_to_whom_he_was_first_directed_to(functions: Functions, stack: Stack) -> None:
    assert ask_planfix(functions.route) == {}
    assert {each.status for each in play(functions, "planfix-api", "group_answered")} == {200}
    assert owners(stack) == [("anna", "first_directed")]
    for handler in (functions.webhook, functions.route):
        assert ask_planfix(handler) == {"contact_name": CLIENT, "responsible": "701"}


@pytest.mark.rule("R5")
def test_a_connection_may_let_whoever_picks_up_own_planfixs_caller(functions: Functions, stack: Stack) -> None:
    functions.apply(a_company(PLANFIX._replace(answerer="reported")))
    play(functions, "planfix-api", "group_answered")
    assert owners(stack) == [("boris", "answered")]
    assert ask_planfix(functions.route) == {"contact_name": CLIENT, "responsible": "702"}


@pytest.mark.rule("K3")
@pytest.mark.parametrize("situation", ["hunt_answered", "leg_unavailable"])
def test_planfixs_call_that_goes_from_phone_to_phone_is_one_call(
    functions: Functions, stack: Stack, situation: str
) -> None:
    functions.apply(a_company(PLANFIX._replace(answerer="reported")))
    play(functions, "planfix-api", situation)
    assert owners(stack) == [("boris", "answered")]
    assert (stack.count("call#"), stack.count("phone#")) == (1, 1)


@pytest.mark.rule("C6")
def test_planfixs_missed_call_makes_the_contact_too(functions: Functions, stack: Stack) -> None:
    play(functions, "planfix-api", "missed")
    assert owners(stack) == [("anna", "first_directed")]


@pytest.mark.rule("C7")
@pytest.mark.rule("C4")
@pytest.mark.parametrize("situation", ["outgoing", "withheld", "internal", "commands", "unknown", "lookup"])
def test_what_is_no_clients_call_makes_no_contact(functions: Functions, stack: Stack, situation: str) -> None:
    assert {each.status for each in play(functions, "planfix-api", situation)} == {200}
    assert stack.count("phone#") == 0


def test_planfix_is_refused_in_the_documents_words(functions: Functions) -> None:
    for handler in (functions.webhook, functions.route):
        for fields, status, error in (
            ({"cmd": "contact", "phone": "1", "planfix_token": "wrong"}, 401, "Invalid token"),
            ({"cmd": "contact", "phone": "1"}, 401, "Invalid token"),
            ({"planfix_token": TOKEN}, 400, "Invalid parameters"),
            ({"cmd": "contact", "planfix_token": TOKEN}, 400, "Invalid parameters"),
        ):
            response = handler.handle(api_event("pbx-main", body=urlencode(fields).encode()))
            assert (response.status, json.loads(response.body)) == (status, {"error": error})


@pytest.mark.parametrize("where", ["webhook", "route"])
def test_planfixs_ping_is_answered_at_both_addresses(functions: Functions, where: str) -> None:
    body = urlencode({"cmd": "ping", "planfix_token": TOKEN}).encode()
    response = getattr(functions, where).handle(api_event("pbx-main", body=body))
    assert (response.status, json.loads(response.body)) == (200, {"pbxToken": "", "pbxUrl": ""})


@pytest.mark.rule("R2")
@pytest.mark.parametrize("situation", ["group_answered", "answered_end_only"])
def test_sipunis_caller_belongs_to_who_picked_up_and_every_event_gets_its_answer(
    functions: Functions, stack: Stack, situation: str
) -> None:
    responses = play(functions, "sipuni", situation)
    assert {(each.status, each.body) for each in responses} == {(200, '{"success": true}')}
    assert owners(stack) == [("boris", "answered")]


@pytest.mark.rule("C6")
def test_sipunis_call_that_reached_nobody_is_missed(functions: Functions, stack: Stack) -> None:
    play(functions, "sipuni", "never_reached_an_extension")
    assert owners(stack) == []


@pytest.mark.rule("K7")
@pytest.mark.rule("R11")
def test_after_sipunis_transfer_the_first_answerer_owns_the_caller(functions: Functions, stack: Stack) -> None:
    play(functions, "sipuni", "transfer")
    assert owners(stack) == [("anna", "answered")]
    call = stack.call(SIPUNI, "1795428930.771204")
    assert call is not None
    assert call.last_answer is not None
    assert call.last_answer.leg.employee == "boris"


@pytest.mark.rule("R2")
@pytest.mark.rule("T1")
@pytest.mark.parametrize(("situation", "owner"), [("direct_answered", ANNA), ("hunt_answered", BORIS)])
def test_exolves_caller_is_led_to_his_owner_and_else_to_the_reserve(
    functions: Functions, stack: Stack, situation: str, owner: str
) -> None:
    reserve = {"reserve": "74951112299"}
    first = ask_exolve(functions.webhook, reserve)
    assert [each["REDIRECT_NUMBER"] for each in first["result"]["followme_struct"][1]] == ["74951112299"]
    play(functions, "exolve", situation)
    assert owners(stack) == [(owner, "answered")]
    for handler in (functions.webhook, functions.route):
        second = ask_exolve(handler, reserve)
        assert (second["id"], second["result"]["redirect_type"]) == ("7", 2)
        rows = second["result"]["followme_struct"][1]
        assert [(each["REDIRECT_NUMBER"], each["TIMEOUT"]) for each in rows] == [
            (SIP_IDS[owner], 20),
            ("74951112299", 60),
        ]


@pytest.mark.rule("T12")
def test_exolves_reserve_rings_also_when_the_table_is_gone(functions: Functions, stack: Stack) -> None:
    for handler in (functions.webhook, functions.route):
        ask_exolve(handler)
        with failing({"GetItem", "BatchGetItem"}, stack.dynamodb):
            answer = ask_exolve(handler, {"reserve": "74951112299"})
        assert [each["REDIRECT_NUMBER"] for each in answer["result"]["followme_struct"][1]] == ["74951112299"]
