"""Yeastar P-Series: the webhook events 30011 (call state) and 30012 (record), and its question for a caller's name.

JSON by POST, `{"type": 30011, "sn": "…", "msg": "<JSON text>"}`: `msg` is JSON inside a text (an object is read too).
The signature is reported by one public test written from the manual, not seen on the wire: `X-Signature`, base64 of the
HMAC-SHA256 of the body; hex is taken too. Captures differ in whether 30011 lists every member of a call or only the
one that changed, so each member is read by itself. `ANSWER` is an extension that talks, `ANSWERED` is the calling side,
whose call was answered. Times of 30012 have no zone and are left out.

The question is that of our template for its CRM integration (docs/operators/yeastar.xml): GET with `phone`, and the
webhook's secret as a bearer token, since a request without a body has nothing to sign. The integration shows a name and
rings nobody; `responsible` is for a flow of the Call Flow Designer, which may ask the same.
"""

from __future__ import annotations

import hmac
import json
import re
from base64 import b64encode
from contextlib import suppress
from typing import TYPE_CHECKING

from shared.pbx.forms import read_object, text_of
from shared.pbx.protocol import (
    Answer,
    CallEvent,
    Direction,
    EventKind,
    Lookup,
    Malformed,
    Outcome,
    Parsed,
    PbxRequest,
    PbxResponse,
    Unauthorized,
)
from shared.pbx.signatures import require_bearer, require_equal

if TYPE_CHECKING:
    from collections.abc import Mapping

SECRETS: tuple[str, ...] = ("webhook_secret",)
OWN_SECRETS: tuple[str, ...] = SECRETS
OPTIONAL_SECRETS: tuple[str, ...] = ()
EVENTS: tuple[str, ...] = (
    "30011 ALERT",
    "30011 RING",
    "30011 ANSWERED",
    "30011 ANSWER",
    "30011 BYE",
    "30012",
    "lookup",
)

_STATE, _RECORD = "30011", "30012"
_EXTENSION: Mapping[str, EventKind] = {"RING": "ringing", "ANSWER": "answered", "BYE": "leg_ended"}
_OUTSIDE: Mapping[str, EventKind] = {"BYE": "ended"}
_DIRECTIONS: Mapping[str, Direction] = {"Inbound": "in", "Outbound": "out", "Internal": "internal"}
_OUTCOMES: Mapping[str, Outcome] = {"ANSWERED": "answered", "BUSY": "busy", "FAILED": "failed"}
_NAMED = re.compile(r"[^<]*<([^<>]+)>")  # "Anna Petrova<202>"
_WITHHELD = {"", "anonymous", "unknown", "restricted", "private"}
_MOST_MEMBERS = 100
_ERRORS = {400: "Invalid parameters", 401: "Invalid signature", 503: "Try again"}


def handshake(request: PbxRequest) -> PbxResponse | None:  # noqa: ARG001
    """Answer nothing before the proof."""
    return None


def authenticate(request: PbxRequest, secrets: Mapping[str, str]) -> None:
    """Check the signature over the raw body, or the token of a question."""
    secret, given = secrets.get("webhook_secret"), request.headers.get("x-signature", "").strip()
    if not secret:
        raise Unauthorized
    if _is_question(request):
        require_bearer(request.headers.get("authorization"), secret)
        return
    digest = hmac.new(secret.encode(), request.body, "sha256")
    for proof in (b64encode(digest.digest()).decode(), digest.hexdigest()):
        with suppress(Unauthorized):
            require_equal(given, proof)
            return
    raise Unauthorized


