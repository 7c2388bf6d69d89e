"""A PBX that speaks Planfix's published telephony API.

The order of events is the document's: each phone of a group has events of its own under one `callid`, a losing one ends
with the status `Cancelled`. There is no event for a transfer, a menu, a queue or voicemail.
"""

from __future__ import annotations

import json
import secrets
from typing import TYPE_CHECKING

from firstcall.simulator.bodies import form
from firstcall.simulator.script import Answer, ClientAnswers, Hangup, LegEnds, Outgoing, Ring, Transfer
from firstcall.simulator.wire import Inexpressible, Opinion, Person, WireRequest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from firstcall.simulator.script import Step
    from firstcall.simulator.wire import Heard, WireCall

TIMED = False
PROOF: tuple[str, ...] = ("planfix_token",)
LAST_RECORD = True
HEARS: Heard = "rung"


def call_id(call: WireCall) -> str:  # noqa: ARG001
    """Make up an id: hexadecimal digits."""
    return secrets.token_hex(12)


def ask(call: WireCall) -> WireRequest | None:
    """Ask with `contact`."""
    fields = {"cmd": "contact", "phone": call.caller, "callid": call.id, "diversion": call.called}
    return _request(call, "asks whose caller it is (contact)", fields, asks=True)


def play(step: Step, call: WireCall) -> Iterator[WireRequest]:
    """Say what the PBX sends for a step."""
    match step:
        case Ring(who):
            yield _event(call, "INCOMING", call.people[who], "'s phone rings")
        case Answer(who):
            yield _event(call, "ACCEPTED", call.people[who], " picks up")
        case LegEnds(who):
            yield _event(call, "COMPLETED", call.people[who], "'s phone goes quiet", {"status": "Cancelled"})
        case Transfer():
            raise Inexpressible("this protocol has no event for a transfer")
        case Outgoing(who):
            yield _event(call, "OUTGOING", call.people[who], " calls the client")
        case ClientAnswers(who):
            yield _event(call, "ACCEPTED", call.people[who], " is through: the client picks up")
        case Hangup():
            holder = call.owner if call.outgoing else call.holder
            record = {"duration": str(call.talk_seconds), "is_recorded": "0"}
            record["status"] = "Success" if holder else "Missed"
            yield _event(call, "COMPLETED", holder, ": the call is over" if holder else "the call is over", record)
        case _:
            pass


def read_answer(body: str) -> Opinion:
    """Read `responsible` and `contact_name`."""
    answer = json.loads(body)
    return Opinion(tuple(filter(None, [answer.get("responsible")])), answer.get("contact_name"))


def named(person: Person) -> str | None:
    """Name by short number."""
    return person.ext or None


def _event(
    call: WireCall, event: str, person: Person | None, says: str, more: dict[str, str] | None = None
) -> WireRequest:
    fields = {
        "cmd": "event",
        "type": "out" if call.outgoing else "in",
        "event": event,
        "phone": call.caller,
        "diversion": call.called,
        "callid": call.id,
    }
    if person is not None:
        fields["ext"] = person.ext
    shown = f"{person.shown if person else ''}{says} ({event})"
    return _request(call, shown, {**fields, **(more or {})})


def _request(call: WireCall, says: str, fields: dict[str, str], *, asks: bool = False) -> WireRequest:
    return form(says, {**fields, "planfix_token": call.secrets.get("planfix_token", "")}, asks=asks)
