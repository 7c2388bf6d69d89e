"""Vonage's Voice API: an NCCO, a list of actions, is the answer; the look-up is the question for it.

JSON by POST (or the fields in the query of a GET), each request with a JWT, HS256 with the account's signature
secret, whose `payload_hash` is the SHA-256 of the body. The vendor called signed webhooks for Voice a beta, to be
switched on for an application. The answer webhook gets the call, the event webhook the states of every leg of one
`conversation_uuid`; an employee's leg is an outbound one. An NCCO cannot redirect, but a `notify` asks an address for
the next NCCO: so "no opinion" leads to the admin's own flow. Without one it is an error, which makes Vonage ask the
fallback address, where an empty NCCO would hang up.
"""

from __future__ import annotations

import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from contextlib import suppress
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING

from shared.pbx.addresses import flow_of, webhook_address
from shared.pbx.forms import fields_of, read_object, text_of
from shared.pbx.protocol import (
    Answer,
    CallEvent,
    EventKind,
    Lookup,
    Malformed,
    Outcome,
    Parsed,
    PbxRequest,
    PbxResponse,
    Unauthorized,
)
from shared.pbx.signatures import require_equal

if TYPE_CHECKING:
    from collections.abc import Mapping

SECRETS: tuple[str, ...] = ("signature_secret",)
OWN_SECRETS: tuple[str, ...] = ()
OPTIONAL_SECRETS: tuple[str, ...] = ()
EVENTS: tuple[str, ...] = (
    "started",
    "ringing",
    "answered",
    "completed",
    "busy",
    "cancelled",
    "unanswered",
    "rejected",
    "failed",
    "timeout",
    "lookup",
)

_LEGS: Mapping[str, EventKind] = {
    "started": "ringing",  # the call is sent to this phone
    "ringing": "ringing",
    "answered": "answered",
    "completed": "leg_ended",
    "busy": "leg_ended",
    "cancelled": "leg_ended",
    "unanswered": "leg_ended",
    "rejected": "leg_ended",
    "failed": "leg_ended",
    "timeout": "leg_ended",
}
_CALLER: Mapping[str, EventKind] = {"started": "started", "ringing": "started", "answered": "started"}
_OUTCOMES: Mapping[str, Outcome] = {"busy": "busy", "cancelled": "cancelled", "failed": "failed", "rejected": "failed"}
_NEXT = "next"
_UNREACHED = {"timeout", "busy", "unanswered", "rejected", "failed"}
_WITHHELD = {"", "anonymous", "unknown", "restricted", "private", "unavailable"}
_SHORTEST_NUMBER = 7  # digits; fewer are an app user's name
_JWT_PARTS = 3
_ERRORS = {400: "Invalid parameters", 401: "Invalid token", 503: "Try again"}


def handshake(request: PbxRequest) -> PbxResponse | None:  # noqa: ARG001
    """Answer nothing before the proof."""
    return None


def authenticate(request: PbxRequest, secrets: Mapping[str, str]) -> None:
    """Check the JWT's signature, then that it was made for this body."""
    scheme, _, token = request.headers.get("authorization", "").strip().partition(" ")
    parts = token.strip().split(".")
    secret = secrets.get("signature_secret")
    if scheme.lower() != "bearer" or len(parts) != _JWT_PARTS or not secret:
        raise Unauthorized
    signed = f"{parts[0]}.{parts[1]}".encode("utf-8", "surrogatepass")
    proof = urlsafe_b64encode(hmac.new(secret.encode(), signed, "sha256").digest()).rstrip(b"=").decode()
    # Compared as text: a signature decoded first could be spelt in several ways.
    require_equal(parts[2], proof)
    if _claims(parts[0]).get("alg") != "HS256":
        raise Unauthorized
    if request.body:
        require_equal(text_of(_claims(parts[1]).get("payload_hash")), sha256(request.body).hexdigest())


def parse(request: PbxRequest) -> Parsed:
    """Read a call that asks for its NCCO, or the state of one leg."""
    fields = fields_of(request)
    call_id, status = fields.get("conversation_uuid"), fields.get("status")
    if not call_id:
        raise Malformed("no conversation_uuid")
    if status is None:
        if "to" not in fields:
            return Parsed()  # a recording, a transfer, an input: nothing about who talks
        started = _caller(call_id, "started", "answer_url", fields)
        phone = started.phone if started.direction == "in" else None
        return Parsed(events=(started,), lookup=Lookup(phone, started.line, call_id))
    if status not in _LEGS:
        return Parsed()
    if fields.get("direction") == "outbound":
        return Parsed(events=(_leg(call_id, status, fields),))
    kind = _CALLER.get(status, "ended")
    event = _caller(call_id, kind, status, fields)
    if kind == "ended":
        event = event._replace(outcome=_OUTCOMES.get(status, "missed"), final=True)
    return Parsed(events=(event,))


