"""`firstcall apply`: puts a company file in force."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, cast

from firstcall import stacks
from firstcall.admin_api import RefusedByApi, ask
from firstcall.commands import plan
from firstcall.company_source import read
from firstcall.outcome import DONE
from tools.deployed import texts
from tools.terminal import say
from tools.up import write_addresses
from tools.user import user_of

if TYPE_CHECKING:
    import argparse

    from tools.deployed import DeployedStack, Record

HELP = "put a company file in force"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what can be said."""
    parser.add_argument("file", type=Path, help="the company file")


def run(chosen: argparse.Namespace) -> int:
    """Apply."""
    return change(chosen, "PUT", "company", read(chosen.file))


def change(chosen: argparse.Namespace, method: str, path: str, body: object) -> int:
    """Let the stack put a company in force, and show what came of it."""
    deployed = stacks.find(chosen.stack)
    before = _version(deployed)
    try:
        answer = ask(deployed, method, path, body, user=user_of(deployed))
    except RefusedByApi as refusal:
        return plan.refused(refusal, as_json=chosen.json)
    if chosen.stack is None:
        write_addresses(deployed)  # of the local stack: a connection may have come or gone
    if chosen.json:
        say(json.dumps(answer, ensure_ascii=False, indent=2))
        return DONE
    if answer["version"] == before:
        say(f"nothing changes: version {before} stays in force")
        _warn(answer)
        return DONE
    plan.show(answer)
    say(f"version {answer['version']} is in force")
    return DONE


def _version(deployed: DeployedStack) -> int | None:
    items = cast("list[Record]", ask(deployed, "GET", "company/versions")["items"])
    return cast("int", items[0]["version"]) if items else None


def _warn(answer: Record) -> None:
    for warning in texts(answer.get("warnings")):
        say(f"warning: {warning}")
