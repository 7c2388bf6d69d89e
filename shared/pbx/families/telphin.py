"""Telphin (Телфин.Офис, RingMe): events of extensions, and "Call Interactive", a step of a routing scheme.

Form-encoded GET or POST, told apart by `EventType`, nothing signed. Every extension has events of its own, queues and
menus are extensions too: the vendor says to switch on their `hangup` only, which alone carries `Bridged` (answered by
somebody after it had entered, or not), and that field is how a machine is known here (K4).
From recordings: `CallID` stays the same for all legs; in `answer` the caller's number may turn into the extension
while his name keeps the number; `EventTime` and `Duration` are microseconds, and `answer` plus talk time is the hangup.
One receiver quotes the vendor for `RemoteNumber`: the client, whatever the other fields say.
No event tells that a whole call is over where no menu or queue reports: a phone that rang in vain to its end
(`NOANSWER`) counts as one, any other lost leg does not (K3).
The answer's language is VoipNow's, by whose manual parsing stops at a `SetCaller` that lacks name or number: both are
sent or none.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

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
OPTIONAL_SECRETS: tuple[str, ...] = ("app_id", "app_secret")
EVENTS: tuple[str, ...] = ("call_interactive", "dial-in", "dial-out", "answer", "hangup")

VARIABLE = "transferDestination"
"""The variable that the scheme's next step transfers to."""

_OUTGOING_OUTCOMES: Mapping[str, Outcome] = {
    "ANSWER": "answered",
    "BUSY": "busy",
    "NOANSWER": "cancelled",
    "CANCEL": "cancelled",
}
_NUMBER = re.compile(r"\+?[\d() -]{6,}", re.ASCII)
_WHOLE_NUMBER = re.compile(r"\+?\d{10,15}", re.ASCII)  # as a name: a company may be called 24-7
_SHORT_NUMBER = re.compile(r"\d{1,5}", re.ASCII)
_TRANSFERABLE = re.compile(r"[\d*]{1,20}", re.ASCII)  # anything else might lead the caller nowhere
_MICROSECONDS = re.compile(r"\d{15,16}", re.ASCII)
_DURATION = re.compile(r"\d{1,14}", re.ASCII)
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\t": " ", "\n": " ", "\r": " "})
_ERRORS = {400: "Invalid parameters", 401: "Unauthorized", 503: "Try again"}


def handshake(request: PbxRequest) -> PbxResponse | None:  # noqa: ARG001
    """Answer nothing before the proof: this protocol has no handshake."""
    return None


def authenticate(request: PbxRequest, secrets: Mapping[str, str]) -> None:  # noqa: ARG001
    """Check that it is Telphin's format: there is no proof but the key of the address and `source_ips`."""
    if not fields_of(request).get("EventType"):
        raise Malformed("no EventType")


def parse(request: PbxRequest) -> Parsed:
    """Read one event or the scheme's question; messages, voicemail and unknown kinds say nothing (K6)."""
    fields = fields_of(request)
    name = fields.get("EventType", "")
    if not name:
        raise Malformed("no EventType")
    if name not in EVENTS:
        return Parsed()
    if not fields.get("CallID"):
        raise Malformed("no CallID")
    if name == "call_interactive":
        line = fields.get("CalledDID") or _outside(fields.get("CalledNumber"))
        return Parsed(lookup=Lookup(_client(fields), line, fields["CallID"]))
    flow = fields.get("CallFlow", "").lower() or ("out" if name == "dial-out" else "in")
    if flow != "out":
        return Parsed(events=(_of_call_back(name, fields) if fields.get("CallBackID") else _incoming(name, fields),))
    if fields.get("Transfered", "").lower() == "yes":
        return Parsed()  # made by a forwarding: nobody here has dialled it
    return Parsed(events=(_outgoing(name, fields),))


def acknowledge(request: PbxRequest) -> PbxResponse:  # noqa: ARG001
    """Say nothing, in the form of an answer: a scheme that asks in unknown words then goes on with its next step."""
    return _xml("")


def answer(lookup: Answer) -> PbxResponse:
    """Set the variable to the one employee to ring, and name the caller; nobody: it stays unset, the next rule runs."""
    verbs = ""
    if lookup.targets and (ext := lookup.targets[0].ext) and _TRANSFERABLE.fullmatch(ext):
        verbs = f'<SetVar name="{VARIABLE}">{ext}</SetVar>'
    number = _client(fields_of(lookup.request)) if lookup.request else None
    if number and lookup.contact_name:
        verbs += f'<SetCaller name="{_attribute(lookup.contact_name)}" number="{number}"/>'
    return _xml(verbs)


def refuse(status: int) -> PbxResponse:
    """Word a refusal so that a scheme reading it whatever its status has no opinion to follow."""
    return _xml(f"<!-- {_ERRORS[status]} -->", status)


