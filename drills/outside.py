"""Drills in which neither AWS nor a function fails: clocks are wrong, events shuffled, the cloud is restarted."""

from __future__ import annotations

import random
from pathlib import Path
from typing import TYPE_CHECKING

from drills.asking import DOORS
from drills.drill import GROUP, NOBODY, THEN_SILENCE, Drill, Field, Played
from drills.faults import Fault
from drills.pbx import NO_ANSWER

if TYPE_CHECKING:
    from collections.abc import Callable

    from firstcall.simulator.script import Scenario

CLOCK = Path(__file__).parent / "clock"


def pbx_clock(on: str, hours: float) -> Callable[[Field], Played]:
    """Tell a call of a PBX whose clock is hours off."""

    def play(field: Field) -> Played:
        talk = field.begin(on, GROUP, hours_off=hours)
        talk.tell_all(GROUP)
        return Played(GROUP, [talk], met=1)

    return play


def our_clock(seconds: int, scenario: Scenario) -> Callable[[Field], Played]:
    """Put the webhook's clock wrong, against the backfill's."""

    def play(field: Field) -> Played:
        field.ground.set_environment("webhook", {"PYTHONPATH": str(CLOCK), "DRILL_CLOCK_SECONDS": str(seconds)})
        try:
            talk = field.begin("generic", scenario)
            talk.tell_all(scenario)
        finally:
            field.ground.set_environment("webhook", {})
        return Played(scenario, [talk], met=1, patience=max(0, seconds))

    return play


def shuffled_twice(on: str, seed: int) -> Callable[[Field], Played]:
    """Send every event twice, all in any order, while DynamoDB throttles some of their writes."""

    def play(field: Field) -> Played:
        talk = field.begin(on, GROUP)
        told = [sent for step in GROUP.steps for sent in talk.words(step)] * 2
        random.Random(seed).shuffle(told)  # noqa: S311 -- a shuffle that can be repeated
        with field.ground.proxy.failing(Fault("throttle", skip=10, times=6)) as met:
            for sent in told:
                sent.once()
        return Played(GROUP, [talk], met=len(met))

    return play


def restart(field: Field) -> Played:
    """Stop the local cloud while phones ring, and start it again; the PBX repeats what found nobody."""
    talk = field.begin("generic", GROUP, tries=6)
    for step in GROUP.steps[:3]:
        talk.tell(step)
    field.ground.cloud.stop()
    try:
        talk.tell(GROUP.steps[3])
    finally:
        field.ground.cloud.start()
    for step in GROUP.steps[4:]:
        talk.tell(step)
    talk.finish()
    missed = sum(NO_ANSWER in sent.statuses for sent in talk.sent)
    # The first start of everything on a cloud that has just come back is the cloud's own time, and not measured.
    cold = [field.asker.ask(door)._replace(ms=0) for door in DOORS]
    return Played(GROUP, [talk], [*cold, *(field.asker.ask(door) for door in DOORS)], met=missed)


OUTSIDE = (
    Drill("a PBX's clock is 5 hours ahead", pbx_clock("generic", 5)),
    Drill("a PBX's clock is 5 hours behind", pbx_clock("mango", -5)),
    Drill("a PBX's clock is a day behind", pbx_clock("zadarma", -24)),
    Drill("our webhook's clock is 5 s ahead of the backfill's", our_clock(5, NOBODY)),
    Drill("our webhook's clock is 5 s behind the backfill's", our_clock(-5, NOBODY)),
    Drill("our webhook's clock is an hour behind", our_clock(-3600, THEN_SILENCE)),
    Drill("events come twice and shuffled, DynamoDB throttles some", shuffled_twice("vonage", 7)),
    Drill("the local cloud is restarted while phones ring", restart),
)
