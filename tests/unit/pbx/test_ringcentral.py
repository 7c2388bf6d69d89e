"""RingCentral: its check of the address, its token, and what becomes of the parties of a session."""

from __future__ import annotations

import json
from typing import Any

import pytest

from shared.pbx.families import ringcentral
from shared.pbx.protocol import CallEvent, Malformed, PbxRequest, PbxResponse, Unauthorized

TOKEN = {"validation_token": "ringcentral-token"}


def request(document: Any, **headers: str) -> PbxRequest:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return PbxRequest("POST", "", {}, {name.replace("_", "-"): value for name, value in headers.items()}, body)


def party(code: str, reason: str | None = None, **fields: Any) -> dict[str, Any]:
    whole = {"direction": "Inbound", "extensionId": "62265060004", "from": {"phoneNumber": "+79161234567"}, "to": {}}
    return {**whole, "status": {"code": code, "reason": reason}, **fields}


def events(*parties: Any) -> tuple[CallEvent, ...]:
    body = {"telephonySessionId": "s-1", "sequence": 3, "eventTime": "2026-11-23T10:15:36.000Z", "parties": parties}
    return ringcentral.parse(request({"body": body})).events


def test_the_check_of_the_address_gets_its_header_back() -> None:
    response = ringcentral.handshake(request(b"", validation_token="5c8e3f10-6f0a"))
    assert response == PbxResponse(200, "{}", headers={"Validation-Token": "5c8e3f10-6f0a"})
    assert len(response.body) + len(str(response.headers)) < 1024


@pytest.mark.parametrize("token", ["", "a\r\nSet-Cookie: x", "a b", "x" * 600, "é"])
def test_nothing_else_is_given_back(token: str) -> None:
    assert ringcentral.handshake(request(b"", validation_token=token)) is None


def test_an_event_is_no_check_of_the_address() -> None:
    assert ringcentral.handshake(request({"body": {}}, validation_token="x")) is None
    assert ringcentral.handshake(request(b"")) is None


@pytest.mark.parametrize("header", ["validation_token", "verification_token"])
def test_the_subscriptions_token_lets_in_under_either_name(header: str) -> None:
    ringcentral.authenticate(request({}, **{header: "ringcentral-token"}), TOKEN)
    with pytest.raises(Unauthorized):
        ringcentral.authenticate(request({}, **{header: "ringcentral-tokem"}), TOKEN)


@pytest.mark.rule("K3")
@pytest.mark.parametrize("reason", ["AgentAnswered", "Pickup", "NoAnswer", "Cancelled", "a reason not known yet"])
def test_a_party_that_leaves_for_a_reason_ends_its_leg_only(reason: str) -> None:
    (event,) = events(party("Disconnected", reason))
    assert (event.kind, event.login) == ("leg_ended", "62265060004")


@pytest.mark.parametrize("reason", [None, "", "CallFinished", "CallDropped"])
def test_a_party_that_leaves_without_one_ends_the_call_and_proves_nobody(reason: str | None) -> None:
    (event,) = events(party("Disconnected", reason))
    assert (event.kind, event.login, event.outcome, event.final) == ("ended", None, "missed", False)


@pytest.mark.rule("K4")
@pytest.mark.parametrize("code", ["Voicemail", "VoiceMail", "VMScreening", "VoiceMailScreening", "FaxReceive"])
def test_a_machine_answers_for_nobody(code: str) -> None:
    (event,) = events(party(code))
    assert (event.kind, event.ext, event.login) == ("answered", None, None)


@pytest.mark.rule("K7")
def test_a_party_that_was_handed_over_names_the_other_session() -> None:
    status = {"code": "Gone", "reason": "AttendedTransfer", "peerId": {"telephonySessionId": "s-2"}}
    (event,) = events(party("Gone", status=status))
    assert (event.kind, event.second_call_id) == ("transferred", "s-2")
    assert events(party("Gone", "Supervising")) == ()


def test_sequence_and_time_order_the_events_of_a_session() -> None:
    (event,) = events(party("Answered"))
    assert (event.seq, event.at) == (3, 1795428936000)


def test_a_party_without_an_extension_is_nobodys_leg() -> None:
    (event,) = events(party("Proceeding", extensionId=None))
    assert event.kind == "started"
    assert events(party("Disconnected", "AgentAnswered", extensionId=None)) == ()


def test_parties_that_are_none_are_left_out() -> None:
    assert events("x", 5, None, {"status": "x"}, {}) == ()


@pytest.mark.parametrize("body", [{"parties": []}, {"telephonySessionId": "s", "parties": {}}])
def test_a_session_that_cannot_be_read_is_malformed(body: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        ringcentral.parse(request({"body": body}))
