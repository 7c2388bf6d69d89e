"""`firstcall calls`: one call as stored, by the PBX's own id; or the calls of a number or a period."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, cast
from urllib.parse import quote

from firstcall import stacks
from firstcall.admin_api import ask, first_items
from firstcall.outcome import DONE, WrongUse
from firstcall.periods import Period, period_arguments
from tools.terminal import say

if TYPE_CHECKING:
    import argparse

    from tools.deployed import Record

HELP = "show calls as stored: one by the PBX's own id, or those of a number or a period"
PEOPLE = {"first_directed": "first directed to", "answered_by": "answered by", "last_held_by": "last held by"}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what can be said."""
    parser.add_argument("connection", nargs="?", help="the connection, as the company file names it")
    parser.add_argument("call_id", nargs="?", help="the PBX's own id; after a transfer either id")
    parser.add_argument("--phone", help="the calls of a number, written in any way, the newest first")
    period_arguments(parser)
    parser.add_argument("--limit", type=int, default=25, metavar="N", help="at most so many; default: 25")


def run(chosen: argparse.Namespace) -> int:
    """Show."""
    period = Period.chosen(chosen)
    ways = [chosen.connection is not None, chosen.phone is not None, period is not None]
    if sum(ways) != 1 or (chosen.connection is None) != (chosen.call_id is None):
        raise WrongUse("say one of: CONNECTION and CALL_ID, --phone, --from")
    if chosen.limit < 1:
        raise WrongUse("--limit: at least 1")
    deployed = stacks.find(chosen.stack)
    if chosen.connection is not None:
        path = f"calls/{quote(chosen.connection, safe='')}/{quote(chosen.call_id, safe='')}"
        call = ask(deployed, "GET", path)
        say(json.dumps(call, ensure_ascii=False, indent=2) if chosen.json else "\n".join(told(call)))
        return DONE
    asked = {"phone": chosen.phone} if period is None else period.query()
    calls, is_all = first_items(deployed, "calls", asked, chosen.limit)
    if chosen.json:
        say(json.dumps(calls, ensure_ascii=False, indent=2))
        return DONE
    for each in calls:
        say("\n".join(told(each)))
    if not calls:
        say("no calls are kept of that")
    elif not is_all:
        say(f"there are more than {chosen.limit}: --limit shows more")
    return DONE


def told(call: Record) -> list[str]:
    """Say how a call went."""
    way = {"in": "incoming", "out": "outgoing"}.get(str(call["direction"]), "a call")
    outcome = f", {call['outcome']}" if call["outcome"] else ""
    phone, line = call["phone"] or "a withheld number", f" on {call['line']}" if call["line"] else ""
    began = f"{str(call['began_at'])[:19].replace('T', ' ')} UTC  " if "began_at" in call else ""
    lines = [f"{began}{call['call_id']} on {call['connection']}: {way}, {phone}{line}, {call['state']}{outcome}"]
    lines += [
        f"    {leg['ext']}: {leg['state']}  {leg['employee'] or 'nobody of the company file'}"
        for leg in cast("list[Record]", call["legs"])
    ]
    lines += [f"    {title} {call[name]}" for name, title in PEOPLE.items() if call[name]]
    if call["contact_id"]:
        lines.append(f"    contact {call['contact_id']}")
    return lines
