"""Calls as a dial plan of Asterisk reports them, and what all families share whose requests the admin writes himself.

The fields are those of docs/operators/asterisk.md, as a form (what `CURL()` posts) or as the JSON of operator
`generic`; `status` is Asterisk's DIALSTATUS or one of our own words.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from shared.pbx.forms import fields_of
from shared.pbx.protocol import CallEvent, Direction, EventKind, Malformed, Outcome, PbxRequest
from shared.pbx.signatures import require_bearer, require_equal

if TYPE_CHECKING:
    from collections.abc import Mapping

KINDS: Mapping[str, EventKind] = {
    "ringing": "ringing",
    "answered": "answered",
    "ended": "ended",
    "outgoing": "started",
}
"""What each event means."""

EVENTS = tuple(KINDS)
"""What a dial plan can report."""

_DIRECTIONS: Mapping[str, Direction] = {"in": "in", "out": "out", "internal": "internal"}
_ANSWERED = frozenset({"answer", "answered"})
_LEG_OVER = "cancelled"  # our word; Asterisk's CANCEL is the caller who hung up
_UNANSWERED: Mapping[str, Outcome] = {
    "busy": "busy",
    "failed": "failed",
    "congestion": "failed",
    "chanunavail": "failed",
    "invalidargs": "failed",
}
_SECONDS = re.compile(r"(\d{9,10})(?:\.(\d{1,6}))?", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def iso_time(text: str) -> int:
    """Read a moment written with its offset, as ms since 1970."""
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            raise Malformed("`at` has no offset from UTC")
        return (moment - _EPOCH) // timedelta(milliseconds=1)
    except (ValueError, OverflowError):
        raise Malformed("`at` is not a time that can be read") from None


def prove(request: PbxRequest, secrets: Mapping[str, str]) -> None:
    """Check the token: the field `token`, or `Authorization: Bearer`, which not every Asterisk can send."""
    token, header = secrets.get("token"), request.headers.get("authorization")
    if header is None:
        require_equal(fields_of(request).get("token"), token)
    else:
        require_bearer(header, token)


def events_of(fields: Mapping[str, str]) -> tuple[CallEvent, ...]:
    """Read one event; an unknown one says nothing (K6)."""
    name = fields.get("event", "").lower()
    kind = KINDS.get(name)
    if kind is None:
        return ()
    if not (call_id := fields.get("call_id")):
        raise Malformed("no call_id")
    ext, status, outcome = fields.get("ext") or None, fields.get("status", "").lower(), None
    direction = _DIRECTIONS.get(fields.get("direction", "").lower()) or ("out" if name == "outgoing" else None)
    if kind == "ended" and ext and status == _LEG_OVER:
        kind = "leg_ended"
    elif kind == "ended":
        outcome = _outcome(status, direction)
    elif kind == "ringing" and direction == "out":
        kind = "started"
    return (
        CallEvent(
            call_id=call_id,
            kind=kind,
            name=name,
            direction=direction or "in",
            # What does not say so is taken for incoming, unless another event of the call knows better.
            assumed=direction is None and kind != "ringing",
            phone=fields.get("phone") or None,
            line=fields.get("line") or None,
            ext=ext,
            at=_time(fields.get("at", "")),
            outcome=outcome,
            final=kind == "ended",
        ),
    )


def _outcome(status: str, direction: Direction | None) -> Outcome:
    if status in _ANSWERED:
        return "answered"
    # A caller who hung up was missed; so was one who reached only a menu or voicemail, which leave no DIALSTATUS.
    return _UNANSWERED.get(status, "cancelled" if direction == "out" else "missed")


def _time(text: str) -> int | None:
    """Read `${EPOCH}`, or ISO 8601 with an offset."""
    if not text:
        return None
    if match := _SECONDS.fullmatch(text):
        return int(match[1]) * 1000 + int((match[2] or "").ljust(3, "0")[:3])
    return iso_time(text)
