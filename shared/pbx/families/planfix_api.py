"""Planfix's published telephony protocol ("API for telephony"), for PBXs that already speak it.

Form-encoded POST to one address, told apart by `cmd`, Planfix's key in the body as `planfix_token`. The document's own
introduction calls that field `token`, so where `planfix_token` is missing `token` is read. From the document and from
one PBX side (OAST): no event carries a time; each phone of a group has events of its own under one `callid`, and a
COMPLETED that is not Success or Missed ends that phone's ringing only; OAST spells a status `NotAvaliable`.

`makeCall` and `setup` are what Planfix sends to a PBX: they are understood, answered and nothing is done. `ping` asks
for the PBX's address and key as entered in Planfix; nothing of the kind is entered here, and no secret is given out.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from shared.pbx.forms import contact_named, fields_of
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
)
from shared.pbx.signatures import require_equal

if TYPE_CHECKING:
    from collections.abc import Mapping

SECRETS: tuple[str, ...] = ("planfix_token",)
OWN_SECRETS: tuple[str, ...] = SECRETS
OPTIONAL_SECRETS: tuple[str, ...] = ()
EVENTS: tuple[str, ...] = (
    "INCOMING",
    "OUTGOING",
    "ACCEPTED",
    "COMPLETED",
    "contact",
    "record",
    "ping",
    "makeCall",
    "setup",
)

_KINDS: Mapping[str, EventKind] = {
    "INCOMING": "ringing",
    "OUTGOING": "started",
    "ACCEPTED": "answered",
    "COMPLETED": "ended",
}
_DIRECTIONS: Mapping[str, Direction] = {"in": "in", "out": "out"}
_DIRECTION_OF_EVENT: Mapping[str, Direction] = {"INCOMING": "in", "OUTGOING": "out"}
_INCOMING_OUTCOMES: Mapping[str, Outcome] = {"success": "answered", "missed": "missed", "": "missed"}
_OUTGOING_OUTCOMES: Mapping[str, Outcome] = {
    "success": "answered",
    "busy": "busy",
    "noanswer": "cancelled",
    "cancelled": "cancelled",
    "": "cancelled",
}
_NEEDED: Mapping[str, tuple[str, ...]] = {
    "contact": ("phone",),
    "event": ("event", "callid"),
    "record": ("callid", "record_link"),
    "makeCall": ("from", "to"),
    "setup": ("planfix_url",),
}
_PING = PbxResponse(body='{"pbxToken": "", "pbxUrl": ""}')
_SHORT_NUMBER = 5  # digits; a number this short is an extension
_ERRORS = {400: "Invalid parameters", 401: "Invalid token", 503: "Try again"}


def handshake(request: PbxRequest) -> PbxResponse | None:  # noqa: ARG001
    """Answer nothing before the proof: `ping` carries the token too."""
    return None


def authenticate(request: PbxRequest, secrets: Mapping[str, str]) -> None:
    """Compare the token in the body; raise Malformed for a body that cannot be read."""
    fields = fields_of(request)
    require_equal(fields.get("planfix_token") or fields.get("token"), secrets.get("planfix_token"))


def parse(request: PbxRequest) -> Parsed:
    """Read one command; unknown commands and events say nothing (K6)."""
    fields = fields_of(request)
    command = fields.get("cmd", "")
    if not command:
        raise Malformed("no cmd")
    for name in _NEEDED.get(command, ()):
        # A withheld number may well be empty, and so may a link.
        if name not in fields:
            raise Malformed(f"no {name}")
    match command:
        case "contact":
            lookup = Lookup(fields["phone"] or None, fields.get("diversion") or None, fields.get("callid") or None)
            return Parsed(lookup=lookup)
        case "event":
            event = _event(fields)
            return Parsed(events=(event,) if event else ())
        case "ping":
            return Parsed(reply=_PING)
        case _:
            return Parsed()


def acknowledge(request: PbxRequest) -> PbxResponse:  # noqa: ARG001
    """Say 200; the document shows no body."""
    return PbxResponse()


def answer(lookup: Answer) -> PbxResponse:
    """Name the contact and the first responsible who has a short number, as the document has it."""
    return contact_named(lookup, next((target.ext for target in lookup.targets if target.ext), None))


def refuse(status: int) -> PbxResponse:
    """Word a refusal as the document does."""
    return PbxResponse(status, json.dumps({"error": _ERRORS[status]}))


def _event(fields: Mapping[str, str]) -> CallEvent | None:
    name = fields["event"].upper()
    kind = _KINDS.get(name)
    if kind is None:
        return None
    if not (call_id := fields["callid"]):
        raise Malformed("no callid")
    direction, ext, outcome = _direction(name, fields), fields.get("ext") or None, None
    if kind == "ended":
        outcomes = _OUTGOING_OUTCOMES if direction == "out" else _INCOMING_OUTCOMES
        outcome = outcomes.get(fields.get("status", "").lower())
        if outcome is None and ext and direction != "out":
            kind = "leg_ended"
        elif outcome is None:
            outcome = "failed" if direction == "out" else "missed"
    elif kind == "ringing" and direction == "out":
        kind = "started"  # the employee's own phone, called first after a click
    return CallEvent(
        call_id=call_id,
        kind=kind,
        name=name,
        direction=direction,
        phone=fields.get("phone") or None,
        line=fields.get("diversion") or None,
        ext=ext,
        outcome=outcome,
        final=kind == "ended",
    )


def _direction(name: str, fields: Mapping[str, str]) -> Direction | None:
    """Read which way the call goes; one with a short number, or of an unknown type, stays inside."""
    phone = fields.get("phone", "")
    if phone.isdigit() and len(phone) <= _SHORT_NUMBER:
        return "internal"
    stated = fields.get("type", "").lower()
    return _DIRECTIONS.get(stated, "internal") if stated else _DIRECTION_OF_EVENT.get(name)
