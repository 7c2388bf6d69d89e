"""Drills in which a function dies between two of its writes: its process is killed, as Lambda may take it away.

The proxy lets the write be done and kills before its answer is there. No other environment takes the request up: what
was not written stays unwritten, and the PBX hears of an error or nothing at all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from drills.aws_fails import backfill
from drills.drill import NOBODY, THEN_SILENCE, Drill, Field, Played
from drills.faults import WRITES, Fault
from drills.under import ANSWER, CALLS, CONTACTS, FIRST_RING, under

if TYPE_CHECKING:
    from collections.abc import Callable

    from firstcall.simulator.script import Scenario

Moment = Literal["before", "after"]

_WRITES = {"message": ("sqs", ""), "event": ("dynamodb", CALLS), "contact": ("dynamodb", CONTACTS)}


def killing(function: str, moment: Moment, write: str) -> Fault:
    """Kill a function once, before or after one of its writes."""
    service, item = _WRITES[write]
    return Fault("kill before" if moment == "before" else "kill after", service, WRITES, function, item, times=1)


def at_ring(on: str, moment: Moment, write: str) -> Callable[[Field], Played]:
    """Kill the webhook at the first ring; the call goes on and is told to its end."""
    return under(on, killing("webhook", moment, write), steps=FIRST_RING, asking=("route",))


def at_answer(on: str, moment: Moment, write: str, scenario: Scenario = THEN_SILENCE) -> Callable[[Field], Played]:
    """Kill the webhook when somebody picks up, which is the last that the PBX ever says, and says once."""
    return under(on, killing("webhook", moment, write), scenario=scenario, steps=ANSWER, tries=1, asking=("route",))


def silence(scenario: Scenario) -> Callable[[Field], Played]:
    """Let every PBX fall silent in the middle of a call, all at the same time."""

    def play(field: Field) -> Played:
        talks = [field.begin(on, scenario) for on in field.stages]
        for talk in talks:
            talk.tell_all(scenario)
        return Played(scenario, talks, met=len(talks))

    return play


KILLED = (
    Drill("webhook killed at the first ring, before its event is stored", at_ring("megafon", "before", "event")),
    Drill("webhook killed at the first ring, after its message is sent", at_ring("mango", "after", "message")),
    Drill("webhook killed at the first ring, after its event is stored", at_ring("zadarma", "after", "event")),
    Drill("webhook killed at the first ring, before its contact is made", at_ring("binotel", "before", "contact")),
    Drill("webhook killed at the first ring, after its contact is made", at_ring("vonage", "after", "contact")),
    *(
        Drill(
            f"webhook killed at the answer, after its event is stored, then silence ({on})",
            at_answer(on, "after", "event"),
        )
        for on in ("megafon", "vonage")
    ),
    Drill(
        "webhook killed at the answer, after its contact is stored, then silence",
        at_answer("generic", "after", "contact"),
    ),
    Drill("backfill killed before it stores the contact", backfill(killing("backfill", "before", "contact"))),
    Drill("backfill killed after it has stored the contact", backfill(killing("backfill", "after", "contact"))),
    Drill("backfill killed after it has taken the call's mark off", backfill(killing("backfill", "after", "event"))),
    Drill("every PBX falls silent after the first ring", silence(NOBODY)),
    Drill("every PBX falls silent after the answer", silence(THEN_SILENCE)),
)
