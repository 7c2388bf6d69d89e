"""Mango Office's VPBX API: every event is told, nothing is ever asked; who is to be rung, we command.

Form-encoded POST with `vpbx_api_key`, `sign` and `json`, one address for each kind below the one the cabinet knows.
Facts from the manuals of 2017 and 2026: numbers come quoted and bare at random; any neighbours may swap and `seq`
counts one leg only, so it does not order the call; only the HTTP status of our answer is read. A leg does not say which
way the call goes, the `summary` after the call does. From its printed examples: a transfer shows the same leg again
with the client in `from`; blind transfers lack `location`; one prints it `locaton`.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from shared.pbx.forms import fields_of, read_object, text_of
from shared.pbx.protocol import (
    Answer,
    CallEvent,
    Command,
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

SECRETS: tuple[str, ...] = ("vpbx_api_key", "vpbx_api_salt")
OWN_SECRETS: tuple[str, ...] = ()
OPTIONAL_SECRETS: tuple[str, ...] = ()
EVENTS: tuple[str, ...] = (
    "events/call Appeared",
    "events/call Connected",
    "events/call OnHold",
    "events/call Disconnected",
    "events/summary",
)

_KINDS: Mapping[str, EventKind] = {
    "Appeared": "ringing",
    "Connected": "answered",
    "OnHold": "answered",  # only who has picked up can hold: repairs a lost Connected (K8)
    "Disconnected": "leg_ended",
}
_DIRECTIONS: Mapping[str, Direction] = {"0": "internal", "1": "in", "2": "out"}
_BUSY, _FIRST_UNAVAILABLE, _LAST_UNAVAILABLE = 1121, 1130, 1139
_SECONDS = re.compile(r"\d{9,10}", re.ASCII)
# The manual's grammar for a display name. Other scripts are not mentioned, and bad requests lock the product out.
_DISPLAY_NAME = re.compile(r"[A-Za-z0-9 ]{1,64}", re.ASCII)
_ERRORS = {400: "Invalid parameters", 401: "Invalid signature", 503: "Try again"}


@dataclass(frozen=True, slots=True)
class _Party:
    """One side of a leg or a call; `extension` only where it is an employee or a group."""

    extension: str | None
    number: str | None
    line: str | None
    taken_from: str | None

    @property
    def login(self) -> str | None:
        """The SIP name that tells an employee without a short number, and nobody else."""
        if self.extension or not self.number or not self.number.startswith("sip:"):
            return None
        return self.number.removeprefix("sip:").partition("@")[0] or None


def handshake(request: PbxRequest) -> PbxResponse | None:
    """Answer the cabinet's "check connection": undocumented, one receiver of it writes of a `ping`."""
    unsigned_check = request.suffix in {"", "ping"} and not request.body.strip()
    return PbxResponse() if unsigned_check else None


def authenticate(request: PbxRequest, secrets: Mapping[str, str]) -> None:
    """Check the signature over the text of `json`, as it was sent."""
    fields, salt = fields_of(request), secrets.get("vpbx_api_salt", "")
    key = fields.get("vpbx_api_key")
    require_equal(key, secrets.get("vpbx_api_key"))
    require_equal(fields.get("sign"), signature(key or "", fields.get("json", ""), salt) if salt else None)


def parse(request: PbxRequest) -> Parsed:
    """Read an event; recordings, keys pressed, results of our commands and the like say nothing (K6)."""
    if request.suffix not in {"events/call", "events/summary"}:
        return Parsed()
    document = read_object(fields_of(request).get("json", ""))
    if not (call_id := text_of(document.get("entry_id"))):
        raise Malformed("no entry_id")
    if request.suffix == "events/summary":
        return Parsed(events=(_summary(call_id, document),))
    return _leg(call_id, document)


def acknowledge(request: PbxRequest) -> PbxResponse:  # noqa: ARG001
    """Say 200: the body is not read."""
    return PbxResponse()


def answer(lookup: Answer) -> PbxResponse:  # noqa: ARG001
    """Say 200: Mango never asks, it is told by `route_command`."""
    return PbxResponse()


def refuse(status: int) -> PbxResponse:
    """Word a refusal; Mango reads the status only."""
    return PbxResponse(status, json.dumps({"error": _ERRORS[status]}))


def signature(api_key: str, text: str, api_salt: str) -> str:
    """Sign as both sides do: over key, JSON text and salt, run together."""
    return sha256(f"{api_key}{text}{api_salt}".encode("utf-8", "surrogatepass")).hexdigest()


def route_command(
    api_key: str, api_salt: str, *, leg_id: str, to_number: str, command_id: str, display_name: str | None
) -> dict[str, str]:
    """Word `commands/route`, signed: the waiting leg goes to `to_number`, and the phone shows the name.

    A name the manual does not clearly allow is left out: a command refused would leave the caller where he is.
    """
    command: dict[str, object] = {"command_id": command_id, "call_id": leg_id, "to_number": to_number}
    name = (display_name or "").replace("+", "").strip()
    if _DISPLAY_NAME.fullmatch(name):
        command["sip_headers"] = {"From/display-name": name}
    text = json.dumps(command, ensure_ascii=False, separators=(",", ":"))
    return {"vpbx_api_key": api_key, "sign": signature(api_key, text, api_salt), "json": text}


