"""Telphin's events of extensions, and the question of its routing scheme.

Shapes are those of recorded requests: in `answer` the caller's number has become the extension while his name keeps the
number, times are microseconds. A menu or queue is an extension too, of which only `hangup` is switched on.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from firstcall.simulator.bodies import form
from firstcall.simulator.script import Answer, Hangup, LegEnds, Outgoing, Ring, Transfer, Voicemail
from firstcall.simulator.wire import Opinion, Person, WireRequest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from firstcall.simulator.script import Step
    from firstcall.simulator.wire import Heard, WireCall

TIMED = True
PROOF: tuple[str, ...] = ()
LAST_RECORD = True
HEARS: Heard = "rung"

_CLIENT_OF_TELPHIN, _MENU = "1234", "1234*099"
_DOMAIN = "@sip.telphin.example"
_VARIABLE = "transferDestination"
_MICRO = 1_000_000


def call_id(call: WireCall) -> str:  # noqa: ARG001
    """Make up an id: 32 hexadecimal digits."""
    return secrets.token_hex(16)


def ask(call: WireCall) -> WireRequest | None:
    """Ask with `call_interactive`, a step of the scheme."""
    fields = {
        "CallID": call.id,
        "CallAPIID": _api_id(call),
        "CallerIDNum": call.phone or "anonymous",
        "CallerIDName": call.phone or "anonymous",
        "CalledDID": call.called,
        "CalledNumber": call.called,
        "CalledExtension": f"{_MENU}{_DOMAIN}",
        "CalledExtensionID": "99",
        "CallStatus": "ANSWER",
        "CallFlow": "IN",
    }
    return _request("asks whose caller it is", "call_interactive", fields, asks=True)


def play(step: Step, call: WireCall) -> Iterator[WireRequest]:
    """Say what the PBX sends for a step."""
    match step:
        case Ring(who):
            yield _of_leg(call, who, "dial-in", "'s phone rings", CallStatus="CALLING")
        case Answer(who):
            yield _answers(call, who)
        case LegEnds(who, why):
            status = "CANCEL" if why == "elsewhere" else "NOANSWER"
            yield _of_leg(call, who, "hangup", "'s phone goes quiet", CallStatus=status, Duration="0")
        case Transfer(by, to):
            yield _of_leg(
                call, to, "dial-in", f"'s phone rings: {call.people[by].name} hands over", CallStatus="CALLING"
            )
            yield _answers(call, to)
            yield _hangs_up(call, by)
        case Voicemail():
            yield _of_leg(call, call.rung[-1], "voicemail", "'s voicemail takes a message", CallStatus="ANSWER")
        case Outgoing(who):
            yield _outgoing(call, who, "dial-out", " calls the client", CallStatus="CALLING")
        case Hangup():
            yield from _end(call)
        case _:
            pass  # of the menu and the queue only the end is told, of the client's answer nothing


def read_answer(body: str) -> Opinion:
    """Read the verbs: the variable that the scheme transfers to, and the caller's name."""
    response = ET.fromstring(body)  # noqa: S314 -- the answer of our own deployment
    targets = [verb.text or "" for verb in response.iter("SetVar") if verb.get("name") == _VARIABLE]
    return Opinion(tuple(targets), next((verb.get("name") for verb in response.iter("SetCaller")), None))


def named(person: Person) -> str | None:
    """Name by short number."""
    return person.ext or None


def _answers(call: WireCall, who: int) -> WireRequest:
    number = call.people[who].ext
    return _of_leg(call, who, "answer", " picks up", CallStatus="ANSWER", CallerIDNum=number)


def _hangs_up(call: WireCall, who: int) -> WireRequest:
    talked = str((call.clock - call.picked_up[who]) * _MICRO)
    return _of_leg(call, who, "hangup", " hangs up", CallStatus="ANSWER", Duration=talked)


def _end(call: WireCall) -> Iterator[WireRequest]:
    if call.outgoing:
        seconds = str(call.talk_seconds * _MICRO)
        yield _outgoing(call, call.rung[0], "hangup", ": the call is over", CallStatus="ANSWER", Duration=seconds)
        return
    if call.talked:
        yield _hangs_up(call, call.talked[-1])
    bridged = "yes" if call.talked else "no"
    fields = {**_caller(call), "CalledExtension": f"{_MENU}{_DOMAIN}", "CalledExtensionID": "99", "CallFlow": "in"}
    status = {"SubCallID": f"99-{call.token('menu')}", "CallStatus": "ANSWER", "Bridged": bridged, "Duration": "0"}
    yield _event(call, "the scheme's menu ends", "hangup", {**fields, **status})


def _of_leg(call: WireCall, who: int, kind: str, says: str, **more: str) -> WireRequest:
    person = call.people[who]
    fields = {
        **_caller(call),
        "SubCallID": f"{_number(person)}-{call.token(f'leg {who}')}",
        "CalledExtension": f"{_CLIENT_OF_TELPHIN}*{person.ext}{_DOMAIN}",
        "CalledExtensionID": _number(person),
        "CallerExtension": f"{_MENU}{_DOMAIN}",
        "CalledNumber": f"{_CLIENT_OF_TELPHIN}*{person.ext}",
        "CallFlow": "in",
    }
    return _event(call, f"{person.shown}{says}", kind, {**fields, **more})


def _outgoing(call: WireCall, who: int, kind: str, says: str, **more: str) -> WireRequest:
    person = call.people[who]
    number = f"{_CLIENT_OF_TELPHIN}*{person.ext}"
    fields = {
        "SubCallID": f"{_number(person)}-{call.token(f'leg {who}')}",
        "CallerIDNum": number,
        "CallerIDName": person.name,
        "CallerExtension": f"{number}{_DOMAIN}",
        "CallerExtensionID": _number(person),
        "CalledNumber": call.caller,
        "CallFlow": "out",
    }
    return _event(call, f"{person.shown}{says}", kind, {**fields, **more})


def _event(call: WireCall, says: str, kind: str, fields: dict[str, str]) -> WireRequest:
    own = {"CallID": call.id, "CallAPIID": _api_id(call), "EventTime": str(int(call.now.timestamp() * _MICRO))}
    return _request(says, kind, {**own, **fields})


def _caller(call: WireCall) -> dict[str, str]:
    number = call.phone or "anonymous"
    return {"CallerIDNum": number, "CallerIDName": number, "CalledDID": call.called}


def _number(person: Person) -> str:
    return str(sum(ord(character) for character in person.ext))


def _api_id(call: WireCall) -> str:
    return f"{call.unix}-{call.token('api', 12)}"


def _request(says: str, kind: str, fields: dict[str, str], *, asks: bool = False) -> WireRequest:
    return form(f"{says} ({kind})", {"EventType": kind, **fields}, door="route" if asks else "webhook", asks=asks)
