"""FreePBX, with the JSON requests of Planfix's FreePBX driver and events as a dial plan posts them.

From Planfix's help: `callInfoRespNum` asks for the short numbers of the responsibles and reads a list, or an error in
these very words; `callMissedNotify` tells that somebody missed a call and reads an empty answer. Nothing proves them
there but the address, so a token is added. The events of Planfix's own listener are not published.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from shared.pbx import dialplan
from shared.pbx.forms import fields_of
from shared.pbx.protocol import Answer, Lookup, Malformed, Parsed, PbxRequest, PbxResponse

if TYPE_CHECKING:
    from collections.abc import Mapping

SECRETS: tuple[str, ...] = ("token",)
OWN_SECRETS: tuple[str, ...] = SECRETS
OPTIONAL_SECRETS: tuple[str, ...] = ()
EVENTS: tuple[str, ...] = (*dialplan.EVENTS, "callInfoRespNum", "callMissedNotify")

_NOBODY = PbxResponse(body='{"error": "no persons responsible"}')
_ERRORS = {400: "Invalid parameters", 401: "Invalid token", 503: "Try again"}


def handshake(request: PbxRequest) -> PbxResponse | None:  # noqa: ARG001
    """Answer nothing before the proof."""
    return None


def authenticate(request: PbxRequest, secrets: Mapping[str, str]) -> None:
    """Check the token."""
    dialplan.prove(request, secrets)


def parse(request: PbxRequest) -> Parsed:
    """Read one request; `intNum` is the extension being called, which is never named in the answer (T9)."""
    fields = fields_of(request)
    match fields.get("event"):
        case None:
            raise Malformed("no event")
        case "callInfoRespNum":
            # Without `extNum` the number was withheld, which is nobody's fault: the call must go on.
            asked = (fields.get(name) or None for name in ("extNum", "line", "uniqueId", "intNum"))
            return Parsed(lookup=Lookup(*asked))
        case "callMissedNotify":
            # One employee did not pick up; the call may go on elsewhere (K3). Its end tells what became of it.
            return Parsed(reply=PbxResponse(body=""))
        case _:
            return Parsed(events=dialplan.events_of(fields))


def acknowledge(request: PbxRequest) -> PbxResponse:  # noqa: ARG001
    """Say 200."""
    return PbxResponse()


def answer(lookup: Answer) -> PbxResponse:
    """List the short numbers of the responsibles; nobody with one is an error in Planfix's words, with status 200."""
    numbers = [target.ext for target in lookup.targets if target.ext]
    return PbxResponse(body=json.dumps({"responsibleNumbers": numbers})) if numbers else _NOBODY


def refuse(status: int) -> PbxResponse:
    """Word a refusal."""
    return PbxResponse(status, json.dumps({"error": _ERRORS[status]}))
