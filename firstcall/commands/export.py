"""`firstcall export`: the company in force, or an old version of it, as a company file that applies again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from firstcall import stacks
from firstcall.admin_api import ask
from firstcall.company_source import as_yaml
from firstcall.outcome import DONE
from tools.terminal import say

if TYPE_CHECKING:
    import argparse

HELP = "print the company in force as a company file"
ABOUT = '# {what}, as exported. Secrets read "***", which keeps the stored ones when this is applied.'


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what can be said."""
    parser.add_argument("--version", type=int, metavar="N", help="an old version; `firstcall history` lists them")


def run(chosen: argparse.Namespace) -> int:
    """Print."""
    path = "company" if chosen.version is None else f"company/versions/{chosen.version}"
    document = ask(stacks.find(chosen.stack), "GET", path)
    if chosen.json:
        say(json.dumps(document, ensure_ascii=False, indent=2))
        return DONE
    what = "The company in force" if chosen.version is None else f"Version {chosen.version} of the company"
    say(ABOUT.format(what=what))
    say(as_yaml(document).rstrip())
    return DONE
