"""Yeastar P-Series: the webhook events 30011 (a call's members) and 30012 (record), signed, and its CRM look-up.

Members and shapes are captured ones; `msg` is JSON inside a text. That a transfer changes the members of the same call
is assumed, and so is the signature, as one public test has it. The look-up is the one that docs/operators/yeastar.xml
makes of the PBX: by GET, the number as it came, the secret in a header; of the answer the first of `data` is read.
"""

from __future__ import annotations

import hmac
import json
import secrets
from base64 import b64encode
from typing import TYPE_CHECKING

from firstcall.simulator.bodies import as_json
from firstcall.simulator.script import Answer, ClientAnswers, Hangup, LegEnds, Outgoing, Ring, Start, Transfer
from firstcall.simulator.wire import Opinion, Person, WireRequest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from firstcall.simulator.script import Step
    from firstcall.simulator.wire import Heard, WireCall

TIMED = False
PROOF: tuple[str, ...] = ("webhook_secret",)
LAST_RECORD = True
HEARS: Heard = "rung"

_STATE, _RECORD = 30011, 30012


def call_id(call: WireCall) -> str:
    """Make up an id: the seconds since 1970 and a counter."""
    return f"{call.unix}.{secrets.randbelow(10**6)}"


def ask(call: WireCall) -> WireRequest | None:
    """Ask for the caller's name; a withheld number has none, and nobody is asked."""
    if not call.phone:
        return None
    token = {"Authorization": f"Bearer {call.secrets.get('webhook_secret', '')}"}
    says = "asks for the caller's name"
    return WireRequest(says, method="GET", door="route", query={"phone": call.caller}, headers=token, asks=True)


def play(step: Step, call: WireCall) -> Iterator[WireRequest]:
    """Say what the PBX sends for a step."""
    match step:
        case Start():
            yield _state(call, "the caller hears it ring", _caller(call, "ALERT"))
        case Ring(who):
            yield _of(call, who, "RING", "'s phone rings")
        case Answer(who):
            members = (_caller(call, "ANSWERED"), _member(call, who, "ANSWER"))
            yield _state(call, f"{call.people[who].shown} picks up", *members)
        case LegEnds(who):
            yield _of(call, who, "BYE", "'s phone goes quiet")
        case Transfer(by, to):
            yield _of(call, to, "RING", f"'s phone rings: {call.people[by].name} hands over")
            yield _of(call, to, "ANSWER", " picks up")
            yield _of(call, by, "BYE", " hangs up")
        case Outgoing(who):
            members = (_member(call, who, "ALERT"), _callee(call, "RING"))
            yield _state(call, f"{call.people[who].shown} calls the client", *members)
        case ClientAnswers(who):
            members = (_member(call, who, "ANSWERED"), _callee(call, "ANSWER"))
            yield _state(call, f"{call.people[who].shown} is through: the client picks up", *members)
        case Hangup():
            yield from _end(call)
        case _:
            pass  # menus, queues and voicemail are no members of a call


def read_answer(body: str) -> Opinion:
    """Read the contact, and whom a flow of the Call Flow Designer would ring."""
    found = json.loads(body).get("data") or [{}]
    return Opinion(tuple(filter(None, [found[0].get("responsible")])), found[0].get("name"))


def named(person: Person) -> str | None:
    """Name by extension."""
    return person.ext or person.login


def _end(call: WireCall) -> Iterator[WireRequest]:
    if call.outgoing:
        yield _state(call, "the call is over", _member(call, call.rung[0], "BYE"), _callee(call, "BYE"))
    else:
        last = [_member(call, call.talked[-1], "BYE")] if call.talked else []
        yield _state(call, "the call is over", _caller(call, "BYE"), *last)
    answered = bool(call.talked) or call.client_answered
    theirs = call.holder or (call.people[call.rung[-1]] if call.rung else None)
    record = {
        "call_id": call.id,
        "time_start": call.started.strftime("%Y-%m-%d %H:%M:%S"),
        "call_from": call.owner.ext if call.outgoing else call.caller or "anonymous",
        "call_to": call.caller if call.outgoing else theirs.ext if theirs else "6500",
        "call_duration": call.clock,
        "talk_duration": call.talk_seconds,
        "status": "ANSWERED" if answered else "VOICEMAIL" if call.voicemail else "NO ANSWER",
        "type": "Outbound" if call.outgoing else "Inbound",
        "did_number": "" if call.outgoing else call.called,
    }
    yield _request(call, _RECORD, record, f"the record of the call ({record['status']})")


def _of(call: WireCall, who: int, status: str, says: str) -> WireRequest:
    return _state(call, f"{call.people[who].shown}{says}", _member(call, who, status))


def _state(call: WireCall, says: str, *members: Mapping[str, object]) -> WireRequest:
    words = ", ".join(
        str(part["member_status"]) for member in members for part in member.values() if isinstance(part, dict)
    )
    return _request(call, _STATE, {"call_id": call.id, "members": list(members)}, f"{says} ({words})")


def _caller(call: WireCall, status: str) -> Mapping[str, object]:
    numbers = {"from": call.caller or "anonymous", "to": call.called, "trunk_name": "main"}
    return {"inbound": {**numbers, "channel_id": "PJSIP/trunk-main-endpoint-00000001", "member_status": status}}


def _callee(call: WireCall, status: str) -> Mapping[str, object]:
    numbers = {"from": call.people[call.rung[0]].ext if call.rung else "", "to": call.caller, "trunk_name": "main"}
    return {"outbound": {**numbers, "channel_id": "PJSIP/trunk-main-endpoint-00000001", "member_status": status}}


def _member(call: WireCall, who: int, status: str) -> Mapping[str, object]:
    number = call.people[who].ext
    return {
        "extension": {
            "number": number,
            "channel_id": f"PJSIP/{number}-00000002",
            "member_status": status,
            "call_path": "",
        }
    }


def _request(call: WireCall, kind: int, message: Mapping[str, object], says: str) -> WireRequest:
    request = as_json(says, {"type": kind, "sn": "3631B0000000", "msg": json.dumps(message)})
    key = call.secrets.get("webhook_secret", "").encode()
    signature = b64encode(hmac.new(key, request.body, "sha256").digest()).decode()
    return as_json(
        says, {"type": kind, "sn": "3631B0000000", "msg": json.dumps(message)}, headers={"X-Signature": signature}
    )
