"""Amazon Connect: a contact flow invokes us by its block "AWS Lambda function"; what it sends comes as JSON.

The block's parameters name the connection and its key, and what the flow has reached: nothing or `lookup` asks who is
responsible, `answered` (in an agent whisper flow, where `$.Agent.UserName` is known) tells who accepted the call,
`ended` (in a disconnect flow) that it is over. Permission to invoke is IAM's, the key is a second lock. The answer is a
flat map of texts, `$.External.agent` in the flow; an empty map leaves the flow to its own branches.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from shared.pbx.forms import read_object, text_of
from shared.pbx.protocol import Answer, CallEvent, EventKind, Lookup, Malformed, Parsed, PbxRequest, PbxResponse

if TYPE_CHECKING:
    from collections.abc import Mapping

SECRETS: tuple[str, ...] = ()
OWN_SECRETS: tuple[str, ...] = ()
OPTIONAL_SECRETS: tuple[str, ...] = ()
EVENTS: tuple[str, ...] = ("lookup", "answered", "ended")

_KINDS: Mapping[str, EventKind] = {"answered": "answered", "ended": "ended"}
_OUTGOING = {"OUTBOUND", "API", "CALLBACK", "EXTERNAL_OUTBOUND"}
_ERRORS = {400: "Invalid parameters", 401: "Unauthorized", 503: "Try again"}


def handshake(request: PbxRequest) -> PbxResponse | None:  # noqa: ARG001
    """Answer nothing of its own."""
    return None


def authenticate(request: PbxRequest, secrets: Mapping[str, str]) -> None:
    """Let through what knows the key of the connection: IAM has let the flow invoke us."""


def parse(request: PbxRequest) -> Parsed:
    """Read what a contact flow asks or tells; a chat or a task says nothing (K6)."""
    details = _object(read_object(request.body), "Details")
    contact, parameters = _object(details, "ContactData"), _object(details, "Parameters")
    if text_of(contact.get("Channel")) not in {None, "VOICE"}:
        return Parsed()
    # A transfer makes a new ContactId; the first one stays with the call.
    call_id = text_of(contact.get("InitialContactId")) or text_of(contact.get("ContactId"))
    if call_id is None:
        raise Malformed("no ContactId")
    name = text_of(parameters.get("event")) or "lookup"
    out = text_of(contact.get("InitiationMethod")) in _OUTGOING
    event = CallEvent(
        call_id,
        _KINDS.get(name, "started"),
        name,
        direction="out" if out else "in",
        phone=_address(contact, "CustomerEndpoint"),
        line=_address(contact, "SystemEndpoint"),
    )
    if name == "lookup":
        return Parsed(events=(event,), lookup=Lookup(None if out else event.phone, event.line, call_id))
    if name not in _KINDS:
        return Parsed()
    if event.kind == "ended":
        # Whether anybody talked, `answered` has told.
        return Parsed(events=(event._replace(outcome="missed", final=True),))
    return Parsed(events=(event._replace(login=text_of(parameters.get("agent"))),))


def acknowledge(request: PbxRequest) -> PbxResponse:  # noqa: ARG001
    """Give an empty map."""
    return PbxResponse()


def answer(lookup: Answer) -> PbxResponse:
    """Name the caller and the first agent, by his `ext`: Connect's id or ARN, which "Set working queue" takes."""
    texts: dict[str, str] = {}
    if lookup.contact_id is not None:
        texts = {
            "contact_id": lookup.contact_id,
            "contact_name": lookup.contact_name or "",
            "reason": lookup.reason,
        }
    for target in lookup.targets:
        if agent := target.ext or target.login:
            texts |= {"agent": agent, "employee": target.employee, "ring_seconds": str(target.ring_seconds)}
            break
    return PbxResponse(body=json.dumps(texts, ensure_ascii=False))


def refuse(status: int) -> PbxResponse:
    """Word a refusal; it reaches the flow as `$.External.error`."""
    return PbxResponse(status, json.dumps({"error": _ERRORS[status]}))


def _address(contact: Mapping[str, object], name: str) -> str | None:
    endpoint = _object(contact, name)
    return text_of(endpoint.get("Address")) if text_of(endpoint.get("Type")) == "TELEPHONE_NUMBER" else None


def _object(parent: Mapping[str, object], name: str) -> Mapping[str, object]:
    value = parent.get(name)
    return value if isinstance(value, dict) else {}
