"""The recorded calls, whole and in any order: one stored call, the right people (K2)."""

from __future__ import annotations

from itertools import permutations
from random import Random

import pytest

from shared.call import Call, derive, to_fact
from shared.pbx import family
from tests.contract.recorded import ALL
from tests.contract.whole_calls import CONNECTIONS, in_any_order, recorded, who
from tests.support.stack import a_connection

LOGINS = {"anna": "anna", "boris": "boris", "62265060004": "anna", "62265060005": "boris"}
EXTENSIONS = {"701": "anna", "702": "boris", "+79160000002": "boris", "sip:702@sip.example.com": "boris"}
CONNECTION = a_connection("c", "twilio", employees_by_ext=EXTENSIONS, employees_by_login=LOGINS)

WHOLE = [
    # family, situation, direction, outcome, first directed, answered by
    ("twilio", "direct_answered", "in", "answered", "anna", "anna"),
    ("twilio", "group_answered", "in", "answered", "anna", "boris"),
    ("twilio", "sip_and_number_answered", "in", "answered", "anna", "boris"),
    ("twilio", "missed", "in", "missed", "anna", None),
    ("twilio", "never_reached", "in", "missed", None, None),
    ("twilio", "machine_answered", "in", "missed", "anna", None),
    ("twilio", "outgoing", "out", "missed", "anna", None),
    ("plivo", "direct_answered", "in", "answered", "anna", "anna"),
    ("plivo", "group_answered", "in", "answered", "boris", "boris"),
    ("plivo", "missed", "in", "missed", "boris", None),
    ("plivo", "never_reached", "in", "cancelled", None, None),
    ("vonage", "direct_answered", "in", "answered", "anna", "anna"),
    ("vonage", "group_answered", "in", "answered", "anna", "boris"),
    ("vonage", "missed", "in", "missed", "boris", None),
    ("vonage", "never_reached", "in", "cancelled", None, None),
    ("ringcentral", "direct_answered", "in", "answered", "anna", "anna"),
    ("ringcentral", "group_answered", "in", "answered", "anna", "boris"),
    ("ringcentral", "missed", "in", "missed", "anna", None),
    ("ringcentral", "never_reached", "in", "missed", None, None),
    ("ringcentral", "voicemail", "in", "missed", "anna", None),
    ("ringcentral", "outgoing", "out", "answered", "anna", None),
    ("yeastar", "direct_answered", "in", "answered", "anna", "anna"),
    ("yeastar", "group_answered", "in", "answered", "anna", "boris"),
    ("yeastar", "missed", "in", "missed", "anna", None),
    ("yeastar", "never_reached", "in", "missed", None, None),
    ("yeastar", "outgoing", "out", "answered", "anna", None),
    ("threecx", "direct_answered", "in", "answered", "anna", "anna"),
    ("threecx", "missed", "in", "missed", "anna", None),
    ("amazon_connect", "direct_answered", "in", "answered", "anna", "anna"),
    ("amazon_connect", "never_reached", "in", "missed", None, None),
    ("amazon_connect", "transfer", "in", None, "anna", "anna"),
]


