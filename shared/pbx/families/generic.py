"""The plain JSON form of everything, for a PBX with a script of its own.

The format is ours: see docs/operators/generic.md.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from shared.pbx import dialplan
from shared.pbx.forms import read_object, text_of
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
)
from shared.pbx.signatures import require_bearer

if TYPE_CHECKING:
    from collections.abc import Mapping

SECRETS: tuple[str, ...] = ("token",)
OWN_SECRETS: tuple[str, ...] = SECRETS
OPTIONAL_SECRETS: tuple[str, ...] = ()
EVENTS: tuple[str, ...] = (*dialplan.EVENTS, "lookup")

_OUTCOMES: Mapping[str, Outcome] = {
    "answered": "answered",
    "missed": "missed",
    "cancelled": "cancelled",
    "busy": "busy",
    "failed": "failed",
}
_ERRORS = {400: "Invalid parameters", 401: "Invalid token", 503: "Try again"}


def handshake(request: PbxRequest) -> PbxResponse | None:  # noqa: ARG001
    """Answer nothing before the proof."""
    return None


def authenticate(request: PbxRequest, secrets: Mapping[str, str]) -> None:
    """Check the bearer token."""
    require_bearer(request.headers.get("authorization"), secrets.get("token"))


def parse(request: PbxRequest) -> Parsed:
    """Read an event, or a look-up: a request without a body whose query asks for a `phone`."""
    body = read_object(request.body) if request.body.strip() else {}
    fields = {**request.query, **{name: text for name, value in body.items() if (text := text_of(value)) is not None}}
    if "event" not in body:
        if body or "phone" not in fields:
            # Taken for a look-up, an event without its name would be lost without a word.
            raise Malformed("neither an event (no `event`) nor a look-up (no `phone` in the query)")
        return Parsed(lookup=Lookup(*(fields.get(name) or None for name in ("phone", "line", "call_id", "called"))))
    kind = dialplan.KINDS.get(fields.get("event", ""))
    return Parsed(events=(_event(kind, fields),) if kind else ())


def acknowledge(request: PbxRequest) -> PbxResponse:  # noqa: ARG001
    """Say 200."""
    return PbxResponse()


def answer(lookup: Answer) -> PbxResponse:
    """Give contact, targets and reason."""
    contact = None if lookup.contact_id is None else {"id": lookup.contact_id, "name": lookup.contact_name}
    targets = [
        {"ext": ext, "employee": target.employee, "ring_seconds": target.ring_seconds}
        for target in lookup.targets
        if (ext := target.ext or target.login)
    ]
    return PbxResponse(
        body=json.dumps({"contact": contact, "targets": targets, "reason": lookup.reason}, ensure_ascii=False)
    )


def refuse(status: int) -> PbxResponse:
    """Word a refusal."""
    return PbxResponse(status, json.dumps({"error": _ERRORS[status]}))


def _event(kind: EventKind, fields: Mapping[str, str]) -> CallEvent:
    if not (call_id := fields.get("call_id")):
        raise Malformed("no call_id")
    ext = fields.get("ext")
    outcome = _OUTCOMES.get(fields.get("status", ""))
    outgoing = fields["event"] == "outgoing"
    if kind == "ended":
        if ext and outcome == "cancelled":
            kind, outcome = "leg_ended", None
        outcome = outcome or (None if kind == "leg_ended" else "missed")
    else:
        outcome = None
    return CallEvent(
        call_id=call_id,
        kind=kind,
        name=fields["event"],
        direction="out" if outgoing else "in",
        # Only `outgoing` and `ringing` say which way the call goes; the rest is incoming unless one of them differs.
        assumed=kind in {"answered", "ended", "leg_ended"},
        phone=fields.get("phone"),
        line=fields.get("line"),
        ext=ext,
        at=dialplan.iso_time(fields["at"]) if "at" in fields else None,
        outcome=outcome,
        final=kind == "ended",
    )
