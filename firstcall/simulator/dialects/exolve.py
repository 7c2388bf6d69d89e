"""MTS Exolve, "forwarding to a URL": a JSON-RPC question for each call, and notifications of one letter.

Question and answer are the vendor's; the notifications are as a published receiver reads them. Calls of employees and
transfers are not among them.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import replace
from typing import TYPE_CHECKING

from firstcall.simulator.bodies import as_json
from firstcall.simulator.script import Answer, ClientAnswers, Hangup, LegEnds, Outgoing, Ring, Start, Transfer
from firstcall.simulator.wire import Inexpressible, Opinion, Person, WireRequest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from firstcall.simulator.script import Step
    from firstcall.simulator.wire import Heard, WireCall

TIMED = True
PROOF: tuple[str, ...] = ()
LAST_RECORD = True
HEARS: Heard = "rung"

_RESERVE = "74950000000"
_MILLI = 1000


def call_id(call: WireCall) -> str:  # noqa: ARG001
    """Make up an id."""
    return f"in-{secrets.token_hex(8)}"


def ask(call: WireCall) -> WireRequest | None:
    """Ask with `getControlCallFollowMe`, at the address with the admin's own reserve."""
    params = {"sip_id": call.called, "numberA": call.caller, "call_sid": call.id}
    document = {"id": 1, "jsonrpc": "2.0", "method": "getControlCallFollowMe", "params": params}
    asked = as_json("asks whom to ring (getControlCallFollowMe)", document, asks=True)
    return replace(asked, query={"reserve": _RESERVE})


def play(step: Step, call: WireCall) -> Iterator[WireRequest]:
    """Say what Exolve sends for a step."""
    match step:
        case Start():
            yield _notify(call, "b", None, "the call begins")
        case Ring(who):
            yield _notify(call, "o", call.people[who], "'s phone rings")
        case Answer(who):
            yield _notify(call, "s", call.people[who], " picks up")
        case LegEnds(who):
            yield _notify(call, "h", call.people[who], "'s phone goes quiet")
        case Transfer():
            raise Inexpressible("a forwarded call is not handed over")
        case Outgoing() | ClientAnswers():
            raise Inexpressible("only forwarded calls are notified, none of an employee's own")
        case Hangup():
            if call.talked:
                talked = {"talk_time": call.talk_seconds * _MILLI}
                yield _notify(call, "h", call.holder, " hangs up")
                yield _notify(call, "d", call.holder, "'s record", talked)
            yield _notify(call, "e", None, "the call is over")
        case _:
            pass  # menus, queues and voicemail are not a part of it


def read_answer(body: str) -> Opinion:
    """Read the numbers to ring, but for the admin's own reserve behind them."""
    _, rows = json.loads(body)["result"]["followme_struct"]
    return Opinion(tuple(str(row["REDIRECT_NUMBER"]) for row in rows if row["REDIRECT_NUMBER"] != _RESERVE))


def named(person: Person) -> str | None:
    """Name by number, digits only."""
    return person.ext if person.ext.isdecimal() else None


def _notify(
    call: WireCall, letter: str, person: Person | None, says: str, more: Mapping[str, object] | None = None
) -> WireRequest:
    document: dict[str, object] = {
        "type": letter,
        "call_sid": call.id,
        "call_id": int(call.token("call", 9), 16),
        "date_time": call.now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "from": call.caller,
        "to": call.called,
        **(more or {}),
    }
    if person is not None:
        document |= {"number": person.ext, "event_side": "B"}
    shown = f"{person.shown if person else ''}{says} (type {letter})"
    return as_json(shown, document, suffix="events")
