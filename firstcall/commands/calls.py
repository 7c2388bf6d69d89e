"""`firstcall calls`: one call as stored, by the PBX's own id."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, cast
from urllib.parse import quote

from firstcall import stacks
from firstcall.admin_api import ask
from firstcall.outcome import DONE
from tools.terminal import say

if TYPE_CHECKING:
    import argparse

    from tools.deployed import Record

HELP = "show one call as stored, by the PBX's own id"
PEOPLE = {"first_directed": "first directed to", "answered_by": "answered by", "last_held_by": "last held by"}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what can be said."""
    parser.add_argument("connection", help="the connection, as the company file names it")
    parser.add_argument("call_id", help="the PBX's own id; after a transfer either id")


def run(chosen: argparse.Namespace) -> int:
    """Show."""
    path = f"calls/{quote(chosen.connection, safe='')}/{quote(chosen.call_id, safe='')}"
    call = ask(stacks.find(chosen.stack), "GET", path)
    say(json.dumps(call, ensure_ascii=False, indent=2) if chosen.json else "\n".join(told(call)))
    return DONE


def told(call: Record) -> list[str]:
    """Say how a call went."""
    way = {"in": "incoming", "out": "outgoing"}.get(str(call["direction"]), "a call")
    outcome = f", {call['outcome']}" if call["outcome"] else ""
    phone, line = call["phone"] or "a withheld number", f" on {call['line']}" if call["line"] else ""
    lines = [f"{call['call_id']} on {call['connection']}: {way}, {phone}{line}, {call['state']}{outcome}"]
    lines += [
        f"    {leg['ext']}: {leg['state']}  {leg['employee'] or 'nobody of the company file'}"
        for leg in cast("list[Record]", call["legs"])
    ]
    lines += [f"    {title} {call[name]}" for name, title in PEOPLE.items() if call[name]]
    if call["contact_id"]:
        lines.append(f"    contact {call['contact_id']}")
    return lines
