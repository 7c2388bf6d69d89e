"""Planfix's telephony API: its key, each command, whose ringing a COMPLETED ends, and the answer to `contact`."""

from __future__ import annotations

import json
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.call import derive, to_fact
from shared.pbx.families import planfix_api
from shared.pbx.protocol import (
    NO_OPINION,
    Answer,
    CallEvent,
    Lookup,
    Malformed,
    Parsed,
    PbxRequest,
    Target,
    Unauthorized,
)
from tests.contract.recorded import ALL
from tests.support.stack import a_connection

TOKEN = "303cb962ac59075b964b07152d234b70"
PBX = a_connection("pbx-main", "planfix_api", employees_by_login={})
EVENT = {
    "cmd": "event",
    "type": "in",
    "event": "INCOMING",
    "phone": "79161234567",
    "diversion": "74951112233",
    "ext": "701",
    "callid": "D40C-2207",
}


def request(fields: dict[str, str]) -> PbxRequest:
    return PbxRequest("POST", "", {}, {}, urlencode(fields).encode())


def read(**fields: str) -> Parsed:
    asked = request({"planfix_token": TOKEN, **fields})
    planfix_api.authenticate(asked, {"planfix_token": TOKEN})
    return planfix_api.parse(asked)


def event(**fields: str) -> CallEvent:
    (only,) = read(**{**EVENT, **fields}).events
    return only


@pytest.mark.parametrize("proof", [{"planfix_token": TOKEN}, {"token": TOKEN}, {"planfix_token": TOKEN, "token": "x"}])
def test_the_key_is_let_in_under_both_names_the_document_gives_it(proof: dict[str, str]) -> None:
    planfix_api.authenticate(request({"cmd": "ping", **proof}), {"planfix_token": TOKEN})


@pytest.mark.parametrize(
    "proof", [{}, {"token": ""}, {"planfix_token": "x", "token": TOKEN}, {"planfix_token": TOKEN + "0"}]
)
def test_another_key_lets_nobody_in(proof: dict[str, str]) -> None:
    with pytest.raises(Unauthorized):
        planfix_api.authenticate(request({"cmd": "ping", **proof}), {"planfix_token": TOKEN})


@pytest.mark.rule("K3")
@pytest.mark.parametrize(
    ("status", "ext", "kind", "outcome"),
    [
        ("Success", "701", "ended", "answered"),
        ("SUCCESS", "701", "ended", "answered"),
        ("Missed", "701", "ended", "missed"),
        ("Missed", "", "ended", "missed"),
        ("Cancelled", "701", "leg_ended", None),
        ("Cancelled", "", "ended", "missed"),
        ("NotAvaliable", "701", "leg_ended", None),
        ("Busy", "701", "leg_ended", None),
        ("Sleeping", "701", "leg_ended", None),
        ("Sleeping", "", "ended", "missed"),
        ("", "701", "ended", "missed"),
    ],
)
def test_of_an_incoming_call_only_success_and_missed_end_more_than_one_phones_ringing(
    status: str, ext: str, kind: str, outcome: str | None
) -> None:
    read = event(event="COMPLETED", status=status, ext=ext)
    assert (read.kind, read.outcome, read.final, read.ext) == (kind, outcome, kind == "ended", ext or None)


@pytest.mark.rule("K6")
@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        ("Success", "answered"),
        ("Busy", "busy"),
        ("NoAnswer", "cancelled"),
        ("Cancelled", "cancelled"),
        ("NotAvailable", "failed"),
        ("NotAvaliable", "failed"),
        ("NotAllowed", "failed"),
        ("Sleeping", "failed"),
        ("", "cancelled"),
    ],
)
def test_an_outgoing_call_ends_with_any_status(status: str, outcome: str) -> None:
    read = event(event="COMPLETED", type="out", status=status)
    assert (read.kind, read.direction, read.outcome, read.final) == ("ended", "out", outcome, True)


