"""Gravitel's own platform (aicall.ru) of today; its older accounts speak iTooLabs.

JSON POST with the header `X-API-KEY`, to the configured address plus `/client`, `/event` or `/history`. From two
published receivers; no document of the vendor was found. Ids and short numbers are numbers in `event` and text in
`history`. Whether the suffix is always appended is not known, so without one the fields tell the three apart.

What `client` reads of the answer is not known: it is given the two words that Gravitel's older accounts read. Whether
`released` is the end of the call or of one leg is not known either: it ends the leg, `history` the call (K3).
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from shared.pbx.forms import contact_named, read_object, text_of
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

SECRETS: tuple[str, ...] = ("api_key",)
OWN_SECRETS: tuple[str, ...] = SECRETS
OPTIONAL_SECRETS: tuple[str, ...] = ()
EVENTS: tuple[str, ...] = ("event alerting", "event talking", "event released", "history", "client")

_KINDS: Mapping[str, EventKind] = {"alerting": "ringing", "talking": "answered", "released": "leg_ended"}
_DIRECTIONS: Mapping[str, Direction] = {"in": "in", "out": "out"}
_OUTCOMES: Mapping[str, Outcome] = {"success": "answered", "missed": "missed", "busy": "busy"}
_TELLING = {"stage": "event", "result": "history", "clientPhone": "client"}
_SHORT_NUMBER = 5  # digits; a number this short is an extension
_SECONDS = re.compile(r"\d{1,10}", re.ASCII)
_ERRORS = {400: "Invalid parameters", 401: "Invalid API key", 503: "Try again"}


def handshake(request: PbxRequest) -> PbxResponse | None:  # noqa: ARG001
    """Answer nothing before the proof: this protocol has no handshake."""
    return None


def authenticate(request: PbxRequest, secrets: Mapping[str, str]) -> None:
    """Compare the key in the header."""
    require_equal(request.headers.get("x-api-key"), secrets.get("api_key"))


def parse(request: PbxRequest) -> Parsed:
    """Read one push; unknown kinds and stages say nothing (K6)."""
    fields = {name: text for name, value in read_object(request.body).items() if (text := text_of(value)) is not None}
    kind = request.suffix.rpartition("/")[2] or next((_TELLING[name] for name in _TELLING if name in fields), "")
    match kind:
        case "":
            raise Malformed("neither /client nor /event nor /history in the address, nor a field that tells which")
        case "client":
            return Parsed(lookup=Lookup(fields.get("clientPhone"), fields.get("phone"), fields.get("id")))
        case "event":
            event = _event(fields)
            return Parsed(events=(event,) if event else ())
        case "history":
            return Parsed(events=(_history(fields),))
        case _:
            return Parsed()


def acknowledge(request: PbxRequest) -> PbxResponse:  # noqa: ARG001
    """Say 200 with an empty object."""
    return PbxResponse()


def answer(lookup: Answer) -> PbxResponse:
    """Name the contact and the short number of one responsible."""
    return contact_named(lookup, next((target.ext or target.login for target in lookup.targets), None))


def refuse(status: int) -> PbxResponse:
    """Word a refusal."""
    return PbxResponse(status, json.dumps({"error": _ERRORS[status]}))


def _event(fields: Mapping[str, str]) -> CallEvent | None:
    stage = fields.get("stage", "").lower()
    kind = _KINDS.get(stage)
    if kind is None:
        return None
    direction = _direction(fields)
    if kind == "ringing" and direction == "out":
        kind = "started"  # it is the client's phone that rings
    return CallEvent(
        call_id=_call_id(fields),
        kind=kind,
        name=f"event {stage}",
        direction=direction,
        phone=fields.get("client"),
        line=fields.get("phone"),
        ext=_extension(fields),
    )


def _history(fields: Mapping[str, str]) -> CallEvent:
    direction = _direction(fields)
    outcome = _OUTCOMES.get(fields.get("result", "").lower(), "failed" if direction == "out" else "missed")
    started, waited = _seconds(fields, "when"), _seconds(fields, "provision")
    return CallEvent(
        call_id=_call_id(fields),
        kind="ended",
        name="history",
        direction=direction,
        phone=fields.get("client"),
        line=fields.get("phone"),
        ext=_extension(fields),
        # The moment of the answer, where nothing else tells it (K8, R8); what `duration` counts is not known.
        at=(started + (waited or 0)) * 1000 if started and outcome == "answered" else None,
        outcome=outcome,
        final=True,
    )


def _call_id(fields: Mapping[str, str]) -> str:
    if not (call_id := fields.get("id")):
        raise Malformed("no id")
    return call_id


def _direction(fields: Mapping[str, str]) -> Direction | None:
    """Read the direction; a call with a short number or of an unknown direction stays inside."""
    client = fields.get("client", "")
    if client.isdigit() and len(client) <= _SHORT_NUMBER:
        return "internal"
    stated = fields.get("direction", "").lower()
    return _DIRECTIONS.get(stated, "internal") if stated else None


def _extension(fields: Mapping[str, str]) -> str | None:
    """Read the short number; a number field cannot be empty, so 0 stands for nobody."""
    ext = fields.get("extension")
    return None if ext == "0" else ext


def _seconds(fields: Mapping[str, str], name: str) -> int | None:
    text = fields.get(name, "")
    return int(text) if _SECONDS.fullmatch(text) else None
