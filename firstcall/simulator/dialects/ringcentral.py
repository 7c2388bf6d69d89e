"""RingCentral's telephony session notifications: one party each, with the subscription's own token.

`sequence` counts the events of a session. The company's own party (menu, queue) comes first. That a blind transfer
stays in the session and an attended one joins another is assumed; an employee's id is his login here.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING
from uuid import uuid4

from firstcall.simulator.bodies import as_json
from firstcall.simulator.script import (
    Answer,
    ClientAnswers,
    Hangup,
    LegEnds,
    Menu,
    Outgoing,
    Ring,
    Start,
    Transfer,
    Voicemail,
)
from firstcall.simulator.wire import Opinion, Person, WireRequest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from firstcall.simulator.script import Step
    from firstcall.simulator.wire import Heard, WireCall

TIMED = True
PROOF: tuple[str, ...] = ("validation_token",)
LAST_RECORD = False
HEARS: Heard = "rung"


def call_id(call: WireCall) -> str:  # noqa: ARG001
    """Make up a `telephonySessionId`."""
    return f"s-{secrets.token_hex(16)}"


def ask(call: WireCall) -> WireRequest | None:  # noqa: ARG001
    """Ask nothing."""
    return None


def play(step: Step, call: WireCall) -> Iterator[WireRequest]:
    """Say what RingCentral sends for a step."""
    match step:
        case Start():
            yield _company(call, "Setup", "the call reaches the company")
        case Menu():
            yield _company(call, "Answered", "the menu picks up")
        case Ring(who):
            yield _of(call, who, "Proceeding", "'s phone rings")
        case Answer(who):
            yield _of(call, who, "Answered", " picks up")
        case LegEnds(who, why):
            reason = "AgentAnswered" if why == "elsewhere" else "NoAnswer"
            yield _of(call, who, "Disconnected", "'s phone goes quiet", {"reason": reason})
        case Transfer(by, to, attended):
            yield from _transfer(call, by, to, attended=attended)
        case Voicemail():
            yield _of(call, call.rung[-1], "Voicemail", "'s voicemail takes a message")
        case Outgoing(who):
            yield _of(call, who, "Proceeding", " calls the client")
        case ClientAnswers(who):
            yield _of(call, who, "Answered", " is through: the client picks up")
        case Hangup():
            yield from _end(call)
        case _:
            pass  # a queue is the company's own party too


def read_answer(body: str) -> Opinion:  # noqa: ARG001
    """Read nothing."""
    return Opinion()


def named(person: Person) -> str | None:  # noqa: ARG001
    """Name nobody: this PBX is not told."""
    return None


def _transfer(call: WireCall, by: int, to: int, *, attended: bool) -> Iterator[WireRequest]:
    session = f"s-{call.token('second session')}" if attended else call.id
    gone: dict[str, object] = {"reason": "AttendedTransfer" if attended else "BlindTransfer"}
    if attended:
        gone["peerId"] = {"telephonySessionId": session, "sessionId": "2", "partyId": f"p-{session}-1"}
    else:
        yield _of(call, by, "Gone", " hands the call over", gone)
    yield _of(call, to, "Proceeding", "'s phone rings", session=session)
    call.clock += 1
    yield _of(call, to, "Answered", " picks up", session=session)
    if attended:
        yield _of(call, by, "Gone", " hands the call over", gone)


def _end(call: WireCall) -> Iterator[WireRequest]:
    if call.outgoing:
        yield _of(call, call.rung[0], "Disconnected", " hangs up", {"reason": "CallFinished"})
        return
    if call.talked:
        yield _of(call, call.talked[-1], "Disconnected", " hangs up", {"reason": "CallFinished"})
    yield _company(call, "Disconnected", "the call is over")


def _company(call: WireCall, status: str, says: str) -> WireRequest:
    return _notify(call, f"{says} ({status})", call.id, "company", {"phoneNumber": call.line}, {"code": status}, {})


def _of(
    call: WireCall,
    who: int,
    status: str,
    says: str,
    more: Mapping[str, object] | None = None,
    *,
    session: str | None = None,
) -> WireRequest:
    person = call.people[who]
    ours = {"phoneNumber": call.line, "extensionNumber": person.ext, "name": person.name}
    theirs = {"extensionId": person.login or person.ext}
    state = {"code": status, **(more or {})}
    return _notify(call, f"{person.shown}{says} ({status})", session or call.id, f"leg {who}", ours, state, theirs)


def _notify(
    call: WireCall,
    says: str,
    session: str,
    party: str,
    ours: Mapping[str, str],
    status: Mapping[str, object],
    who: Mapping[str, str],
) -> WireRequest:
    client = {"phoneNumber": call.phone} if call.phone else {}
    moment = call.now.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    described = {
        "accountId": "100200300",
        "id": f"p-{session}-{call.token(party, 2)}",
        "direction": "Outbound" if call.outgoing else "Inbound",
        "from": ours if call.outgoing else client,
        "to": client if call.outgoing else ours,
        "status": status,
        "missedCall": False,
        **who,
    }
    document = {
        "uuid": str(uuid4()),
        "event": "/restapi/v1.0/account/100200300/telephony/sessions",
        "timestamp": moment,
        "subscriptionId": "1c1f3c1e-0000-4000-8000-000000000001",
        "ownerId": "100200301",
        "body": {
            "sequence": call.count(session),
            "sessionId": "1",
            "telephonySessionId": session,
            "serverId": "10.0.0.1.TAM",
            "eventTime": moment,
            "parties": [described],
            "origin": {"type": "Call"},
        },
    }
    return as_json(says, document, headers={"Validation-Token": call.secrets.get("validation_token", "")})
