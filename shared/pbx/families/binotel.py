"""Binotel's API PUSH, API CALL SETTINGS and API CALL COMPLETED.

One address takes all three; form-encoded POST, told apart by `requestType`, nothing signed. `apiCallSettings` waits
for our JSON and names no call. From the vendor's samples of several years: pushes of API 2 call the same things
`srcNumber`, `dstNumber`, `didNumber`, `extNumber`; an incoming `receivedTheCall` may name no employee, an
`answeredTheCall` no direction, the end neither. `transferredTheCall` names who gets the call, not who gives it away,
and proves no answer. From a captured `apiCallCompleted`: an empty string stands where an object would (`customerData`),
numbers are national. It is repeated, up to 7 times in 38 hours, until the answer is `{"status":"success"}` to the
letter. An employee may be reached at an ordinary phone ("wire number"), which then stands where the short one would.
Assumed: `historyData` lists the legs in the order they were rung.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, NamedTuple

from shared.pbx.forms import fields_of
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
OPTIONAL_SECRETS: tuple[str, ...] = ("key", "secret")
EVENTS: tuple[str, ...] = (
    "apiCallSettings",
    "receivedTheCall",
    "answeredTheCall",
    "transferredTheCall",
    "hangupTheCall",
    "apiCallCompleted",
)

_KINDS: Mapping[str, EventKind] = {
    "receivedTheCall": "ringing",
    "answeredTheCall": "answered",
    "transferredTheCall": "transferred",
    "hangupTheCall": "ended",
}
_DIRECTIONS: Mapping[str, Direction] = {"0": "in", "1": "out"}
_ANSWERED = frozenset({"ANSWER", "TRANSFER", "ONLINE"})  # VM and VM-SUCCESS are the voicemail's (K4)
_FAILED = frozenset({"CONGESTION", "CHANUNAVAIL", "FAILED"})
_SHORT_NUMBER = re.compile(r"[1-9]\d{1,4}", re.ASCII)
_ORDINARY_NUMBER = re.compile(r"\+?\d{6,15}", re.ASCII)
_DIALLABLE = re.compile(r"\+?\d{2,15}", re.ASCII)
_SECONDS = re.compile(r"\d{1,10}", re.ASCII)
_HISTORY = re.compile(r"callDetails\[historyData\]\[(\w{1,20})\]\[internalNumber\]", re.ASCII)
_SUCCESS = PbxResponse(body='{"status":"success"}')
_ERRORS = {400: "Invalid parameters", 401: "Unauthorized", 503: "Try again"}


class _Leg(NamedTuple):
    """One entry of `historyData`."""

    place: int
    number: str
    talked_ms: int  # 0: this leg never talked to the client


def handshake(request: PbxRequest) -> PbxResponse | None:  # noqa: ARG001
    """Answer nothing before the proof: this protocol has no handshake."""
    return None


def authenticate(request: PbxRequest, secrets: Mapping[str, str]) -> None:  # noqa: ARG001
    """Check that it is Binotel's format: there is no proof but the key of the address and `source_ips`."""
    if not fields_of(request).get("requestType"):
        raise Malformed("no requestType")


def parse(request: PbxRequest) -> Parsed:
    """Read one request; unknown kinds say nothing (K6)."""
    fields = fields_of(request)
    match fields.get("requestType", ""):
        case "":
            raise Malformed("no requestType")
        case "apiCallSettings":
            return _settings(fields)
        case "apiCallCompleted":
            return Parsed(events=_completed(fields))
        case name if name in _KINDS:
            return Parsed(events=(_push(name, fields),))
        case _:
            return Parsed()


def acknowledge(request: PbxRequest) -> PbxResponse:  # noqa: ARG001
    """Say what `apiCallCompleted` needs to the letter; the pushes' answer is not described."""
    return _SUCCESS


def answer(lookup: Answer) -> PbxResponse:
    """Name the client and the one employee who should take the call; an unknown number is `{}`.

    Nobody to ring: the assignee is left out, since an empty one may be misread.
    """
    client: dict[str, str] = {}
    if lookup.contact_name is not None:
        client["name"] = lookup.contact_name
    if lookup.targets:
        number = lookup.targets[0].ext or lookup.targets[0].login or ""
        if _DIALLABLE.fullmatch(number):
            client["assignedToEmployeeNumber"] = number
    return PbxResponse(body=json.dumps({"customerData": client} if client else {}, ensure_ascii=False))


def refuse(status: int) -> PbxResponse:
    """Word a refusal; anything but success has `apiCallCompleted` repeated."""
    return PbxResponse(status, json.dumps({"error": _ERRORS[status]}))


def _settings(fields: Mapping[str, str]) -> Parsed:
    if fields.get("callType") == "1":
        # It comes for outgoing calls too: whoever is dialling is not to be given another colleague.
        return Parsed(reply=PbxResponse())
    return Parsed(lookup=Lookup(fields.get("externalNumber") or None, fields.get("pbxNumber") or None))