def _xml(inner: str, status: int = 200) -> PbxResponse:
    body = f'<?xml version="1.0" encoding="UTF-8"?><Response>{inner}</Response>'
    return PbxResponse(status, body, "text/xml; charset=utf-8")


def _attribute(text: str) -> str:
    """Write a text as XML allows it in an attribute: some characters not at all."""
    return _NOT_IN_XML.sub("", text).translate(_ESCAPES)


def _incoming(name: str, fields: Mapping[str, str]) -> CallEvent:
    """Read an event of an extension that is called."""
    by_machine = bool(fields.get("Bridged"))
    ext = None if by_machine else _extension(fields.get("CalledExtension")) or _extension(fields.get("CalledNumber"))
    kind, outcome = _kind_and_outcome(name, fields, by_machine=by_machine)
    if kind == "ringing" and ext is None:
        kind = "started"
    phone, caller = _client(fields), _extension(fields.get("CallerIDNum"))
    direction: Direction = "in" if phone or caller is None or caller == ext else "internal"
    return CallEvent(
        call_id=fields["CallID"],
        kind=kind,
        name=name,
        direction=direction,
        # In `answer` the caller's number may be the extension's own: then only other events tell who called.
        assumed=direction == "in" and phone is None and caller is not None,
        phone=phone,
        line=fields.get("CalledDID") or None,
        ext=ext,
        at=_picked_up_at(fields) if outcome == "answered" and not by_machine else _ms(fields.get("EventTime")),
        outcome=outcome,
        final=by_machine and outcome == "missed",
    )


def _kind_and_outcome(name: str, fields: Mapping[str, str], *, by_machine: bool) -> tuple[EventKind, Outcome | None]:
    if name != "hangup":
        return ("answered" if name == "answer" else "ringing"), None
    if by_machine:
        return "ended", "answered" if fields["Bridged"].lower() == "yes" else "missed"
    status = fields.get("CallStatus", "").upper()
    if status == "ANSWER" and fields.get("Duration") != "0":
        return "ended", "answered"
    return ("ended", "missed") if status == "NOANSWER" else ("leg_ended", None)


def _outgoing(name: str, fields: Mapping[str, str]) -> CallEvent:
    called = fields.get("RemoteNumber") or fields.get("CalledNumber")
    phone = _outside(called)
    outcome: Outcome | None = None
    if name == "hangup":
        outcome = _OUTGOING_OUTCOMES.get(fields.get("CallStatus", "").upper(), "failed")
    return CallEvent(
        call_id=fields["CallID"],
        kind="answered" if name == "answer" else "ended" if name == "hangup" else "started",
        name=name,
        direction="internal" if phone is None and _extension(called) else "out",
        phone=phone,
        ext=_extension(fields.get("CallerExtension")) or _extension(fields.get("CallerIDNum")),
        at=_picked_up_at(fields) if outcome == "answered" else _ms(fields.get("EventTime")),
        outcome=outcome,
        final=name == "hangup",
    )


def _of_call_back(name: str, fields: Mapping[str, str]) -> CallEvent:
    """Read the first half of a call-back: the PBX rings the employee, the client is only called afterwards (K5)."""
    return CallEvent(
        call_id=fields["CallID"],
        kind="leg_ended" if name == "hangup" else "started",
        name=name,
        direction="out",
        ext=_extension(fields.get("CalledExtension")),
        at=_ms(fields.get("EventTime")),
    )


def _client(fields: Mapping[str, str]) -> str | None:
    """Find the outside caller's number."""
    if number := _outside(fields.get("RemoteNumber")) or _outside(fields.get("CallerIDNum")):
        return number
    caller, name = fields.get("CallerIDNum", ""), fields.get("CallerIDName", "").strip()
    return name if _SHORT_NUMBER.fullmatch(caller) and _WHOLE_NUMBER.fullmatch(name) else None


def _outside(text: str | None) -> str | None:
    """Read a number of the outside world; a word such as `anonymous` and an extension are none."""
    number = (text or "").strip()
    return number if _NUMBER.fullmatch(number) else None


def _extension(text: str | None) -> str | None:
    """Read the short number of `1234*101@domain`, `1234*101` or `101`."""
    number = (text or "").strip().partition("@")[0]
    _, star, short = number.rpartition("*")
    return short or None if star else number if _SHORT_NUMBER.fullmatch(number) else None


def _picked_up_at(fields: Mapping[str, str]) -> int | None:
    """Reckon from the end back to the answer, so that the time orders the employee among the others."""
    ended_at, duration = _ms(fields.get("EventTime")), fields.get("Duration", "")
    if ended_at is None or not _DURATION.fullmatch(duration):
        return ended_at
    return (int(fields["EventTime"]) - int(duration)) // 1000


def _ms(text: str | None) -> int | None:
    """Read microseconds since 1970."""
    return int(text) // 1000 if text and _MICROSECONDS.fullmatch(text) else None