HELD = [
    # family, situation, first answered by, last held by, outcome
    ("binotel", "direct_answered", "anna", "anna", "answered"),
    ("binotel", "group_answered", "boris", "boris", "answered"),
    ("binotel", "completed_only", "anna", "boris", "answered"),
    ("binotel", "completed_without_history", "anna", "anna", "answered"),
    ("binotel", "transfer", "anna", "boris", "answered"),
    ("binotel", "wire_number", "anna", "anna", "answered"),
    ("binotel", "old_field_names", "anna", "anna", "answered"),
    ("binotel", "missed", None, None, "missed"),
    ("binotel", "missed_by_a_group", None, None, "missed"),
    ("binotel", "never_reached_an_extension", None, None, "missed"),
    ("binotel", "voicemail", None, None, "missed"),
    ("binotel", "outgoing", None, None, "answered"),
    ("binotel", "outgoing_unanswered", None, None, "cancelled"),
    ("gravitel", "direct_answered", "anna", "anna", "answered"),
    ("gravitel", "group_answered", "boris", "boris", "answered"),
    ("gravitel", "transfer", "boris", "anna", "answered"),
    ("gravitel", "missed", None, None, "missed"),
    ("gravitel", "never_reached_an_extension", None, None, "missed"),
    ("gravitel", "machine", None, None, "missed"),
    ("gravitel", "outgoing", None, None, "answered"),
    ("gravitel", "outgoing_unanswered", None, None, "busy"),
    ("mango", "direct_answered", "anna", "anna", "answered"),
    ("mango", "group_answered", "boris", "boris", "answered"),
    ("mango", "missed", None, None, "missed"),
    ("mango", "missed_by_a_group", None, None, "missed"),
    ("mango", "never_reached_an_extension", None, None, "missed"),
    ("mango", "transfer_consultative", "anna", "boris", "answered"),
    ("mango", "transfer_blind", "anna", "boris", "answered"),
    ("mango", "lookup", "anna", "anna", "answered"),
    ("mango", "outgoing", None, None, "answered"),
    ("mango", "callback", None, None, "answered"),
    ("mango", "internal", None, None, "answered"),
    ("telphin", "direct_answered", "anna", "anna", "answered"),
    ("telphin", "group_answered", "boris", "boris", "answered"),
    ("telphin", "ivr_and_queue", "boris", "boris", "answered"),
    ("telphin", "transfer", "anna", "boris", "answered"),
    ("telphin", "missed", None, None, "missed"),
    ("telphin", "missed_and_given_up", None, None, "missed"),
    ("telphin", "never_reached_an_extension", None, None, "missed"),
    ("telphin", "outgoing", None, None, "answered"),
    ("telphin", "outgoing_busy", None, None, "busy"),
    ("telphin", "call_back", None, None, "answered"),
    ("uis", "direct_answered", "anna", "anna", "answered"),
    ("uis", "group_answered", "boris", "boris", "answered"),
    ("uis", "transfer", "boris", "anna", "answered"),
    ("uis", "missed", None, None, "missed"),
    ("uis", "missed_by_a_group", None, None, "missed"),
    ("uis", "never_reached_an_employee", None, None, "missed"),
    ("uis", "outgoing", None, None, "answered"),
    ("uis", "outgoing_unanswered", None, None, "cancelled"),
    ("zadarma", "direct_answered", "anna", "anna", "answered"),
    ("zadarma", "group_answered", "boris", "boris", "answered"),
    ("zadarma", "forwarded", "anna", "anna", "answered"),
    ("zadarma", "transfer_blind", "boris", "anna", "answered"),
    ("zadarma", "missed", None, None, "missed"),
    ("zadarma", "never_reached_an_extension", None, None, "missed"),
    ("zadarma", "outgoing", None, None, "answered"),
]


def arrived(name: str, situation: str, order: list[int] | None = None) -> Call:
    events = [event for each in ALL if (each.family, each.situation) == (name, situation) for event in each.events]
    facts = [to_fact(event, CONNECTION, 1_795_428_930_000 + place) for place, event in enumerate(events)]
    chosen = facts if order is None else [facts[place] for place in order]
    return derive(CONNECTION, events[0].call_id, chosen)


def orders(count: int) -> list[list[int]]:
    if count <= 4:
        return [list(order) for order in permutations(range(count))]
    random = Random(count)  # noqa: S311 -- the same orders in every run
    return [[*random.sample(range(count), count), random.randrange(count)] for _ in range(40)]


@pytest.mark.rule("K2")
@pytest.mark.rule("K4")
@pytest.mark.parametrize(
    ("name", "situation", "direction", "outcome", "first", "answerer"),
    WHOLE,
    ids=[f"{row[0]}-{row[1]}" for row in WHOLE],
)
def test_a_whole_call_is_the_same_in_any_order(
    name: str, situation: str, direction: str, outcome: str | None, first: str | None, answerer: str | None
) -> None:
    call = arrived(name, situation)
    held = call.first_answer.leg.employee if call.first_answer else None
    assert (call.direction, call.outcome, call.first_directed, held) == (direction, outcome, first, answerer)
    count = sum(len(each.events) for each in ALL if (each.family, each.situation) == (name, situation))
    assert [order for order in orders(count) if arrived(name, situation, order) != call] == []


@pytest.mark.rule("K2")
@pytest.mark.rule("K7")
@pytest.mark.parametrize(
    ("name", "situation", "first", "last", "outcome"), HELD, ids=[f"{row[0]}-{row[1]}" for row in HELD]
)
def test_who_answered_first_and_held_last_is_the_same_in_any_order(
    name: str, situation: str, first: str | None, last: str | None, outcome: str
) -> None:
    def check(call: Call) -> None:
        assert (*who(call), call.outcome, call.state) == (first, last, outcome, "ended")

    in_any_order(CONNECTIONS[name], recorded(name, situation), check)


@pytest.mark.rule("K3")
def test_a_phone_that_lost_neither_ends_the_call_nor_makes_it_missed() -> None:
    for name, situation in (
        ("twilio", "group_answered"),
        ("vonage", "group_answered"),
        ("ringcentral", "group_answered"),
    ):
        call = arrived(name, situation)
        assert {leg.employee: leg.state for leg in call.legs} == {"anna": "cancelled", "boris": "answered"}


def test_every_family_here_has_its_outgoing_withheld_and_unknown_requests() -> None:
    for name in {row[0] for row in WHOLE}:
        situations = {each.situation for each in ALL if each.family == name}
        assert {"outgoing", "withheld", "unknown", "never_reached"} <= situations
        assert family(name).EVENTS
