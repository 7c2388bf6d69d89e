"""Drills with the backfill's messages: twice, late, in the wrong order, never; and among them some nobody can read."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from drills.drill import GROUP, Drill, Field, Played
from drills.faults import WRITES, Fault
from drills.under import CONTACTS

if TYPE_CHECKING:
    from drills.pbx import Conversation

UNSETTLED = Fault("refuse", item=CONTACTS, operations=WRITES, function="webhook")
"""With this, the webhook stores what the PBX says and settles nothing: all is left to the message and the sweep."""

POISON = ("no JSON", '"a text"', "[]", '{"connection": "megafon"}')
POISON_SECONDS = 60


def unsettled(field: Field, on: str) -> tuple[Conversation, int]:
    """Tell a whole call of which nothing is settled meanwhile; say how many requests met that fault."""
    talk = field.begin(on, GROUP)
    with field.ground.proxy.failing(UNSETTLED) as met:
        talk.tell_all(GROUP)
    return talk, len(met)


def again(field: Field, talk: Conversation) -> None:
    """Send the message of a call once more."""
    field.ground.send_message(json.dumps({"connection": talk.stage.connection.id, "call_id": talk.call.id}))


def three_times(field: Field) -> Played:
    """Send the message of a call two more times, at once."""
    talk, met = unsettled(field, "mango")
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: again(field, talk), range(2)))
    return Played(GROUP, [talk], met=met)


def late(field: Field) -> Played:
    """Hold the message back until the sweep has decided."""
    with field.ground.without_messages():
        talk, met = unsettled(field, "zadarma")
        time.sleep(field.ground.delay_seconds)
        field.ground.sweep()
    return Played(GROUP, [talk], met=met)


def wrong_order(field: Field) -> Played:
    """Deliver the message of a later call before that of an earlier one."""
    with field.ground.without_messages():
        calls = [unsettled(field, on) for on in ("generic", "twilio")]
        field.ground.purge()
    for talk, _ in reversed(calls):
        again(field, talk)
        time.sleep(0.5)
    return Played(GROUP, [talk for talk, _ in calls], met=sum(met for _, met in calls))


def never(field: Field) -> Played:
    """Lose the message; nothing is left but the schedule."""
    with field.ground.without_messages():
        talk, met = unsettled(field, "megafon")
        field.ground.purge()
    return Played(GROUP, [talk], met=met, by_schedule=True)


def poison(field: Field) -> Played:
    """Put messages that nobody can read among others; they end in the dead-letter queue, the others are done."""
    ground = field.ground
    before, until = ground.waiting("BackfillDeadLettersUrl"), time.monotonic() + POISON_SECONDS
    with ground.impatient_queue():
        for body in POISON:
            ground.send_message(body)
        talk, met = unsettled(field, "mango")
        while (dead := ground.waiting("BackfillDeadLettersUrl") - before) < len(POISON) and time.monotonic() < until:
            time.sleep(0.5)
    wrong = [] if dead == len(POISON) else [f"{dead} of {len(POISON)} poison messages are in the dead-letter queue"]
    return Played(GROUP, [talk], met=met, mistakes=wrong)


MESSAGES = (
    Drill("a message comes three times", three_times),
    Drill("a message comes after the sweep has decided", late),
    Drill("messages come in the wrong order", wrong_order),
    Drill("poison among the messages", poison),
    Drill("a message never comes: the schedule is left", never),
)