def _push(name: str, fields: Mapping[str, str]) -> CallEvent:
    kind = _KINDS[name]
    call_type = fields.get("callType", "")
    phone = fields.get("externalNumber") or fields.get("dstNumber" if call_type == "1" else "srcNumber") or None
    # Whom a transfer names gets the call: read here, he would count as the one who gave it away.
    ext, login = _employee("" if kind == "transferred" else fields.get("internalNumber") or fields.get("extNumber", ""))
    if kind == "ringing" and (call_type == "1" or not (ext or login)):
        kind = "started"
    outcome = _outcome_in_any_direction(fields.get("disposition", "")) if kind == "ended" else None
    return CallEvent(
        call_id=_call_id(fields.get("generalCallID")),
        kind=kind,
        name=name,
        direction=_direction(call_type, phone),
        phone=phone,
        line=fields.get("pbxNumber") or fields.get("didNumber") or fields.get("did") or None,
        ext=ext,
        login=login,
        outcome=outcome,
        # After an answered call `apiCallCompleted` may still tell by whom.
        final=kind == "ended" and outcome != "answered",
    )


def _completed(fields: Mapping[str, str]) -> tuple[CallEvent, ...]:
    """Read the record after the call: whom it was sent to, who answered first, who held it last (K7, K8)."""
    phone = fields.get("callDetails[externalNumber]") or None
    direction = _direction(fields.get("callDetails[callType]", ""), phone)
    disposition = fields.get("callDetails[disposition]", "")
    started_at = _number(fields.get("callDetails[startTime]")) * 1000
    picked_up_at = started_at + _number(fields.get("callDetails[waitsec]")) * 1000
    legs = () if direction == "out" else _legs(fields)
    talked = [leg for leg in legs if leg.talked_ms]
    outcome = "answered" if talked else _outcome(direction, disposition)
    number = fields.get("callDetails[internalNumber]", "")
    if disposition.startswith("VM") or (legs and outcome != "answered"):
        number = ""  # the voicemail or a group; the legs tell who was rung
    end = CallEvent(
        call_id=_call_id(fields.get("callDetails[generalCallID]")),
        kind="ended",
        name="apiCallCompleted",
        direction=direction,
        phone=phone,
        line=fields.get("callDetails[pbxNumberData][number]") or None,
        at=picked_up_at if started_at else None,
        outcome=outcome,
        final=True,
    )
    events = []
    in_talks = {leg.number for leg in talked} | {number}
    for leg in {leg.number: leg for leg in reversed(legs) if leg.number not in in_talks}.values():
        rung = _of_leg(end, leg.number, leg.place, started_at)
        events.append(rung._replace(kind="leg_ended", outcome=None, final=False))
    for leg in talked[:-1]:
        held = _of_leg(end, leg.number, leg.place, picked_up_at)
        events.append(held._replace(kind="answered", outcome=None))
        picked_up_at += leg.talked_ms
    if talked:
        return (*events, _of_leg(end, talked[-1].number, talked[-1].place, picked_up_at))
    ext, login = _employee(number)
    return (*events, end._replace(ext=ext, login=login))


def _legs(fields: Mapping[str, str]) -> tuple[_Leg, ...]:
    legs: list[_Leg] = []
    for name, number in fields.items():
        if (entry := _HISTORY.fullmatch(name)) and number:
            prefix = f"callDetails[historyData][{entry[1]}]"
            disposition = fields.get(f"{prefix}[disposition]", "ANSWER").upper()
            seconds = _number(fields.get(f"{prefix}[billsec]")) if disposition in _ANSWERED else 0
            legs.append(_Leg(len(legs), number, seconds * 1000))
    return tuple(legs)


def _of_leg(end: CallEvent, number: str, place: int, at: int) -> CallEvent:
    ext, login = _employee(number)
    return end._replace(ext=ext, login=login, seq=place, at=None if end.at is None else at)


def _employee(number: str) -> tuple[str | None, str | None]:
    """Read who it was: (extension, login); an ordinary phone counts as the login, so that one may have both."""
    if _ORDINARY_NUMBER.fullmatch(number):
        return None, number
    return number or None, None


def _direction(call_type: str, phone: str | None) -> Direction | None:
    if phone and _SHORT_NUMBER.fullmatch(phone):
        return "internal"
    return _DIRECTIONS.get(call_type)


def _outcome(direction: Direction | None, disposition: str) -> Outcome | None:
    outcome = _outcome_in_any_direction(disposition)
    if outcome is not None or direction is None:
        return outcome
    if direction == "in":
        return "missed"
    return "failed" if disposition.upper() in _FAILED else "cancelled"


def _outcome_in_any_direction(disposition: str) -> Outcome | None:
    """Read what needs no direction; None leaves it to the call: missed if incoming, else cancelled."""
    word = disposition.upper()
    return "answered" if word in _ANSWERED else "busy" if word == "BUSY" else None


def _call_id(text: str | None) -> str:
    if not text:
        raise Malformed("no generalCallID")
    return text


def _number(text: str | None) -> int:
    return int(text) if text and _SECONDS.fullmatch(text) else 0
