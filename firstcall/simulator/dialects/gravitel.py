"""Gravitel's JSON pushes of today: `/client` asks, `/event` tells, `/history` closes.

From two published receivers. Ids and short numbers are numbers in `event` and texts in `history`. That a transfer
brings a further `alerting` and `talking`, and that `history` then names the last employee, is assumed.
"""

from __future__ import annotations

import json
import secrets
from typing import TYPE_CHECKING

from firstcall.simulator.bodies import as_json
from firstcall.simulator.script import Answer, ClientAnswers, Hangup, LegEnds, Outgoing, Ring, Transfer
from firstcall.simulator.wire import Opinion, Person, WireRequest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from firstcall.simulator.script import Step
    from firstcall.simulator.wire import Heard, WireCall

TIMED = False
PROOF: tuple[str, ...] = ("api_key",)
LAST_RECORD = True
HEARS: Heard = "rung"


def call_id(call: WireCall) -> str:  # noqa: ARG001
    """Make up an id: a whole number."""
    return str(secrets.randbelow(9 * 10**9) + 10**9)


def ask(call: WireCall) -> WireRequest | None:
    """Ask at `/client`."""
    document = {"id": int(call.id), "clientPhone": call.caller, "phone": call.called}
    return _request(call, "client", "asks whose caller it is (client)", document, asks=True)


def play(step: Step, call: WireCall) -> Iterator[WireRequest]:
    """Say what the PBX sends for a step."""
    match step:
        case Ring(who):
            yield _event(call, "alerting", call.people[who], "'s phone rings")
        case Answer(who):
            yield _event(call, "talking", call.people[who], " picks up")
        case LegEnds(who):
            yield _event(call, "released", call.people[who], "'s phone goes quiet")
        case Transfer(by, to):
            yield _event(call, "alerting", call.people[to], f"'s phone rings: {call.people[by].name} hands over")
            yield _event(call, "talking", call.people[to], " picks up")
            yield _event(call, "released", call.people[by], " hangs up")
        case Outgoing(who):
            yield _event(call, "alerting", call.people[who], " calls the client")
        case ClientAnswers(who):
            yield _event(call, "talking", call.people[who], " is through: the client picks up")
        case Hangup():
            yield from _end(call)
        case _:
            pass  # the start, the menu, the queue and voicemail push nothing


def read_answer(body: str) -> Opinion:
    """Read the two words that Gravitel's older protocol has."""
    answer = json.loads(body)
    return Opinion(tuple(filter(None, [answer.get("responsible")])), answer.get("contact_name"))


def named(person: Person) -> str | None:
    """Name by short number."""
    return person.ext or person.login


def _end(call: WireCall) -> Iterator[WireRequest]:
    holder = call.owner if call.outgoing else call.holder
    if holder is not None:
        yield _event(call, "released", holder, " hangs up")
    document = {
        "id": call.id,
        "when": int(call.started.timestamp()),
        "direction": "out" if call.outgoing else "in",
        "result": "success" if holder else "missed",
        "duration": call.talk_seconds,
        "provision": call.wait_seconds,
        "client": call.caller,
        "extension": holder.ext if holder else "",
        "phone": call.called,
        "record": "",
    }
    yield _request(call, "history", "the record of the call (history)", document)


def _event(call: WireCall, stage: str, person: Person, says: str) -> WireRequest:
    document = {
        "id": int(call.id),
        "extension": int(person.ext) if person.ext.isdecimal() else person.ext,
        "direction": "out" if call.outgoing else "in",
        "stage": stage,
        "client": call.caller,
        "phone": call.called,
    }
    return _request(call, "event", f"{person.shown}{says} ({stage})", document)


def _request(
    call: WireCall, suffix: str, says: str, document: Mapping[str, object], *, asks: bool = False
) -> WireRequest:
    headers = {"X-API-KEY": call.secrets.get("api_key", "")}
    return as_json(says, document, suffix=suffix, headers=headers, asks=asks)
