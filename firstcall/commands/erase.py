"""`firstcall erase NUMBER`: remove everything held on a person, and print the receipt."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, cast

from firstcall import stacks
from firstcall.admin_api import ask
from firstcall.dead_letters import OUTPUTS, DeadLetters
from firstcall.outcome import DONE, FOUND_WRONG
from firstcall.person import held_on
from tools.terminal import Refused, say
from tools.user import user_of

if TYPE_CHECKING:
    import argparse

    from tools.deployed import DeployedStack, Record

HELP = "remove everything held on a person, by any of his numbers"

STAYS = (
    "backups of the table (point-in-time recovery) hold it for up to 35 days more",
    "waiting messages hold a call's id only, and find nothing any more",
    "logs hold numbers with their middle masked, for as long as logs are kept",
)
"""What no erasure reaches, in words for whoever has to answer for it."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what can be said."""
    parser.add_argument("phone", metavar="NUMBER", help="any of the person's numbers, written in any way")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.add_argument("--dry-run", action="store_true", help="only say what is held")


def run(chosen: argparse.Namespace) -> int:
    """Erase."""
    deployed = stacks.find(chosen.stack)
    held = held_on(deployed, chosen.phone)
    counted = _counted(held)
    if chosen.dry_run:
        say(json.dumps(counted) if chosen.json else _told(counted))
        return DONE
    if not chosen.json:
        say(_told(counted))
    if not chosen.yes and not _agreed():
        return FOUND_WRONG
    receipt = _erase(deployed, chosen)
    receipt["dead_letters"] = _drop_letters(deployed, receipt)
    say(json.dumps(receipt, ensure_ascii=False, indent=2) if chosen.json else "\n".join(told(receipt)))
    return DONE


def _agreed() -> bool:
    if not sys.stdin.isatty():
        raise Refused("nothing is erased: say --yes where nobody can be asked")
    say("Erase all of it? It cannot be brought back. Type yes:")
    if sys.stdin.readline().strip().casefold() == "yes":
        return True
    say("nothing is erased")
    return False


def _erase(deployed: DeployedStack, chosen: argparse.Namespace) -> Record:
    """Ask until nothing is left; give one receipt of all."""
    user = user_of(deployed)
    whole: Record = {"phones": [], "contacts": [], "calls": [], "requests": 0}
    while True:
        part = ask(deployed, "POST", "people/erase", {"phone": chosen.phone}, user=user)
        for name in ("contacts", "calls"):
            cast("list[object]", whole[name]).extend(cast("list[object]", part[name]))
        whole["requests"] = cast("int", whole["requests"]) + cast("int", part["requests"])
        # After the last step the contact is gone, and with it the way to his other numbers.
        whole |= {"at": part["at"], "phones": part["phones"], "company_file": part["company_file"]}
        if part["complete"]:
            return whole
        if not chosen.json:
            say(f"  {len(cast('list[object]', whole['calls'])):,} calls erased")


def _drop_letters(deployed: DeployedStack, receipt: Record) -> int:
    """Throw away dead letters about the erased calls: a command's names the caller."""
    erased = {(each["connection"], each["call_id"]) for each in cast("list[Record]", receipt["calls"])}
    dropped = 0
    for queue in OUTPUTS:
        letters = DeadLetters(deployed, queue)
        held = letters.hold(lambda _: None)
        his = [each for each in held if (each.connection, each.call_id) in erased]
        for each in his:
            letters.drop(each)
        letters.release([each for each in held if each not in his])
        dropped += len(his)
    return dropped


def _counted(held: Record) -> Record:
    contact = cast("Record | None", held["contact"])
    return {
        "phones": held["phones"],
        "contact": contact["name"] if contact else None,
        "calls": len(cast("list[object]", held["calls"])),
        "requests": len(cast("list[object]", held["requests"])),
        "company_file": held["company_file"],
    }


def _told(counted: Record) -> str:
    phones = ", ".join(cast("list[str]", counted["phones"]))
    whose = f"contact {counted['contact']!r}, " if counted["contact"] is not None else "no contact, "
    return f"{phones}: {whose}{counted['calls']:,} calls, {counted['requests']:,} requests of PBXs as they came"


def told(receipt: Record) -> list[str]:
    """Word the receipt."""
    calls = cast("list[Record]", receipt["calls"])
    lines = [
        f"Erased at {str(receipt['at'])[:19].replace('T', ' ')} UTC: {', '.join(cast('list[str]', receipt['phones']))}",
        f"  contacts: {', '.join(cast('list[str]', receipt['contacts'])) or 'there was none'}",
        f"  calls: {len(calls):,}, requests of PBXs as they came: {receipt['requests']:,}",
        *(f"      {each['call_id']} on {each['connection']}" for each in calls),
        f"  dead letters: {receipt['dead_letters']:,}",
    ]
    if named := cast("list[str]", receipt["company_file"]):
        lines += ["The company file still names him; take it out there and apply it:", *(f"  {each}" for each in named)]
    return [*lines, "What stays for a while:", *(f"  {each}" for each in STAYS)]
