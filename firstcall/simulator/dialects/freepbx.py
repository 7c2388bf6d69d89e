"""FreePBX: the question of Planfix's FreePBX driver, and events as the dial plan posts them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from firstcall.simulator.bodies import as_json
from firstcall.simulator.dialects import dialplan
from firstcall.simulator.wire import Opinion, Person, WireRequest

if TYPE_CHECKING:
    from firstcall.simulator.wire import Heard, WireCall

TIMED = True
PROOF: tuple[str, ...] = ("token",)
LAST_RECORD = True
HEARS: Heard = "rung"

call_id = dialplan.linked_id
play = dialplan.tell


def ask(call: WireCall) -> WireRequest | None:
    """Ask with `callInfoRespNum`."""
    document = {"event": "callInfoRespNum", "uniqueId": call.id, "intNum": "", "extNum": call.phone or ""}
    headers = {"Authorization": f"Bearer {call.secrets.get('token', '')}"}
    return as_json("asks for the responsibles' numbers (callInfoRespNum)", document, headers=headers, asks=True)


def read_answer(body: str) -> Opinion:
    """Read `responsibleNumbers`."""
    return Opinion(tuple(json.loads(body).get("responsibleNumbers", ())))


def named(person: Person) -> str | None:
    """Name by short number."""
    return person.ext or None
