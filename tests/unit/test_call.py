"""What a set of facts says about a call, where no store is needed to see it."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from shared.call import Call, Fact, decode_fact, derive, encode_fact, to_fact
from shared.pbx.protocol import CallEvent
from tests.support.stack import a_connection

PBX = a_connection()


def fact(kind: Any, ext: str | None = None, *, arrived: int = 1000, call_id: str = "c", **fields: Any) -> Fact:
    name = str(fields.pop("name", kind))
    direction = fields.pop("direction", "in")
    return Fact(CallEvent(call_id, kind, name, direction=direction, phone="+79161234567", ext=ext, **fields), arrived)


def who(call: Call) -> tuple[str | None, str | None]:
    first, last = call.first_answer, call.last_answer
    return (first.leg.employee if first else None, last.leg.employee if last else None)


@pytest.mark.rule("K1")
def test_a_fact_reads_back_as_it_was_written_and_equal_events_have_equal_keys() -> None:
    event = CallEvent("c", "ended", "history", "in", False, "8 916 123-45-67", "74951112233", "701", "anna", 5, 7)
    one, two = to_fact(event, PBX, 1000), to_fact(event, PBX, 2000)
    key, text = encode_fact(one)
    assert decode_fact("c", text) == one
    assert encode_fact(two)[0] == key
    assert (one.event.phone, one.event.line) == ("+79161234567", "+74951112233")


@pytest.mark.rule("K7")
def test_by_the_pbxs_times_the_first_and_the_last_who_talked_are_told_apart() -> None:
    facts = [
        fact("answered", "702", at=2000),
        fact("answered", "701", at=9000),
        fact("ended", "702", at=12000, outcome="answered"),
    ]
    for order in permutations(facts):
        assert who(derive(PBX, "c", order)) == ("boris", "anna")


@pytest.mark.rule("K7")
@pytest.mark.rule("K2")
def test_without_times_the_end_of_the_call_names_who_held_it_last() -> None:
    facts = [
        fact("answered", "702", arrived=2000),
        fact("answered", "701", arrived=1000),
        fact("ended", "701", outcome="answered", final=True),
    ]
    for order in permutations(facts):
        assert who(derive(PBX, "c", order)) == ("boris", "anna")


def test_while_the_call_lasts_and_nothing_else_tells_who_answered_first_is_who_was_reported_first() -> None:
    facts = [fact("answered", "702", arrived=1000), fact("answered", "701", arrived=2000)]
    assert who(derive(PBX, "c", facts)) == ("boris", "anna")


@pytest.mark.rule("R6")
def test_legs_rung_in_the_same_second_go_by_the_lower_extension_as_a_number() -> None:
    pbx = a_connection(employees_by_ext={"12": "anna", "9": "boris"})
    call = derive(pbx, "c", [fact("ringing", "12", at=1000), fact("ringing", "9", at=1000)])
    assert call.first_directed == "boris"


@pytest.mark.rule("R6")
def test_a_sequence_of_the_pbxs_own_orders_the_legs_where_it_sends_no_time() -> None:
    call = derive(PBX, "c", [fact("ringing", "701", seq=2, arrived=1), fact("ringing", "702", seq=1, arrived=9)])
    assert call.first_directed == "boris"


@pytest.mark.rule("R6")
def test_without_time_and_sequence_the_first_to_arrive_was_rung_first() -> None:
    call = derive(PBX, "c", [fact("ringing", "701", arrived=2000), fact("ringing", "702", arrived=1000)])
    assert call.first_directed == "boris"


@pytest.mark.rule("K4")
def test_a_machine_that_picks_up_leaves_an_incoming_call_missed() -> None:
    call = derive(PBX, "c", [fact("answered"), fact("ended", outcome="answered", final=True)])
    assert (call.outcome, who(call), call.legs) == ("missed", (None, None), ())


@pytest.mark.rule("K4")
def test_a_consultation_between_two_employees_is_no_answer_and_no_leg_of_the_client() -> None:
    facts = [fact("ringing", "701"), fact("answered", "701"), fact("answered", "702", direction="internal")]
    call = derive(PBX, "c", facts)
    assert who(call) == ("anna", "anna")
    assert [leg.employee for leg in call.legs] == ["anna"]


@pytest.mark.rule("K3")
def test_each_leg_has_its_own_end() -> None:
    facts = [
        fact("ringing", "701"),
        fact("ringing", "702"),
        fact("ringing", "999"),
        fact("leg_ended", "701"),
        fact("answered", "702"),
    ]
    call = derive(PBX, "c", facts)
    assert [(leg.ext, leg.employee, leg.state) for leg in call.legs] == [
        ("701", "anna", "cancelled"),
        ("702", "boris", "answered"),
        ("999", None, "ringing"),
    ]
    ended = derive(PBX, "c", [*facts, fact("ended", "702", outcome="answered")])
    assert [leg.state for leg in ended.legs] == ["cancelled", "answered", "missed"]


@pytest.mark.rule("K1")
def test_an_employee_reported_by_login_here_and_by_extension_there_is_one_leg() -> None:
    call = derive(PBX, "c", [fact("ringing", "701"), fact("answered", login="ANNA")])
    assert [(leg.ext, leg.login, leg.state) for leg in call.legs] == [("701", "ANNA", "answered")]


@pytest.mark.rule("C4")
def test_a_withheld_caller_handed_to_an_outside_number_leaves_no_number_to_make_a_contact_of() -> None:
    call = derive(
        PBX,
        "c",
        [
            Fact(CallEvent("c", "answered", "Connected", "in", ext="701"), 1),
            Fact(CallEvent("c", "started", "Appeared", "out", phone="+79169998877", ext="701"), 2),
        ],
    )
    assert (call.direction, call.phone) == ("in", None)


@pytest.mark.rule("K5")
def test_on_an_outgoing_call_the_client_answers() -> None:
    facts = [fact("started", "701", direction="out"), fact("answered", "701", direction="out")]
    call = derive(PBX, "c", facts)
    assert (call.state, who(call)) == ("answered", (None, None))


def test_the_final_records_direction_wins_and_an_assumed_one_loses() -> None:
    assert derive(PBX, "c", [fact("ringing"), fact("ended", direction="out", final=True)]).direction == "out"
    assert derive(PBX, "c", [fact("answered", assumed=True), fact("started", direction="out")]).direction == "out"
    assert derive(PBX, "c", [fact("answered", direction=None)]).direction is None
