"""Asterisk with the dial plan of docs/operators/asterisk.md."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firstcall.simulator.bodies import form
from firstcall.simulator.dialects import dialplan
from firstcall.simulator.script import Queue
from firstcall.simulator.wire import Inexpressible, Opinion, Person, WireRequest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from firstcall.simulator.script import Step
    from firstcall.simulator.wire import Heard, WireCall

TIMED = True
PROOF: tuple[str, ...] = ("token",)
LAST_RECORD = True
HEARS: Heard = "rung"

call_id = dialplan.linked_id


def ask(call: WireCall) -> WireRequest | None:
    """Ask with a form."""
    fields = {"token": call.secrets.get("token", ""), "phone": call.phone or "", "line": call.line, "call_id": call.id}
    return form("asks whose caller it is", fields, asks=True)


def play(step: Step, call: WireCall) -> Iterator[WireRequest]:
    """Say what the dial plan posts for a step."""
    if isinstance(step, Queue):
        raise Inexpressible("members of a queue whose phones only ring are not told")
    yield from dialplan.tell(step, call)


def read_answer(body: str) -> Opinion:
    """Read extensions with commas between them."""
    return Opinion(tuple(filter(None, body.split(","))))


def named(person: Person) -> str | None:
    """Name by extension, digits only."""
    return person.ext if person.ext.isdecimal() else None