def parse(request: PbxRequest) -> Parsed:
    """Read a call's state, its record, or a question; other events say nothing (K6)."""
    if _is_question(request):
        return Parsed(lookup=Lookup(_outside(request.query["phone"])))
    document = read_object(request.body)
    name = text_of(document.get("type"))
    if name is None:
        raise Malformed("no type")
    if name not in {_STATE, _RECORD}:
        return Parsed()
    message = document.get("msg")
    said = message if isinstance(message, dict) else read_object(message if isinstance(message, str) else "")
    call_id = text_of(said.get("call_id"))
    if call_id is None:
        raise Malformed("no call_id")
    if name == _RECORD:
        return Parsed(events=(_record(call_id, said),))
    members = said.get("members")
    if not isinstance(members, list):
        raise Malformed("members are no list")
    read = [_member(call_id, member) for member in members[:_MOST_MEMBERS] if isinstance(member, dict)]
    return Parsed(events=tuple(event for event in read if event))


def acknowledge(request: PbxRequest) -> PbxResponse:  # noqa: ARG001
    """Say 200."""
    return PbxResponse()


def answer(lookup: Answer) -> PbxResponse:
    """Name the caller in a list, as the template reads it, and the first extension to ring; nobody is an empty list."""
    found: list[dict[str, str]] = []
    if lookup.contact_id is not None:
        asked = lookup.request.query.get("phone", "").strip() if lookup.request else ""
        contact = {"id": lookup.contact_id, "name": lookup.contact_name or "", "phone": asked}
        responsible = next((ext for target in lookup.targets if (ext := target.ext or target.login)), None)
        found.append(contact | ({"responsible": responsible} if responsible else {}))
    return PbxResponse(body=json.dumps({"data": found}, ensure_ascii=False))


def refuse(status: int) -> PbxResponse:
    """Word a refusal."""
    return PbxResponse(status, json.dumps({"error": _ERRORS[status]}))


def _is_question(request: PbxRequest) -> bool:
    return not request.body and "phone" in request.query


def _member(call_id: str, member: Mapping[str, object]) -> CallEvent | None:
    for side in ("inbound", "outbound", "extension"):
        if isinstance(fields := member.get(side), dict):
            break
    else:
        return None  # a menu, a queue: a machine
    status = text_of(fields.get("member_status")) or ""
    event = CallEvent(call_id, "started", f"{_STATE} {status}"[:64])
    if side == "inbound":
        kind = _OUTSIDE.get(status, "started")
        event = event._replace(direction="in", phone=_outside(fields.get("from")), line=_outside(fields.get("to")))
        return event._replace(kind=kind, outcome="missed" if kind == "ended" else None)
    if side == "outbound":
        # Also the leg of an extension that forwards to an outside number: an inbound member says better.
        event = event._replace(direction="out", assumed=True, phone=_outside(fields.get("to")))
        return None if status == "BYE" else event
    ext = text_of(fields.get("number"))
    if kind_of_leg := _EXTENSION.get(status):
        return event._replace(kind=kind_of_leg, ext=ext)
    if status in {"ANSWERED", "ALERT"}:
        return event._replace(direction="out", assumed=True, ext=ext)  # the calling side
    return None


def _record(call_id: str, said: Mapping[str, object]) -> CallEvent:
    direction = _DIRECTIONS.get(text_of(said.get("type")) or "")
    caller, called = text_of(said.get("call_from")), text_of(said.get("call_to"))
    outcome = _OUTCOMES.get(text_of(said.get("status")) or "", "cancelled" if direction == "out" else "missed")
    event = CallEvent(call_id, "ended", _RECORD, direction=direction, outcome=outcome, final=True)
    if direction == "out":
        return event._replace(phone=_outside(called), ext=_number(caller))
    # Of an unanswered call the record names a group or a queue as well as an extension: it proves nothing.
    ext = _number(called) if outcome == "answered" else None
    return event._replace(phone=_outside(caller), line=_outside(said.get("did_number")), ext=ext)


def _number(text: str | None) -> str | None:
    named = _NAMED.fullmatch(text or "")
    return named[1] if named else text


def _outside(value: object) -> str | None:
    number = _number(text_of(value))
    return None if number is None or number.lower() in _WITHHELD else number
