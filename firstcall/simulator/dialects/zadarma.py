"""Zadarma's notifications, as its PBX sends and signs them.

The field lists and the signature are the manual's. No recording of a whole call was found: that a transfer brings a
further INTERNAL and ANSWER, and voicemail an `answered` without an extension, is assumed.
"""

from __future__ import annotations

import hmac
import json
import re
import secrets
from base64 import b64encode
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from firstcall.simulator.script import Answer, ClientAnswers, Hangup, Menu, Outgoing, Ring, Transfer
from firstcall.simulator.wire import Opinion, Person, WireRequest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from firstcall.simulator.script import Step
    from firstcall.simulator.wire import Heard, WireCall

TIMED = False
PROOF: tuple[str, ...] = ("api_secret",)
LAST_RECORD = True
HEARS: Heard = "rung"

_SIGNED = {
    "NOTIFY_ANSWER": ("caller_id", "destination", "call_start"),
    "NOTIFY_OUT_START": ("internal", "destination", "call_start"),
    "NOTIFY_OUT_END": ("internal", "destination", "call_start"),
}
_SIGNED_OTHERWISE = ("caller_id", "called_did", "call_start")
_EXTENSION = re.compile(r"\d{3,}", re.ASCII)  # fewer digits are a scenario


def call_id(call: WireCall) -> str:
    """Make up an id: which way the call goes, and forty hexadecimal digits."""
    return f"{'out' if call.outgoing else 'in'}_{secrets.token_hex(20)}"


def ask(call: WireCall) -> WireRequest | None:
    """Report the start of a call: the answer says whom to ring."""
    return _incoming(call, "NOTIFY_START", "a call reaches the PBX, which asks whose caller it is", asks=True)


def play(step: Step, call: WireCall) -> Iterator[WireRequest]:
    """Say what the PBX sends for a step."""
    match step:
        case Menu():
            key = json.dumps({"name": "menu", "digits": "1", "default_behaviour": "0"})
            yield _incoming(call, "NOTIFY_IVR", "the caller presses a key in the menu", {"wait_dtmf": key}, asks=True)
        case Ring(who):
            yield _rings(call, call.people[who])
        case Answer(who):
            yield _answers(call, call.people[who])
        case Transfer(by, to):
            yield _rings(call, call.people[to], f": {call.people[by].name} hands over")
            yield _answers(call, call.people[to])
        case Outgoing(who):
            yield _outgoing(call, "NOTIFY_OUT_START", call.people[who], " calls the client", {})
        case ClientAnswers(who):
            fields = {"caller_id": call.called or "0", "destination": call.caller, "internal": call.people[who].ext}
            yield _request(call, "NOTIFY_ANSWER", "the client picks up", fields)
        case Hangup():
            yield _end(call)
        case _:
            pass  # a phone that goes quiet, a queue and voicemail have no notification


def read_answer(body: str) -> Opinion:
    """Read `redirect` and `caller_name`."""
    answer = json.loads(body)
    return Opinion(tuple(filter(None, [answer.get("redirect")])), answer.get("caller_name"))


def named(person: Person) -> str | None:
    """Name by an extension of three digits or more."""
    return person.ext if _EXTENSION.fullmatch(person.ext) else None


def _rings(call: WireCall, person: Person, why: str = "") -> WireRequest:
    return _incoming(call, "NOTIFY_INTERNAL", f"{person.shown}'s phone rings{why}", {"internal": person.ext})


def _answers(call: WireCall, person: Person) -> WireRequest:
    fields = {"caller_id": call.caller or "0", "destination": person.ext, "internal": person.ext}
    return _request(call, "NOTIFY_ANSWER", f"{person.shown} picks up", fields)


def _end(call: WireCall) -> WireRequest:
    if call.outgoing:
        record = _record("answered" if call.client_answered else "no answer", call.talk_seconds)
        return _outgoing(call, "NOTIFY_OUT_END", call.people[call.rung[0]], ": the call is over", record)
    if call.talked:
        first, last = call.people[call.talked[0]].ext, call.people[call.talked[-1]].ext
        who = {"internal": first, "last_internal": last}
    else:
        who = {"internal": call.people[call.rung[-1]].ext} if call.rung and not call.voicemail else {}
    answered = bool(call.talked) or call.voicemail
    record = _record("answered" if answered else "cancel", call.talk_seconds)
    says = "the call is over" if call.talked else "the call is over, nobody has answered"
    return _incoming(call, "NOTIFY_END", says, {**who, **record})


def _record(disposition: str, duration: int) -> dict[str, str]:
    return {"duration": str(duration), "disposition": disposition, "status_code": "16", "is_recorded": "0"}


def _incoming(
    call: WireCall, event: str, says: str, more: dict[str, str] | None = None, *, asks: bool = False
) -> WireRequest:
    fields = {"caller_id": call.caller or "0", "called_did": call.called, **(more or {})}
    return _request(call, event, says, fields, asks=asks)


def _outgoing(call: WireCall, event: str, person: Person, says: str, more: dict[str, str]) -> WireRequest:
    fields = {"caller_id": call.called or "0", "destination": call.caller, "internal": person.ext, **more}
    return _request(call, event, f"{person.shown}{says}", fields)


def _request(call: WireCall, event: str, says: str, fields: dict[str, str], *, asks: bool = False) -> WireRequest:
    start = call.started.strftime("%Y-%m-%d %H:%M:%S")  # the cabinet's zone; nobody can tell which
    said = {"event": event, "call_start": start, "pbx_call_id": call.id, **fields}
    text = "".join(said.get(name, "") for name in _SIGNED.get(event, _SIGNED_OTHERWISE))
    digest = hmac.new(call.secrets.get("api_secret", "").encode(), text.encode(), "sha1").hexdigest()
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "Signature": b64encode(digest.encode()).decode(),
    }
    body = urlencode(said).encode()
    return WireRequest(f"{says} ({event})", headers=headers, body=body, asks=asks)
