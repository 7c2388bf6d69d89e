"""`firstcall secrets`: what proves each connection, by name; `rotate` renews it with the old and the new both valid."""

from __future__ import annotations

import getpass
import json
import sys
from typing import TYPE_CHECKING, NamedTuple, cast
from urllib.parse import quote

from firstcall import stacks
from firstcall.admin_api import RefusedByApi, ask
from firstcall.commands.plan import refused
from firstcall.old_secrets import last_used
from firstcall.outcome import DONE, WrongUse
from shared.companies import CHECK_AFTER_MS
from tools.terminal import say
from tools.up import write_addresses
from tools.user import user_of

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from tools.deployed import Connection, DeployedStack, Record

HELP = "list what proves each connection; `rotate CONNECTION` renews it without losing a call"
SECONDS = CHECK_AFTER_MS // 1000


class _Begun(NamedTuple):
    """A renewal that has begun."""

    status: Record
    connection: Connection
    made: Mapping[str, str]  # the secrets that were made for the admin, who does not know them yet


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what can be said."""
    parser.add_argument("action", nargs="?", choices=("list", "rotate"), default="list", help="default: list")
    parser.add_argument("connection", nargs="?", help="which; `rotate` needs one")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME[=VALUE]",
        dest="given",
        help="the new secret, as its vendor issued it; without a value it is asked for and not shown",
    )
    parser.add_argument("--key", action="store_true", help="renew the key of its addresses; alone, nothing else")
    parser.add_argument("--generate", action="store_true", help="beside --key: make new ones of the secrets we choose")
    parser.add_argument("--finish", action="store_true", help="the cabinet is changed: let the old count no longer")


def run(chosen: argparse.Namespace) -> int:
    """List, begin or finish."""
    if chosen.action == "rotate" and chosen.connection is None:
        raise WrongUse("rotate: name the connection; `firstcall secrets` lists them")
    renews = bool(chosen.given or chosen.key or chosen.generate)
    if (renews or chosen.finish) and chosen.action == "list":
        raise WrongUse("--set, --key, --generate and --finish belong to `firstcall secrets rotate CONNECTION`")
    if renews and chosen.finish:
        raise WrongUse("--finish stands alone: it ends what was begun")
    deployed = stacks.find(chosen.stack)
    if chosen.action == "list":
        return _list(chosen, deployed)
    try:
        return _finish(chosen, deployed) if chosen.finish else _begin(chosen, deployed)
    except RefusedByApi as refusal:
        return refused(refusal, as_json=chosen.json)


def _list(chosen: argparse.Namespace, deployed: DeployedStack) -> int:
    rows = cast("list[Record]", ask(deployed, "GET", "secrets")["items"])
    if chosen.connection is not None:
        rows = [each for each in rows if each["connection"] == chosen.connection]
        if not rows:
            raise WrongUse(f"no connection {chosen.connection!r}; `firstcall secrets` lists them")
    for each in rows:
        if each["rotating_since"]:
            each["previous_last_used"] = last_used(deployed, str(each["connection"]), str(each["rotating_since"]))
    if chosen.json:
        say(json.dumps(rows, ensure_ascii=False, indent=2))
        return DONE
    for each in rows:
        names = ", ".join(_names(each)) or "no secret, its address alone"
        say(f"{each['connection']} ({each['operator']}): {names}")
        if each["rotating_since"]:
            since, used = str(each["rotating_since"]).replace("T", " ")[:16], each["previous_last_used"]
            say(f"  {_renewed(each)}: being renewed since {since} UTC; last use of the old: {used}")
    return DONE


def _begin(chosen: argparse.Namespace, deployed: DeployedStack) -> int:
    path = f"connections/{quote(chosen.connection, safe='')}/secrets"
    given = dict(_given(text) for text in chosen.given)
    if chosen.generate:
        found = cast("list[Record]", ask(deployed, "GET", path)["secrets"])
        given = {**{str(each["name"]): None for each in found if each["own"]}, **given}
    status = ask(deployed, "POST", path, {"secrets": given, "key": chosen.key}, user=user_of(deployed))
    if chosen.stack is None:
        write_addresses(deployed)
    connection = deployed.connections()[chosen.connection]
    made = {name: connection.secrets[name] for name in _names(status, only="renewed") if not given.get(name)}
    _show(chosen, _Begun(status, connection, made))
    return DONE


def _show(chosen: argparse.Namespace, begun: _Begun) -> None:
    status, connection, made = begun
    addresses = (
        {"webhook_url": connection.webhook_url, "route_url": connection.route_url} if status["key_renewed"] else {}
    )
    if chosen.json:
        say(json.dumps({**status, "made": made, **addresses}, ensure_ascii=False, indent=2))
        return
    say(f"{connection.id}: {_renewed(status)}: the new counts everywhere within {SECONDS} seconds, the old goes on")
    for name, value in made.items():
        say(f"  {name}: {value}")
    for name, value in addresses.items():
        say(f"  {name}: {value}")
    if made or addresses:
        say("  (shown this once: they are passwords)")
    say("What to do:")
    say(f"1. Enter the new in the PBX's cabinet: docs/operators/{connection.operator}.md says where.")
    say("2. Let a call come; `firstcall secrets` tells when the old was last used.")
    say(f"3. firstcall secrets rotate {connection.id} --finish")
    if _names(status, only="renewed"):
        say("Whatever applies your company file has to know the new secret, too: put it where `${NAME}` is read from.")


def _finish(chosen: argparse.Namespace, deployed: DeployedStack) -> int:
    path = f"connections/{quote(chosen.connection, safe='')}/secrets"
    before = ask(deployed, "GET", path)
    status = ask(deployed, "POST", f"{path}/finish", {}, user=user_of(deployed))
    if chosen.json:
        say(json.dumps(status, ensure_ascii=False, indent=2))
    else:
        say(f"{chosen.connection}: {_renewed(before)}: the old stops counting, everywhere within {SECONDS} seconds")
    return DONE


def _given(text: str) -> tuple[str, str | None]:
    """Read one --set; nothing entered means that one shall be made, where it is ours to choose."""
    name, equals, value = text.partition("=")
    if not name:
        raise WrongUse("--set: write NAME=VALUE, or NAME to be asked for the value")
    if not equals and sys.stdin.isatty():
        value = getpass.getpass(f"new {name} (nothing: one is made, where it is ours to choose): ")
    elif not equals:
        value = sys.stdin.readline().rstrip("\n")
    return name, value or None


def _names(status: Record, only: str = "name") -> list[str]:
    return [str(each["name"]) for each in cast("list[Record]", status["secrets"]) if each[only]]


def _renewed(status: Record) -> str:
    """Name what is being renewed."""
    return " and ".join([*_names(status, only="renewed"), *(["the address"] if status["key_renewed"] else [])])
