"""The plainest drill: a call is told, and a fault lasts from one of its steps to another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drills.asking import DOORS
from drills.drill import GROUP, Field, Played

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from drills.faults import Fault
    from firstcall.simulator.script import Scenario

UNTIL_ANSWERED = (0, 4)  # of GROUP: the question, two phones ring, the second is picked up
FIRST_RING = (1, 2)
RINGS_AND_ANSWER = (1, 4)
ANSWER = (3, 4)
ALL = (0, 99)

CALLS, CONTACTS, COMPANY = "call#", "phone#", "company"
"""How the keys of the table's items begin."""

AGAIN = 4
"""How often a PBX of one's own script sends what was refused."""


def under(
    on: str,
    *faults: Fault,
    scenario: Scenario = GROUP,
    steps: tuple[int, int] = UNTIL_ANSWERED,
    tries: int | None = None,
    asking: Sequence[str] = DOORS,
    lasting: bool = False,
    nothing_stored: bool = False,
) -> Callable[[Field], Played]:
    """Tell a call; the faults last from the first of these steps up to the second, or, lasting, until they are met."""

    def play(field: Field) -> Played:
        talk = field.begin(on, scenario, tries=tries)
        first, last = steps
        with field.asker.asking(asking) as answers:
            for step in scenario.steps[:first]:
                talk.tell(step)
            with field.ground.proxy.failing(*faults) as met:
                for step in scenario.steps[first:last]:
                    talk.tell(step)
                if nothing_stored:
                    talk.finish()
                if lasting:
                    field.wait_until_met(met, min(fault.times for fault in faults))
            for step in scenario.steps[last:]:
                talk.tell(step)
            talk.finish()
        return Played(scenario, [talk], answers, len(met), nothing_stored=nothing_stored)

    return play
