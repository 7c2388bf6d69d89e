"""Twilio: the number's voice address asks for TwiML, the legs of a `<Dial>` report their states, all signed.

What a `<Dial>` rings is the admin's own flow until the answer names somebody; either way the legs report here. Shapes
and signature are the manual's, and those of its Python library.
"""

from __future__ import annotations

import hmac
import secrets
from base64 import b64encode
from dataclasses import replace
from email.utils import format_datetime
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from firstcall.simulator.bodies import form
from firstcall.simulator.script import Answer, ClientAnswers, Hangup, LegEnds, Outgoing, Ring, Transfer
from firstcall.simulator.wire import Opinion, Person, WireRequest, url_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from firstcall.simulator.script import Step
    from firstcall.simulator.wire import Heard, WireCall

TIMED = True
PROOF: tuple[str, ...] = ("auth_token",)
LAST_RECORD = True
HEARS: Heard = "rung"

_ACCOUNT = "AC" + "0" * 32
_WITHHELD = "+266696687"  # ANONYMOUS on a telephone's keys
_FLOW = {"flow": "https://flow.example/voice"}


def call_id(call: WireCall) -> str:  # noqa: ARG001
    """Make up a `CallSid`."""
    return f"CA{secrets.token_hex(16)}"


def ask(call: WireCall) -> WireRequest | None:
    """Ask for TwiML."""
    fields = {**_caller(call), "CallStatus": "ringing", "ApiVersion": "2010-04-01"}
    return _signed(call, "the call comes in, TwiML is asked for (ringing)", fields, query=_FLOW, asks=True)


def play(step: Step, call: WireCall) -> Iterator[WireRequest]:
    """Say what Twilio sends for a step."""
    match step:
        case Ring(who):
            yield _leg(call, who, "ringing", "'s phone rings")
        case Answer(who):
            yield _leg(call, who, "in-progress", " picks up")
        case LegEnds(who):
            yield _leg(call, who, "no-answer", "'s phone goes quiet", {"CallDuration": "0"})
        case Transfer(by, to):
            talked = {"CallDuration": str(call.clock - call.picked_up[by])}
            yield _leg(call, by, "completed", " hangs up to hand over", talked)
            yield _leg(call, to, "ringing", "'s phone rings")
            call.clock += 1
            yield _leg(call, to, "in-progress", " picks up")
        case Outgoing(who):
            fields = {**_caller(call, call.people[who]), "CallStatus": "ringing", "ApiVersion": "2010-04-01"}
            yield _signed(call, f"{call.people[who].shown} calls the client (ringing)", fields, query=_FLOW)
            yield _client_leg(call, "ringing", "the client's phone rings")
        case ClientAnswers():
            yield _client_leg(call, "in-progress", "the client picks up")
        case Hangup():
            yield from _end(call)
        case _:
            pass  # menus, queues and voicemail are verbs of the flow


def read_answer(body: str) -> Opinion:
    """Read whom the document's `<Dial>` rings."""
    nouns = [noun for dial in ET.fromstring(body).iter("Dial") for noun in dial]  # noqa: S314 -- our own answer
    return Opinion(tuple(f"{noun.tag}:{noun.text}" for noun in nouns))


def named(person: Person) -> str | None:
    """Name by the identity of the app."""
    return f"Client:{_identity(person)}"


def _end(call: WireCall) -> Iterator[WireRequest]:
    talked = str(call.seconds_of(call.talked[-1])) if call.talked else "0"
    if call.outgoing:
        yield _client_leg(call, "completed", "the client's phone hangs up", {"CallDuration": str(call.talk_seconds)})
    elif call.talked:
        yield _leg(call, call.talked[-1], "completed", " hangs up", {"CallDuration": talked})
    owner = call.owner if call.outgoing else None
    if call.rung and not call.outgoing:
        status = "completed" if call.talked else "no-answer"
        action = {"CallStatus": "in-progress", "DialCallStatus": status, "DialCallDuration": talked}
        yield _signed(call, "how to go on? (action)", {**_caller(call), **action}, suffix="dial", query=_FLOW)
    over = {**_caller(call, owner), "CallStatus": "completed", "CallDuration": str(call.clock)}
    yield _signed(call, "the call is over (completed)", over)


def _caller(call: WireCall, owner: Person | None = None) -> dict[str, str]:
    client, line = call.phone or _WITHHELD, call.line
    caller, called = (f"client:{_identity(owner)}", client) if owner else (client, line)
    ids = {"CallSid": call.id, "AccountSid": _ACCOUNT, "Direction": "inbound"}
    return {**ids, "From": caller, "Caller": caller, "To": called, "Called": called}


def _leg(call: WireCall, who: int, status: str, says: str, more: dict[str, str] | None = None) -> WireRequest:
    person = call.people[who]
    return _child(call, f"leg {who}", f"client:{_identity(person)}", status, f"{person.shown}{says}", more)


def _client_leg(call: WireCall, status: str, says: str, more: dict[str, str] | None = None) -> WireRequest:
    return _child(call, "client", call.phone or "", status, says, more)


def _child(call: WireCall, leg: str, to: str, status: str, says: str, more: dict[str, str] | None) -> WireRequest:
    fields = {
        "CallSid": f"CA{call.token(leg)}",
        "ParentCallSid": call.id,
        "AccountSid": _ACCOUNT,
        "Direction": "outbound-dial",
        "From": call.line if call.outgoing else call.phone or _WITHHELD,
        "To": to,
        "CallStatus": status,
        "CallbackSource": "call-progress-events",
        "SequenceNumber": str(call.count(leg)),
        "Timestamp": format_datetime(call.now.replace(microsecond=0)),
        **(more or {}),
    }
    return _signed(call, f"{says} ({status})", fields, suffix="leg")


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
    text = url_of(call, request) + "".join(name + fields[name] for name in sorted(fields))
    digest = hmac.new(call.secrets.get("auth_token", "").encode(), text.encode(), "sha1").digest()
    return replace(request, headers={**request.headers, "X-Twilio-Signature": b64encode(digest).decode()})


def _identity(person: Person) -> str:
    return person.ext or person.login
