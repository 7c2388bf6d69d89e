"""Plivo: its signature, whose phone a leg is, and the XML it is given."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest

from shared.pbx.families import plivo
from shared.pbx.protocol import NO_OPINION, Answer, Malformed, PbxRequest, PbxResponse, Target, Unauthorized

FLOW = "https://flows.example.com/reception"
BASE = "https://api.example.com/webhook/plivo-main/KEY"
TOKEN = {"auth_token": "plivo-token"}
# Computed with the vendor's own library.
VECTORS = [
    (
        "https://pbx.example.com/hook?tenant=7",
        b"CallUUID=c1&From=14155550100&To=14155550199&CallStatus=ringing",
        "2rmygQlFKlSds2w4cL4VlzEa0IyS69NtMpOyOVYp8hs=",
    ),
    ("https://pbx.example.com/hook", b"CallUUID=c1&From=14155550100", "O1btiJstpWVvkEl3BJk8dKDAICC/B/6R9I1AWhXIyg8="),
]


def signed(url: str, body: bytes, *signatures: str) -> PbxRequest:
    headers = {"x-plivo-signature-v3": ",".join(signatures), "x-plivo-signature-v3-nonce": "12345"}
    return PbxRequest("POST", "", {}, headers, body, url=url)


def asked(fields: dict[str, str], flow: str | None = FLOW, suffix: str = "") -> PbxRequest:
    url = BASE + (f"/{suffix}" if suffix else "")
    return PbxRequest("POST", suffix, {"flow": flow} if flow else {}, {}, urlencode(fields).encode(), url=url)


@pytest.mark.parametrize(("url", "body", "signature"), VECTORS)
def test_what_the_vendors_library_signs_is_let_in(url: str, body: bytes, signature: str) -> None:
    plivo.authenticate(signed(url, body, signature), TOKEN)
    plivo.authenticate(signed(url, body, "of-the-other-token", signature), TOKEN)


@pytest.mark.parametrize(("url", "body", "signature"), VECTORS)
def test_the_signature_covers_address_fields_and_nonce(url: str, body: bytes, signature: str) -> None:
    right = signed(url, body, signature)
    for wrong in (
        right._replace(url=url + "x"),
        right._replace(body=body + b"&a=b"),
        right._replace(headers={**right.headers, "x-plivo-signature-v3-nonce": "12346"}),
        right._replace(headers={"x-plivo-signature-v3": signature}),
        right._replace(body=b"\xff"),
    ):
        with pytest.raises(Unauthorized):
            plivo.authenticate(wrong, TOKEN)


@pytest.mark.rule("T10")
def test_all_who_are_responsible_ring_and_the_flow_follows() -> None:
    targets = (
        Target("anna", "701", "anna", 20),
        Target("boris", "+79160000002", None, 25),
        Target("v", "sip:v@x.y", None, 5),
    )
    response = plivo.answer(Answer("c-1", "Olga", targets, "responsible", asked({})))
    assert response.body == (
        f'<Response><Dial timeout="25" callbackUrl="{BASE}/leg" callbackMethod="POST"'
        f' action="{BASE}/dial?flow={FLOW}" method="POST" redirect="true">'
        "<User>sip:701@phone.plivo.com</User><Number>79160000002</Number><User>sip:v@x.y</User></Dial></Response>"
    )
    assert response.content_type == "application/xml; charset=utf-8"


@pytest.mark.rule("T12")
def test_no_opinion_is_the_admins_own_flow() -> None:
    response = plivo.answer(NO_OPINION._replace(request=asked({})))
    assert response.body == f'<Response><Redirect method="POST">{FLOW}</Redirect></Response>'


@pytest.mark.rule("T12")
def test_without_a_flow_no_opinion_is_an_error_so_that_the_fallback_is_asked() -> None:
    # An empty <Response/> would hang up.
    assert plivo.answer(NO_OPINION._replace(request=asked({}, flow=None))).status == 400
    assert plivo.acknowledge(asked({"CallUUID": "c", "DialStatus": "busy"}, flow=None)).status == 400


@pytest.mark.parametrize("status", ["no-answer", "busy", "failed", "timeout"])
def test_after_a_dial_that_nobody_answered_the_flow_follows(status: str) -> None:
    assert "<Redirect" in plivo.acknowledge(asked({"CallUUID": "c", "DialStatus": status}, suffix="dial")).body


def test_after_a_conversation_the_caller_is_not_sent_to_the_menu() -> None:
    for fields in ({"DialStatus": "completed"}, {"DialAction": "hangup", "DialStatus": "busy"}, {"Event": "Hangup"}):
        assert plivo.acknowledge(asked({"CallUUID": "c", **fields})) == PbxResponse(
            200, "<Response/>", "application/xml; charset=utf-8"
        )


@pytest.mark.rule("K8")
@pytest.mark.parametrize(
    ("seconds", "kind"), [("41", "answered"), ("0", "leg_ended"), ("", "leg_ended"), ("x", "leg_ended")]
)
def test_a_leg_that_talked_proves_the_answer_also_when_only_its_end_is_told(seconds: str, kind: str) -> None:
    fields = {"CallUUID": "c", "DialAction": "hangup", "DialBLegTo": "79160000002", "DialBLegDuration": seconds}
    (event,) = plivo.parse(asked(fields)).events
    assert (event.kind, event.ext, event.login) == (kind, "79160000002", "+79160000002")


def test_a_request_without_a_call_is_malformed() -> None:
    with pytest.raises(Malformed, match="no CallUUID"):
        plivo.parse(asked({"Event": "StartApp"}))
