"""A script of one's own, speaking the plain JSON form of docs/operators/generic.md."""

from __future__ import annotations

import json
import secrets
from typing import TYPE_CHECKING

from firstcall.simulator.script import (
    Answer,
    ClientAnswers,
    Hangup,
    LegEnds,
    Menu,
    Outgoing,
    Ring,
    Transfer,
    Voicemail,
)
from firstcall.simulator.wire import Opinion, Person, WireRequest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from firstcall.simulator.script import Step
    from firstcall.simulator.wire import Heard, WireCall

TIMED = True
PROOF: tuple[str, ...] = ("token",)
LAST_RECORD = True
HEARS: Heard = "rung"


def call_id(call: WireCall) -> str:  # noqa: ARG001
    """Make up an id, as Asterisk would: seconds and a counter."""
    return f"{secrets.randbelow(10**10):010d}.{secrets.randbelow(10**4)}"


def ask(call: WireCall) -> WireRequest | None:
    """Ask the look-up address."""
    asked = {"phone": call.phone or "", "line": call.line, "call_id": call.id}
    return WireRequest(
        "asks whose caller it is",
        method="GET",
        door="route",
        query={name: value for name, value in asked.items() if value or name == "phone"},
        headers={"Authorization": f"Bearer {call.secrets.get('token', '')}"},
        asks=True,
    )


def play(step: Step, call: WireCall) -> Iterator[WireRequest]:
    """Say what the script sends for a step."""
    match step:
        case Menu() | Voicemail():
            yield _event(call, "answered", None, "a machine picks up")
        case Ring(who):
            yield _event(call, "ringing", call.people[who], "'s phone rings")
        case Answer(who):
            yield _event(call, "answered", call.people[who], " picks up")
        case LegEnds(who):
            yield _event(call, "ended", call.people[who], "'s phone goes quiet", status="cancelled")
        case Transfer(by, to):
            yield _event(call, "ringing", call.people[to], f"'s phone rings: {call.people[by].name} hands over")
            call.clock += 1
            yield _event(call, "answered", call.people[to], " picks up")
        case Outgoing(who):
            yield _event(call, "outgoing", call.people[who], " calls the client")
        case ClientAnswers(who):
            yield _event(call, "answered", call.people[who], " is through: the client picks up")
        case Hangup():
            holder = call.people[call.rung[0]] if call.outgoing else call.holder
            if holder is None:
                yield _event(call, "ended", None, "the call is over, nobody has answered", status="missed")
            else:
                yield _event(call, "ended", holder, ": the call is over", status="answered")
        case _:
            pass  # the start and a queue have no event of their own


def read_answer(body: str) -> Opinion:
    """Read `targets` and `contact`."""
    answer = json.loads(body)
    targets = tuple(str(target["ext"]) for target in answer.get("targets", ()))
    return Opinion(targets, (answer.get("contact") or {}).get("name"))


def named(person: Person) -> str | None:
    """Name by extension, else by login."""
    return person.ext or person.login


def _event(call: WireCall, event: str, person: Person | None, says: str, **more: str) -> WireRequest:
    fields = {"event": event, "call_id": call.id, "at": call.now.isoformat(), **more}
    fields |= {name: value for name, value in (("phone", call.phone), ("line", call.line)) if value}
    if person is not None:
        fields["ext"] = person.ext or person.login
    headers = {"Authorization": f"Bearer {call.secrets.get('token', '')}", "Content-Type": "application/json"}
    shown = f"{person.shown if person else ''}{says} ({event})"
    return WireRequest(shown, headers=headers, body=json.dumps(fields, ensure_ascii=False).encode())
