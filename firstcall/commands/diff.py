"""`firstcall diff`: what differs from the company in force to a file, or from one file to another."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from firstcall import stacks
from firstcall.admin_api import ask
from firstcall.company_source import read
from firstcall.outcome import DONE, FOUND_WRONG
from shared.company_file.diff import changes
from tools.terminal import say

if TYPE_CHECKING:
    import argparse

HELP = "show what differs from the company in force to a file, or from one file to another"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what can be said."""
    parser.add_argument("file", type=Path, help="the company file")
    parser.add_argument("other", type=Path, nargs="?", help="another: then the first is what it is compared with")
    parser.add_argument("--exit-code", action="store_true", help="end with status 1 where something differs")


def run(chosen: argparse.Namespace) -> int:
    """Compare; a secret whose variable is not set counts as unchanged."""
    found = list(_between_files(chosen) if chosen.other else _with_stack(chosen))
    if chosen.json:
        say(json.dumps({"changes": found}, ensure_ascii=False, indent=2))
    else:
        for each in found or ["no differences"]:
            say(each)
    return FOUND_WRONG if found and chosen.exit_code else DONE


def _between_files(chosen: argparse.Namespace) -> tuple[str, ...]:
    old, new = (read(each, with_secrets=False) for each in (chosen.file, chosen.other))
    return changes(old, new)


def _with_stack(chosen: argparse.Namespace) -> tuple[str, ...]:
    new = read(chosen.file, with_secrets=False)
    deployed = stacks.find(chosen.stack)
    old = ask(deployed, "GET", "company")
    return changes(old, new, {name: each.secrets for name, each in deployed.connections().items()})
