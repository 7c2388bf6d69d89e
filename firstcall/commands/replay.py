"""`firstcall replay`: plays a period again through today's code and company, and says what would be otherwise."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from firstcall import stacks
from firstcall.admin_api import ask
from firstcall.company_source import compiled, read
from firstcall.outcome import DONE, FOUND_WRONG, WrongUse
from firstcall.periods import Period, period_arguments
from shared.aws import now_ms
from tools.terminal import say

if TYPE_CHECKING:
    import argparse

    from shared.company import Company
    from tools.deployed import DeployedStack

HELP = "play again what PBXs sent in a period, on a scratch table, and show what would be otherwise today"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what can be said."""
    period_arguments(parser)
    parser.add_argument("--company", type=Path, metavar="FILE", help="by this company file; default: the one in force")
    parser.add_argument("--connection", metavar="NAME", help="only what this connection sent")


def run(chosen: argparse.Namespace) -> int:
    """Read, play, compare; nothing changes in the stack."""
    period = Period.chosen(chosen)
    if period is None:
        raise WrongUse("say which period: --from, and perhaps --to")
    # The functions' code and pydantic take a second to load, which other commands should not pay.
    from firstcall.replay.progress import Progress
    from firstcall.replay.report import document, told
    from firstcall.replay.whole import replay

    # A mistake in the file is found before anything is read.
    by_file = compiled(read(chosen.company, with_secrets=False), str(chosen.company)) if chosen.company else None
    deployed = stacks.find(chosen.stack)
    company = by_file or _in_force(deployed)
    if chosen.connection is not None and chosen.connection not in company.connections:
        known = ", ".join(sorted(company.connections)) or "none"
        raise WrongUse(f"--connection: no connection {chosen.connection!r}; there are {known}")
    progress = Progress(silent=chosen.json)
    report = replay(deployed, company, period, chosen.connection, now_ms(), progress)
    if chosen.json:
        say(json.dumps(document(report), ensure_ascii=False, indent=2))
    else:
        say("\n".join(told(report)))
    return DONE if report.is_same else FOUND_WRONG


def _in_force(deployed: DeployedStack) -> Company:
    return compiled(ask(deployed, "GET", "company"), "the company in force")