def _leg(call_id: str, document: Mapping[str, object]) -> Parsed:
    state = text_of(document.get("call_state")) or ""
    kind = _KINDS.get(state)
    if kind is None:
        return Parsed()
    caller, called = _party(document, "from"), _party(document, "to")
    by_person = (text_of(document.get("location") or document.get("locaton")) or "abonent") == "abonent"
    direction, rung_first = _direction(document, caller, called, by_person=by_person)
    employee, client = (caller, called) if direction == "out" and not rung_first else (called, caller)
    if kind == "ringing" and (direction == "out" or not by_person):
        kind = "started"
    if kind == "answered" and rung_first:
        kind = "started"  # the employee has picked up, the client is only called now
    event = CallEvent(
        call_id=call_id,
        kind=kind,
        name=f"events/call {state}",
        direction=direction,
        # A client handed over on an outgoing call looks the same as one who came through the menu.
        assumed=direction == "in" and caller.taken_from is not None and not _has(document, "command_id"),
        phone=client.number if direction != "internal" else None,
        line=_line(called, caller) or (called.number if direction == "in" and not by_person else None),
        ext=employee.extension if by_person else None,
        login=employee.login if by_person else None,
        at=_ms(document.get("timestamp")),
    )
    leg_id = text_of(document.get("call_id"))
    # Only the call's first leg: one taken from another was sent on by the menu or by somebody, who knew whereto.
    waits = state == "Appeared" and direction == "in" and caller.taken_from is None
    if not (waits and leg_id and event.phone):
        return Parsed(events=(event,))
    return Parsed(events=(event,), command=Command(Lookup(event.phone, event.line, call_id, event.ext), leg_id))


def _direction(
    document: Mapping[str, object], caller: _Party, called: _Party, *, by_person: bool
) -> tuple[Direction, bool]:
    """Tell which way a leg goes, and whether it is a call-back's first half, where the PBX rings the employee."""
    called_back, commanded = _has(document, "callback_initiator"), _has(document, "command_id")
    first_half = caller.taken_from is None and not _has(document, "task_id")
    if first_half and (called_back or (commanded and by_person)):
        return "out", True
    if caller.extension is None:
        return "in", False
    # In a call-back's second half the client is printed with an extension too.
    inner = (called.extension is not None or not by_person) and not called_back and not commanded
    return ("internal" if inner else "out"), False


def _summary(call_id: str, document: Mapping[str, object]) -> CallEvent:
    caller, called = _party(document, "from"), _party(document, "to")
    stated = text_of(document.get("call_direction")) or ""
    direction = _DIRECTIONS.get(stated) or _direction({}, caller, called, by_person=True)[0]
    employee, client = (caller, called) if direction == "out" else (called, caller)
    talked_at = _ms(document.get("talk_time"))
    # `entry_result` is 1 also for a caller who never left the menu, as printed.
    by_person = direction != "in" or employee.extension is not None or employee.login is not None
    answered = talked_at is not None and by_person
    # A group that missed the call stands in `to` with its own short number and no device.
    by_group = direction == "in" and not answered and not employee.number
    return CallEvent(
        call_id=call_id,
        kind="ended",
        name="events/summary",
        direction=direction,
        phone=client.number if direction != "internal" else None,
        line=text_of(document.get("line_number")),
        ext=None if by_group else employee.extension,
        login=employee.login,
        # Where nothing else tells when somebody picked up, this does; it orders him among the others.
        at=talked_at if answered else _ms(document.get("end_time")),
        outcome="answered" if answered else _failure(direction, text_of(document.get("disconnect_reason"))),
        final=True,
    )


def _failure(direction: Direction, reason: str | None) -> Outcome:
    code = int(reason) if reason and reason.isascii() and reason.isdigit() and len(reason) == len("1100") else 0
    if direction == "in":
        return "missed"
    if code == _BUSY:
        return "busy"
    return "failed" if _FIRST_UNAVAILABLE <= code <= _LAST_UNAVAILABLE else "cancelled"


def _party(document: Mapping[str, object], name: str) -> _Party:
    party = document.get(name)
    fields: Mapping[str, object] = party if isinstance(party, dict) else {}
    extension, number, line, taken_from = (
        text_of(fields.get(field)) for field in ("extension", "number", "line_number", "taken_from_call_id")
    )
    return _Party(extension, number, line, taken_from)


def _has(document: Mapping[str, object], name: str) -> bool:
    return text_of(document.get(name)) is not None


def _line(*parties: _Party) -> str | None:
    """Our number; a plain one before the SIP name of a trunk (`sip:line…@…`)."""
    lines = [party.line for party in parties if party.line]
    return next((line for line in lines if not line.startswith("sip:")), lines[0] if lines else None)


def _ms(value: object) -> int | None:
    """Read Unix seconds, quoted or bare; 0 means that it never happened."""
    text = text_of(value) or ""
    return int(text) * 1000 if _SECONDS.fullmatch(text) else None
