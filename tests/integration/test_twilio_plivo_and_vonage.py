"""PBXs that ask for a document: from a first call through the admin's own flow to the answer to the second."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest

from tests.support.faults import failing
from tests.support.pbx import TOKEN, api_event
from tests.support.stack import CLIENT, KEY, LINE, Stack, a_company, a_connection

if TYPE_CHECKING:
    from functions.route.answer_lookup import LookupHandler
    from functions.webhook.handle_webhook import WebhookHandler
    from shared.api_gateway import ApiEvent
    from shared.pbx.protocol import PbxResponse
    from tests.support.functions import Functions

HOST = "calls.example.com"
FLOW = "https://flows.example.com/reception"


def called(connection: str, kind: str, suffix: str, flow: str | None, headers: dict[str, str], body: bytes) -> ApiEvent:
    """Word a request at a custom domain as API Gateway does."""
    query = {"flow": flow} if flow else {}
    event = api_event(connection, suffix=suffix, query=query, headers=headers, body=body)
    event["headers"] = {**event["headers"], "host": HOST, "x-forwarded-proto": "https"}
    event["rawPath"] = f"/{kind}/{connection}/{KEY}" + (f"/{suffix}" if suffix else "")
    event["rawQueryString"] = f"flow={flow}" if flow else ""
    event["requestContext"]["domainName"] = HOST
    return event


def address(connection: str, kind: str, suffix: str, flow: str | None) -> str:
    return (
        f"https://{HOST}/{kind}/{connection}/{KEY}"
        + (f"/{suffix}" if suffix else "")
        + (f"?flow={flow}" if flow else "")
    )


@dataclass(slots=True)
class Twilio:
    """A Twilio number with one call going on."""

    handler: WebhookHandler | LookupHandler
    call_id: str = "CA1"
    phone: str = CLIENT
    token: str = TOKEN
    kind: str = "webhook"

    def rings(self, flow: str | None = FLOW) -> PbxResponse:
        return self.send({"CallSid": self.call_id, "CallStatus": "ringing"}, flow=flow)

    def leg(self, number: int, identity: str, status: str, second: int, **fields: str) -> PbxResponse:
        time = f"Mon, 23 Nov 2026 10:15:{second:02} +0000"
        leg = {"CallSid": f"{self.call_id}-{number}", "ParentCallSid": self.call_id, "Direction": "outbound-dial"}
        to = {"To": f"client:{identity}", "CallStatus": status, "Timestamp": time}
        return self.send({**leg, **to, **fields}, "leg", flow=None)

    def send(self, fields: dict[str, str], suffix: str = "", flow: str | None = FLOW) -> PbxResponse:
        form = {"From": self.phone, "To": LINE, "Direction": "inbound", **fields}
        text = address("twilio-main", self.kind, suffix, flow) + "".join(key + form[key] for key in sorted(form))
        signature = base64.b64encode(hmac.digest(self.token.encode(), text.encode(), hashlib.sha1)).decode()
        headers = {"x-twilio-signature": signature}
        return self.handler.handle(called("twilio-main", self.kind, suffix, flow, headers, urlencode(form).encode()))


@dataclass(slots=True)
class Plivo:
    """A Plivo application with one call going on."""

    handler: WebhookHandler
    call_id: str = "p-1"

    def send(self, event: str, suffix: str = "", **fields: str) -> PbxResponse:
        form = {"CallUUID": self.call_id, "From": CLIENT[1:], "To": LINE[1:], "Direction": "inbound", "Event": event}
        form |= fields
        url = f"https://{HOST}/webhook/plivo-main/{KEY}" + (f"/{suffix}" if suffix else "")
        text = f"{url}?flow={FLOW}." + "".join(key + form[key] for key in sorted(form)) + ".77"
        signature = base64.b64encode(hmac.digest(TOKEN.encode(), text.encode(), hashlib.sha256)).decode()
        headers = {"x-plivo-signature-v3": signature, "x-plivo-signature-v3-nonce": "77"}
        return self.handler.handle(called("plivo-main", "webhook", suffix, FLOW, headers, urlencode(form).encode()))


@dataclass(slots=True)
class Vonage:
    """A Vonage application with one call going on."""

    handler: WebhookHandler
    call_id: str = "CON-1"

    def send(self, suffix: str = "", **fields: Any) -> PbxResponse:
        call = {"from": CLIENT[1:], "to": LINE[1:], "uuid": "u-1", "conversation_uuid": self.call_id}
        body = json.dumps(call | fields).encode()
        claims = {"iat": 1795428930, "iss": "Vonage", "payload_hash": hashlib.sha256(body).hexdigest()}
        parts = [json.dumps(each).encode() for each in ({"alg": "HS256", "typ": "JWT"}, claims)]
        head = b".".join(base64.urlsafe_b64encode(each).rstrip(b"=") for each in parts)
        proof = base64.urlsafe_b64encode(hmac.digest(TOKEN.encode(), head, hashlib.sha256)).rstrip(b"=")
        headers = {"authorization": f"Bearer {head.decode()}.{proof.decode()}"}
        return self.handler.handle(called("vonage-main", "webhook", suffix, FLOW, headers, body))


@pytest.fixture(autouse=True)
def _company(functions: Functions) -> None:
    functions.apply(
        a_company(
            *(a_connection(f"{name}-main", name, answerer="first_directed") for name in ("twilio", "plivo", "vonage"))
        )
    )


def owners(stack: Stack) -> list[tuple[str, str]]:
    contact = stack.contact(CLIENT)
    assert contact is not None
    return [(each.who, each.source) for each in contact.responsibles]


TO_FLOW = f'<Response><Redirect method="POST">{FLOW}</Redirect></Response>'


@pytest.mark.rule("R4")
@pytest.mark.rule("T1")
def test_twilio_from_a_first_call_to_the_answer_to_the_second(functions: Functions, stack: Stack) -> None:
    first = Twilio(functions.webhook)
    assert first.rings().body == TO_FLOW
    assert stack.contact(CLIENT) is None  # no phone rings yet (C1)
    first.leg(1, "701", "ringing", 31)
    first.leg(2, "702", "ringing", 32)
    assert owners(stack) == [("anna", "first_directed")]
    first.leg(2, "702", "in-progress", 36)
    first.leg(1, "701", "no-answer", 36, CallDuration="0")
    first.send({"CallSid": "CA1", "CallStatus": "completed"}, flow=None)
    assert owners(stack) == [("anna", "first_directed")]
    call = stack.call(a_connection("twilio-main", "twilio"), "CA1")
    assert call is not None
    assert (call.state, call.outcome, call.first_directed) == ("ended", "answered", "anna")
    second = Twilio(functions.webhook, call_id="CA2").rings()
    legs = f'statusCallback="https://{HOST}/webhook/twilio-main/{KEY}/leg"'
    assert f'action="https://{HOST}/webhook/twilio-main/{KEY}/dial?flow={FLOW}"' in second.body
    assert legs in second.body
    assert second.body.endswith(">701</Client></Dial></Response>")


def test_what_our_own_twiml_rings_reports_where_it_says(functions: Functions, stack: Stack) -> None:
    Twilio(functions.webhook).leg(1, "701", "ringing", 31)
    assert stack.contact(CLIENT) is None  # the leg does not say who calls
    Twilio(functions.webhook).rings()
    assert owners(stack) == [("anna", "first_directed")]
    nobody = Twilio(functions.webhook).send(
        {"CallSid": "CA1", "CallStatus": "in-progress", "DialCallStatus": "no-answer"}, "dial"
    )
    assert nobody.body == TO_FLOW
    talked = Twilio(functions.webhook).send(
        {"CallSid": "CA1", "CallStatus": "in-progress", "DialCallStatus": "completed"}, "dial"
    )
    assert talked.body == "<Response/>"


@pytest.mark.rule("T12")
def test_twilios_flow_goes_on_also_when_nothing_can_be_read_or_stored(functions: Functions, stack: Stack) -> None:
    pbx = Twilio(functions.webhook)
    pbx.rings()
    pbx.leg(1, "701", "ringing", 31)
    with failing({"GetItem", "BatchGetItem", "UpdateItem"}, stack.dynamodb):
        response = Twilio(functions.webhook, call_id="CA2").rings()
    assert (response.status, response.body) == (200, TO_FLOW)


def test_twilio_may_ask_at_the_look_up_address_and_is_led_to_the_webhook(functions: Functions) -> None:
    pbx = Twilio(functions.webhook)
    pbx.rings()
    pbx.leg(1, "701", "ringing", 31)
    response = Twilio(functions.route, call_id="CA2", kind="route").rings()
    assert f'statusCallback="https://{HOST}/webhook/twilio-main/{KEY}/leg"' in response.body


def test_a_forged_twilio_signature_is_401_and_leaves_nothing(functions: Functions, stack: Stack) -> None:
    assert Twilio(functions.webhook, token="guessed").rings().status == 401
    assert stack.count("call#") == 0


@pytest.mark.rule("C4")
def test_a_withheld_number_reaches_the_flow_and_makes_no_contact(functions: Functions, stack: Stack) -> None:
    pbx = Twilio(functions.webhook, phone="+266696687")
    assert pbx.rings().body == TO_FLOW
    pbx.leg(1, "701", "ringing", 31)
    assert stack.count("phone#") == 0


@pytest.mark.rule("R4")
def test_plivo_from_a_first_call_to_the_answer_to_the_second(functions: Functions, stack: Stack) -> None:
    first = Plivo(functions.webhook)
    assert first.send("StartApp").body == TO_FLOW
    bob = {"DialALegUUID": "p-1", "DialBLegUUID": "p-2", "DialBLegTo": "sip:702@phone.plivo.com"}
    first.send("DialAnswer", "leg", DialAction="answer", **bob)
    first.send("Hangup", CallStatus="completed")
    assert owners(stack) == [("boris", "first_directed")]
    second = Plivo(functions.webhook, call_id="p-3").send("StartApp")
    assert "<User>sip:702@phone.plivo.com</User>" in second.body
    assert f'action="https://{HOST}/webhook/plivo-main/{KEY}/dial?flow={FLOW}"' in second.body
    assert Plivo(functions.webhook, call_id="p-3").send("Redirect", "dial", DialStatus="no-answer").body == TO_FLOW


@pytest.mark.rule("R4")
def test_vonage_from_a_first_call_to_the_answer_to_the_second(functions: Functions, stack: Stack) -> None:
    first = Vonage(functions.webhook)
    ((action),) = json.loads(first.send().body)
    assert (action["action"], action["eventUrl"], action["payload"]["from"]) == ("notify", [FLOW], CLIENT[1:])
    leg = {"direction": "outbound", "to": "701", "uuid": "u-2"}
    first.send(status="ringing", timestamp="2026-11-23T10:15:31.000Z", **leg)
    first.send(status="answered", timestamp="2026-11-23T10:15:36.000Z", **leg)
    first.send(status="completed", direction="inbound", timestamp="2026-11-23T10:16:36.000Z")
    assert owners(stack) == [("anna", "first_directed")]
    ((action),) = json.loads(Vonage(functions.webhook, call_id="CON-2").send().body)
    assert (action["endpoint"], action["timeout"], action["from"]) == ([{"type": "app", "user": "701"}], 20, LINE[1:])
    following = Vonage(functions.webhook, call_id="CON-2").send("next", status="timeout", **leg)
    assert json.loads(following.body)[0]["eventUrl"] == [FLOW]
