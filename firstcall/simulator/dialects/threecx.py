"""3CX with the CRM template of docs/operators: it asks for a caller's name, and reports a call when it is over.

The report names one extension, has no id, and leaves a variable that it does not know as it is written.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from firstcall.simulator.bodies import form
from firstcall.simulator.script import Hangup, Transfer
from firstcall.simulator.wire import Inexpressible, Opinion, Person, WireRequest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from firstcall.simulator.script import Step
    from firstcall.simulator.wire import Heard, WireCall

TIMED = True
PROOF: tuple[str, ...] = ()
LAST_RECORD = True
HEARS: Heard = "last"

_UNKNOWN = "[Agent]"


def call_id(call: WireCall) -> str:
    """Give what stands for an id: the start and the number, or the extension where that is withheld."""
    return f"{_started(call)}/{call.phone or call.people[0].ext}"


def ask(call: WireCall) -> WireRequest | None:
    """Ask for the caller's name."""
    return WireRequest(
        "asks for the caller's name", method="GET", door="route", query={"number": call.phone or ""}, asks=True
    )


def play(step: Step, call: WireCall) -> Iterator[WireRequest]:
    """Say what 3CX sends for a step: nothing until the call is over."""
    if isinstance(step, Transfer):
        raise Inexpressible("the report of a call names one employee only")
    if isinstance(step, Hangup):
        person = call.owner if call.outgoing else call.holder
        answered = person is not None
        if person is None and call.rung:
            person = call.people[call.rung[-1]]
        kind = "Outbound" if call.outgoing else "Inbound" if answered else "Missed"
        fields = {"call_type": kind, "number": call.phone or "", "started": _started(call)}
        fields["agent"] = person.ext if person else _UNKNOWN
        yield form(f"the call is over, its report names {person.shown if person else 'nobody'} ({kind})", fields)


def read_answer(body: str) -> Opinion:
    """Read the contact, and whom a script would ring first."""
    contact = json.loads(body).get("contact") or {}
    return Opinion(tuple(filter(None, [contact.get("responsible")])), contact.get("name"))


def named(person: Person) -> str | None:
    """Name by extension."""
    return person.ext or person.login


def _started(call: WireCall) -> str:
    return call.started.strftime("%Y-%m-%dT%H:%M:%SZ")
