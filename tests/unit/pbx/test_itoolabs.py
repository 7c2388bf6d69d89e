"""What the iTooLabs protocol says, where the fixtures do not show it."""

from __future__ import annotations

import json
from urllib.parse import urlencode

import pytest

from shared.pbx.families import itoolabs
from shared.pbx.protocol import CallEvent, Malformed, PbxRequest, Unauthorized

SECRETS = {"crm_token": "t0ken"}
RINGING = {"cmd": "event", "type": "INCOMING", "phone": "79161234567", "user": "anna", "ext": "701", "callid": "C-1"}
ENDED = {"cmd": "history", "type": "in", "status": "Success", "phone": "79161234567", "user": "anna", "callid": "C-1"}


def request(body: bytes = b"", *, query: dict[str, str] | None = None, content_type: str = "") -> PbxRequest:
    return PbxRequest("POST", "", query or {}, {"content-type": content_type} if content_type else {}, body)


def form(**fields: str) -> PbxRequest:
    return request(urlencode(fields).encode())


def event(**fields: str) -> CallEvent:
    (only,) = itoolabs.parse(form(**fields)).events
    return only


@pytest.mark.rule("K4")
@pytest.mark.parametrize(
    "user", ["pbx", "g_0b1c2d3e-4f50-4617-8829-3a4b5c6d7e8f", "ivr", "fax", "pbx@tenant.example", ""]
)
def test_a_department_the_switch_or_a_menu_is_nobody(user: str) -> None:
    for fields in ({**RINGING, "type": "ACCEPTED"}, ENDED):
        read = event(**fields | {"user": user, "ext": ""})
        assert (read.ext, read.login) == (None, None)


@pytest.mark.rule("K4")
def test_the_short_number_of_a_department_is_no_extension() -> None:
    assert event(**ENDED | {"user": "g_sales", "ext": "600"}).ext is None


def test_an_employee_without_a_login_is_known_by_the_extension() -> None:
    read = event(**RINGING | {"user": ""})
    assert (read.ext, read.login) == ("701", None)


def test_a_login_is_cut_at_its_tenant() -> None:
    assert event(**RINGING | {"user": "anna@tenant.pbx.example"}).login == "anna"


@pytest.mark.parametrize(
    ("kind", "stated", "expected"),
    [
        ("INCOMING", "", "in"),
        ("OUTGOING", "", "out"),
        ("ACCEPTED", "", None),
        ("COMPLETED", "", None),
        ("CANCELLED", "", None),
        ("TRANSFERRED", "", None),
        ("INCOMING", "out", "out"),
        ("ACCEPTED", "IN", "in"),
        ("ACCEPTED", "internal", "internal"),
        ("ACCEPTED", "sideways", "internal"),
    ],
)
def test_a_direction_not_stated_is_that_of_the_type_or_left_open(kind: str, stated: str, expected: str | None) -> None:
    fields = RINGING | {"type": kind} | ({"direction": stated} if stated else {})
    assert event(**fields).direction == expected


@pytest.mark.rule("C4")
@pytest.mark.parametrize(
    ("phone", "direction"), [("7", "internal"), ("70123", "internal"), ("701234", "in"), ("", "in")]
)
def test_a_call_from_a_short_number_stays_inside(phone: str, direction: str) -> None:
    assert event(**RINGING | {"phone": phone}).direction == direction
    assert event(**ENDED | {"phone": phone}).direction == direction


def test_a_record_that_does_not_say_its_direction_leaves_it_open() -> None:
    fields = {name: value for name, value in ENDED.items() if name != "type"}
    assert event(**fields).direction is None


@pytest.mark.parametrize(
    ("direction", "status", "outcome"),
    [
        ("in", "Success", "answered"),
        ("in", "SUCCESS", "answered"),
        ("in", "missed", "missed"),
        ("in", "Missed", "missed"),
        ("in", "", "missed"),
        ("in", "Voicemail", "missed"),
        ("out", "success", "answered"),
        ("out", "Cancel", "cancelled"),
        ("out", "Cancelled", "cancelled"),
        ("out", "Busy", "busy"),
        ("out", "NotAvailable", "failed"),
        ("out", "NotAllowed", "failed"),
        ("out", "NotFound", "failed"),
        ("out", "callAerror", "failed"),
    ],
)
def test_a_status_counts_in_any_letter_case_and_an_unknown_one_is_no_answer(
    direction: str, status: str, outcome: str
) -> None:
    read = event(**ENDED | {"type": direction, "status": status})
    assert (read.kind, read.outcome, read.final) == ("ended", outcome, True)


