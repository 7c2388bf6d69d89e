"""The CRM API of the iTooLabs Communications Server ("REST API ВАТС (CRM)"), sold under more than twenty brands.

One address; form-encoded POST, told apart by `cmd`; the secret `crm_token` in the body. MegaFon's current document
shows JSON in its example, so a flat JSON object is read too; no such push has been recorded. No event carries a time or
an id of its own, and older dialects (Gravitel 2017, MegaFon 2017-19, Dom.ru) no direction either.

Live facts (Moldcell): each losing extension gets its own CANCELLED while the call goes on; `history` alone decides
about the status, in any letter case; `user` may be `login@tenant`, a department (`g_…`) or the switch itself (`pbx`); a
real login may stand in a missed `history`. The end event and `history` come within a second of each other, in either
order.
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

SECRETS: tuple[str, ...] = ("crm_token",)
OWN_SECRETS: tuple[str, ...] = SECRETS
OPTIONAL_SECRETS: tuple[str, ...] = ("pbx_url", "pbx_token", "api_key")
EVENTS: tuple[str, ...] = (
    "INCOMING",
    "OUTGOING",
    "ACCEPTED",
    "CANCELLED",
    "COMPLETED",
    "TRANSFERRED",
    "history",
    "contact",
)

_KINDS: Mapping[str, EventKind] = {
    "INCOMING": "ringing",
    "OUTGOING": "started",
    "ACCEPTED": "answered",
    "CANCELLED": "leg_ended",
    "COMPLETED": "ended",
    "TRANSFERRED": "transferred",
}
_DIRECTIONS: Mapping[str, Direction] = {"in": "in", "out": "out"}
_DIRECTION_OF_TYPE: Mapping[str, Direction] = {"INCOMING": "in", "OUTGOING": "out"}
_OUTCOMES: Mapping[str, Outcome] = {
    "success": "answered",
    "missed": "missed",
    "cancel": "cancelled",
    "cancelled": "cancelled",
    "busy": "busy",
}
_MACHINES = frozenset({"pbx", "ivr", "fax"})  # the last two as the server's own call list names them
_SHORT_NUMBER = 5  # digits; a number this short is an extension
_ERRORS = {400: "Invalid parameters", 401: "Invalid token", 503: "Try again"}


def handshake(request: PbxRequest) -> PbxResponse | None:  # noqa: ARG001
    """Answer nothing before the proof: this protocol has no handshake."""
    return None


def authenticate(request: PbxRequest, secrets: Mapping[str, str]) -> None:
    """Compare the token in the body; raise Malformed for a body that cannot be read."""
    require_equal(fields_of(request).get("crm_token"), secrets.get("crm_token"))


def parse(request: PbxRequest) -> Parsed:
    """Read one command; unknown commands and types say nothing (K6)."""
    fields = fields_of(request)
    match fields.get("cmd", ""):
        case "":
            raise Malformed("no cmd")
        case "contact":
            lookup = Lookup(fields.get("phone") or None, fields.get("diversion") or None, fields.get("callid") or None)
            return Parsed(lookup=lookup)
        case "event":
            event = _event(fields)
            return Parsed(events=(event,) if event else ())
        case "history":
            return Parsed(events=(_history(fields),))
        case _:
            return Parsed()


def acknowledge(request: PbxRequest) -> PbxResponse:  # noqa: ARG001
    """Say 200 with an empty object: the body is not read."""
    return PbxResponse()


def answer(lookup: Answer) -> PbxResponse:
    """Name the contact and one responsible, by login where there is one."""
    return contact_named(lookup, next((target.login or target.ext for target in lookup.targets), None))


def refuse(status: int) -> PbxResponse:
    """Word a refusal as the vendor's document does."""
    return PbxResponse(status, json.dumps({"error": _ERRORS[status]}))


def _event(fields: Mapping[str, str]) -> CallEvent | None:
    name = fields.get("type", "").upper()
    kind = _KINDS.get(name)
    if kind is None:
        return None
    ext, login = _employee(fields)
    return CallEvent(
        call_id=_call_id(fields),
        kind=kind,
        name=name,
        direction=_direction(fields, "direction") or _DIRECTION_OF_TYPE.get(name),
        phone=fields.get("phone") or None,
        line=fields.get("diversion") or None,
        ext=ext,
        login=login,
        # COMPLETED is sent only after a conversation.
        outcome="answered" if kind == "ended" else None,
        second_call_id=fields.get("second_callid") or None,
    )


def _history(fields: Mapping[str, str]) -> CallEvent:
    ext, login = _employee(fields)
    direction = _direction(fields, "type")
    return CallEvent(
        call_id=_call_id(fields),
        kind="ended",
        name="history",
        direction=direction,
        phone=fields.get("phone") or None,
        line=fields.get("diversion") or None,
        ext=ext,
        login=login,
        outcome=_OUTCOMES.get(fields.get("status", "").lower(), "missed" if direction == "in" else "failed"),
        final=True,
    )


def _call_id(fields: Mapping[str, str]) -> str:
    if not (call_id := fields.get("callid")):
        raise Malformed("no callid")
    return call_id


def _direction(fields: Mapping[str, str], field: str) -> Direction | None:
    """Read the direction a field states; a call from a short number or of an unknown direction stays inside."""
    phone = fields.get("phone", "")
    if phone.isdigit() and len(phone) <= _SHORT_NUMBER:
        return "internal"
    stated = fields.get(field, "").lower()
    return _DIRECTIONS.get(stated, "internal") if stated else None


def _employee(fields: Mapping[str, str]) -> tuple[str | None, str | None]:
    """Read who it was: (extension, login), both None for a department or the switch itself (K4)."""
    login = fields.get("user", "").partition("@")[0]
    if login in _MACHINES or login.startswith("g_"):
        return None, None
    return fields.get("ext") or None, login or None
