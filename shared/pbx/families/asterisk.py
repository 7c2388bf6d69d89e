"""Asterisk with the dial plan of docs/operators/asterisk.md: forms posted by `CURL()`, plain text read back.

The answer is what the dial plan can take as it is: extensions with commas between them, or nothing. Whatever else
comes back (an error's text, a proxy's page) is not digits and commas alone, which is how the dial plan tells it apart;
so no text of ours may be.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from shared.pbx import dialplan
from shared.pbx.forms import fields_of
from shared.pbx.protocol import Answer, Lookup, Malformed, Parsed, PbxRequest, PbxResponse

if TYPE_CHECKING:
    from collections.abc import Mapping

SECRETS: tuple[str, ...] = ("token",)
OWN_SECRETS: tuple[str, ...] = SECRETS
OPTIONAL_SECRETS: tuple[str, ...] = ()
EVENTS: tuple[str, ...] = (*dialplan.EVENTS, "lookup")

_TEXT = "text/plain; charset=utf-8"
_EXTENSION = re.compile(r"\d{1,20}", re.ASCII)  # anything else could say something of its own to Dial()
_ERRORS = {400: "Invalid parameters", 401: "Invalid token", 503: "Try again"}


def handshake(request: PbxRequest) -> PbxResponse | None:  # noqa: ARG001
    """Answer nothing before the proof."""
    return None


def authenticate(request: PbxRequest, secrets: Mapping[str, str]) -> None:
    """Check the token."""
    dialplan.prove(request, secrets)


def parse(request: PbxRequest) -> Parsed:
    """Read an event, or a look-up: what has no `event` and asks for a `phone`."""
    fields = fields_of(request)
    if "event" in fields:
        return Parsed(events=dialplan.events_of(fields))
    if "phone" not in fields:
        raise Malformed("neither an event (no `event`) nor a look-up (no `phone`)")
    return Parsed(lookup=Lookup(*(fields.get(name) or None for name in ("phone", "line", "call_id", "called"))))


def acknowledge(request: PbxRequest) -> PbxResponse:  # noqa: ARG001
    """Say 200 and nothing else."""
    return PbxResponse(body="", content_type=_TEXT)


def answer(lookup: Answer) -> PbxResponse:
    """List the extensions to ring; nobody, or nobody with one, is the empty text."""
    extensions = [target.ext for target in lookup.targets if target.ext and _EXTENSION.fullmatch(target.ext)]
    return PbxResponse(body=",".join(extensions), content_type=_TEXT)


def refuse(status: int) -> PbxResponse:
    """Word a refusal for who reads Asterisk's console."""
    return PbxResponse(status, _ERRORS[status], _TEXT)
