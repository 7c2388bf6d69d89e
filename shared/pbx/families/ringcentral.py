"""RingCentral's telephony session notifications, of the whole account or of single extensions.

JSON by POST. The address is checked when the subscription is made: it has to give the header `Validation-Token` back.
The subscription's own token then comes in every event (`Validation-Token` by the guide, `Verification-Token` for
`verificationToken` in the current API); nothing is signed. `sequence` counts the events of a session, which may come in
any order. An inbound party of a person that is `Answered` talks; an outbound party is an employee who calls out. By the
guide a party that leaves a call which goes on gives a reason: so a disconnection without one, or with one that says
"finished", ends the call, any other ends a leg. RingCentral asks nobody whom to ring.
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING

from shared.pbx.forms import read_object, text_of
from shared.pbx.protocol import (
    Answer,
    CallEvent,
    EventKind,
    Malformed,
    Parsed,
    PbxRequest,
    PbxResponse,
    Unauthorized,
)
from shared.pbx.signatures import require_equal

if TYPE_CHECKING:
    from collections.abc import Mapping

SECRETS: tuple[str, ...] = ("validation_token",)
OWN_SECRETS: tuple[str, ...] = SECRETS
OPTIONAL_SECRETS: tuple[str, ...] = ()
EVENTS: tuple[str, ...] = ("Setup", "Proceeding", "Answered", "Voicemail", "Gone", "Disconnected")

_TOKEN = "validation-token"  # noqa: S105 -- the header's name
_HEADERS = (_TOKEN, "verification-token")
_ECHOED = re.compile(r"[A-Za-z0-9_.:+/=-]{1,512}", re.ASCII)
_KINDS: Mapping[str, EventKind] = {"setup": "ringing", "proceeding": "ringing", "answered": "answered"}
_MACHINES = {"voicemail", "vmscreening", "voicemailscreening", "faxreceive"}
_HANDED_OVER = {"attendedtransfer", "blindtransfer", "rcctransfer", "dtmftransfer"}
_OVER = {"", "callfinished", "calldropped"}
_MOST_PARTIES = 50
_ERRORS = {400: "Invalid parameters", 401: "Invalid token", 503: "Try again"}

_Object = dict[str, object]


def handshake(request: PbxRequest) -> PbxResponse | None:
    """Give `Validation-Token` back, by which RingCentral checks an address before it subscribes; it sends no body."""
    token = request.headers.get(_TOKEN, "")
    if request.body.strip() not in {b"", b"{}"} or not _ECHOED.fullmatch(token):
        return None
    return PbxResponse(headers={"Validation-Token": token})


def authenticate(request: PbxRequest, secrets: Mapping[str, str]) -> None:
    """Check the subscription's own token."""
    for name in _HEADERS:
        with suppress(Unauthorized):
            require_equal(request.headers.get(name), secrets.get("validation_token"))
            return
    raise Unauthorized


def parse(request: PbxRequest) -> Parsed:
    """Read what became of each party of one session; other events say nothing (K6)."""
    if not request.body.strip():
        return Parsed()
    body = read_object(request.body).get("body")
    if not isinstance(body, dict) or "parties" not in body:
        return Parsed()
    session, parties = text_of(body.get("telephonySessionId")), body["parties"]
    if session is None or not isinstance(parties, list):
        raise Malformed("no telephonySessionId, or parties that are no list")
    read = [_event(session, body, party) for party in parties[:_MOST_PARTIES] if isinstance(party, dict)]
    return Parsed(events=tuple(event for event in read if event))


def acknowledge(request: PbxRequest) -> PbxResponse:  # noqa: ARG001
    """Say 200."""
    return PbxResponse()


def answer(lookup: Answer) -> PbxResponse:  # noqa: ARG001 -- nobody asks
    """Say nothing: RingCentral does not ask."""
    return PbxResponse()


def refuse(status: int) -> PbxResponse:
    """Word a refusal."""
    return PbxResponse(status, json.dumps({"error": _ERRORS[status]}))


def _event(session: str, body: _Object, party: _Object) -> CallEvent | None:
    status, caller, called = (_object(party, name) for name in ("status", "from", "to"))
    word = text_of(status.get("code")) or ""
    out = text_of(party.get("direction")) == "Outbound"
    ours, theirs = (caller, called) if out else (called, caller)
    sequence = body.get("sequence")
    event = CallEvent(
        session,
        "started",
        word,
        direction="internal" if text_of(theirs.get("extensionId")) else "out" if out else "in",
        phone=text_of(theirs.get("phoneNumber")),
        line=text_of(ours.get("phoneNumber")),
        ext=text_of(ours.get("extensionNumber")),
        login=text_of(party.get("extensionId")),
        at=_time(text_of(body.get("eventTime"))),
        seq=sequence if isinstance(sequence, int) and not isinstance(sequence, bool) else None,
    )
    return _with_kind(event, word.lower(), (text_of(status.get("reason")) or "").lower(), status)


def _with_kind(event: CallEvent, word: str, reason: str, status: _Object) -> CallEvent | None:
    somebody = event.ext or event.login
    if word in _MACHINES:
        return event._replace(kind="answered", ext=None, login=None)
    if word == "gone" and reason in _HANDED_OVER:
        peer = text_of(_object(status, "peerId").get("telephonySessionId"))
        return event._replace(kind="transferred", second_call_id=None if peer == event.call_id else peer)
    if word == "disconnected":
        if reason in _OVER:
            # Whose party it was proves nothing: it may have rung only.
            return event._replace(kind="ended", ext=None, login=None, outcome="missed")
        return event._replace(kind="leg_ended") if somebody else None
    if (kind := _KINDS.get(word)) is None:
        return None
    # The company's own party (menu, queue) comes first and names nobody: the call exists.
    return event._replace(kind=kind if somebody else "started")


def _object(parent: _Object, name: str) -> _Object:
    value = parent.get(name)
    return value if isinstance(value, dict) else {}


def _time(text: str | None) -> int | None:
    with suppress(ValueError, OverflowError):
        moment = datetime.fromisoformat(text or "")
        return None if moment.tzinfo is None else int(moment.timestamp() * 1000)
    return None
