"""The iTooLabs CRM API, as MegaFon's, Dom.ru's or Moldcell's PBX speaks it.

Field sets and order as seen by receivers of live PBXs. Their PBX has no event for its menu, its queue or its voicemail;
a call that a machine ended is assumed to be a `Success` of the switch itself (`pbx`), which is the hardest to read.
"""

from __future__ import annotations

import json
import secrets
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from firstcall.simulator.script import (
    Answer,
    ClientAnswers,
    Hangup,
    LegEnds,
    Outgoing,
    Ring,
    Transfer,
)
from firstcall.simulator.wire import Inexpressible, Opinion, Person, WireRequest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from firstcall.simulator.script import Step
    from firstcall.simulator.wire import Heard, WireCall

TIMED = False
PROOF: tuple[str, ...] = ("crm_token",)
LAST_RECORD = True
HEARS: Heard = "rung"

_OLD = frozenset({"domru"})  # neither `direction` nor TRANSFERRED
_TENANT = {"moldcell": "@tenant.pbx.example"}  # what follows the login in `history`, seen live
_DEPARTMENT = "SALES"
_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ0123456789"


def call_id(call: WireCall) -> str:  # noqa: ARG001
    """Make up an id: sixteen capital letters and digits."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(16))


def ask(call: WireCall) -> WireRequest | None:
    """Ask with `contact`."""
    fields = {"cmd": "contact", "phone": call.caller, "callid": call.id}
    if call.called and call.operator not in _OLD:
        fields["diversion"] = call.called
    return _request(call, "asks whose caller it is (contact)", fields, asks=True)


def play(step: Step, call: WireCall) -> Iterator[WireRequest]:
    """Say what the PBX sends for a step."""
    match step:
        case Ring(who, group):
            yield _event(call, "INCOMING", call.people[who], "'s phone rings", group=group)
        case Answer(who):
            yield _event(call, "ACCEPTED", call.people[who], " picks up")
        case LegEnds(who):
            yield _event(call, "CANCELLED", call.people[who], "'s phone goes quiet")
        case Transfer(by, to, attended):
            yield from _transfer(call, call.people[by], call.people[to], attended=attended)
        case Outgoing(who):
            yield _event(call, "OUTGOING", call.people[who], " calls the client")
        case ClientAnswers(who):
            yield _event(call, "ACCEPTED", call.people[who], " is through: the client picks up")
        case Hangup():
            yield from _end(call)
        case _:
            pass  # the start, the menu, the queue and the voicemail send nothing


def read_answer(body: str) -> Opinion:
    """Read `responsible` and `contact_name`."""
    answer = json.loads(body)
    return Opinion(tuple(filter(None, [answer.get("responsible")])), answer.get("contact_name"))


def named(person: Person) -> str | None:
    """Name by login, else by extension."""
    return person.login or person.ext


def _transfer(call: WireCall, by: Person, to: Person, *, attended: bool) -> Iterator[WireRequest]:
    """Hand over: the target's leg is a call of its own, which TRANSFERRED ties to the first."""
    if call.operator in _OLD:
        raise Inexpressible("this dialect has no event for a transfer")
    other = call.token("transfer", 16).upper()
    second = {"callid": other}
    handed_over = _event(call, "TRANSFERRED", by, " hands the call over", more={"second_callid": other})
    if not attended:
        yield handed_over
    yield _event(call, "INCOMING", to, "'s phone rings", more=second)
    yield _event(call, "ACCEPTED", to, " picks up", more=second)
    if attended:
        yield handed_over


def _end(call: WireCall) -> Iterator[WireRequest]:
    holder = call.people[call.rung[0]] if call.outgoing else call.holder
    own = {"callid": call.token("transfer", 16).upper()} if len(call.talked) > 1 else {}
    for who in call.ringing:
        yield _event(call, "CANCELLED", call.people[who], "'s phone goes quiet")
    if holder is None:
        yield _history(call, "Success" if call.voicemail else "missed", {"user": "pbx"})
        return
    yield _event(call, "COMPLETED", holder, ": the call is over", more=own)
    user = {"user": (holder.login or holder.ext) + _TENANT.get(call.operator, ""), "ext": holder.ext}
    yield _history(call, "Success", {**user, **own})


def _event(
    call: WireCall, kind: str, person: Person, says: str, *, group: bool = False, more: dict[str, str] | None = None
) -> WireRequest:
    fields = {
        "cmd": "event",
        "type": kind,
        "phone": call.caller,
        "user": person.login or person.ext,
        "ext": person.ext,
        "callid": call.id,
    }
    if call.called:
        fields |= {"diversion": call.called, "telnum": call.called}
    if call.operator not in _OLD:
        fields["direction"] = "out" if call.outgoing else "in"
    if group:
        fields["groupRealName"] = _DEPARTMENT
    return _request(call, f"{person.shown}{says} ({kind})", {**fields, **(more or {})})


def _history(call: WireCall, status: str, more: dict[str, str]) -> WireRequest:
    fields = {
        "cmd": "history",
        "type": "out" if call.outgoing else "in",
        "status": status,
        "phone": call.caller,
        "start": call.started.strftime("%Y%m%dT%H%M%SZ"),
        "duration": str(call.talk_seconds),
        "wait": str(call.wait_seconds),
        "callid": call.id,
    }
    if call.called:
        fields["diversion"] = call.called
    if status == "missed":
        fields["missedStatus"] = "3"
    return _request(call, f"the last record of the call: {status} (history)", {**fields, **more})


def _request(call: WireCall, says: str, fields: dict[str, str], *, asks: bool = False) -> WireRequest:
    said = {name: value for name, value in fields.items() if value or name == "phone"}
    body = urlencode({**said, "crm_token": call.secrets.get("crm_token", "")}).encode()
    headers = {"Content-Type": "application/x-www-form-urlencoded; charset=UTF-8"}
    return WireRequest(says, headers=headers, body=body, asks=asks)
