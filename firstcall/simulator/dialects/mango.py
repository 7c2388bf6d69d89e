"""Mango Office's VPBX API, as its PBX sends and signs it: every leg counts its own events.

The order of legs and events is the printed one of the vendor's manual; the scheme begins with a menu, as our
instructions for the cabinet say. Mango never asks: whom to ring, it is told by a command that only Mango can receive.
"""

from __future__ import annotations

import json
import secrets
from base64 import b64encode
from hashlib import sha256
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import urlencode

from firstcall.simulator.script import (
    Answer,
    ClientAnswers,
    Hangup,
    LegEnds,
    Menu,
    Outgoing,
    Queue,
    Ring,
    Start,
    Transfer,
    Voicemail,
)
from firstcall.simulator.wire import Opinion, Person, WireRequest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from firstcall.simulator.script import Step
    from firstcall.simulator.wire import Heard, WireCall

TIMED = True
PROOF: tuple[str, ...] = ("vpbx_api_key", "vpbx_api_salt")
LAST_RECORD = True
HEARS: Heard = "rung"

Party: TypeAlias = "dict[str, str]"

_NORMAL, _CALLER_HUNG_UP, _NO_ANSWER, _CALLEE_HUNG_UP, _BY_SCHEME, _ELSEWHERE = 1100, 1110, 1111, 1120, 1170, 1183
_GROUP = "300"


def call_id(call: WireCall) -> str:  # noqa: ARG001
    """Make up an `entry_id`: base64 text."""
    return b64encode(f"{secrets.randbelow(10**10):010d}:81".encode()).decode()


def ask(call: WireCall) -> WireRequest | None:  # noqa: ARG001
    """Ask nothing."""
    return None


def play(step: Step, call: WireCall) -> Iterator[WireRequest]:
    """Say what the PBX sends for a step."""
    match step:
        case Start():
            yield _menu(call, "Appeared", "the call reaches the menu")
        case Menu():
            yield _menu(call, "Connected", "the menu picks up")
        case Queue():
            yield from _leave_menu(call)
            yield _queue(call, "Appeared", "the caller waits in a queue")
        case Ring(who, group):
            yield from _leave_menu(call)
            yield _leg(call, who, "Appeared", "'s phone rings", group=group)
        case Answer(who):
            yield _leg(call, who, "Connected", " picks up")
        case LegEnds(who, why):
            reason = _ELSEWHERE if why == "elsewhere" else _NO_ANSWER
            yield _leg(call, who, "Disconnected", "'s phone goes quiet", reason=reason)
        case Transfer(by, to, attended):
            yield from _transfer(call, by, to, attended=attended)
        case Voicemail():
            yield _menu(call, "Connected", "the voicemail picks up", leg="voicemail")
        case Outgoing(who):
            yield _out(call, who, "Appeared", " calls the client")
        case ClientAnswers(who):
            yield _out(call, who, "Connected", " is through: the client picks up")
        case Hangup():
            yield from _end(call)


def read_answer(body: str) -> Opinion:  # noqa: ARG001
    """Read nothing: Mango looks at the status only."""
    return Opinion()


def named(person: Person) -> str | None:
    """Name by short number."""
    return person.ext or None


def _transfer(call: WireCall, by: int, to: int, *, attended: bool) -> Iterator[WireRequest]:
    """Hand over as printed: the target's leg begins between two employees, then the client is on it."""
    first = call.people[by]
    inner: Party = {"extension": first.ext, "number": _sip(first)}
    taken = {**_client(call), "taken_from_call_id": _id(call, f"leg {by}")}
    yield _leg(call, by, "OnHold", " puts the client on hold")
    if attended:
        inner["taken_from_call_id"] = taken["taken_from_call_id"]
    yield _leg(call, to, "Appeared", f"'s phone rings: {first.name} calls", caller=inner)
    if attended:
        yield _leg(call, to, "Connected", f" talks to {first.name}", caller=inner)
    yield _leg(call, by, "Disconnected", " hangs up", reason=_CALLEE_HUNG_UP)
    if not attended:
        yield _leg(call, to, "Appeared", "'s phone rings for the client", caller=taken)
    call.clock += 1
    yield _leg(call, to, "Connected", " has the client", caller=taken)


