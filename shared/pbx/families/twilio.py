"""Twilio's voice webhooks: a TwiML document is the answer, the look-up is the question for it.

Form-encoded POST (or GET), signed in `X-Twilio-Signature` over the public address and every field, as Twilio documents
and its own library checks; that library knows SHA-256 too. The number's voice address gets the call (the look-up), the
legs that a `<Dial>` rings report to the address that the TwiML names, and its `action` asks how to go on. Twilio has no
plan of its own: an empty document hangs up, so "no opinion" leads to the admin's own flow, or is no TwiML at all, which
makes Twilio ask the number's fallback address.
"""

from __future__ import annotations

import hmac
import json
from base64 import b64encode
from contextlib import suppress
from email.utils import parsedate_to_datetime
from hashlib import sha256
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from shared.pbx.addresses import flow_of, spellings, webhook_address
from shared.pbx.forms import fields_of
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
    from collections.abc import Iterator, Mapping

SECRETS: tuple[str, ...] = ("auth_token",)
OWN_SECRETS: tuple[str, ...] = ()
OPTIONAL_SECRETS: tuple[str, ...] = ()
EVENTS: tuple[str, ...] = (
    "initiated",
    "ringing",
    "in-progress",
    "completed",
    "no-answer",
    "busy",
    "canceled",
    "failed",
    "DialCallStatus",
    "lookup",
)

_LEGS: Mapping[str, EventKind] = {
    "initiated": "ringing",  # the call is sent to this phone
    "ringing": "ringing",
    "in-progress": "answered",
    "answered": "answered",
    "completed": "leg_ended",
    "no-answer": "leg_ended",
    "busy": "leg_ended",
    "canceled": "leg_ended",
    "failed": "leg_ended",
}
_ENDS: Mapping[str, Outcome] = {
    "completed": "missed",  # of the caller's leg: whether anybody talked, the employees' legs know
    "busy": "busy",
    "no-answer": "missed",
    "canceled": "cancelled",
    "failed": "failed",
}
# What Twilio gives for a number that is withheld: words spelt on a telephone's keys, and the words themselves.
_WITHHELD = {
    "",
    "anonymous",
    "restricted",
    "blocked",
    "unknown",
    "unavailable",
    "+266696687",
    "+7378742833",
    "+2562533",
    "+8656696",
    "+86282452253",
}
_PARTIES = ("client:", "sip:")
_MOST_LEGS = 10  # nouns of one <Dial>, by the manual
_TWIML = "text/xml; charset=utf-8"
_ERRORS = {400: "Invalid parameters", 401: "Invalid signature", 503: "Try again"}


def handshake(request: PbxRequest) -> PbxResponse | None:  # noqa: ARG001
    """Answer nothing before the proof."""
    return None


def authenticate(request: PbxRequest, secrets: Mapping[str, str]) -> None:
    """Check the signature over the address as Twilio called it, with and without the port."""
    token, given = secrets.get("auth_token"), request.headers.get("x-twilio-signature", "")
    if not token or not given:
        raise Unauthorized
    fields = "".join(_signed_fields(request))
    for url in spellings(request.url):
        for algorithm in ("sha1", "sha256"):
            proof = hmac.new(token.encode(), (url + fields).encode("utf-8", "surrogatepass"), algorithm).digest()
            with suppress(Unauthorized):
                require_equal(given, b64encode(proof).decode())
                return
    raise Unauthorized


def parse(request: PbxRequest) -> Parsed:
    """Read a call that asks for its TwiML, a leg's state, the end of the caller's leg or of a `<Dial>`."""
    fields = fields_of(request)
    call_id, status = fields.get("CallSid"), fields.get("CallStatus", "")
    if not call_id:
        raise Malformed("no CallSid")
    if "DialCallStatus" in fields:
        return Parsed()  # how to go on is said by `acknowledge`; who talked, the legs have said
    if parent := fields.get("ParentCallSid"):
        kind = _LEGS.get(status)
        return Parsed(events=(_leg(parent, kind, fields),) if kind else ())
    if outcome := _ENDS.get(status):
        end = _caller(call_id, "ended", fields)
        return Parsed(events=(end._replace(outcome=outcome, final=True),))
    if not status or fields.get("CallbackSource") == "call-progress-events":
        return Parsed()
    started = _caller(call_id, "started", fields)
    return Parsed(events=(started,), lookup=Lookup(_incoming(started), started.line, call_id))


def acknowledge(request: PbxRequest) -> PbxResponse:
    """Give an empty document, which no status callback reads; after a `<Dial>` that nobody answered, the flow."""
    status = _quietly(request).get("DialCallStatus")
    if status is None or status in {"completed", "answered"}:
        return PbxResponse(body="<Response/>", content_type=_TWIML)
    return _no_opinion(flow_of(request))


