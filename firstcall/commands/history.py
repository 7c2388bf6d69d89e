"""`firstcall history`: the versions of the company, who applied each and when."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from firstcall import stacks
from firstcall.admin_api import first_items
from firstcall.outcome import DONE, WrongUse
from tools.terminal import say

if TYPE_CHECKING:
    import argparse


HELP = "list the versions of the company, who applied each and when"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what can be said."""
    parser.add_argument("--limit", type=int, default=20, metavar="N", help="at most so many, the newest; default: 20")


def run(chosen: argparse.Namespace) -> int:
    """List."""
    if chosen.limit < 1:
        raise WrongUse("--limit: at least 1")
    versions, _ = first_items(stacks.find(chosen.stack), "company/versions", None, chosen.limit)
    if chosen.json:
        say(json.dumps(versions, ensure_ascii=False, indent=2))
        return DONE
    if not versions:
        say("no company file has been applied yet")
    for place, each in enumerate(versions):
        when = str(each["applied_at"]).replace("T", " ")[:19]
        note = f"version {each['restores']} again" if each["restores"] else ""
        state = "in force" if place == 0 else ""
        said = ", ".join(part for part in (state, note) if part)
        say(f"{each['version']:>5}  {when} UTC  {each['applied_by'] or '-':20}  {said}".rstrip())
    return DONE
