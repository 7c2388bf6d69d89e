"""`firstcall rollback`: puts an old version of the company in force again, as a new version."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firstcall.commands.apply import change

if TYPE_CHECKING:
    import argparse

HELP = "put an old version of the company in force again, as a new version"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what can be said."""
    parser.add_argument("version", type=int, help="which; `firstcall history` lists them")


def run(chosen: argparse.Namespace) -> int:
    """Go back."""
    return change(chosen, "POST", "company/rollback", {"version": chosen.version})