def answer(lookup: Answer) -> PbxResponse:
    """Ring all who are responsible at once; when nobody picks up, `action` leads to the admin's own flow."""
    legs = webhook_address(lookup.request, "leg")
    nouns = [_noun(party, legs) for target in lookup.targets if (party := target.ext or target.login)]
    if not nouns:
        return _no_opinion(flow_of(lookup.request))
    action = webhook_address(lookup.request, "dial", flow_of(lookup.request))
    more = f' action="{escape(action)}" method="POST"' if action else ""
    seconds = max(target.ring_seconds for target in lookup.targets)
    dial = f'<Dial timeout="{seconds}" answerOnBridge="true"{more}>{"".join(nouns[:_MOST_LEGS])}</Dial>'
    return PbxResponse(body=f"<Response>{dial}</Response>", content_type=_TWIML)


def refuse(status: int) -> PbxResponse:
    """Word a refusal; Twilio turns to the number's fallback address."""
    return PbxResponse(status, json.dumps({"error": _ERRORS[status]}))


def _no_opinion(flow: str | None) -> PbxResponse:
    if flow is None:
        return PbxResponse()  # no TwiML: Twilio asks the fallback address, where an empty document would hang up
    redirect = f'<Redirect method="POST">{escape(flow)}</Redirect>'
    return PbxResponse(body=f"<Response>{redirect}</Response>", content_type=_TWIML)


def _noun(party: str, callback: str | None) -> str:
    name = "Number" if party.startswith("+") else "Sip" if party.startswith("sip:") else "Client"
    more = ""
    if callback:
        events = 'statusCallbackEvent="initiated ringing answered completed"'
        more = f' {events} statusCallback="{escape(callback)}" statusCallbackMethod="POST"'
    return f"<{name}{more}>{escape(party.removeprefix('client:'))}</{name}>"


def _caller(call_id: str, kind: EventKind, fields: Mapping[str, str]) -> CallEvent:
    """Read the leg of the caller: the client's, or that of an employee who calls out from an app or a SIP phone."""
    caller, called = fields.get("From", ""), fields.get("To", "")
    out = fields.get("Direction", "inbound").startswith("outbound")
    event = CallEvent(call_id, kind, fields.get("CallStatus", ""), at=_time(fields))
    if caller.startswith(_PARTIES) and not out:
        ext, login = _party(caller)
        return event._replace(direction="out", phone=_outside(called), ext=ext, login=login)
    client, line = (called, caller) if out else (caller, called)
    return event._replace(direction="out" if out else "in", phone=_outside(client), line=_outside(line))


def _incoming(started: CallEvent) -> str | None:
    return started.phone if started.direction == "in" else None


def _leg(parent: str, kind: EventKind, fields: Mapping[str, str]) -> CallEvent:
    """Read the state of one phone that a `<Dial>` rings; the direction is the parent's, which is not told here."""
    ext, login = _party(fields.get("To", ""))
    seconds, at = fields.get("CallDuration", ""), _time(fields)
    if kind == "leg_ended" and seconds.isascii() and seconds.isdigit() and int(seconds[:9]) > 0:
        # A leg that talked and is over: the same proof as `in-progress`, should that have been lost (K8).
        kind, at = "answered", None if at is None else at - int(seconds[:9]) * 1000
    if kind == "answered" and fields.get("AnsweredBy", "").startswith(("machine", "fax")):
        ext = login = None
    return CallEvent(parent, kind, fields.get("CallStatus", ""), ext=ext, login=login, at=at)


def _party(text: str) -> tuple[str | None, str | None]:
    """Read whose phone it is: an app's user, a SIP address (by itself and by its user), or a number."""
    party = text.partition(";")[0]
    if party.startswith("client:"):
        identity = party.removeprefix("client:")
        return (identity if identity.isdigit() else None), identity or None
    if party.startswith("sip:"):
        return party, party.removeprefix("sip:").partition("@")[0] or None
    return party or None, None


def _outside(number: str) -> str | None:
    return None if number.lower() in _WITHHELD or number.startswith(_PARTIES) else number


def _time(fields: Mapping[str, str]) -> int | None:
    """Read `Timestamp`, which is RFC 2822 with a zone."""
    with suppress(ValueError, TypeError, OverflowError):
        moment = parsedate_to_datetime(fields.get("Timestamp", ""))
        return None if moment.tzinfo is None else int(moment.timestamp() * 1000)
    return None


def _quietly(request: PbxRequest) -> Mapping[str, str]:
    with suppress(Malformed):
        return fields_of(request)
    return {}


def _signed_fields(request: PbxRequest) -> Iterator[str]:
    """Run the form's fields together as Twilio signs them: sorted, a repeated one's values once each and sorted."""
    digest = request.query.get("bodySHA256")
    if digest is not None:
        # A JSON body: the address carries its digest, and the address is signed.
        require_equal(digest.lower(), sha256(request.body).hexdigest())
        return
    try:
        rows = parse_qsl(request.body.decode(), keep_blank_values=True, max_num_fields=1000)
    except ValueError:
        raise Unauthorized from None
    for name, value in sorted(set(rows)):
        yield name + value
