"""Yeastar: its signature as reported, and what its states and records say."""

from __future__ import annotations

import hmac
import json
from typing import Any

import pytest

from shared.pbx.families import yeastar
from shared.pbx.protocol import CallEvent, Malformed, PbxRequest, Unauthorized

SECRET = {"webhook_secret": "yeastar-secret"}
BODY = b'{"type":30011,"sn":"3631B0000000","msg":"{}"}'


def request(body: bytes = BODY, signature: str = "") -> PbxRequest:
    return PbxRequest("POST", "", {}, {"x-signature": signature}, body)


def events(kind: Any, message: Any) -> tuple[CallEvent, ...]:
    return yeastar.parse(request(json.dumps({"type": kind, "sn": "x", "msg": message}).encode())).events


def state(*members: Any) -> tuple[CallEvent, ...]:
    return events(30011, json.dumps({"call_id": "1.2", "members": members}))


def test_the_signature_of_the_public_test_is_let_in_and_hex_too() -> None:
    yeastar.authenticate(request(signature="3/sbLcT4u3G5v3uhz3Rk7AEhAX3KqZCTZ3l5MQlAZbk="), SECRET)
    yeastar.authenticate(request(signature=hmac.digest(b"yeastar-secret", BODY, "sha256").hex()), SECRET)


def test_the_signature_covers_the_body() -> None:
    with pytest.raises(Unauthorized):
        yeastar.authenticate(request(BODY + b" ", "3/sbLcT4u3G5v3uhz3Rk7AEhAX3KqZCTZ3l5MQlAZbk="), SECRET)


def test_the_message_is_read_as_a_text_or_as_an_object() -> None:
    message = {"call_id": "1.2", "members": [{"extension": {"number": "701", "member_status": "RING"}}]}
    assert events(30011, message) == events("30011", json.dumps(message)) != ()


@pytest.mark.rule("K4")
@pytest.mark.parametrize("side", ["ivr", "queue", "ringgroup", "voicemail"])
def test_a_menu_or_a_queue_is_nobody(side: str) -> None:
    assert state({side: {"number": "6400", "member_status": "ANSWER"}}) == ()


@pytest.mark.rule("K5")
def test_the_calling_side_is_answered_and_answers_nothing() -> None:
    (event,) = state({"extension": {"number": 701, "member_status": "ANSWERED"}})
    assert (event.kind, event.direction, event.assumed, event.ext) == ("started", "out", True, "701")


@pytest.mark.parametrize(("called", "ext"), [("702", "702"), ("Anna Petrova<702>", "702"), (702, "702"), ("", None)])
def test_the_record_of_an_answered_call_names_who_held_it(called: Any, ext: str | None) -> None:
    said = {"call_id": "1.2", "type": "Inbound", "status": "ANSWERED", "call_from": "79161234567", "call_to": called}
    (event,) = events(30012, json.dumps(said))
    assert (event.ext, event.outcome, event.final, event.at) == (ext, "answered", True, None)


@pytest.mark.parametrize("status", ["NO ANSWER", "ABANDONED", "VOICEMAIL", "a status not known yet"])
def test_any_other_record_is_a_missed_call_of_nobody(status: str) -> None:
    said = {"call_id": "1.2", "type": "Inbound", "status": status, "call_from": "79161234567", "call_to": "702"}
    (event,) = events(30012, json.dumps(said))
    assert (event.ext, event.outcome) == (None, "missed")


@pytest.mark.parametrize("message", [None, "", "{", "[]", "{}", '{"call_id": "1"}', '{"call_id": "1", "members": {}}'])
def test_a_state_that_cannot_be_read_is_malformed(message: Any) -> None:
    with pytest.raises(Malformed):
        events(30011, message)


def test_a_request_without_a_type_is_malformed() -> None:
    with pytest.raises(Malformed, match="no type"):
        yeastar.parse(request(b"{}"))
