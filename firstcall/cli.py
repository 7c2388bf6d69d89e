"""The `firstcall` command line: `firstcall [--stack NAME] [--json] COMMAND …`."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from firstcall import employees
from firstcall.commands import (
    addresses,
    apply,
    audit,
    backfill,
    calls,
    contacts,
    dead_letters,
    diff,
    erase,
    explain,
    export,
    handover,
    history,
    hours,
    plan,
    replay,
    rollback,
    secrets,
    simulate,
)
from firstcall.outcome import FOUND_WRONG, WRONG_USE, WrongUse
from tools.terminal import Refused

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Command(Protocol):
    """What a command's module offers."""

    HELP: str

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare what can be said."""

    def run(self, chosen: argparse.Namespace) -> int:
        """Do it; give the exit status."""


COMMANDS: Mapping[str, Command] = {
    "plan": plan,
    "apply": apply,
    "export": export,
    "diff": diff,
    "history": history,
    "audit": audit,
    "rollback": rollback,
    "contacts": contacts,
    "calls": calls,
    "explain": explain,
    "hours": hours,
    "addresses": addresses,
    "employees": employees,
    "erase": erase,
    "handover": handover,
    "dead-letters": dead_letters,
    "secrets": secrets,
    "backfill": backfill,
    "replay": replay,
    "simulate": simulate,
}


def main(words: Sequence[str] | None = None) -> int:
    """Run one command; give its exit status."""
    chosen = parser().parse_args(words)
    command = COMMANDS[chosen.command]
    try:
        return command.run(chosen)
    except WrongUse as mistake:
        return _fail(str(mistake), WRONG_USE)
    except Refused as refusal:
        return _fail(str(refusal), FOUND_WRONG)
    except (BotoCoreError, ClientError) as error:
        return _fail(f"AWS refuses: {error}", FOUND_WRONG)
    except KeyboardInterrupt as stop:
        return _fail(str(stop) or "stopped", 130)
    except BrokenPipeError:
        sys.stderr.close()
        return FOUND_WRONG


def parser() -> argparse.ArgumentParser:
    """Declare the commands."""
    made = argparse.ArgumentParser(prog="firstcall", description="Whose caller is this?")
    _common(made, is_default=True)
    commands = made.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, each in COMMANDS.items():
        command = commands.add_parser(name, help=each.HELP, description=f"{each.HELP}.".capitalize())
        _common(command, is_default=False)
        each.arguments(command)
    return made


def _common(made: argparse.ArgumentParser, *, is_default: bool) -> None:
    """Take what every command takes before its name and after it."""
    otherwise = None if is_default else argparse.SUPPRESS
    made.add_argument("--stack", metavar="NAME", default=otherwise, help="a stack on AWS; default: the local one")
    made.add_argument("--json", action="store_true", default=False if is_default else otherwise, help="answer in JSON")


def _fail(text: str, status: int) -> int:
    print(f"error: {text}", file=sys.stderr)
    return status
