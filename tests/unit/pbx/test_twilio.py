"""Twilio: its signature, whose phone a leg is, and the TwiML it is given."""

from __future__ import annotations

from urllib.parse import urlencode
from xml.etree import ElementTree as ET

import pytest

from shared.pbx.families import twilio
from shared.pbx.protocol import NO_OPINION, Answer, CallEvent, Malformed, PbxRequest, PbxResponse, Target, Unauthorized

FLOW = "https://flows.example.com/reception?line=1&night=no"
BASE = "https://api.example.com/webhook/twilio-main/KEY"
# The example of Twilio's own documentation.
MANUAL = PbxRequest(
    "POST",
    "",
    {"foo": "1", "bar": "2"},
    {"x-twilio-signature": "RSOYDt4T1cUTdK1PDd93/VVr8B8="},
    b"CallSid=CA1234567890ABCDE&Caller=%2B14158675309&Digits=1234&From=%2B14158675309&To=%2B18005551212",
    url="https://mycompany.com/myapp.php?foo=1&bar=2",
)
TOKEN = {"auth_token": "12345"}
ANNA, BORIS = Target("anna", "701", "anna", 20), Target("boris", "+79160000002", "boris", 25)


def asked(fields: dict[str, str], flow: str | None = FLOW, suffix: str = "") -> PbxRequest:
    query = {"flow": flow} if flow else {}
    return PbxRequest(
        "POST", suffix, query, {}, urlencode(fields).encode(), url=BASE + (f"/{suffix}" if suffix else "")
    )


def answered(*targets: Target, flow: str | None = FLOW) -> PbxResponse:
    return twilio.answer(Answer("c-1", "Ольга <Ёж>", targets, "responsible", asked({}, flow)))


def dial_of(response: PbxResponse) -> ET.Element:
    return ET.fromstring(response.body)[0]  # noqa: S314 -- our own answer


def leg(**fields: str) -> CallEvent:
    (event,) = twilio.parse(asked({"CallSid": "CA2", "ParentCallSid": "CA1", **fields})).events
    return event


@pytest.mark.parametrize(
    "signature",
    ["RSOYDt4T1cUTdK1PDd93/VVr8B8=", "033hgUJA9M/hXIZsYjwkerEP/DBm35nEri5FhCYjA5s="],
    ids=["sha1", "sha256"],
)
def test_the_manuals_example_is_let_in(signature: str) -> None:
    twilio.authenticate(MANUAL._replace(headers={"x-twilio-signature": signature}), TOKEN)


@pytest.mark.parametrize(
    "other", ["https://mycompany.com/myapp.php?foo=1&bar=3", "https://mycompany.com/myapp.php", ""]
)
def test_the_signature_covers_the_address(other: str) -> None:
    with pytest.raises(Unauthorized):
        twilio.authenticate(MANUAL._replace(url=other), TOKEN)


def test_the_address_may_be_signed_with_its_port() -> None:
    twilio.authenticate(MANUAL, TOKEN)
    twilio.authenticate(MANUAL._replace(url="https://mycompany.com:443/myapp.php?foo=1&bar=2"), TOKEN)


def test_a_field_that_comes_twice_counts_once_for_each_value() -> None:
    twilio.authenticate(MANUAL._replace(body=MANUAL.body + b"&Digits=1234"), TOKEN)
    with pytest.raises(Unauthorized):
        twilio.authenticate(MANUAL._replace(body=MANUAL.body + b"&Digits=99"), TOKEN)


def test_a_json_body_is_proved_by_its_digest_in_the_address() -> None:
    digest = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"  # of {}
    url = f"https://api.example.com/webhook/t/KEY?bodySHA256={digest}"
    request = PbxRequest(
        "POST", "", {"bodySHA256": digest}, {"x-twilio-signature": "Dxk46d6gnPMGsOQNGgje9sHU400="}, b"{}", url=url
    )
    twilio.authenticate(request, TOKEN)
    with pytest.raises(Unauthorized):
        twilio.authenticate(request._replace(body=b'{"a": 1}'), TOKEN)


@pytest.mark.rule("T10")
def test_all_who_are_responsible_ring_and_the_flow_follows() -> None:
    response = answered(ANNA, BORIS)
    legs = (
        'statusCallbackEvent="initiated ringing answered completed"'
        f' statusCallback="{BASE}/leg" statusCallbackMethod="POST"'
    )
    action = f"{BASE}/dial?flow=https://flows.example.com/reception%3Fline=1%26night=no"
    assert response.body == (
        f'<Response><Dial timeout="25" answerOnBridge="true" action="{action}" method="POST">'
        f"<Client {legs}>701</Client><Number {legs}>+79160000002</Number></Dial></Response>"
    )
    assert response.content_type == "text/xml; charset=utf-8"


