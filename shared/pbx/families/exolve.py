"""MTS Exolve: a JSON-RPC question for each call to a number that is forwarded to an address, and notifications.

Question and answer are the vendor's ("call forwarding to URL"), `ACTIVE: false` hangs up there, so it is never said.
What the first element of `followme_struct` means is not documented: 1 in every published answer but one. There is no
plan of the PBX's own behind the question but the number's reserve, which by the vendor's page rings when the address
fails; a published receiver counts on it for an empty list too. So whoever wants to be sure names a number of his own
in the address, `?reserve=7...`, which is then said to ring.

The notifications have a type of one letter. Of calls that are forwarded only a published receiver's reading was found;
the vendor's page on callbacks (`service: callback`) shows the same letters with `number`, the phone a notification is
about, and `event_side`.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from shared.pbx.addresses import webhook_address
from shared.pbx.forms import read_object, text_of
from shared.pbx.protocol import (
    Answer,
    CallEvent,
    EventKind,
    Lookup,
    Malformed,
    Parsed,
    PbxRequest,
    PbxResponse,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

SECRETS: tuple[str, ...] = ()
OWN_SECRETS: tuple[str, ...] = ()
OPTIONAL_SECRETS: tuple[str, ...] = ()
EVENTS: tuple[str, ...] = ("event b", "event o", "event s", "event h", "event d", "event e", "getControlCallFollowMe")

_KINDS: Mapping[str, EventKind] = {
    "b": "started",
    "o": "ringing",
    "s": "answered",
    "h": "leg_ended",
    "d": "leg_ended",
    "e": "ended",
}
_QUESTION = "getControlCallFollowMe"
_IN_TURN, _SINGLE = 2, 1  # `redirect_type`; 3, all at once, is not what the order of responsibles means
_NUMBER = re.compile(r"\d{1,20}", re.ASCII)
_DURATION = re.compile(r"\d{1,8}", re.ASCII)
_CALLBACK = "callback"
_CALLER = "A"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ERRORS = {400: "Invalid parameters", 401: "Unauthorized", 503: "Try again"}


def handshake(request: PbxRequest) -> PbxResponse | None:  # noqa: ARG001
    """Answer nothing: this protocol has no handshake."""
    return None


def authenticate(request: PbxRequest, secrets: Mapping[str, str]) -> None:
    """Let everything in: Exolve signs nothing, the key of the address and `source_ips` are its proof."""


def parse(request: PbxRequest) -> Parsed:
    """Read the question or one notification; other methods and types say nothing (K6)."""
    document = read_object(request.body)
    if "method" in document:
        if document["method"] != _QUESTION:
            return Parsed()
        asked = _texts(document.get("params"))
        if "numberA" not in asked and "sip_id" not in asked:
            raise Malformed("no params with `numberA` and `sip_id`")
        return Parsed(lookup=Lookup(asked.get("numberA"), asked.get("sip_id"), asked.get("call_sid")))
    fields = _texts(document)
    if "type" not in fields:
        raise Malformed("neither a question (no `method`) nor a notification (no `type`)")
    event = _event(fields)
    return Parsed(events=(event,) if event else ())


def acknowledge(request: PbxRequest) -> PbxResponse:  # noqa: ARG001
    """Say 200."""
    return PbxResponse()


def answer(lookup: Answer) -> PbxResponse:
    """List whom to ring, one after another; nobody: the reserve of the address, or else an empty list."""
    request = lookup.request
    called = [
        (target.ext, target.employee, target.ring_seconds)
        for target in lookup.targets
        if target.ext and _NUMBER.fullmatch(target.ext)
    ]
    reserve = (request.query.get("reserve", "") if request else "").strip().removeprefix("+")
    if _NUMBER.fullmatch(reserve):
        called.append((reserve, "reserve", 60))
    rows = [
        {
            "I_FOLLOW_ORDER": place,
            "ACTIVE": True,
            "NAME": name,
            "REDIRECT_NUMBER": number,
            "PERIOD": "always",
            "PERIOD_DESCRIPTION": "always",
            "TIMEOUT": seconds,
        }
        for place, (number, name, seconds) in enumerate(called, 1)
    ]
    result: dict[str, object] = {
        "redirect_type": _IN_TURN if len(rows) > 1 else _SINGLE,
        "masking": False,
        "followme_struct": [1, rows],
    }
    if address := webhook_address(request, "events"):
        result["event_URL"] = address
    question = _question(request)
    body = {"id": question.get("id", "1"), "jsonrpc": "2.0", "result": result}
    if line := _texts(question.get("params")).get("sip_id"):
        body["sip_id"] = line
    return PbxResponse(body=json.dumps(body, ensure_ascii=False))


def refuse(status: int) -> PbxResponse:
    """Word a refusal."""
    return PbxResponse(status, json.dumps({"error": _ERRORS[status]}))


def _question(request: PbxRequest | None) -> Mapping[str, object]:
    """Read the question again, for what its answer repeats."""
    try:
        question = read_object(request.body) if request else {}
    except Malformed:
        return {}
    if isinstance(question.get("id"), int):
        return question
    return {**question, "id": text_of(question.get("id")) or "1"}


def _event(fields: Mapping[str, str]) -> CallEvent | None:
    letter = fields["type"].lower()
    kind = _KINDS.get(letter)
    if kind is None or fields.get("service") == _CALLBACK:
        return None
    if not (call_id := fields.get("call_sid")):
        raise Malformed("no call_sid")
    # Of the caller's own side only the start and the end are news; he picks up nothing (K4).
    of_caller = fields.get("event_side") == _CALLER
    ext = None if of_caller else fields.get("number") or fields.get("redirect_number")
    if of_caller and kind not in {"started", "ended"}:
        return None
    at, talked = _time(fields.get("date_time", "")), _milliseconds(fields, "talk_time")
    if letter == "d" and ext and talked:
        # The record of a phone that has talked: repairs a lost `s` (K8), at the moment of the answer (R8).
        kind, at = "answered", None if at is None else at - talked
    if kind == "ringing" and ext is None:
        kind = "started"
    elif kind == "ended" and ext is not None:
        kind = "leg_ended"  # one of several phones tried in turn (K3)
    elif kind == "leg_ended" and ext is None:
        return None
    return CallEvent(
        call_id=call_id,
        kind=kind,
        name=f"event {letter}",
        direction="in",
        phone=fields.get("from"),
        line=fields.get("to"),
        ext=ext,
        at=at,
        outcome="missed" if kind == "ended" else None,
        final=kind == "ended",
    )


def _texts(document: object) -> Mapping[str, str]:
    if not isinstance(document, dict):
        return {}
    return {name: text for name, value in document.items() if (text := text_of(value)) is not None}


def _milliseconds(fields: Mapping[str, str], name: str) -> int:
    text = fields.get(name, "")
    return int(text) if _DURATION.fullmatch(text) else 0


def _time(text: str) -> int | None:
    try:
        moment = datetime.fromisoformat(text)
        return None if moment.tzinfo is None else (moment - _EPOCH) // timedelta(milliseconds=1)
    except (ValueError, OverflowError):
        return None
