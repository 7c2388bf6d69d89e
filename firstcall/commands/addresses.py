"""`firstcall addresses`: what to enter in a PBX's cabinet; for a PBX that takes a file, that file filled in."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from firstcall import stacks
from firstcall.outcome import DONE, WrongUse
from tools.bootstrap import ROOT
from tools.terminal import say

if TYPE_CHECKING:
    import argparse

    from tools.deployed import Connection

HELP = "show what to enter in a PBX's cabinet: the addresses of a connection, or its file (3CX, Yeastar), filled in"

PLACEHOLDER = "https://API-ADDRESS/webhook/CONNECTION/KEY"
LOOK_UP_PLACEHOLDER = "https://API-ADDRESS/route/CONNECTION/KEY"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what can be said."""
    parser.add_argument("connection", nargs="?", help="one connection of the company file; default: all")
    parser.add_argument("--template", action="store_true", help="print the file that the PBX is given, filled in")


def run(chosen: argparse.Namespace) -> int:
    """Show; the addresses hold keys, as passwords do."""
    connections = stacks.find(chosen.stack).connections()
    if chosen.connection is not None and chosen.connection not in connections:
        raise WrongUse(f"no connection {chosen.connection!r}; there are {', '.join(sorted(connections)) or 'none'}")
    shown = [each for name, each in connections.items() if chosen.connection in (None, name)]
    if chosen.template:
        if chosen.connection is None:
            raise WrongUse("--template: name the connection it is for")
        say(filled(shown[0]))
    elif chosen.json:
        names = ("operator", "webhook_url", "route_url")
        rows = {each.id: {name: getattr(each, name) for name in names} for each in shown}
        say(json.dumps(rows, ensure_ascii=False, indent=2))
    else:
        for each in shown:
            say(f"{each.id} ({each.operator}), see docs/operators/{each.operator}.md")
            say(f"  webhook: {each.webhook_url}")
            say(f"  look-up: {each.route_url}")
    return DONE


def filled(connection: Connection) -> str:
    """Fill the operator's file with the connection's addresses."""
    file = ROOT / "docs" / "operators" / f"{connection.operator}.xml"
    if not file.is_file():
        raise WrongUse(f"{connection.operator} takes no file: enter the addresses as docs/operators says")
    text = file.read_text(encoding="utf-8")
    for placeholder, address in (
        (PLACEHOLDER, connection.webhook_url),
        (LOOK_UP_PLACEHOLDER, connection.route_url),
    ):
        text = text.replace(placeholder, escape(address, {'"': "&quot;"}))
    return text.rstrip()