@pytest.mark.parametrize(
    ("name", "stated", "phone", "direction"),
    [
        ("INCOMING", "in", "79161234567", "in"),
        ("incoming", "IN", "79161234567", "in"),
        ("INCOMING", "", "79161234567", "in"),
        ("OUTGOING", "", "79161234567", "out"),
        ("ACCEPTED", "", "79161234567", None),
        ("ACCEPTED", "around", "79161234567", "internal"),
        ("INCOMING", "in", "702", "internal"),
    ],
)
def test_the_direction_is_the_stated_one_or_what_the_event_says(
    name: str, stated: str, phone: str, direction: str | None
) -> None:
    assert event(event=name, type=stated, phone=phone).direction == direction


def test_the_employees_own_phone_that_rings_first_after_a_click_was_not_called_by_a_client() -> None:
    assert event(type="out").kind == "started"


@pytest.mark.rule("C4")
def test_a_withheld_number_is_none() -> None:
    assert event(phone="").phone is None
    assert read(cmd="contact", phone="", callid="1").lookup == Lookup(None, None, "1")


def test_our_line_is_read_also_where_a_look_up_names_it() -> None:
    asked = read(cmd="contact", phone="79161234567", diversion="74951112233").lookup
    assert asked == Lookup("79161234567", "74951112233")


def test_a_ping_gives_no_key_out() -> None:
    reply = read(cmd="ping").reply
    assert reply is not None
    assert (reply.status, json.loads(reply.body)) == (200, {"pbxToken": "", "pbxUrl": ""})


@pytest.mark.rule("K6")
@pytest.mark.parametrize(
    "fields",
    [
        {"cmd": "record", "callid": "1", "record_link": "https://records.example.com/1.mp3"},
        {"cmd": "makeCall", "from": "701", "to": "79161234567"},
        {"cmd": "setup", "planfix_url": "https://crm.example.com/tel/api", "token": "x"},
        {"cmd": "rating", "callid": "1"},
        {**EVENT, "event": "HOLD"},
    ],
)
def test_what_is_understood_without_effect_says_nothing(fields: dict[str, str]) -> None:
    assert read(**fields) == Parsed()


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"cmd": ""},
        {"cmd": "contact"},
        {"cmd": "event", "event": "INCOMING"},
        {"cmd": "event", "callid": "1"},
        {**EVENT, "callid": ""},
        {"cmd": "record", "callid": "1"},
        {"cmd": "makeCall", "from": "701"},
        {"cmd": "setup"},
    ],
)
def test_a_command_without_what_its_table_requires_is_malformed(fields: dict[str, str]) -> None:
    with pytest.raises(Malformed):
        read(**fields)


@pytest.mark.parametrize(
    ("answer", "body"),
    [
        (Answer(None, None, (), "no_contact"), "{}"),
        (NO_OPINION, "{}"),
        (Answer("c-1", "Ольга", (), "nobody_available"), '{"contact_name": "Ольга"}'),
        (
            Answer(
                "c-1", "Ольга", (Target("vera", None, "vera", 20), Target("anna", "701", "anna", 20)), "responsible"
            ),
            '{"contact_name": "Ольга", "responsible": "701"}',
        ),
    ],
)
def test_the_answer_names_the_first_who_has_a_short_number(answer: Answer, body: str) -> None:
    assert planfix_api.answer(answer).body == body


def test_refusals_are_the_documents() -> None:
    assert planfix_api.refuse(400).body == '{"error": "Invalid parameters"}'
    assert planfix_api.refuse(401).body == '{"error": "Invalid token"}'


GROUP = [
    event
    for record in ALL
    if (record.operator, record.situation) == ("planfix-api", "group_answered")
    for event in record.events
]


@pytest.mark.rule("K2")
@pytest.mark.rule("R2")
@given(st.permutations(GROUP))
@settings(max_examples=40, deadline=None)
def test_who_picked_up_in_a_group_does_not_depend_on_the_order(events: list[CallEvent]) -> None:
    facts = [to_fact(event, PBX, 1_795_428_930_000 + place) for place, event in enumerate(events)]
    call = derive(PBX, GROUP[0].call_id, [*facts, *facts])
    assert call.first_answer is not None
    assert (call.first_answer.leg.employee, call.outcome) == ("boris", "answered")
    assert {(leg.ext, leg.state) for leg in call.legs} == {("701", "cancelled"), ("702", "answered")}