def test_an_employee_is_dialled_as_his_extension_says() -> None:
    sip, client = Target("anna", "sip:701@a.b", None, 20), Target("boris", None, "bo<ris", 20)
    dial = dial_of(answered(sip, client, Target("vera", None, None, 20)))
    assert [(each.tag, each.text) for each in dial] == [("Sip", "sip:701@a.b"), ("Client", "bo<ris")]


def test_a_dial_has_ten_nouns_at_most() -> None:
    targets = [Target(f"e{number}", f"7{number:02}", None, 20) for number in range(15)]
    assert len(dial_of(answered(*targets))) == 10


@pytest.mark.rule("T12")
@pytest.mark.parametrize("lookup", [NO_OPINION, Answer("c-1", "Olga", (), "no_responsible")])
def test_no_opinion_is_the_admins_own_flow(lookup: Answer) -> None:
    response = twilio.answer(lookup._replace(request=asked({})))
    assert response == PbxResponse(
        200,
        '<Response><Redirect method="POST">https://flows.example.com/reception?line=1&amp;night=no</Redirect></Response>',
        "text/xml; charset=utf-8",
    )


@pytest.mark.rule("T12")
def test_without_a_flow_no_opinion_is_no_twiml_so_that_the_fallback_is_asked() -> None:
    # An empty <Response/> would hang up.
    for request in (None, asked({}, flow=None), asked({}, flow="nonsense")):
        assert twilio.answer(NO_OPINION._replace(request=request)) == PbxResponse(200, "{}")


@pytest.mark.parametrize("status", ["no-answer", "busy", "failed", "canceled", "a word not known yet"])
def test_after_a_dial_that_nobody_answered_the_flow_follows(status: str) -> None:
    fields = {"CallSid": "CA1", "DialCallStatus": status, "CallStatus": "in-progress"}
    assert "<Redirect" in twilio.acknowledge(asked(fields, suffix="dial")).body
    assert twilio.acknowledge(asked(fields, flow=None)).body == "{}"


@pytest.mark.parametrize("status", ["completed", "answered"])
def test_after_a_conversation_the_caller_is_not_sent_to_the_menu(status: str) -> None:
    fields = {"CallSid": "CA1", "DialCallStatus": status, "CallStatus": "in-progress"}
    assert twilio.acknowledge(asked(fields, suffix="dial")).body == "<Response/>"


@pytest.mark.rule("K8")
def test_a_leg_that_talked_proves_the_answer_also_when_only_its_end_is_told() -> None:
    event = leg(To="client:701", CallStatus="completed", CallDuration="41", Timestamp="Mon, 23 Nov 2026 10:16:17 +0000")
    assert (event.kind, event.ext, event.at) == ("answered", "701", 1795428936000)
    for duration in ("0", "", "x", "٣"):
        assert leg(To="client:701", CallStatus="completed", CallDuration=duration).kind == "leg_ended"


@pytest.mark.rule("K4")
@pytest.mark.parametrize("by", ["machine_start", "machine_end_beep", "fax"])
def test_a_leg_that_a_machine_answered_is_nobodys(by: str) -> None:
    event = leg(To="+79160000002", CallStatus="in-progress", AnsweredBy=by)
    assert (event.kind, event.ext, event.login) == ("answered", None, None)


@pytest.mark.parametrize(
    ("to", "ext", "login"),
    [
        ("client:anna", None, "anna"),
        ("client:701", "701", "701"),
        ("sip:701@a.b;transport=tls", "sip:701@a.b", "701"),
        ("+79160000002", "+79160000002", None),
    ],
)
def test_a_leg_is_found_by_what_was_dialled(to: str, ext: str | None, login: str | None) -> None:
    event = leg(To=to, CallStatus="ringing")
    assert (event.ext, event.login, event.call_id, event.direction) == (ext, login, "CA1", None)


def test_a_time_without_a_zone_is_none() -> None:
    assert leg(To="client:701", CallStatus="ringing", Timestamp="Mon, 23 Nov 2026 10:16:17 -0000").at is None
    assert leg(To="client:701", CallStatus="ringing", Timestamp="yesterday").at is None


def test_a_request_without_a_call_is_malformed() -> None:
    with pytest.raises(Malformed, match="no CallSid"):
        twilio.parse(asked({"CallStatus": "ringing"}))
