"""The recorded calls of the PBXs the world uses, whole and in any order: one stored call, the right people (K2)."""

from __future__ import annotations

from itertools import permutations
from random import Random

import pytest

from shared.call import Call, derive, to_fact
from shared.pbx import family
from tests.contract.recorded import ALL
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


def played(name: str, situation: str, order: list[int] | None = None) -> Call:
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
    call = played(name, situation)
    held = call.first_answer.leg.employee if call.first_answer else None
    assert (call.direction, call.outcome, call.first_directed, held) == (direction, outcome, first, answerer)
    count = sum(len(each.events) for each in ALL if (each.family, each.situation) == (name, situation))
    assert [order for order in orders(count) if played(name, situation, order) != call] == []


@pytest.mark.rule("K3")
def test_a_phone_that_lost_neither_ends_the_call_nor_makes_it_missed() -> None:
    for name, situation in (
        ("twilio", "group_answered"),
        ("vonage", "group_answered"),
        ("ringcentral", "group_answered"),
    ):
        call = played(name, situation)
        assert {leg.employee: leg.state for leg in call.legs} == {"anna": "cancelled", "boris": "answered"}


def test_every_family_here_has_its_outgoing_withheld_and_unknown_requests() -> None:
    for name in {row[0] for row in WHOLE}:
        situations = {each.situation for each in ALL if each.family == name}
        assert {"outgoing", "withheld", "unknown", "never_reached"} <= situations
        assert family(name).EVENTS
