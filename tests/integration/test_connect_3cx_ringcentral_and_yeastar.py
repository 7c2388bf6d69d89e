"""A PBX that invokes us, one that tells of calls when they are over, one that never asks, one that asks for names."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest

from shared.contact_flow import answer_flow
from tests.support.pbx import TOKEN, api_event
from tests.support.stack import CLIENT, KEY, LINE, Stack, a_company, a_connection

if TYPE_CHECKING:
    from collections.abc import Mapping

    from functions.route.answer_lookup import LookupHandler
    from functions.webhook.handle_webhook import WebhookHandler
    from shared.contact_flow import FlowEvent
    from shared.pbx.protocol import PbxResponse
    from tests.support.functions import Functions

FAMILIES = {
    "connect-main": "amazon_connect",
    "3cx-main": "threecx",
    "rc-main": "ringcentral",
    "yeastar-main": "yeastar",
}


@pytest.fixture(autouse=True)
def _company(functions: Functions) -> None:
    functions.apply(
        a_company(*(a_connection(name, family, answerer="first_directed") for name, family in FAMILIES.items()))
    )


def owners(stack: Stack) -> list[tuple[str, str]]:
    contact = stack.contact(CLIENT)
    assert contact is not None
    return [(each.who, each.source) for each in contact.responsibles]


def invoke(
    handler: WebhookHandler | LookupHandler, call_id: str, connection: str = "connect-main", key: str = KEY, **more: str
) -> Mapping[str, str]:
    contact = {
        "Channel": "VOICE",
        "ContactId": call_id,
        "InitialContactId": call_id,
        "CustomerEndpoint": {"Address": CLIENT, "Type": "TELEPHONE_NUMBER"},
        "SystemEndpoint": {"Address": LINE, "Type": "TELEPHONE_NUMBER"},
        "InitiationMethod": "INBOUND",
    }
    parameters = {"connection": connection, "key": key, **more}
    event: FlowEvent = {"Name": "ContactFlowEvent", "Details": {"ContactData": contact, "Parameters": parameters}}
    return answer_flow(event, handler.handle)


@pytest.mark.rule("R4")
@pytest.mark.rule("T1")
def test_amazon_connect_from_a_first_call_to_the_answer_to_the_second(functions: Functions, stack: Stack) -> None:
    assert invoke(functions.webhook, "c-1") == {}
    assert stack.contact(CLIENT) is None
    assert invoke(functions.webhook, "c-1", event="answered", agent="boris") == {}
    invoke(functions.webhook, "c-1", event="ended")
    assert owners(stack) == [("boris", "first_directed")]
    for handler in (functions.webhook, functions.route):
        answer = invoke(handler, "c-2")
        assert (answer["agent"], answer["employee"], answer["reason"]) == ("702", "boris", "responsible")


def test_a_contact_flow_with_a_wrong_key_or_connection_is_told_and_learns_nothing(functions: Functions) -> None:
    for handler in (functions.webhook, functions.route):
        assert invoke(handler, "c-1", key="wrong") == {"error": "Not found"}
        assert invoke(handler, "c-1", connection="nobody") == {"error": "Not found"}
        assert invoke(handler, "c-1", connection="rc-main") == {"error": "Invalid token"}


@pytest.mark.parametrize(
    "details", [None, [], "x", {}, {"Parameters": []}, {"Parameters": {"connection": 5, "key": {}}}]
)
def test_an_invocation_of_another_shape_is_not_found(functions: Functions, details: Any) -> None:
    event: FlowEvent = {"Name": "ContactFlowEvent", "Details": details}
    assert answer_flow(event, functions.webhook.handle) == {"error": "Not found"}


@pytest.mark.rule("R4")
def test_3cx_from_a_first_call_to_the_answer_to_the_second(functions: Functions, stack: Stack) -> None:
    asking = api_event("3cx-main", method="GET", query={"number": CLIENT})
    assert functions.webhook.handle(asking).body == "{}"
    report = {"call_type": "Inbound", "number": CLIENT, "agent": "701", "started": "2026-11-23T10:15:30Z"}
    assert functions.webhook.handle(api_event("3cx-main", body=urlencode(report).encode())).status == 200
    assert owners(stack) == [("anna", "first_directed")]
    answer = json.loads(functions.webhook.handle(asking).body)
    assert (answer["contact"]["name"], answer["contact"]["responsible"]) == (CLIENT, "701")
    assert functions.route.handle(api_event("3cx-main", body=urlencode(report).encode())).status == 400


def ringcentral(functions: Functions, sequence: int, code: str, token: str = TOKEN) -> PbxResponse:
    party = {
        "extensionId": "anna",
        "direction": "Inbound",
        "from": {"phoneNumber": CLIENT},
        "to": {"phoneNumber": LINE},
        "status": {"code": code},
    }
    body = {
        "telephonySessionId": "s-1",
        "sequence": sequence,
        "eventTime": f"2026-11-23T10:15:{30 + sequence}.000Z",
        "parties": [party],
    }
    document = {"event": "/restapi/v1.0/account/1/telephony/sessions", "body": body}
    return functions.webhook.handle(
        api_event("rc-main", headers={"validation-token": token}, body=json.dumps(document).encode())
    )


@pytest.mark.rule("K2")
def test_ringcentral_is_checked_subscribed_and_heard_in_any_order(functions: Functions, stack: Stack) -> None:
    handshake = functions.webhook.handle(api_event("rc-main", headers={"validation-token": "of-the-vendor"}))
    assert (handshake.status, handshake.headers) == (200, {"Validation-Token": "of-the-vendor"})
    assert ringcentral(functions, 1, "Proceeding", token="guessed").status == 401
    for sequence, code in ((3, "Disconnected"), (1, "Proceeding"), (2, "Answered"), (1, "Proceeding")):
        assert ringcentral(functions, sequence, code).status == 200
    assert owners(stack) == [("anna", "first_directed")]
    call = stack.call(a_connection("rc-main", "ringcentral"), "s-1")
    assert call is not None
    assert (call.state, call.outcome) == ("ended", "answered")


def yeastar(functions: Functions, kind: int, message: dict[str, Any], secret: str = TOKEN) -> PbxResponse:
    body = json.dumps(
        {"type": kind, "sn": "3631B0000000", "msg": json.dumps({"call_id": "1795428930.42", **message})}
    ).encode()
    signature = base64.b64encode(hmac.digest(secret.encode(), body, hashlib.sha256)).decode()
    return functions.webhook.handle(api_event("yeastar-main", headers={"x-signature": signature}, body=body))


def test_yeastar_is_heard_and_a_forged_event_is_not(functions: Functions, stack: Stack) -> None:
    members = [
        {"inbound": {"from": CLIENT[1:], "to": LINE[1:], "member_status": "ALERT"}},
        {"extension": {"number": "702", "member_status": "RING"}},
    ]
    assert yeastar(functions, 30011, {"members": members}, secret="guessed").status == 401
    assert stack.count("call#") == 0
    assert yeastar(functions, 30011, {"members": members}).status == 200
    assert owners(stack) == [("boris", "first_directed")]
    record = {
        "type": "Inbound",
        "status": "ANSWERED",
        "call_from": CLIENT[1:],
        "call_to": "702",
        "did_number": LINE[1:],
    }
    assert yeastar(functions, 30012, record).status == 200
    call = stack.call(a_connection("yeastar-main", "yeastar"), "1795428930.42")
    assert call is not None
    assert (call.state, call.outcome) == ("ended", "answered")
    for token, status in ((TOKEN, 200), ("guessed", 401)):
        headers, query = {"authorization": f"Bearer {token}"}, {"phone": CLIENT[1:]}
        answer = functions.route.handle(api_event("yeastar-main", method="GET", headers=headers, query=query))
        assert (answer.status, '"responsible": "702"' in answer.body) == (status, status == 200)
