"""Plivo's voice callbacks: an XML document is the answer, the look-up is the question for it.

Form-encoded POST, signed in `X-Plivo-Signature-V3` over the public address, the fields and a nonce, as the vendor's own
library (plivo 4.63.0) makes it. The answer address gets the call (the look-up), a `<Dial>`'s `callbackUrl` tells of
each phone that answered or was given up, but not that it rings, `action` asks how to go on, the hangup address gets
the end. Field names of the dial callback are integrators' common knowledge, not the manual's. Times have no zone and
are left out. Plivo has no plan of its own: "no opinion" leads to the admin's own flow; without one it is an error,
which makes Plivo ask the fallback address, where an empty document would hang up.
"""

from __future__ import annotations

import hmac
import json
from base64 import b64encode
from contextlib import suppress
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
    from collections.abc import Mapping

SECRETS: tuple[str, ...] = ("auth_token",)
OWN_SECRETS: tuple[str, ...] = ()
OPTIONAL_SECRETS: tuple[str, ...] = ()
EVENTS: tuple[str, ...] = ("StartApp", "answer", "connected", "hangup", "Hangup", "DialStatus", "lookup")

_LEGS: Mapping[str, EventKind] = {"answer": "answered", "connected": "answered", "hangup": "leg_ended"}
_OUTCOMES: Mapping[str, Outcome] = {"busy": "busy", "failed": "failed", "cancel": "cancelled"}
_WITHHELD = {"", "anonymous", "restricted", "private", "unknown", "unavailable"}
_ENDPOINTS = "phone.plivo.com"
_SHORTEST_NUMBER = 7  # digits; fewer are an endpoint's name
_XML = "application/xml; charset=utf-8"
_ERRORS = {400: "Invalid parameters", 401: "Invalid signature", 503: "Try again"}


def handshake(request: PbxRequest) -> PbxResponse | None:  # noqa: ARG001
    """Answer nothing before the proof."""
    return None


def authenticate(request: PbxRequest, secrets: Mapping[str, str]) -> None:
    """Check the signatures, of which one must fit: while the token is changed Plivo sends one for each."""
    token, nonce = secrets.get("auth_token"), request.headers.get("x-plivo-signature-v3-nonce")
    if not token or not nonce:
        raise Unauthorized
    for url in spellings(request.url):
        text = f"{_signed_text(url, request)}.{nonce}".encode("utf-8", "surrogatepass")
        proof = b64encode(hmac.new(token.encode(), text, "sha256").digest()).decode()
        for given in request.headers.get("x-plivo-signature-v3", "").split(","):
            with suppress(Unauthorized):
                require_equal(given.strip(), proof)
                return
    raise Unauthorized


def parse(request: PbxRequest) -> Parsed:
    """Read a call that asks for its XML, a phone that answered or was given up, the end of the call."""
    fields = fields_of(request)
    call_id = fields.get("DialALegUUID") or fields.get("CallUUID")
    if not call_id:
        raise Malformed("no CallUUID")
    name = fields.get("Event", "")
    if action := fields.get("DialAction"):
        kind = _LEGS.get(action)
        return Parsed(events=(_leg(call_id, kind, fields),) if kind else ())
    if "DialStatus" in fields:
        return Parsed()  # how to go on is said by `acknowledge`; who talked, the callbacks have said
    if name == "Hangup":
        outcome = _OUTCOMES.get(fields.get("CallStatus", ""), "missed")
        end = _caller(call_id, "ended", fields)
        return Parsed(events=(end._replace(outcome=outcome, final=True),))
    if name not in {"StartApp", "Redirect"}:
        return Parsed()
    started = _caller(call_id, "started", fields)
    phone = started.phone if started.direction == "in" else None
    return Parsed(events=(started,), lookup=Lookup(phone, started.line, call_id))


def acknowledge(request: PbxRequest) -> PbxResponse:
    """Give an empty document, which no callback reads; after a `<Dial>` that nobody answered, the flow."""
    fields: Mapping[str, str] = {}
    with suppress(Malformed):
        fields = fields_of(request)
    if fields.get("DialStatus", "completed") == "completed" or "DialAction" in fields:
        return PbxResponse(body="<Response/>", content_type=_XML)
    flow = flow_of(request)
    return _to_flow(flow) if flow else refuse(400)


