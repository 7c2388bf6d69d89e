"""Amazon Connect: no HTTP, its contact flows invoke the webhook function; connection and key are parameters.

The event is the documented one of the block "AWS Lambda function". The flow asks, an agent whisper flow tells who
accepted, a disconnect flow that it is over; phones that only ring are not told.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from uuid import uuid4

from firstcall.simulator.script import Answer, ClientAnswers, Hangup, Transfer
from firstcall.simulator.wire import INVOKE, Opinion, Person, WireRequest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from firstcall.simulator.script import Step
    from firstcall.simulator.wire import Heard, WireCall

TIMED = False
PROOF: tuple[str, ...] = ()
LAST_RECORD = True
HEARS: Heard = "answered"

_INSTANCE = "arn:aws:connect:eu-central-1:123456789012:instance/00000000-0000-4000-8000-000000000001"


def call_id(call: WireCall) -> str:  # noqa: ARG001
    """Make up a contact id."""
    return str(uuid4())


def ask(call: WireCall) -> WireRequest | None:
    """Ask by the inbound flow's block."""
    return _invoked(call, "the inbound flow asks whose caller it is", {}, asks=True)


def play(step: Step, call: WireCall) -> Iterator[WireRequest]:
    """Say what the flows send for a step."""
    match step:
        case Answer(who) | ClientAnswers(who) | Transfer(to=who):
            person = call.people[who]
            told = {"event": "answered", "agent": person.login or person.ext}
            yield _invoked(call, f"{person.shown} has the call (whisper flow)", told)
        case Hangup():
            yield _invoked(call, "the call is over (disconnect flow)", {"event": "ended"})
        case _:
            pass


def read_answer(body: str) -> Opinion:
    """Read `$.External`."""
    external = json.loads(body)
    return Opinion(tuple(filter(None, [external.get("agent")])), external.get("contact_name"))


def named(person: Person) -> str | None:
    """Name by the agent's id or ARN."""
    return person.ext or person.login


def _invoked(call: WireCall, says: str, parameters: dict[str, str], *, asks: bool = False) -> WireRequest:
    *_, connection, key = call.webhook_url.split("/")
    client = {"Address": call.phone, "Type": "TELEPHONE_NUMBER"} if call.phone else None
    contact = {
        "ContactId": call.id,
        "InitialContactId": call.id,
        "PreviousContactId": call.id,
        "Channel": "VOICE",
        "CustomerEndpoint": client,
        "SystemEndpoint": {"Address": call.line, "Type": "TELEPHONE_NUMBER"} if call.line else None,
        "InitiationMethod": "OUTBOUND" if call.outgoing else "INBOUND",
        "Queue": None,
        "InstanceARN": _INSTANCE,
        "Attributes": {},
        "MediaStreams": {},
    }
    named_by = {"connection": connection, "key": key, **parameters}
    event = {"Name": "ContactFlowEvent", "Details": {"ContactData": contact, "Parameters": named_by}}
    return WireRequest(says, method=INVOKE, body=json.dumps(event).encode(), asks=asks)
