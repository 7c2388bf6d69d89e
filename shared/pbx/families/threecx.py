"""3CX: its server-side CRM integration, an XML template of our own that is uploaded there (docs/operators/3cx.xml).

3CX asks for the caller's name while the phone rings (GET, `number`) and reports each call when it is over (POST, form);
both names of fields and values are the template's. A report has no id of the call: number and start in UTC make one.
`agent` is the extension that talked; of a missed call it is probably the last one rung, which is all that 3CX tells of
whom the call was directed to. Variables that 3CX does not know arrive as they are written, `[Agent]`. Nothing can be
signed; the address's key is the proof. 3CX reads no target in the answer: this interface cannot send a call anywhere.
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from shared.pbx.forms import fields_of
from shared.pbx.protocol import (
    Answer,
    CallEvent,
    Direction,
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
OPTIONAL_SECRETS: tuple[str, ...] = ()
EVENTS: tuple[str, ...] = ("Inbound", "Outbound", "Missed", "Notanswered", "lookup")

FIELDS = ("call_type", "number", "agent", "started")
"""What the template reports of a call."""

_CALLS: Mapping[str, tuple[Direction, Outcome]] = {
    "inbound": ("in", "answered"),
    "missed": ("in", "missed"),
    "outbound": ("out", "answered"),
    "notanswered": ("out", "cancelled"),
}
_UNFILLED = re.compile(r"\[[A-Za-z]*\]")
_ERRORS = {400: "Invalid parameters", 401: "Unauthorized", 503: "Try again"}


def handshake(request: PbxRequest) -> PbxResponse | None:  # noqa: ARG001
    """Answer nothing of its own."""
    return None


def authenticate(request: PbxRequest, secrets: Mapping[str, str]) -> None:
    """Let through what knows the key of the address; 3CX can prove no more."""


def parse(request: PbxRequest) -> Parsed:
    """Read the report of a call, or the question for a caller's name."""
    fields = {name: text for name, text in fields_of(request).items() if not _UNFILLED.fullmatch(text.strip())}
    number = fields.get("number", "").strip() or None
    if "call_type" not in fields:
        if request.body.strip() or "number" not in request.query:
            raise Malformed("neither a report (no `call_type`) nor a look-up (no `number` in the query)")
        return Parsed(lookup=Lookup(number))
    call_type = fields["call_type"].strip()
    if call_type.lower() not in _CALLS:
        return Parsed()
    direction, outcome = _CALLS[call_type.lower()]
    started, agent = fields.get("started", "").strip(), fields.get("agent", "").strip() or None
    if not started:
        raise Malformed("no start of the call, which is a part of its id")
    return Parsed(
        events=(
            CallEvent(
                # Without a number the extension tells two calls of the same second apart.
                call_id=f"{started}/{number or agent or ''}",
                kind="ended",
                name=call_type,
                direction=direction,
                phone=number,
                ext=agent,
                at=_time(started),
                outcome=outcome,
                final=True,
            ),
        )
    )


def acknowledge(request: PbxRequest) -> PbxResponse:  # noqa: ARG001
    """Say 200."""
    return PbxResponse()


def answer(lookup: Answer) -> PbxResponse:
    """Name the caller, and for a script of the Call Flow Designer the first extension to ring."""
    if lookup.contact_id is None:
        return PbxResponse()
    contact: dict[str, str] = {"id": lookup.contact_id, "name": lookup.contact_name or ""}
    if responsible := next((ext for target in lookup.targets if (ext := target.ext or target.login)), None):
        contact["responsible"] = responsible
    return PbxResponse(body=json.dumps({"contact": contact}, ensure_ascii=False))


def refuse(status: int) -> PbxResponse:
    """Word a refusal."""
    return PbxResponse(status, json.dumps({"error": _ERRORS[status]}))


def _time(text: str) -> int | None:
    """Read the start, which the template writes in UTC."""
    with suppress(ValueError, OverflowError):
        moment = datetime.fromisoformat(text)
        return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)
    return None
