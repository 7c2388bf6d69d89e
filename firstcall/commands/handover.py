"""`firstcall handover`: gives the contacts of somebody who leaves to others; it can be resumed, and undone."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, cast
from urllib.parse import quote

from firstcall import stacks
from firstcall.admin_api import ask, pages
from firstcall.outcome import DONE, FOUND_WRONG, WrongUse
from tools.deployed import texts
from tools.terminal import Refused, say
from tools.user import user_of

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from tools.deployed import DeployedStack, Record

HELP = "hand the contacts of somebody who leaves to others"
MOST_STALLS = 5
"""Requests in a row that get nothing done before the command gives up: others are changing the same contacts."""

_COUNTS = {"continue": ("handed_over",), "undo": ("restored", "changed")}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what can be said."""
    parser.add_argument("who", nargs="?", help="the employee who leaves")
    parser.add_argument("--to", metavar="WHOM", help="deputy, a person, group:G, or spread:G for its people in turns")
    parser.add_argument("--dry-run", action="store_true", help="only say how many contacts there are and who gets them")
    parser.add_argument("--resume", metavar="ID", help="go on with a handover that was stopped")
    parser.add_argument("--undo", metavar="ID", help="give the contacts of a handover their former owners back")
    parser.add_argument("--list", action="store_true", help="list the handovers, the newest first")


def run(chosen: argparse.Namespace) -> int:
    """Hand over, resume, undo or list."""
    asked = [bool(chosen.who or chosen.to), bool(chosen.resume), bool(chosen.undo), chosen.list]
    if sum(asked) != 1 or bool(chosen.who) != bool(chosen.to) or (chosen.dry_run and not chosen.who):
        raise WrongUse("say WHO and --to WHOM, or --resume ID, or --undo ID, or --list")
    deployed = stacks.find(chosen.stack)
    if chosen.list:
        return _list(chosen, deployed)
    if chosen.who:
        return _hand_over(chosen, deployed)
    job = ask(deployed, "GET", f"handovers/{quote(chosen.resume or chosen.undo, safe='')}")
    return _work(chosen, deployed, job, "undo" if chosen.undo else "continue")


def _hand_over(chosen: argparse.Namespace, deployed: DeployedStack) -> int:
    wanted = {"from": chosen.who, "to": chosen.to}
    plan = ask(deployed, "POST", "handovers/plan", wanted)
    if chosen.dry_run or not plan["contacts"]:
        if chosen.json:
            say(json.dumps(plan, ensure_ascii=False, indent=2))
        else:
            say(_planned(plan))
        return DONE
    if not chosen.json:
        say(_planned(plan))
    return _work(chosen, deployed, ask(deployed, "POST", "handovers", wanted, user=user_of(deployed)), "continue")


def _work(chosen: argparse.Namespace, deployed: DeployedStack, job: Record, what: str) -> int:
    """Ask until all is done; whatever stops it, say how to go on."""
    resume = f"`firstcall handover --{'undo' if what == 'undo' else 'resume'} {job['id']}` goes on"
    if not chosen.json:
        say(f"handover {job['id']}: {resume} if this is stopped")
    try:
        for latest in _requests(deployed, job, what):
            job = latest
            if not chosen.json:
                say(f"  {_count(job, what)} of {job['handed_over'] if what == 'undo' else job['contacts']}")
    except KeyboardInterrupt:
        raise KeyboardInterrupt(f"stopped at {_count(job, what)}; {resume}") from None
    except Refused as refusal:
        raise Refused(f"{refusal}\n  {resume}") from None
    if chosen.json:
        say(json.dumps(job, ensure_ascii=False, indent=2))
    else:
        _end(job, what)
    return DONE if job["state"] == ("undone" if what == "undo" else "done") else FOUND_WRONG


def _requests(deployed: DeployedStack, job: Record, what: str) -> Iterator[Record]:
    """Send request after request until nothing is left; give the job after each."""
    stalls, user = 0, user_of(deployed)
    while not _has_ended(job, what):
        done_before = _count(job, what)
        job = ask(deployed, "POST", f"handovers/{job['id']}/{what}", {}, user=user)
        yield job
        stalls = stalls + 1 if _count(job, what) == done_before else 0
        if stalls >= MOST_STALLS:
            raise Refused("the contacts that are left are being changed by others all the time")


def _has_ended(job: Record, what: str) -> bool:
    return job["state"] == "undone" or (what == "continue" and job["state"] in {"done", "undoing"})


def _count(job: Record, what: str) -> int:
    return sum(cast("int", job[name]) for name in _COUNTS[what])


def _end(job: Record, what: str) -> None:
    if what == "continue" and job["state"] == "done":
        received = ", ".join(f"{who} {count}" for who, count in cast("dict[str, int]", job["received"]).items())
        say(f"done: {_contacts(job['handed_over'])} handed over ({received})")
        say(f"`firstcall handover --undo {job['id']}` takes them back")
    elif what == "continue":
        say(f"handover {job['id']} is {job['state']}: it cannot go on, only `firstcall handover --undo` can")
    else:
        say(f"undone: {_contacts(job['restored'])} with their former owners again")
        if job["changed"]:
            say(f"{_contacts(job['changed'])} changed since the handover, and left alone:")
            say("\n".join(f"  {each}" for each in texts(job["changed_contacts"])))


def _list(chosen: argparse.Namespace, deployed: DeployedStack) -> int:
    items = [each for page in pages(deployed, "handovers") for each in cast("list[Record]", page["items"])]
    if chosen.json:
        say(json.dumps(items, ensure_ascii=False, indent=2))
        return DONE
    for job in items:
        when = str(job["started_at"]).replace("T", " ")[:16]
        done = f"{job['handed_over']} of {_contacts(job['contacts'])}"
        say(
            f"{job['id']}  {when} UTC  {job['from']} to {job['to']}: {done}, {job['state']}  {job['started_by'] or '-'}"
        )
    if not items:
        say("no handovers")
    return DONE


def _planned(plan: Record) -> str:
    if not plan["contacts"]:
        return f"{plan['from']} has no contacts: there is nothing to hand over"
    who = texts(plan["recipients"])
    whom = f"{', '.join(who[:-1])} and {who[-1]} in turns" if len(who) > 1 else who[0]
    shared = f", {plan['shared']} of them owned with others" if plan["shared"] else ""
    goes = "goes" if plan["contacts"] == 1 else "go"
    return f"{_contacts(plan['contacts'])} of {plan['from']}{shared} {goes} to {whom}"


def _contacts(count: object) -> str:
    return "1 contact" if count == 1 else f"{count:,} contacts"