def answer(lookup: Answer) -> PbxResponse:
    """Ring all who are responsible at once; when nobody picks up, `action` leads to the admin's own flow."""
    flow = flow_of(lookup.request)
    nouns = [_noun(party) for target in lookup.targets if (party := target.ext or target.login)]
    if not nouns:
        return _to_flow(flow) if flow else PbxResponse() if lookup.request is None else refuse(400)
    more = ""
    if callback := webhook_address(lookup.request, "leg"):
        more += f' callbackUrl="{escape(callback)}" callbackMethod="POST"'
    if action := webhook_address(lookup.request, "dial", flow):
        more += f' action="{escape(action)}" method="POST" redirect="true"'
    seconds = max(target.ring_seconds for target in lookup.targets)
    dial = f'<Dial timeout="{seconds}"{more}>{"".join(nouns)}</Dial>'
    return PbxResponse(body=f"<Response>{dial}</Response>", content_type=_XML)


def refuse(status: int) -> PbxResponse:
    """Word a refusal; Plivo turns to the fallback address."""
    return PbxResponse(status, json.dumps({"error": _ERRORS[status]}))


def _to_flow(flow: str) -> PbxResponse:
    redirect = f'<Redirect method="POST">{escape(flow)}</Redirect>'
    return PbxResponse(body=f"<Response>{redirect}</Response>", content_type=_XML)


def _noun(party: str) -> str:
    digits = party.removeprefix("+")
    if digits.isdigit() and len(digits) >= _SHORTEST_NUMBER:
        return f"<Number>{digits}</Number>"
    return f"<User>{escape(party if party.startswith('sip:') else f'sip:{party}@{_ENDPOINTS}')}</User>"


def _caller(call_id: str, kind: EventKind, fields: Mapping[str, str]) -> CallEvent:
    """Read the leg of the caller: the client's, or that of an employee who calls out from his endpoint."""
    caller, called = fields.get("From", ""), fields.get("To", "")
    event = CallEvent(call_id, kind, fields.get("Event", ""))
    if fields.get("Direction") == "outbound":
        return event._replace(direction="out", phone=_outside(called), line=_outside(caller))
    if caller.startswith("sip:"):
        ext, login = _party(caller)
        return event._replace(direction="out", phone=_outside(called), ext=ext, login=login)
    return event._replace(direction="in", phone=_outside(caller), line=_outside(called))


def _leg(call_id: str, kind: EventKind, fields: Mapping[str, str]) -> CallEvent:
    """Read what became of one phone that a `<Dial>` rings; the direction is the caller's, which is not told here."""
    ext, login = _party(fields.get("DialBLegTo", ""))
    seconds = fields.get("DialBLegDuration", "")
    if kind == "leg_ended" and seconds.isascii() and seconds.isdigit() and seconds.strip("0"):
        kind = "answered"  # it talked and is over: the same proof, should `answer` have been lost (K8)
    return CallEvent(call_id, kind, fields["DialAction"], ext=ext, login=login)


def _party(text: str) -> tuple[str | None, str | None]:
    """Read whose phone it is: an endpoint (by its address and by its name), or a number, with and without a plus."""
    party = text.partition(";")[0]
    if party.startswith("sip:"):
        return party, party.removeprefix("sip:").partition("@")[0] or None
    if party.isdigit():
        return party, f"+{party}" if len(party) >= _SHORTEST_NUMBER else None
    return party or None, None


def _outside(number: str) -> str | None:
    return None if number.lower() in _WITHHELD or number.startswith("sip:") else number


def _signed_text(url: str, request: PbxRequest) -> str:
    """Put together what is signed: the address, its query sorted, the form's fields sorted and run together."""
    base, _, query = url.partition("?")
    try:
        asked = sorted(parse_qsl(query, keep_blank_values=True, max_num_fields=1000))
        sent = sorted(parse_qsl(request.body.decode(), keep_blank_values=True, max_num_fields=1000))
    except ValueError:
        raise Unauthorized from None
    text = base
    if asked or sent:
        text += "?" + "&".join(f"{name}={value}" for name, value in asked)
    if sent:
        text += ("." if asked else "") + "".join(name + value for name, value in sent)
    return text
