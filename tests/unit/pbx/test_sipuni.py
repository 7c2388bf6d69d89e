"""Sipuni: whose phone each event is about, what ends a call, and the answer it insists on."""

from __future__ import annotations

import json
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.call import Call, derive, to_fact
from shared.pbx.families import sipuni
from shared.pbx.protocol import NO_OPINION, CallEvent, Malformed, Parsed, PbxRequest
from tests.contract.recorded import ALL
from tests.support.stack import a_connection

PBX = a_connection("sipuni-main", "sipuni", employees_by_ext={"201": "anna", "202": "boris"}, employees_by_login={})
EVENT = {
    "event": "1",
    "call_id": "1795428930.771204",
    "src_num": "79161234567",
    "src_type": "1",
    "short_src_num": "79161234567",
    "dst_num": "045678201",
    "dst_type": "2",
    "short_dst_num": "201",
    "pbxdstnum": "74951112233",
    "timestamp": "1795428930",
}
STEP = {"dst_num": "74951112233_id118204", "short_dst_num": "74951112233_id118204", "dst_type": "1"}
OUTGOING = {
    "src_num": "045678201",
    "src_type": "2",
    "short_src_num": "201",
    "dst_num": "79161234567_id77",
    "dst_type": "1",
    "short_dst_num": "79161234567_id77",
}


def parse(fields: dict[str, str]) -> Parsed:
    posted = PbxRequest("POST", "", {}, {}, urlencode(fields).encode())
    assert sipuni.parse(PbxRequest("GET", "", fields, {}, b"")) == sipuni.parse(posted)
    return sipuni.parse(posted)


def event(**fields: str) -> CallEvent:
    (only,) = parse({**EVENT, **fields}).events
    return only


@pytest.mark.parametrize(("number", "kind"), [("1", "ringing"), ("2", "ended"), ("3", "answered"), ("4", "leg_ended")])
def test_an_event_is_about_the_short_number_without_the_cabinets(number: str, kind: str) -> None:
    read = event(event=number)
    assert (read.kind, read.ext, read.phone, read.line) == (kind, "201", "79161234567", "74951112233")


@pytest.mark.rule("K4")
def test_a_step_of_the_scheme_is_nobody_even_when_it_answers() -> None:
    assert [(event(event=number, **STEP).kind, event(event=number, **STEP).ext) for number in "132"] == [
        ("started", None),
        ("answered", None),
        ("ended", None),
    ]


@pytest.mark.parametrize(
    ("source", "destination", "direction"),
    [("1", "2", "in"), ("1", "1", "in"), ("2", "1", "out"), ("2", "2", "internal"), ("", "2", None)],
)
def test_the_types_of_both_sides_tell_the_direction(source: str, destination: str, direction: str | None) -> None:
    assert event(src_type=source, dst_type=destination).direction == direction


def test_an_outgoing_call_names_the_employee_who_calls_and_the_clients_number_without_a_step() -> None:
    read = event(**OUTGOING)
    assert (read.kind, read.ext, read.phone, read.line) == ("started", "201", "79161234567", None)


@pytest.mark.parametrize(
    ("status", "incoming", "outgoing"),
    [
        ("ANSWER", "answered", "answered"),
        ("BUSY", "busy", "busy"),
        ("NOANSWER", "missed", "cancelled"),
        ("CANCEL", "missed", "cancelled"),
        ("CONGESTION", "missed", "failed"),
        ("CHANUNAVAIL", "missed", "failed"),
        ("BRANDNEW", "missed", "failed"),
        ("", "missed", "failed"),
    ],
)
def test_event_2_ends_the_call(status: str, incoming: str, outgoing: str) -> None:
    ends = [event(event="2", status=status), event(event="2", status=status, **OUTGOING)]
    assert [each.outcome for each in ends] == [incoming, outgoing]
    assert all(each.final for each in ends)


@pytest.mark.rule("K8")
@pytest.mark.parametrize(
    ("status", "called", "ext"),
    [
        ("ANSWER", "201&202", "202"),
        ("ANSWER", "201", "201"),
        ("NOANSWER", "201&202", "201"),
        ("ANSWER", "79160000009", None),
        ("ANSWER", "", None),
        ("NOANSWER", "", None),
    ],
)
def test_where_the_end_names_a_step_the_extensions_tried_tell_who_it_was(
    status: str, called: str, ext: str | None
) -> None:
    assert event(event="2", status=status, last_called=called, **STEP).ext == ext


@pytest.mark.rule("R8")
@pytest.mark.parametrize(
    ("started", "answered", "at"),
    [
        ("1795428930", "1795428937", 1795428937000),
        ("1795428930", "1795428929", 1795428930000),
        ("1795428930", "0", 1795428930000),
        ("", "", None),
        ("soon", "9" * 5000, None),
    ],
)
def test_the_end_of_a_talk_counts_from_its_answer_which_cannot_precede_the_start(
    started: str, answered: str, at: int | None
) -> None:
    read = event(event="2", status="ANSWER", call_start_timestamp=started, call_answer_timestamp=answered)
    assert read.at == at


@pytest.mark.rule("K6")
def test_an_unknown_event_says_nothing() -> None:
    assert parse({**EVENT, "event": "9"}) == parse({"event": "x"}) == Parsed()


@pytest.mark.parametrize("fields", [{}, {"event": ""}, {**EVENT, "call_id": ""}, {"event": "1"}])
def test_what_cannot_be_read_is_malformed(fields: dict[str, str]) -> None:
    with pytest.raises(Malformed):
        parse(fields)


def test_the_answer_is_the_one_sipuni_insists_on() -> None:
    asked = PbxRequest("POST", "", {}, {}, b"")
    assert sipuni.acknowledge(asked).body == sipuni.answer(NO_OPINION).body == '{"success": true}'
    assert json.loads(sipuni.refuse(400).body)["success"] is False


def whole(situation: str, events: list[CallEvent] | None = None) -> Call:
    recorded = [
        each for record in ALL if record.situation == situation for each in record.events if "event" in each.name
    ]
    mine = events or [each for each in recorded if each.call_id == EVENT["call_id"]]
    facts = [to_fact(each, PBX, 1_795_428_930_000 + place) for place, each in enumerate(mine)]
    return derive(PBX, EVENT["call_id"], [*facts, *facts])


TRANSFER = [
    event for record in ALL if (record.operator, record.situation) == ("sipuni", "transfer") for event in record.events
]


@pytest.mark.rule("K2")
@pytest.mark.rule("K7")
@given(st.permutations(TRANSFER))
@settings(max_examples=40, deadline=None)
def test_a_transfer_keeps_who_answered_first_and_who_held_last_in_any_order(events: list[CallEvent]) -> None:
    call = whole("transfer", events)
    assert call.first_answer is not None
    assert call.last_answer is not None
    assert (call.first_answer.leg.employee, call.last_answer.leg.employee) == ("anna", "boris")


@pytest.mark.rule("C1")
@pytest.mark.parametrize(
    ("situation", "directed", "answerer", "outcome"),
    [
        ("group_answered", "anna", "boris", "answered"),
        ("answered_end_only", "boris", "boris", "answered"),
        ("never_reached_an_extension", None, None, "missed"),
        ("ivr", None, None, "missed"),
        ("duplicate_ringing", "anna", "anna", None),
    ],
)
def test_what_a_whole_call_says(
    situation: str, directed: str | None, answerer: str | None, outcome: str | None
) -> None:
    call = whole(situation)
    answered = call.first_answer.leg.employee if call.first_answer else None
    assert (call.first_directed, answered, call.outcome) == (directed, answerer, outcome)