def _end(call: WireCall) -> Iterator[WireRequest]:
    yield from _leave_menu(call)
    if call.voicemail:
        yield _menu(call, "Disconnected", "the voicemail ends", reason=_CALLER_HUNG_UP, leg="voicemail")
    if call.queued:
        yield _queue(call, "Disconnected", "the queue ends", reason=_NORMAL)
    if call.outgoing:
        who = call.rung[0]
        yield _out(call, who, "Disconnected", " hangs up", reason=_CALLEE_HUNG_UP)
        yield _summary(call, 2, _person(call.people[who]), _client(call), _CALLEE_HUNG_UP)
        return
    if call.talked:
        yield _leg(call, call.talked[-1], "Disconnected", " hangs up", reason=_CALLEE_HUNG_UP)
        yield _summary(call, 1, _client(call), _person(call.people[call.talked[-1]]), _CALLEE_HUNG_UP)
    elif call.rung and not call.voicemail:
        yield _summary(call, 1, _client(call), _person(call.people[call.rung[0]]), _NO_ANSWER)
    else:
        yield _summary(call, 1, _client(call), {}, _BY_SCHEME)


def _leave_menu(call: WireCall) -> Iterator[WireRequest]:
    if not call.outgoing and call.count("menu left") == 1:
        yield _menu(call, "Disconnected", "the call leaves the menu", reason=_NORMAL)


def _menu(call: WireCall, state: str, says: str, *, reason: int | None = None, leg: str = "menu") -> WireRequest:
    called = {"number": call.called, "line_number": call.called}
    return _event(call, leg, state, "ivr", _client(call), called, says, reason=reason)


def _queue(call: WireCall, state: str, says: str, *, reason: int | None = None) -> WireRequest:
    caller = {**_client(call), "taken_from_call_id": _id(call, "menu")}
    called = {"number": call.called, "line_number": call.called, "acd_group": _GROUP}
    return _event(call, "the queue", state, "queue", caller, called, says, reason=reason)


def _leg(
    call: WireCall,
    who: int,
    state: str,
    says: str,
    *,
    group: bool = False,
    reason: int | None = None,
    caller: Party | None = None,
) -> WireRequest:
    person = call.people[who]
    from_menu = {**_client(call), "taken_from_call_id": _id(call, "menu")}
    called = {**_person(person), "line_number": call.called, **({"acd_group": _GROUP} if group else {})}
    shown = f"{person.shown}{says}"
    return _event(call, f"leg {who}", state, "abonent", caller or from_menu, called, shown, reason=reason)


def _out(call: WireCall, who: int, state: str, says: str, *, reason: int | None = None) -> WireRequest:
    person = call.people[who]
    caller = {**_person(person), "line_number": call.called}
    return _event(call, f"leg {who}", state, "abonent", caller, _client(call), f"{person.shown}{says}", reason=reason)


def _event(
    call: WireCall, leg: str, state: str, location: str, caller: Party, called: Party, says: str, *, reason: int | None
) -> WireRequest:
    seq = call.count(f"seq of {leg}")
    document: dict[str, object] = {
        "entry_id": call.id,
        "call_id": _id(call, leg),
        # Quoted and bare at random, as in the manual.
        "timestamp": call.unix if seq % 2 else str(call.unix),
        "seq": seq if seq % 2 else str(seq),
        "call_state": state,
        "location": location,
        "from": {name: value for name, value in caller.items() if value},
        "to": {name: value for name, value in called.items() if value},
        "dct": {"type": 0},
    }
    if reason is not None:
        document["disconnect_reason"] = str(reason)
    return _request(call, "events/call", document, f"{says} ({state})")


def _summary(call: WireCall, direction: int, caller: Party, called: Party, reason: int) -> WireRequest:
    began, answered = int(call.started.timestamp()), bool(call.talked) or call.client_answered
    document: dict[str, object] = {
        "entry_id": call.id,
        "call_direction": direction,
        "from": caller,
        "to": called,
        "line_number": call.called,
        "create_time": began,
        "forward_time": began if answered else 0,
        "talk_time": began + call.answered_at if answered else 0,
        "end_time": call.unix,
        "entry_result": int(answered or not called),
        "disconnect_reason": reason,
    }
    return _request(call, "events/summary", document, "the call is over (summary)")


def _client(call: WireCall) -> Party:
    return {"number": call.caller} if call.caller else {}


def _person(person: Person) -> Party:
    return {"extension": person.ext, "number": _sip(person)}


def _sip(person: Person) -> str:
    return f"sip:{person.login or f'u{person.ext}'}@company.mangosip.example"


def _id(call: WireCall, leg: str) -> str:
    return b64encode(f"MToxMDA6{call.token(leg, 16)}".encode()).decode()


def _request(call: WireCall, suffix: str, document: dict[str, object], says: str) -> WireRequest:
    key, salt = call.secrets.get("vpbx_api_key", ""), call.secrets.get("vpbx_api_salt", "")
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    sign = sha256(f"{key}{text}{salt}".encode()).hexdigest()
    body = urlencode({"vpbx_api_key": key, "sign": sign, "json": text}).encode()
    return WireRequest(says, suffix=suffix, headers={"Content-Type": "application/x-www-form-urlencoded"}, body=body)
