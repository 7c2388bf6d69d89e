"""`firstcall plan`: what a company file would change, and what that does; nothing is applied."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from firstcall import stacks
from firstcall.admin_api import RefusedByApi, ask
from firstcall.company_source import read
from firstcall.outcome import DONE, FOUND_WRONG
from tools.deployed import texts
from tools.terminal import say

if TYPE_CHECKING:
    import argparse

    from tools.deployed import Record

HELP = "say what a company file would change, and what that does; nothing is applied"
SECTIONS = {"changes": "changes", "effects": "what that does", "warnings": "warnings"}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what can be said."""
    parser.add_argument("file", type=Path, help="the company file")


def run(chosen: argparse.Namespace) -> int:
    """Ask the stack; nothing changes there."""
    document = read(chosen.file)
    try:
        answer = ask(stacks.find(chosen.stack), "POST", "company/plan", document)
    except RefusedByApi as refusal:
        return refused(refusal, as_json=chosen.json)
    if chosen.json:
        say(json.dumps(answer, ensure_ascii=False, indent=2))
    else:
        show(answer)
    return DONE


def show(answer: Record) -> None:
    """Print changes, effects and warnings, each under its title."""
    if not texts(answer.get("changes")):
        say("no changes: this is the company in force")
    for name, title in SECTIONS.items():
        if lines := texts(answer.get(name)):
            say(f"{title}:")
            for line in lines:
                say(f"  {line}")


def refused(refusal: RefusedByApi, *, as_json: bool) -> int:
    """Show a refusal as JSON where that is wanted; otherwise let it end the command in words."""
    if not as_json:
        raise refusal
    say(json.dumps(refusal.document, ensure_ascii=False, indent=2))
    return FOUND_WRONG