def acknowledge(request: PbxRequest) -> PbxResponse:
    """Say 200 without a word, which leaves the NCCO as it is; after a phone that was not reached, lead to the flow."""
    flow = flow_of(request)
    if request.suffix == _NEXT and flow:
        with suppress(Malformed):
            fields = fields_of(request)
            if fields.get("status") in _UNREACHED:
                return _to_flow(flow, fields)
    return PbxResponse(body="")


def answer(lookup: Answer) -> PbxResponse:
    """Ring the first employee; what a phone that was not reached reports is answered with the admin's own flow."""
    request, flow = lookup.request, flow_of(lookup.request)
    party = next((found for target in lookup.targets if (found := target.ext or target.login)), None)
    if party is None:
        if flow and request:
            return _to_flow(flow, fields_of(request))
        return PbxResponse() if request is None else refuse(400)
    action: dict[str, object] = {"action": "connect", "timeout": lookup.targets[0].ring_seconds}
    if line := fields_of(request).get("to") if request else None:
        action["from"] = line
    if following := webhook_address(request, _NEXT, flow):
        action |= {"eventType": "synchronous", "eventUrl": [following], "eventMethod": "POST"}
    return _ncco({**action, "endpoint": [_endpoint(party)]})


def refuse(status: int) -> PbxResponse:
    """Word a refusal; Vonage turns to the fallback address."""
    return PbxResponse(status, json.dumps({"error": _ERRORS[status]}))


def _to_flow(flow: str, fields: Mapping[str, str]) -> PbxResponse:
    """Ask the flow for the next NCCO, and tell it of the call what its own answer webhook would have got."""
    known = {name: fields[name] for name in ("from", "to", "uuid", "conversation_uuid") if name in fields}
    return _ncco({"action": "notify", "payload": known, "eventUrl": [flow], "eventMethod": "POST"})


def _ncco(action: Mapping[str, object]) -> PbxResponse:
    return PbxResponse(body=json.dumps([action], ensure_ascii=False))


def _endpoint(party: str) -> Mapping[str, str]:
    digits = party.removeprefix("+")
    if party.startswith("sip:"):
        return {"type": "sip", "uri": party}
    if digits.isdigit() and len(digits) >= _SHORTEST_NUMBER:
        return {"type": "phone", "number": digits}
    return {"type": "app", "user": party}


def _caller(call_id: str, kind: EventKind, name: str, fields: Mapping[str, str]) -> CallEvent:
    """Read the leg of the caller: the client's, or that of an employee who calls out from the app."""
    event = CallEvent(call_id, kind, name, phone=_outside(fields.get("from")), line=_outside(fields.get("to")))
    event = event._replace(direction="in", at=_time(fields.get("timestamp")))
    if user := fields.get("from_user"):
        return event._replace(direction="out", phone=event.line, line=event.phone, login=user)
    return event


def _leg(call_id: str, status: str, fields: Mapping[str, str]) -> CallEvent:
    """Read the state of one phone that a `connect` rings; the direction is the caller's, which is not told here."""
    ext, login = _party(fields.get("to_user") or fields.get("to", ""))
    kind, at = _LEGS[status], _time(fields.get("timestamp"))
    seconds = fields.get("duration", "")
    if status == "completed" and seconds.isascii() and seconds.isdigit() and seconds.strip("0"):
        # It talked and is over: the same proof as `answered`, should that have been lost (K8).
        kind, at = "answered", _time(fields.get("start_time"))
    return CallEvent(call_id, kind, status, ext=ext, login=login, at=at)


def _party(text: str) -> tuple[str | None, str | None]:
    """Read whose phone it is: a SIP address (by itself and by its user), a number, or an app's user."""
    party = text.partition(";")[0]
    if party.startswith("sip:"):
        return party, party.removeprefix("sip:").partition("@")[0] or None
    if party.isdigit():
        return party, f"+{party}" if len(party) >= _SHORTEST_NUMBER else None
    return None, party or None


def _outside(number: str | None) -> str | None:
    return None if number is None or number.lower() in _WITHHELD else number


def _claims(part: str) -> Mapping[str, object]:
    try:
        return read_object(urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (ValueError, Malformed):
        raise Unauthorized from None


def _time(text: str | None) -> int | None:
    with suppress(ValueError, OverflowError):
        moment = datetime.fromisoformat(text or "")
        return None if moment.tzinfo is None else int(moment.timestamp() * 1000)
    return None
