"""Yeastar: its signature as reported, what its states and records say, and the template that asks for names."""

from __future__ import annotations

import hmac
import json
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit
from xml.etree import ElementTree as ET

import pytest

from shared.pbx.families import yeastar
from shared.pbx.protocol import NO_OPINION, Answer, CallEvent, Lookup, Malformed, PbxRequest, Target, Unauthorized
from tests.contract.recorded import ROOT

SECRET = {"webhook_secret": "yeastar-secret"}
TEMPLATE = ET.parse(ROOT / "docs" / "operators" / "yeastar.xml").getroot()  # noqa: S314 -- our own file
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


def filled(text: str | None, variables: dict[str, str]) -> str:
    """Fill a text of the template as the PBX does."""
    assert text is not None
    for name, value in variables.items():
        text = text.replace("{{." + name + "}}", value).replace("{{UrlEncode ." + name + "}}", quote(value, safe=""))
    assert "{{" not in text, "a variable that the PBX does not know"
    return text


def asked(phone: str, secret: str = SECRET["webhook_secret"]) -> PbxRequest:
    """Make the request of the template: its address, its headers, the fields that an admin is asked for."""
    entered = {each.attrib["Name"]: secret for each in TEMPLATE.iter("Parameter") if each.get("Editor")}
    headers = {
        each.attrib["Name"].lower(): filled(each.get("Value"), entered)
        for each in TEMPLATE.iter("Parameter")
        if each.get("Type") == "Header"
    }
    (template,) = TEMPLATE.iter("Request")
    url = urlsplit(filled(template.get("URLFormat"), {**entered, "Phone": phone}))
    assert "/route/" in url.path
    return PbxRequest(template.attrib["Method"], "", dict(parse_qsl(url.query)), headers, b"")


def at(document: Any, path: str) -> Any:
    """Read a GJSON path of the template's kind: `data.#.id` is a list, one for each that has it."""
    head, _, rest = path.partition(".")
    if head == "#":
        return [found for each in document if (found := at(each, rest)) is not None]
    return at(document.get(head, {}), rest) if rest else document.get(head)


def outputs(response_body: str) -> dict[str, Any]:
    return {each.attrib["Name"]: at(json.loads(response_body), each.attrib["Path"]) for each in TEMPLATE.iter("Output")}


@pytest.mark.parametrize("phone", ["+79161234567", "79161234567", "8 916 123-45-67"])
def test_the_template_asks_what_is_let_in_and_read(phone: str) -> None:
    yeastar.authenticate(asked(phone), SECRET)
    assert yeastar.parse(asked(phone)).lookup == Lookup(phone)


def test_a_question_needs_the_secret_that_the_admin_entered() -> None:
    with pytest.raises(Unauthorized):
        yeastar.authenticate(asked("+79161234567", "another"), SECRET)


def test_the_token_of_a_question_does_not_let_an_event_in() -> None:
    with pytest.raises(Unauthorized):
        yeastar.authenticate(asked("+79161234567")._replace(body=BODY), SECRET)


def test_the_template_finds_its_outputs_in_the_answer() -> None:
    anna = Target("anna", "701", "anna", 20)
    named = yeastar.answer(Answer("c-1", "Ольга Ёж", (anna,), "responsible", asked("+79161234567")))
    assert outputs(named.body) == {"ContactsId": ["c-1"], "FirstName": ["Ольга Ёж"], "BusinessNumber": ["+79161234567"]}
    assert json.loads(named.body)["data"][0]["responsible"] == "701"


@pytest.mark.rule("T12")
def test_an_unknown_number_is_an_empty_list_in_every_output() -> None:
    assert outputs(yeastar.answer(NO_OPINION).body) == {"ContactsId": [], "FirstName": [], "BusinessNumber": []}
