"""UIS, CoMagic, CallGear and Novofon 2.0, one platform: notifications whose body the administrator writes himself.

So the format is the one of docs/operators/uis.md: a flat object with a constant `event` and the cabinet's variables,
which are rendered as JSON values, `null` where there is nothing. A published pilot groups them in objects, which is
read too, as is a query or a form. Nothing is signed. None of the events tells that one phone of several stopped
ringing. `notification_time` has an offset in a CallGear sample; how UIS writes it is not shown, and without an offset
it is no time.

The look-up is a step of the call scenario ("interactive call processing") that sends `numa`, `numb` and
`call_session_id`. The vendor's words on the reply were not found; one published implementation answers
`{"phones": [...]}` and never an empty list, which would read as "to nobody".
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from shared.pbx.forms import fields_of, read_object, text_of
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

if TYPE_CHECKING:
    from collections.abc import Mapping

SECRETS: tuple[str, ...] = ()
OWN_SECRETS: tuple[str, ...] = ()
OPTIONAL_SECRETS: tuple[str, ...] = ("access_token",)
EVENTS: tuple[str, ...] = (
    "INCOMING",
    "WAITING",
    "TALK_START",
    "TALK_END",
    "CALL_END",
    "LOST",
    "OUTGOING",
    "lookup",
)

_KINDS: Mapping[str, EventKind] = {
    "INCOMING": "started",
    "WAITING": "ringing",
    "TALK_START": "answered",
    "TALK_END": "answered",  # only who has talked can stop: repairs a lost TALK_START (K8)
    "CALL_END": "ended",
    "LOST": "ended",
    "OUTGOING": "started",
}
_DIRECTIONS: Mapping[str, Direction] = {"in": "in", "out": "out"}
_DIRECTION_OF_EVENT: Mapping[str, Direction] = {"INCOMING": "in", "LOST": "in", "OUTGOING": "out"}
_EXTENSION = re.compile(r"\d{1,5}", re.ASCII)  # longest short number, by the Data API's manual
_IDS = re.compile(r"[^\s,\[\]\"]+")
_MOST_MISSED = 20  # employees taken from one lost call
_UNFILLED = re.compile(rb"\{\{\w*\}\}|(?<=:)\s*(?=[,}\r\n])")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ERRORS = {400: "Invalid parameters", 401: "Unauthorized", 503: "Try again"}


def handshake(request: PbxRequest) -> PbxResponse | None:  # noqa: ARG001
    """Answer nothing: this protocol has no handshake."""
    return None


def authenticate(request: PbxRequest, secrets: Mapping[str, str]) -> None:
    """Let everything in: the platform signs nothing, the key of the address and `source_ips` are its proof."""


def parse(request: PbxRequest) -> Parsed:
    """Read one notification, or the question of the scenario's step; unknown events say nothing (K6)."""
    fields = _fields(request)
    name = fields.get("event", "").upper()
    if not name:
        if "numa" not in fields and "numb" not in fields and not request.suffix.endswith("interactive"):
            raise Malformed("neither a notification (no `event`) nor a look-up (no `numa`)")
        return Parsed(lookup=Lookup(fields.get("numa"), fields.get("numb"), fields.get("call_session_id")))
    return Parsed(events=_events(name, fields) if name in _KINDS else ())


def acknowledge(request: PbxRequest) -> PbxResponse:  # noqa: ARG001
    """Say 200."""
    return PbxResponse()


def answer(lookup: Answer) -> PbxResponse:
    """List the short numbers to ring, never an empty list; without `phones` the scenario goes on by itself."""
    phones = [target.ext for target in lookup.targets if target.ext]
    return PbxResponse(body=json.dumps({"phones": phones} if phones else {}))


def refuse(status: int) -> PbxResponse:
    """Word a refusal."""
    return PbxResponse(status, json.dumps({"error": _ERRORS[status]}))


def _events(name: str, fields: Mapping[str, str]) -> tuple[CallEvent, ...]:
    if not (call_id := fields.get("call_session_id")):
        raise Malformed("no call_session_id")
    direction = _direction(name, fields)
    kind, outcome = _KINDS[name], _outcome(fields, direction) if _KINDS[name] == "ended" else None
    if kind == "ringing" and direction == "out":
        kind = "started"  # it is the client who is waited for
    if name == "TALK_END" and _seconds(fields) == 0:
        kind = "leg_ended"
    return tuple(
        CallEvent(
            call_id=call_id,
            kind=kind,
            name=name,
            direction=direction,
            phone=fields.get("contact_phone_number"),
            line=fields.get("virtual_phone_number"),
            ext=ext,
            login=login,
            at=_time(fields.get("notification_time", "")),
            outcome=outcome,
            # The call's last record, or a talk's: its end proves it, but less well than its start (K2).
            final=kind == "ended" or (kind == "answered" and name == "TALK_END"),
        )
        for ext, login in _employees(name, fields)
    )


def _direction(name: str, fields: Mapping[str, str]) -> Direction | None:
    """Read which way the call goes; one with a short number, or of an unknown direction, stays inside."""
    if _EXTENSION.fullmatch(fields.get("contact_phone_number", "")):
        return "internal"
    stated = fields.get("direction", "").lower()
    return _DIRECTION_OF_EVENT.get(name) or (_DIRECTIONS.get(stated, "internal") if stated else None)


def _outcome(fields: Mapping[str, str], direction: Direction | None) -> Outcome:
    if _seconds(fields):
        return "answered"
    return "cancelled" if direction == "out" else "missed"


def _seconds(fields: Mapping[str, str]) -> int | None:
    """Read how long was talked; None: it does not say."""
    text = fields.get("talk_time_duration", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= len("86400") else None


def _employees(name: str, fields: Mapping[str, str]) -> list[tuple[str | None, str | None]]:
    """Read who it was, as (short number, `employee_id`); a lost call names everybody whose phone rang."""
    if name == "LOST" and (missed := _IDS.findall(fields.get("employee_ids", ""))):
        return [(None, login) for login in list(dict.fromkeys(missed))[:_MOST_MISSED]]
    # On an outgoing call the employee's phone may be a short number, or one of the outside world.
    phone = fields.get("employee_phone_number", "")
    ext = fields.get("extension_phone_number") or (phone if _EXTENSION.fullmatch(phone) else None)
    return [(ext, fields.get("employee_id"))]


def _time(text: str) -> int | None:
    try:
        moment = datetime.fromisoformat(text)
        return None if moment.tzinfo is None else (moment - _EPOCH) // timedelta(milliseconds=1)
    except (ValueError, OverflowError):
        return None


def _fields(request: PbxRequest) -> Mapping[str, str]:
    """Read the variables, those without a value left out."""
    if request.body.lstrip()[:1] == b"{":
        values: dict[str, object] = {**request.query, **_document(request.body)}
    else:
        # Strings are rendered quoted there too.
        values = {name: text.strip().strip('"') for name, text in fields_of(request).items()}
    for group in [value for value in values.values() if isinstance(value, dict)]:
        values = {**group, **values}
    texts = {name: _text(value) for name, value in values.items()}
    return {name: text for name, text in texts.items() if text is not None and text != "null"}


def _document(body: bytes) -> Mapping[str, object]:
    try:
        return read_object(body)
    except Malformed:
        # A variable that the cabinet does not have for the event may leave a gap.
        return read_object(_UNFILLED.sub(b" null", body))


def _text(value: object) -> str | None:
    if isinstance(value, list):
        return ",".join(text for each in value if (text := text_of(each)))
    return text_of(value)
