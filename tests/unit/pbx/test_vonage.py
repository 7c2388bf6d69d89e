"""Vonage: its JWT, whose phone a leg is, and the NCCO it is given."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest

from shared.pbx.families import vonage
from shared.pbx.protocol import NO_OPINION, Answer, CallEvent, Malformed, PbxRequest, PbxResponse, Target, Unauthorized

FLOW = "https://flows.example.com/reception"
BASE = "https://api.example.com/webhook/vonage-main/KEY"
CALL = {"from": "79161234567", "to": "74951112200", "uuid": "u-1", "conversation_uuid": "CON-1"}
SECRET = {"signature_secret": "vonage-signature-secret"}
BODY = b'{"uuid":"aaaaaaaa-bbbb-cccc-dddd-0123456789ab","status":"answered"}'
# Made with PyJWT.
TOKEN = (
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpYXQiOjE3NjYwMDAwMDAsImp0aSI6ImM1YmE4ZjI0LTFhMTQtNGMxMC1iZmRmLTNmYmU4Y2"
    "U1MTFiNSIsImlzcyI6IlZvbmFnZSIsInBheWxvYWRfaGFzaCI6IjY3MzY1ZGUyYTI1ZTYxNzQwZjFiNWI0ZTc1MDIzZGY1ZWQ4NGM2NjBkOGJiO"
    "TI3YWFkOTRjMjU0MTdmY2FkOTQiLCJhcGlfa2V5IjoiYWJjZDEyMzQiLCJhcHBsaWNhdGlvbl9pZCI6ImFhYWFhYWFhLWJiYmItY2NjYy1kZGRk"
    "LTAxMjM0NTY3ODlhYiJ9.P_v9cSJr9yGqaebVJg_ZiFArG-ArMf00unW3HoDlMWc"
)


def token(claims: Any, algorithm: str = "HS256") -> str:
    def part(document: Any) -> str:
        raw = document if isinstance(document, bytes) else json.dumps(document).encode()
        return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()

    head = f"{part({'alg': algorithm})}.{part(claims)}"
    return f"{head}.{part(hmac.digest(SECRET['signature_secret'].encode(), head.encode(), 'sha256'))}"


def bearing(text: str, body: bytes = BODY) -> PbxRequest:
    return PbxRequest("POST", "", {}, {"authorization": f"Bearer {text}"}, body)


def asked(fields: dict[str, Any], flow: str | None = FLOW, suffix: str = "") -> PbxRequest:
    url = BASE + (f"/{suffix}" if suffix else "")
    return PbxRequest("POST", suffix, {"flow": flow} if flow else {}, {}, json.dumps(fields).encode(), url=url)


def leg(**fields: Any) -> CallEvent:
    (event,) = vonage.parse(asked({"conversation_uuid": "CON-1", "direction": "outbound", **fields})).events
    return event


def test_a_token_of_another_library_is_let_in() -> None:
    vonage.authenticate(bearing(TOKEN), SECRET)


def test_a_token_is_good_for_its_own_body_only() -> None:
    with pytest.raises(Unauthorized):
        vonage.authenticate(bearing(TOKEN, BODY + b" "), SECRET)


def test_a_token_without_the_bodys_digest_is_good_for_a_request_without_one_only() -> None:
    vonage.authenticate(bearing(token({"iss": "Vonage"}), b""), SECRET)
    with pytest.raises(Unauthorized):
        vonage.authenticate(bearing(token({"iss": "Vonage"})), SECRET)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a.b",
        "a.b.c",
        TOKEN.rpartition(".")[0] + ".",
        TOKEN + "=",
        TOKEN + ".x",
        token({"payload_hash": hashlib.sha256(BODY).hexdigest()}, "none"),
        token(["no claims"]),
        token(b"\xff\xff"),
        token({"payload_hash": 5}),
    ],
)
def test_any_other_token_is_unauthorized(text: str) -> None:
    with pytest.raises(Unauthorized):
        vonage.authenticate(bearing(text), SECRET)


@pytest.mark.rule("T10")
def test_the_first_responsible_rings_and_the_flow_follows() -> None:
    targets = (Target("anna", "701", "anna", 20), Target("boris", "702", "boris", 25))
    response = vonage.answer(Answer("c-1", "Olga", targets, "responsible", asked(CALL)))
    assert json.loads(response.body) == [
        {
            "action": "connect",
            "timeout": 20,
            "from": "74951112200",
            "eventType": "synchronous",
            "eventUrl": [f"{BASE}/next?flow={FLOW}"],
            "eventMethod": "POST",
            "endpoint": [{"type": "app", "user": "701"}],
        }
    ]


@pytest.mark.parametrize(
    ("ext", "login", "endpoint"),
    [
        ("+79160000001", None, {"type": "phone", "number": "79160000001"}),
        ("79160000001", None, {"type": "phone", "number": "79160000001"}),
        ("sip:701@a.b", None, {"type": "sip", "uri": "sip:701@a.b"}),
        (None, "anna", {"type": "app", "user": "anna"}),
    ],
)
def test_an_employee_is_dialled_as_his_extension_says(
    ext: str | None, login: str | None, endpoint: dict[str, str]
) -> None:
    nobody = Target("vera", None, None, 20)
    response = vonage.answer(Answer("c-1", None, (nobody, Target("a", ext, login, 20)), "responsible", asked(CALL)))
    assert json.loads(response.body)[0]["endpoint"] == [endpoint]


@pytest.mark.rule("T12")
def test_no_opinion_asks_the_admins_own_flow_for_the_next_ncco() -> None:
    response = vonage.answer(NO_OPINION._replace(request=asked(CALL)))
    assert (response.status, json.loads(response.body)) == (
        200,
        [{"action": "notify", "payload": CALL, "eventUrl": [FLOW], "eventMethod": "POST"}],
    )


@pytest.mark.rule("T12")
def test_without_a_flow_no_opinion_is_an_error_so_that_the_fallback_is_asked() -> None:
    # An empty NCCO would hang up.
    assert vonage.answer(NO_OPINION._replace(request=asked(CALL, flow=None))).status == 400


@pytest.mark.parametrize("status", ["timeout", "busy", "unanswered", "rejected", "failed"])
def test_after_a_phone_that_was_not_reached_the_flow_follows(status: str) -> None:
    event = {**CALL, "to": "701", "direction": "outbound", "status": status}
    assert json.loads(vonage.acknowledge(asked(event, suffix="next")).body)[0]["eventUrl"] == [FLOW]
    # The same state at the event webhook is only told.
    assert vonage.acknowledge(asked(event)).body == ""


@pytest.mark.parametrize("status", ["started", "ringing", "answered", "completed", "cancelled", "human"])
def test_any_other_state_leaves_the_ncco_as_it_is(status: str) -> None:
    assert vonage.acknowledge(asked({**CALL, "status": status}, suffix="next")) == PbxResponse(200, "")
    assert vonage.acknowledge(PbxRequest("POST", "next", {"flow": FLOW}, {}, b"{")).body == ""


@pytest.mark.rule("K8")
def test_a_leg_that_talked_proves_the_answer_also_when_only_its_end_is_told() -> None:
    event = leg(to="anna", status="completed", duration="23", start_time="2026-11-23T10:15:36.000Z")
    assert (event.kind, event.login, event.at) == ("answered", "anna", 1795428936000)
    assert leg(to="anna", status="completed", duration="0").kind == "leg_ended"


def test_a_withheld_number_is_still_a_question() -> None:
    for number in ("", "unknown", None):
        lookup = vonage.parse(asked(CALL | {"from": number})).lookup
        assert lookup is not None
        assert lookup.phone is None


def test_a_get_is_read_from_its_query() -> None:
    parsed = vonage.parse(PbxRequest("GET", "", {**CALL, "flow": FLOW}, {}, b""))
    assert parsed.lookup is not None
    assert parsed.lookup.phone == "79161234567"


def test_a_request_without_a_conversation_is_malformed() -> None:
    with pytest.raises(Malformed, match="no conversation_uuid"):
        vonage.parse(asked({"status": "ringing"}))
