"""Sipuni: four events of a call, told by GET or POST; nothing is asked, and routing is the cabinet's.

From the vendor's page and one captured log: internal numbers carry the number of the cabinet in front, so the `short_`
fields are read; `dst_num` may be a step of the scheme (`..._id123456`), which is nobody; event 1 comes twice, a second
apart; event 2 may never come, and is all that tells of some missed calls. `call_answer_timestamp` can precede the
start. An answer other than `{"success": true}` may make Sipuni stop sending.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from shared.pbx.forms import fields_of
from shared.pbx.protocol import (
    Answer,
    CallEvent,
    Direction,
    EventKind,
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
EVENTS: tuple[str, ...] = ("event 1", "event 2", "event 3", "event 4")

_KINDS: Mapping[str, EventKind] = {"1": "ringing", "2": "ended", "3": "answered", "4": "leg_ended"}
_INCOMING_OUTCOMES: Mapping[str, Outcome] = {"ANSWER": "answered", "BUSY": "busy"}
_OUTGOING_OUTCOMES: Mapping[str, Outcome] = {
    "ANSWER": "answered",
    "BUSY": "busy",
    "NOANSWER": "cancelled",
    "CANCEL": "cancelled",
}
_INSIDE = "2"  # `src_type`, `dst_type`; 1 is outside
_EXTENSION = re.compile(r"\d{1,6}", re.ASCII)
_STEP = re.compile(r"_id\d+$", re.ASCII)
_SECONDS = re.compile(r"\d{9,10}", re.ASCII)
_SUCCESS = PbxResponse(body='{"success": true}')
_ERRORS = {400: "Invalid parameters", 401: "Unauthorized", 503: "Try again"}


def handshake(request: PbxRequest) -> PbxResponse | None:  # noqa: ARG001
    """Answer nothing: this protocol has no handshake."""
    return None


def authenticate(request: PbxRequest, secrets: Mapping[str, str]) -> None:
    """Let everything in: Sipuni signs nothing, the key of the address and `source_ips` are its proof."""


def parse(request: PbxRequest) -> Parsed:
    """Read one event; unknown ones say nothing (K6)."""
    fields = fields_of(request)
    number = fields.get("event", "")
    if not number:
        raise Malformed("no event")
    if number not in _KINDS:
        return Parsed()
    if not (call_id := fields.get("call_id")):
        raise Malformed("no call_id")
    return Parsed(events=(_event(number, call_id, fields),))


def acknowledge(request: PbxRequest) -> PbxResponse:  # noqa: ARG001
    """Say what Sipuni wants to read."""
    return _SUCCESS


def answer(lookup: Answer) -> PbxResponse:  # noqa: ARG001
    """Name nobody: Sipuni never asks."""
    return _SUCCESS


def refuse(status: int) -> PbxResponse:
    """Word a refusal."""
    return PbxResponse(status, json.dumps({"success": False, "error": _ERRORS[status]}))


def _event(number: str, call_id: str, fields: Mapping[str, str]) -> CallEvent:
    direction = _direction(fields)
    outgoing, kind, outcome = direction == "out", _KINDS[number], None
    ext = _extension(fields, "src" if outgoing else "dst")
    if kind == "ringing" and (outgoing or ext is None):
        kind = "started"  # it is a client's phone that rings, or a step of the scheme
    at = _seconds(fields, "timestamp")
    if kind == "ended":
        outcomes = _OUTGOING_OUTCOMES if outgoing else _INCOMING_OUTCOMES
        outcome = outcomes.get(fields.get("status", "").upper(), "failed" if outgoing else "missed")
        if not outgoing and ext is None:
            ext = _last_or_first_called(fields, answered=outcome == "answered")
        if outcome == "answered":
            # The moment of the answer, where no event 3 tells it (K8, R8).
            at = max(_seconds(fields, "call_start_timestamp") or 0, _seconds(fields, "call_answer_timestamp") or 0)
    return CallEvent(
        call_id=call_id,
        kind=kind,
        name=f"event {number}",
        direction=direction,
        phone=_outside(fields, "dst_num" if outgoing else "src_num") if direction != "internal" else None,
        line=fields.get("pbxdstnum") or None if direction == "in" else None,
        ext=ext,
        at=at * 1000 if at else None,
        outcome=outcome,
        final=kind == "ended",
    )


def _direction(fields: Mapping[str, str]) -> Direction | None:
    if not (source := fields.get("src_type")):
        return None
    if source != _INSIDE:
        return "in"
    return "internal" if fields.get("dst_type") == _INSIDE else "out"


def _outside(fields: Mapping[str, str], name: str) -> str | None:
    return _STEP.sub("", fields.get(name, "")) or None


def _extension(fields: Mapping[str, str], side: str) -> str | None:
    """Read whose phone it was; an outside number or a step of the scheme is nobody's (K4)."""
    short = fields.get(f"short_{side}_num", "")
    return short if fields.get(f"{side}_type") == _INSIDE and _EXTENSION.fullmatch(short) else None


def _last_or_first_called(fields: Mapping[str, str], *, answered: bool) -> str | None:
    """Read `last_called`, the extensions tried: the last one talked, the first one was asked first."""
    called = [each for each in fields.get("last_called", "").split("&") if _EXTENSION.fullmatch(each)]
    return (called[-1] if answered else called[0]) if called else None


def _seconds(fields: Mapping[str, str], name: str) -> int | None:
    text = fields.get(name, "")
    return int(text) if _SECONDS.fullmatch(text) else None
