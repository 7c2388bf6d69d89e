"""Sipuni's four events of a call: 1 a phone is dialled, 3 answered, 4 an end between transfers, 2 the end.

Field names and quirks are those of a captured log: event 1 comes twice, a second apart, internal numbers carry the
cabinet's number in front, a step of the scheme is a number that ends in `_id` and digits. Sipuni never asks.
"""

from __future__ import annotations

import json
import secrets
from typing import TYPE_CHECKING

from firstcall.simulator.bodies import form
from firstcall.simulator.script import Answer, ClientAnswers, Hangup, Outgoing, Ring, Transfer, Voicemail
from firstcall.simulator.wire import Opinion, Person, WireRequest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from firstcall.simulator.script import Step
    from firstcall.simulator.wire import Heard, WireCall

TIMED = True
PROOF: tuple[str, ...] = ()
LAST_RECORD = True
HEARS: Heard = "rung"

_CABINET = "012345"
_OUTSIDE, _INSIDE = "1", "2"


def call_id(call: WireCall) -> str:
    """Make up an id: the seconds since 1970 and a counter."""
    return f"{call.unix}.{secrets.randbelow(10**6)}"


def ask(call: WireCall) -> WireRequest | None:  # noqa: ARG001
    """Ask nothing."""
    return None


def play(step: Step, call: WireCall) -> Iterator[WireRequest]:
    """Say what the PBX sends for a step."""
    match step:
        case Ring(who):
            yield from _dialled(call, call.people[who], "'s phone rings")
        case Answer(who):
            yield _event(call, "3", call.people[who], " picks up")
        case Transfer(by, to):
            yield _event(call, "4", call.people[by], " hands the call over")
            yield from _dialled(call, call.people[to], "'s phone rings", {"transfer_from": call.people[by].ext})
            call.clock += 1
            yield _event(call, "3", call.people[to], " picks up")
        case Voicemail():
            yield _event(call, "3", None, "the voicemail, a step of the scheme, picks up")
        case Outgoing(who):
            yield from _dialled(call, call.people[who], " calls the client")
        case ClientAnswers(who):
            yield _event(call, "3", call.people[who], " is through: the client picks up")
        case Hangup():
            yield _end(call)
        case _:
            pass  # the start, the menu, the queue and a phone that goes quiet have no event


def read_answer(body: str) -> Opinion:
    """Read nothing, but that it is the answer without which Sipuni may stop sending."""
    if json.loads(body) != {"success": True}:
        raise ValueError(body)
    return Opinion()


def named(person: Person) -> str | None:  # noqa: ARG001
    """Name nobody: Sipuni cannot be told."""
    return None


def _dialled(call: WireCall, person: Person, says: str, more: dict[str, str] | None = None) -> Iterator[WireRequest]:
    yield _event(call, "1", person, says, more)
    call.clock += 1
    yield _event(call, "1", person, f"{says}, told once more", more)


def _end(call: WireCall) -> WireRequest:
    person = call.owner if call.outgoing else call.holder
    talked, tried = person is not None or call.voicemail, "&".join(call.people[who].ext for who in call.rung)
    answered_at = int(call.started.timestamp()) + call.answered_at
    record = {
        "status": "ANSWER" if talked else "NOANSWER",
        "call_start_timestamp": str(int(call.started.timestamp())),
        "call_answer_timestamp": str(answered_at) if person else "0",
        "call_record_link": "",
    }
    if person is not None or not call.voicemail:
        record["last_called"] = tried
    if person is None and call.rung and not call.voicemail:
        person = call.people[call.rung[-1]]
    return _event(call, "2", person, ": the call is over" if person else "the call is over", record)


def _event(
    call: WireCall, event: str, person: Person | None, says: str, more: dict[str, str] | None = None
) -> WireRequest:
    fields = {
        "event": event,
        "call_id": call.id,
        "timestamp": str(call.unix),
        "pbxdstnum": call.caller if call.outgoing else call.called,
        "treeName": "Main",
        "treeNumber": "000-000001",
        "channel": f"SIP/{call.token(f'channel {person.ext if person else 0}', 8)}",
        "user_id": _CABINET,
        "is_inner_call": "0",
    }
    if call.outgoing and person is not None:
        ours = {"src_type": _INSIDE, "src_num": f"{_CABINET}{person.ext}", "short_src_num": person.ext}
        fields |= {**ours, "dst_type": _OUTSIDE, "dst_num": call.caller, "short_dst_num": call.caller}
    else:
        step = f"{_CABINET}000_id123456"
        theirs = {"src_type": _OUTSIDE, "src_num": call.caller, "short_src_num": call.caller}
        number, short = (f"{_CABINET}{person.ext}", person.ext) if person else (step, step)
        fields |= {**theirs, "dst_type": _INSIDE if person else _OUTSIDE, "dst_num": number, "short_dst_num": short}
    shown = f"{person.shown if person else ''}{says} (event {event})"
    return form(shown, {**fields, **(more or {})})
