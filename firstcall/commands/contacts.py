"""`firstcall contacts`: contacts by number, responsible or state; a contact's numbers, two contacts made one."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, cast
from urllib.parse import quote, urlencode

from firstcall import stacks
from firstcall.admin_api import ask, first_items
from firstcall.outcome import DONE, WrongUse
from shared.contact import CONTACT_STATES
from shared.phones import normalise
from tools.terminal import Refused, say
from tools.user import user_of

if TYPE_CHECKING:
    import argparse

    from tools.deployed import DeployedStack, Record

HELP = "list contacts by number, responsible or state; change their numbers, merge two"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what can be said."""
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--phone", help="the contact of a number, written in any way")
    which.add_argument("--responsible", metavar="WHO", help="what an employee or a `group:…` owns")
    which.add_argument("--state", choices=CONTACT_STATES)
    which.add_argument("--id", help="the contact of an id")
    change = parser.add_argument_group("change the contact of --phone or --id")
    change.add_argument("--add-phone", action="append", default=[], metavar="NUMBER", help="give it another number")
    change.add_argument("--drop-phone", action="append", default=[], metavar="NUMBER", help="take a number away")
    change.add_argument("--merge", metavar="NUMBER_OR_ID", help="make another contact part of it, with all its numbers")
    parser.add_argument("--limit", type=int, default=50, metavar="N", help="at most so many; default: 50")


def run(chosen: argparse.Namespace) -> int:
    """List."""
    if chosen.limit < 1:
        raise WrongUse("--limit: at least 1")
    changing = bool(chosen.add_phone or chosen.drop_phone or chosen.merge)
    if changing and not (chosen.phone or chosen.id):
        raise WrongUse("say which contact is changed: --phone or --id")
    deployed = stacks.find(chosen.stack)
    asked = {name: given for name in ("phone", "responsible", "state") if (given := getattr(chosen, name)) is not None}
    if changing:
        contacts, is_all = [_changed(deployed, chosen)], True
    elif chosen.id:
        contacts, is_all = [ask(deployed, "GET", f"contacts/{quote(chosen.id, safe='')}")], True
    else:
        contacts, is_all = first_items(deployed, "contacts", asked, chosen.limit)
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


def _changed(deployed: DeployedStack, chosen: argparse.Namespace) -> Record:
    """Change numbers, then merge; give the contact as it is then."""
    contact = _one(deployed, chosen.id or chosen.phone)
    user, path = user_of(deployed), f"contacts/{contact['id']}"
    if chosen.add_phone or chosen.drop_phone:
        dropped = [_e164(deployed, number) for number in chosen.drop_phone]
        phones = [*cast("list[str]", contact["phones"]), *chosen.add_phone]
        if missing := [number for number in dropped if number not in phones]:
            raise Refused(f"it does not have {', '.join(missing)}")
        left = {"phones": [number for number in phones if number not in dropped]}
        contact = ask(deployed, "PUT", f"{path}/phones", left, user=user)
    if chosen.merge:
        other = _one(deployed, chosen.merge)
        contact = ask(deployed, "POST", f"{path}/merge", {"contact": other["id"]}, user=user)
    return contact


def _one(deployed: DeployedStack, number_or_id: str) -> Record:
    """Find one contact."""
    if re.fullmatch(r"[0-9a-f]{32}", number_or_id):
        return ask(deployed, "GET", f"contacts/{number_or_id}")
    found = cast("list[Record]", ask(deployed, "GET", f"contacts?{urlencode({'phone': number_or_id})}")["items"])
    if not found:
        raise Refused(f"{number_or_id} has no contact")
    return found[0]


def _e164(deployed: DeployedStack, number: str) -> str:
    """Read a number as the company writes it; one with its country needs no company."""
    if number.lstrip().startswith("+"):
        return normalise(number, "") or number
    company = cast("Record", ask(deployed, "GET", "company")["company"])
    return normalise(number, str(company["country"])) or number


def told(contact: Record) -> list[str]:
    """Say whose a contact is, and what made it so."""
    numbers = cast("list[str]", contact["phones"])
    phones = ", ".join(numbers)
    named = "" if contact["name"] in numbers else f"  {contact['name']}"
    why = f" ({contact['reason']})" if contact["reason"] else ""
    lines = [f"{phones}{named}  {contact['state']}{why}  since {str(contact['created_at'])[:16].replace('T', ' ')} UTC"]
    for owner in cast("list[Record]", contact["responsibles"]):
        who = owner.get("employee") or f"group:{owner.get('group')}"
        proof = cast("Record", owner["evidence"])
        call = f" of call {proof['call_id']} on {proof['connection']}" if proof["call_id"] else ""
        late = ", late" if owner["late"] else ""
        lines.append(f"    {who}: {owner['source']}{late}, by {proof['event']}{call}")
    return lines
