"""One drill: where it is played, how, and what it leaves to be judged."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from drills.pbx import Conversation
from firstcall.simulator.script import SCENARIOS, Answer, Ring, Scenario, Start
from firstcall.simulator.stage import caller

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from drills.asking import Answer as Asked
    from drills.asking import Asker
    from drills.ground import Ground
    from drills.judge import Judge
    from drills.proxy import Met
    from firstcall.simulator.stage import Stage

GRACE_SECONDS = 3.0
"""After the delayed message is due, the machine may take this long to bring it."""

SCHEDULE_SECONDS = 60.0

GROUP = SCENARIOS["group"]
THEN_SILENCE = Scenario(
    "silence", "the second answers, then the PBX says nothing more",
    (Start(), Ring(0, group=True), Ring(1, group=True), Answer(1)), "answered", 0, 1, 1,
)  # fmt: skip
NOBODY = Scenario(
    "nobody", "a phone rings, then the PBX says nothing more", (Start(), Ring(0, group=True)), "missed", 0
)


@dataclass(slots=True)
class Field:
    """Where drills are played."""

    ground: Ground
    stages: Mapping[str, Stage]
    asker: Asker
    judge: Judge
    limit_ms: float  # of a look-up, transport included

    def begin(self, on: str, scenario: Scenario, *, tries: int | None = None, hours_off: float = 0) -> Conversation:
        """Begin a call of a customer who has never called."""
        stage = self.stages[on]
        return Conversation.begin(stage, caller(stage, None), scenario.steps, tries=tries, hours_off=hours_off)

    def wait_until_met(self, met: Sequence[Met], times: int) -> None:
        """Wait until a fault has met that many requests, or until the deadline of a call told just now is over."""
        until = time.monotonic() + self.ground.delay_seconds + GRACE_SECONDS
        while len(met) < times and time.monotonic() < until:
            time.sleep(0.1)


@dataclass(slots=True)
class Played:
    """What was played, and what must be true of it."""

    scenario: Scenario
    conversations: list[Conversation]
    answers: list[Asked] = field(default_factory=list)
    met: int = 0  # how many requests a fault met
    beside: list[Conversation] = field(default_factory=list)  # whose events must be kept, and nothing else
    patience: float = 0.0  # seconds more than usual until the contact must be right
    by_schedule: bool = False  # nobody wakes the backfill but the schedule itself, once a minute
    nothing_stored: bool = False  # no event was taken, so there must be no contact
    mistakes: list[str] = field(default_factory=list)


class Drill(NamedTuple):
    """A row of the table."""

    name: str
    play: Callable[[Field], Played]
