"""`firstcall contacts`: contacts by number, responsible or state."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, cast
from urllib.parse import urlencode

from firstcall import stacks
from firstcall.admin_api import ask
from firstcall.outcome import DONE, WrongUse
from shared.contact import CONTACT_STATES
from tools.terminal import say

if TYPE_CHECKING:
    import argparse

    from tools.deployed import DeployedStack, Record

HELP = "list contacts by number, responsible or state"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what can be said."""
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--phone", help="the contact of a number, written in any way")
    which.add_argument("--responsible", metavar="WHO", help="what an employee or a `group:…` owns")
    which.add_argument("--state", choices=CONTACT_STATES)
    parser.add_argument("--limit", type=int, default=50, metavar="N", help="at most so many; default: 50")


def run(chosen: argparse.Namespace) -> int:
    """List."""
    if chosen.limit < 1:
        raise WrongUse("--limit: at least 1")
    asked = {name: given for name in ("phone", "responsible", "state") if (given := getattr(chosen, name)) is not None}
    contacts, is_all = _contacts(stacks.find(chosen.stack), asked, chosen.limit)
    if chosen.json:
        say(json.dumps(contacts, ensure_ascii=False, indent=2))
        return DONE
    for each in contacts:
        say("\n".join(told(each)))
    if not contacts:
        say("no such contact" if chosen.phone else "no contacts")
    elif not is_all:
        say(f"there are more than {chosen.limit}: --limit shows more")
    return DONE


def _contacts(deployed: DeployedStack, asked: dict[str, str], limit: int) -> tuple[list[Record], bool]:
    found: list[Record] = []
    query = dict(asked)
    while len(found) <= limit:
        page = ask(deployed, "GET", f"contacts?{urlencode(query)}")
        found += cast("list[Record]", page["items"])
        if page["cursor"] is None:
            break
        query["cursor"] = str(page["cursor"])
    return found[:limit], len(found) <= limit


def told(contact: Record) -> list[str]:
    """Say whose a contact is, and what made it so."""
    phones = ", ".join(cast("list[str]", contact["phones"]))
    named = "" if contact["name"] == phones else f"  {contact['name']}"
    why = f" ({contact['reason']})" if contact["reason"] else ""
    lines = [f"{phones}{named}  {contact['state']}{why}  since {str(contact['created_at'])[:16].replace('T', ' ')} UTC"]
    for owner in cast("list[Record]", contact["responsibles"]):
        who = owner.get("employee") or f"group:{owner.get('group')}"
        proof = cast("Record", owner["evidence"])
        call = f" of call {proof['call_id']} on {proof['connection']}" if proof["call_id"] else ""
        late = ", late" if owner["late"] else ""
        lines.append(f"    {who}: {owner['source']}{late}, by {proof['event']}{call}")
    return lines
