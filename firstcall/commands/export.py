"""`firstcall export`: the company as a company file that applies again; or everything held on one person, as JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from firstcall import stacks
from firstcall.admin_api import ask
from firstcall.company_source import as_yaml
from firstcall.outcome import DONE
from firstcall.person import held_on
from tools.terminal import say

if TYPE_CHECKING:
    import argparse

HELP = "print the company in force as a company file, or everything held on a person"
ABOUT = '# {what}, as exported. Secrets read "***", which keeps the stored ones when this is applied.'


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what can be said."""
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--phone", metavar="NUMBER", help="everything held on whoever has this number, as JSON")
    which.add_argument("--version", type=int, metavar="N", help="an old version; `firstcall history` lists them")


def run(chosen: argparse.Namespace) -> int:
    """Print."""
    if chosen.phone is not None:
        held = held_on(stacks.find(chosen.stack), chosen.phone)
        say(json.dumps(held, ensure_ascii=False, indent=2))
        return DONE
    path = "company" if chosen.version is None else f"company/versions/{chosen.version}"
    document = ask(stacks.find(chosen.stack), "GET", path)
    if chosen.json:
        say(json.dumps(document, ensure_ascii=False, indent=2))
        return DONE
    what = "The company in force" if chosen.version is None else f"Version {chosen.version} of the company"
    say(ABOUT.format(what=what))
    say(as_yaml(document).rstrip())
    return DONE
