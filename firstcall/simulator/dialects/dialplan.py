"""What the dial plan of docs/operators/asterisk.md posts of a call; Asterisk and FreePBX share it.

Menus and voicemail tell nothing. A transferred call is told when it is picked up, not while it rings.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from firstcall.simulator.bodies import form
from firstcall.simulator.script import Answer, Hangup, Outgoing, Ring, Transfer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from firstcall.simulator.script import Step
    from firstcall.simulator.wire import Person, WireCall, WireRequest


def linked_id(call: WireCall) -> str:
    """Make up a `linkedid`: the seconds since 1970 and a counter."""
    return f"{call.unix}.{secrets.randbelow(10**6)}"


def tell(step: Step, call: WireCall) -> Iterator[WireRequest]:
    """Say what the dial plan posts for a step."""
    match step:
        case Ring(who):
            yield _event(call, "ringing", call.people[who], "'s phone rings")
        case Answer(who):
            yield _event(call, "answered", call.people[who], " picks up")
        case Transfer(by, to):
            yield _event(call, "answered", call.people[to], f" takes over from {call.people[by].name}")
        case Outgoing(who):
            yield _event(call, "outgoing", call.people[who], " calls the client")
        case Hangup():
            # DIALEDPEERNUMBER is of the first Dial(), whoever the call went to afterwards.
            first = call.people[call.talked[0]] if call.talked else None
            status = "ANSWER" if first or call.client_answered else "NOANSWER" if call.rung else ""
            yield _event(call, "ended", first, ": the call is over" if first else "the call is over", status)
        case _:
            pass


def _event(call: WireCall, event: str, person: Person | None, says: str, status: str = "") -> WireRequest:
    fields = {
        "token": call.secrets.get("token", ""),
        "event": event,
        "direction": "out" if call.outgoing else "in",
        "call_id": call.id,
        "phone": call.phone or "",
        "line": "" if call.outgoing else call.called,
        "ext": person.ext if person else "",
        "status": status,
        "at": str(call.unix),
    }
    return form(f"{person.shown if person else ''}{says} ({event})", fields)
