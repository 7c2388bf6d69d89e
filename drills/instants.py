"""Drills in which two environments work on one call, or one number, at the same instant."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from drills.drill import GROUP, Drill, Field, Played
from drills.faults import WRITES, Fault
from drills.under import CONTACTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drills.pbx import Sent

_QUESTION, _FIRST_RING, _SECOND_RING, _ANSWER, *_REST = GROUP.steps


def two_phones(field: Field) -> Played:
    """Two phones of one call ring at the same instant."""
    talk = field.begin("megafon", GROUP)
    talk.tell(_QUESTION)
    met = at_once(field, [*talk.words(_FIRST_RING), *talk.words(_SECOND_RING)])
    for step in (_ANSWER, *_REST):
        talk.tell(step)
    return Played(GROUP, [talk], met=met)


def ring_and_answer(field: Field) -> Played:
    """The answer arrives at the instant of the first ring, the second ring after both."""
    talk = field.begin("vonage", GROUP)
    talk.tell(_QUESTION)
    [first], [second], [answer] = (talk.words(step) for step in (_FIRST_RING, _SECOND_RING, _ANSWER))
    met = at_once(field, [first, answer])
    second.once()
    for step in _REST:
        talk.tell(step)
    return Played(GROUP, [talk], met=met)


def two_pbxs(field: Field) -> Played:
    """Two PBXs report one number at the same instant; whichever of the calls made the contact, it is one."""
    first, second = field.begin("megafon", GROUP), field.begin("mango", GROUP)
    second.phone = second.call.phone = first.phone
    rings = []
    for talk in (first, second):
        talk.tell(_QUESTION)
        *before, ring = talk.words(_FIRST_RING)
        for sent in before:
            sent.once()
        rings.append(ring)
    met = at_once(field, rings)
    for step in (_SECOND_RING, _ANSWER, *_REST):
        for talk in (first, second):
            talk.tell(step)
    contact = first.stage.contact_of(first.phone)
    by = contact["created_by"] if contact else None
    made_by_first = isinstance(by, dict) and by.get("call_id") == first.call.id
    maker, other = (first, second) if made_by_first else (second, first)
    return Played(GROUP, [maker], beside=[other], met=met)


def at_once(field: Field, told: Sequence[Sent]) -> int:
    """Send requests so that their writes of the contact meet at the proxy; say how many met, 0 where not all did."""
    meeting = Fault("meet", item=CONTACTS, operations=WRITES, function="webhook", times=len(told))
    with field.ground.proxy.failing(meeting) as met, ThreadPoolExecutor(len(told)) as pool:
        list(pool.map(lambda sent: sent.once(), told))
    return len(met) if len(met) == len(told) else 0


INSTANTS = (
    Drill("two phones of a call ring at the same instant", two_phones),
    Drill("ring and answer arrive at the same instant", ring_and_answer),
    Drill("two PBXs report a number at the same instant", two_pbxs),
)
