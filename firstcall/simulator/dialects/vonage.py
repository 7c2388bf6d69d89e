"""Vonage's Voice API: the answer webhook asks for an NCCO, the event webhook tells of every leg; each with a JWT.

An employee's leg is an outbound one of the same conversation. Claims and statuses are the manual's.
"""

from __future__ import annotations

import hmac
import json
from base64 import urlsafe_b64encode
from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING
from uuid import uuid4

from firstcall.simulator.bodies import as_json
from firstcall.simulator.script import Answer, ClientAnswers, Hangup, LegEnds, Outgoing, Ring, Start, Transfer
from firstcall.simulator.wire import Opinion, Person, WireRequest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from firstcall.simulator.script import Step
    from firstcall.simulator.wire import Heard, WireCall

TIMED = True
PROOF: tuple[str, ...] = ("signature_secret",)
LAST_RECORD = True
HEARS: Heard = "rung"

_FLOW = {"flow": "https://flow.example/voice"}


def call_id(call: WireCall) -> str:  # noqa: ARG001
    """Make up a `conversation_uuid`."""
    return f"CON-{uuid4()}"


def ask(call: WireCall) -> WireRequest | None:
    """Ask for an NCCO."""
    return _signed(call, "the call comes in, an NCCO is asked for", _caller(call), query=_FLOW, asks=True)


def play(step: Step, call: WireCall) -> Iterator[WireRequest]:
    """Say what Vonage sends for a step."""
    match step:
        case Start():
            yield _of_caller(call, "started", "the caller's leg begins")
        case Ring(who):
            yield _leg(call, who, "ringing", "'s phone rings")
        case Answer(who):
            yield _leg(call, who, "answered", " picks up")
        case LegEnds(who, why):
            yield _leg(call, who, "cancelled" if why == "elsewhere" else "unanswered", "'s phone goes quiet")
        case Transfer(by, to):
            yield _leg(call, by, "completed", " hangs up to hand over", _talked(call, by))
            yield _leg(call, to, "ringing", "'s phone rings")
            call.clock += 1
            yield _leg(call, to, "answered", " picks up")
        case Outgoing(who):
            shown = f"{call.people[who].shown} calls the client, an NCCO is asked for"
            yield _signed(call, shown, _caller(call, call.people[who]), query=_FLOW)
            yield _client_leg(call, "ringing", "the client's phone rings")
        case ClientAnswers():
            yield _client_leg(call, "answered", "the client picks up")
        case Hangup():
            yield from _end(call)
        case _:
            pass  # menus, queues and voicemail are actions of the flow


def read_answer(body: str) -> Opinion:
    """Read whom the NCCO connects to."""
    actions = [action for action in json.loads(body) if action["action"] == "connect"]
    endpoints = [endpoint for action in actions for endpoint in action["endpoint"]]
    return Opinion(tuple(str(each.get("user") or each.get("number") or each.get("uri")) for each in endpoints))


def named(person: Person) -> str | None:
    """Name by the app's user."""
    return person.ext or person.login


def _end(call: WireCall) -> Iterator[WireRequest]:
    if call.outgoing:
        yield _client_leg(call, "completed", "the client's phone hangs up", {"duration": str(call.talk_seconds)})
        yield _of_caller(call, "completed", "the call is over", call.owner)
        return
    if call.talked:
        yield _leg(call, call.talked[-1], "completed", " hangs up", _talked(call, call.talked[-1]))
    yield _of_caller(call, "completed", "the call is over")


def _talked(call: WireCall, who: int) -> dict[str, str]:
    seconds = call.clock - call.picked_up[who]
    now, call.clock = call.clock, call.picked_up[who]
    began = _moment(call)
    call.clock = now
    return {"duration": str(seconds), "start_time": began, "end_time": _moment(call), "rate": "0.01", "price": "0.01"}


def _caller(call: WireCall, owner: Person | None = None) -> dict[str, str]:
    ids = {"uuid": str(call.token("caller")), "conversation_uuid": call.id}
    if owner is not None:
        return {**ids, "from_user": owner.ext or owner.login, "from": "", "to": call.caller}
    return {**ids, "from": call.caller or "anonymous", "to": call.called}


def _of_caller(call: WireCall, status: str, says: str, owner: Person | None = None) -> WireRequest:
    document = {**_caller(call, owner), "status": status, "direction": "inbound", "timestamp": _moment(call)}
    return _signed(call, f"{says} ({status})", document, suffix="event")


def _leg(call: WireCall, who: int, status: str, says: str, more: dict[str, str] | None = None) -> WireRequest:
    person = call.people[who]
    document = {
        "uuid": str(call.token(f"leg {who}")),
        "conversation_uuid": call.id,
        "from": call.called,
        "to_user": person.ext or person.login,
        "status": status,
        "direction": "outbound",
        "timestamp": _moment(call),
        **(more or {}),
    }
    return _signed(call, f"{person.shown}{says} ({status})", document, suffix="event")


def _client_leg(call: WireCall, status: str, says: str, more: dict[str, str] | None = None) -> WireRequest:
    ids = {"uuid": str(call.token("client")), "conversation_uuid": call.id, "from": call.called, "to": call.caller}
    told = {"status": status, "direction": "outbound", "timestamp": _moment(call), **(more or {})}
    return _signed(call, f"{says} ({status})", {**ids, **told}, suffix="event")


def _moment(call: WireCall) -> str:
    return call.now.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def _signed(
    call: WireCall,
    says: str,
    document: dict[str, str],
    *,
    suffix: str = "",
    query: dict[str, str] | None = None,
    asks: bool = False,
) -> WireRequest:
    request = replace(as_json(says, document, suffix=suffix, asks=asks), query=query or {})
    claims = {
        "iat": call.unix,
        "jti": str(uuid4()),
        "iss": "Vonage",
        "payload_hash": sha256(request.body).hexdigest(),
        "api_key": "abcd1234",
    }
    token = f"{_part({'alg': 'HS256', 'typ': 'JWT'})}.{_part(claims)}"
    key = call.secrets.get("signature_secret", "").encode()
    proof = urlsafe_b64encode(hmac.new(key, token.encode(), "sha256").digest()).rstrip(b"=").decode()
    return replace(request, headers={**request.headers, "Authorization": f"Bearer {token}.{proof}"})


def _part(claims: dict[str, object] | dict[str, str]) -> str:
    return urlsafe_b64encode(json.dumps(claims, separators=(",", ":")).encode()).rstrip(b"=").decode()
