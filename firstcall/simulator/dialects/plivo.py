"""Plivo: the answer address asks for XML, a `<Dial>`'s callback tells of each phone that answered or was given up.

The signature is the one of the vendor's own library. That a phone rings is not told.
"""

from __future__ import annotations

import hmac
import secrets
from base64 import b64encode
from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import uuid4
from xml.etree import ElementTree as ET

from firstcall.simulator.bodies import form
from firstcall.simulator.script import Answer, Hangup, LegEnds, Outgoing, Transfer
from firstcall.simulator.wire import Opinion, Person, WireRequest, url_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from firstcall.simulator.script import Step
    from firstcall.simulator.wire import Heard, WireCall

TIMED = False
PROOF: tuple[str, ...] = ("auth_token",)
LAST_RECORD = True
HEARS: Heard = "ended"

_FLOW = {"flow": "https://flow.example/voice"}
_ENDPOINTS = "phone.plivo.com"


def call_id(call: WireCall) -> str:  # noqa: ARG001
    """Make up a `CallUUID`."""
    return str(uuid4())


def ask(call: WireCall) -> WireRequest | None:
    """Ask for XML."""
    fields = {**_caller(call), "CallStatus": "ringing", "Event": "StartApp"}
    return _signed(call, "the call comes in, XML is asked for (StartApp)", fields, query=_FLOW, asks=True)


def play(step: Step, call: WireCall) -> Iterator[WireRequest]:
    """Say what Plivo sends for a step."""
    match step:
        case Answer(who):
            yield _leg(call, who, "answer", " picks up")
        case LegEnds(who):
            yield _leg(call, who, "hangup", "'s phone goes quiet", 0)
        case Transfer(by, to):
            yield _leg(call, by, "hangup", " hangs up to hand over", call.clock - call.picked_up[by])
            yield _leg(call, to, "answer", " picks up")
        case Outgoing(who):
            fields = {**_caller(call, call.people[who]), "CallStatus": "ringing", "Event": "StartApp"}
            yield _signed(call, f"{call.people[who].shown} calls the client (StartApp)", fields, query=_FLOW)
            dialled = {"DialAction": "answer", "DialALegUUID": call.id, "DialBLegTo": call.caller, "CallUUID": call.id}
            yield _signed(call, "the client picks up (answer)", {**dialled, "DialBLegUUID": str(uuid4())}, suffix="leg")
        case Hangup():
            yield from _end(call)
        case _:
            pass


def read_answer(body: str) -> Opinion:
    """Read whom the document's `<Dial>` rings."""
    nouns = [noun for dial in ET.fromstring(body).iter("Dial") for noun in dial]  # noqa: S314 -- our own answer
    return Opinion(tuple(str(noun.text) for noun in nouns))


def named(person: Person) -> str | None:
    """Name by the endpoint's address."""
    return _endpoint(person)


def _end(call: WireCall) -> Iterator[WireRequest]:
    if call.talked:
        yield _leg(call, call.talked[-1], "hangup", " hangs up", call.seconds_of(call.talked[-1]))
    owner = call.owner if call.outgoing else None
    if call.rung and not call.outgoing:
        status = "completed" if call.talked else "no-answer"
        dial = {"DialStatus": status, "DialRingStatus": "true", "DialALegUUID": call.id, "DialBLegUUID": ""}
        yield _signed(call, "how to go on? (action)", {**_caller(call), **dial}, suffix="dial", query=_FLOW)
    over = {**_caller(call, owner), "CallStatus": "completed", "Event": "Hangup", "Duration": str(call.clock)}
    yield _signed(call, "the call is over (Hangup)", over)


def _caller(call: WireCall, owner: Person | None = None) -> dict[str, str]:
    client = call.caller or "anonymous"
    caller, called = (_endpoint(owner), client) if owner else (client, call.called)
    return {"CallUUID": call.id, "From": caller, "To": called, "Direction": "inbound"}


def _leg(call: WireCall, who: int, action: str, says: str, seconds: int | None = None) -> WireRequest:
    person = call.people[who]
    fields = {
        "DialAction": action,
        "DialALegUUID": call.id,
        "DialBLegUUID": call.token(f"leg {who}"),
        "DialBLegTo": _endpoint(person),
        "CallUUID": call.id,
    }
    if seconds is not None:
        fields["DialBLegDuration"] = str(seconds)
    return _signed(call, f"{person.shown}{says} ({action})", fields, suffix="leg")


def _signed(
    call: WireCall,
    says: str,
    fields: dict[str, str],
    *,
    suffix: str = "",
    query: dict[str, str] | None = None,
    asks: bool = False,
) -> WireRequest:
    request = replace(form(says, fields, suffix=suffix, asks=asks), query=query or {})
    base = url_of(call, replace(request, query={}))
    asked = "&".join(f"{name}={value}" for name, value in sorted(request.query.items()))
    sent = "".join(name + fields[name] for name in sorted(fields))
    nonce = secrets.token_hex(10)
    text = f"{base}?{asked}{'.' if asked else ''}{sent}.{nonce}"
    digest = hmac.new(call.secrets.get("auth_token", "").encode(), text.encode(), "sha256").digest()
    proof = {"X-Plivo-Signature-V3": b64encode(digest).decode(), "X-Plivo-Signature-V3-Nonce": nonce}
    return replace(request, headers={**request.headers, **proof})


def _endpoint(person: Person) -> str:
    return f"sip:{person.ext or person.login}@{_ENDPOINTS}"