def test_the_start_of_the_call_is_not_taken_for_the_time_of_its_record() -> None:
    assert event(**ENDED | {"start": "20261123T101530Z"}).at is None


@pytest.mark.rule("K3")
def test_a_cancelled_leg_does_not_end_the_call() -> None:
    read = event(**RINGING | {"type": "CANCELLED"})
    assert (read.kind, read.outcome, read.final) == ("leg_ended", None, False)


@pytest.mark.rule("K8")
def test_the_end_of_a_conversation_proves_who_had_it() -> None:
    read = event(**RINGING | {"type": "completed"})
    assert (read.kind, read.outcome, read.login, read.final) == ("ended", "answered", "anna", False)


@pytest.mark.rule("K6")
@pytest.mark.parametrize(
    "fields",
    [
        {"cmd": "event", "type": "PARKED"},
        {"cmd": "event"},
        {"cmd": "rating", "rating": "5"},
        {"cmd": "webhook", "type": "sipregs_error", "callid": ""},
        {"cmd": "brand_new"},
    ],
)
def test_an_unknown_command_or_type_says_nothing(fields: dict[str, str]) -> None:
    parsed = itoolabs.parse(form(**fields))
    assert (parsed.events, parsed.lookup, parsed.reply) == ((), None, None)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"cmd": ""},
        {"phone": "79161234567"},
        {"cmd": "event", "type": "INCOMING", "callid": ""},
        {"cmd": "history", "type": "in", "status": "Success"},
    ],
)
def test_a_request_without_its_command_or_call_is_malformed(fields: dict[str, str]) -> None:
    with pytest.raises(Malformed):
        itoolabs.parse(form(**fields))


@pytest.mark.parametrize(
    "body", [b'{"cmd": "event"', b"{]", b'{"a":' * 100_000, b"\xff\xfe=1", b"&".join([b"a=1"] * 1001)]
)
def test_a_body_that_cannot_be_read_is_malformed(body: bytes) -> None:
    for read in (itoolabs.parse, lambda each: itoolabs.authenticate(each, SECRETS)):
        with pytest.raises(Malformed):
            read(request(body))


def test_a_body_is_read_by_what_it_is_and_not_by_what_it_is_called() -> None:
    fields = {**RINGING, "crm_token": "t0ken"}
    as_form, as_json = urlencode(fields).encode(), json.dumps(fields).encode()
    for body in (as_form, as_json):
        for content_type in ("application/x-www-form-urlencoded", "application/json", ""):
            itoolabs.authenticate(request(body, content_type=content_type), SECRETS)
            assert itoolabs.parse(request(body, content_type=content_type)).events[0].login == "anna"


def test_the_query_is_read_too_and_the_body_counts_more() -> None:
    spoken = request(urlencode({"user": "boris"}).encode(), query={**RINGING, "crm_token": "t0ken"})
    itoolabs.authenticate(spoken, SECRETS)
    assert itoolabs.parse(spoken).events[0].login == "boris"
    with pytest.raises(Unauthorized):
        itoolabs.authenticate(request(b"crm_token=wrong", query={"crm_token": "t0ken"}), SECRETS)


def test_half_a_character_in_json_is_replaced_so_that_the_event_can_be_stored() -> None:
    read = itoolabs.parse(request(b'{"cmd":"event","type":"INCOMING","callid":"C\\ud800","user":"anna"}')).events[0]
    assert read.call_id == "C?"


def test_refusals_are_worded_as_in_the_vendors_document() -> None:
    assert json.loads(itoolabs.refuse(400).body) == {"error": "Invalid parameters"}
    assert json.loads(itoolabs.refuse(401).body) == {"error": "Invalid token"}
