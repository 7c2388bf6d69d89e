"""UIS, CallGear and Novofon 2.0: notifications as the templates of docs/operators/uis.md have the platform write them.

No event tells that one phone of several stopped ringing, that a menu picked up or that somebody waits in a queue.
"""

from __future__ import annotations

import json
import secrets
from typing import TYPE_CHECKING

from firstcall.simulator.bodies import as_json, form
from firstcall.simulator.script import Answer, ClientAnswers, Hangup, Outgoing, Ring, Start, Transfer
from firstcall.simulator.wire import Opinion, Person, WireRequest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from firstcall.simulator.script import Step
    from firstcall.simulator.wire import Heard, WireCall

TIMED = False
PROOF: tuple[str, ...] = ()
LAST_RECORD = True
HEARS: Heard = "rung"

_ISO = frozenset({"callgear"})  # a sample of CallGear's has an offset; how UIS writes the time is not shown


def call_id(call: WireCall) -> str:  # noqa: ARG001
    """Make up a `call_session_id`: a whole number."""
    return str(secrets.randbelow(9 * 10**9) + 10**9)


def ask(call: WireCall) -> WireRequest | None:
    """Ask by the scenario's operation."""
    fields = {"call_session_id": call.id, "numa": call.caller, "numb": call.called}
    return form("asks whose caller it is (interactive call processing)", fields, door="route", asks=True)


def play(step: Step, call: WireCall) -> Iterator[WireRequest]:
    """Say what the platform sends for a step."""
    match step:
        case Start():
            yield _notify(call, "INCOMING", "a call comes in", {})
        case Ring(who):
            yield _of_person(call, "WAITING", call.people[who], "'s phone rings")
        case Answer(who):
            yield _of_person(call, "TALK_START", call.people[who], " picks up")
        case Transfer(by, to):
            talked = {"talk_time_duration": call.clock - call.picked_up[by]}
            yield _of_person(call, "TALK_END", call.people[by], " hands the call over", talked)
            yield _of_person(call, "WAITING", call.people[to], "'s phone rings")
            yield _of_person(call, "TALK_START", call.people[to], " picks up")
        case Outgoing(who):
            person = call.people[who]
            phone = {"employee_id": _id(person), "employee_phone_number": person.ext or None}
            yield _notify(call, "OUTGOING", f"{person.shown} calls the client", phone)
        case ClientAnswers(who):
            yield _of_person(call, "TALK_START", call.people[who], " is through: the client picks up")
        case Hangup():
            yield from _end(call)
        case _:
            pass


def read_answer(body: str) -> Opinion:
    """Read `phones`."""
    return Opinion(tuple(json.loads(body).get("phones", ())))


def named(person: Person) -> str | None:
    """Name by short number."""
    return person.ext or None


def _end(call: WireCall) -> Iterator[WireRequest]:
    holder = call.owner if call.outgoing else call.holder
    if holder is None:
        missed = [_id(call.people[who]) for who in call.rung]
        yield _notify(call, "LOST", "the call is lost", {"employee_ids": missed})
        nobody = {"direction": "in", "employee_id": None, "extension_phone_number": None, "talk_time_duration": 0}
        yield _notify(call, "CALL_END", "the call is over", nobody)
        return
    seconds = call.talk_seconds if call.outgoing else call.seconds_of(call.talked[-1])
    yield _of_person(call, "TALK_END", holder, " hangs up", {"talk_time_duration": seconds})
    yield _of_person(call, "CALL_END", holder, ": the call is over", {"talk_time_duration": call.talk_seconds})


def _of_person(
    call: WireCall, event: str, person: Person, says: str, more: Mapping[str, object] | None = None
) -> WireRequest:
    direction = "out" if call.outgoing else "in"
    who = {"direction": direction, "employee_id": _id(person), "extension_phone_number": person.ext or None}
    return _notify(call, event, f"{person.shown}{says}", {**who, **(more or {})})


def _notify(call: WireCall, event: str, says: str, more: Mapping[str, object]) -> WireRequest:
    moment = call.now.strftime("%Y-%m-%dT%H:%M:%SZ" if call.operator in _ISO else "%Y-%m-%d %H:%M:%S")
    document = {
        "event": event,
        "notification_time": moment,
        "call_session_id": int(call.id),
        "contact_phone_number": call.caller or None,
        "virtual_phone_number": call.called or None,
        **more,
    }
    return as_json(f"{says} ({event})", document)


def _id(person: Person) -> object:
    return int(person.login) if person.login.isdecimal() else person.login or None
