"""`firstcall employees pull`: reads the PBX's own list of people and prints the `employees:` part of a company file."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, cast

import urllib3

from firstcall import stacks
from firstcall.outcome import DONE, WrongUse
from firstcall.pull.lists import LISTS, people_of
from firstcall.pull.merge import merge
from firstcall.pull.written import written
from shared.company_file.yaml_source import SourceError, load
from shared.pbx.api import PbxApi, Unanswered, url_of
from shared.pbx.operators import OPERATORS
from tools.terminal import Refused, say

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping, Sequence

    from firstcall.pull.merge import Employee
    from tools.deployed import DeployedStack

HELP = "read the people of a PBX into the employees of a company file, for review"
MASK = "***"
SECONDS = 30.0


class _Given(NamedTuple):
    """The connection, as the file or the company in force has it."""

    operator: str
    family: str
    secrets: Mapping[str, str]
    employees: Mapping[str, Employee]


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what can be said."""
    parser.add_argument("action", choices=("pull",), help="read the PBX's own list; nothing is applied")
    parser.add_argument("connection", help="the connection, as the company file names it")
    parser.add_argument("file", nargs="?", type=Path, help="the company file to merge with; default: the one in force")
    parser.add_argument("--api-url", metavar="URL", help="where the PBX's API is, if not at the vendor's address")


def run(chosen: argparse.Namespace) -> int:
    """Read, merge, print."""
    given = _from_file(chosen) if chosen.file else _in_force(chosen, stacks.find(chosen.stack))
    url = chosen.api_url or url_of(given.family, given.operator, {})
    api = PbxApi(url.rstrip("/"), urllib3.PoolManager(), SECONDS)
    try:
        people = people_of(given.family, given.secrets, api)
    except Unanswered as reason:
        raise Refused(f"{chosen.connection}: {OPERATORS[given.operator].title} gave no list: {reason}") from None
    if not people:
        raise Refused(f"{chosen.connection}: {OPERATORS[given.operator].title} lists nobody with a short number")
    merged = merge(given.employees, chosen.connection, people)
    if chosen.json:
        changes = {"new": merged.new, "changed": merged.changed, "gone": merged.gone}
        say(json.dumps({"employees": merged.employees, **changes}, ensure_ascii=False, indent=2))
    else:
        counts = f"{len(people)} on the PBX: {len(merged.new)} new, {len(merged.changed)} changed"
        say(f"# {chosen.connection}: {counts}, {len(merged.gone)} gone. Nothing is applied: review it, then put it")
        say("# in the place of `employees:` in the company file.")
        say(written(merged, chosen.connection).rstrip())
    return DONE


def _from_file(chosen: argparse.Namespace) -> _Given:
    try:
        document = load(chosen.file, os.environ)
    except SourceError as error:
        raise Refused(str(error)) from None
    row = _row(document, chosen.connection, str(chosen.file))
    operator, family = _spoken(row, chosen.connection)
    secrets = _texts(row.get("secrets"))
    if not _enough(family, secrets):
        # The file may leave them out, or hold "***" for what is stored.
        secrets = {**_stored(chosen), **{name: text for name, text in secrets.items() if text != MASK}}
    return _Given(operator, family, _needed(family, secrets, chosen.connection), _employees(document))


def _in_force(chosen: argparse.Namespace, deployed: DeployedStack) -> _Given:
    document = cast("dict[str, object]", deployed.record("company"))
    row = _row(document, chosen.connection, "the company in force")
    operator, family = _spoken(row, chosen.connection)
    held = deployed.connections().get(chosen.connection)
    secrets = held.secrets if held else {}
    return _Given(operator, family, _needed(family, secrets, chosen.connection), _employees(document))


def _stored(chosen: argparse.Namespace) -> Mapping[str, str]:
    """Read the deployed connection's secrets; none where there is no stack, and the file must have them all."""
    try:
        held = stacks.find(chosen.stack).connections().get(chosen.connection)
    except Refused:
        if chosen.stack:
            raise
        return {}
    return held.secrets if held else {}


def _row(document: Mapping[str, object], connection: str, where: str) -> Mapping[str, object]:
    connections = document.get("connections")
    rows = connections if isinstance(connections, dict) else {}
    row = rows.get(connection)
    if not isinstance(row, dict):
        known = f"; it has {', '.join(rows)}" if rows else "; it has none"
        raise WrongUse(f"{where} has no connection {connection!r}{known}")
    return row


def _spoken(row: Mapping[str, object], connection: str) -> tuple[str, str]:
    """Read operator and family, and see that it has a list to read."""
    operator = OPERATORS.get(str(row.get("operator")))
    if operator is None:
        raise WrongUse(f"connections.{connection}.operator: no operator {row.get('operator')!r}")
    family = str(row.get("protocol") or operator.family)
    if family not in LISTS:
        raise WrongUse(f"{connection}: {operator.title} documents no list of its people that could be read")
    return operator.id, family


def _needed(family: str, secrets: Mapping[str, str], connection: str) -> Mapping[str, str]:
    if not _enough(family, secrets):
        wanted = ", or ".join(" and ".join(names) for names in LISTS[family].needs)
        raise Refused(f"connections.{connection}.secrets: asking the PBX needs {wanted}; add them and try again")
    return secrets


def _enough(family: str, secrets: Mapping[str, str]) -> bool:
    return any(_are_there(names, secrets) for names in LISTS[family].needs)


def _are_there(names: Sequence[str], secrets: Mapping[str, str]) -> bool:
    return all(secrets.get(name) not in {None, "", MASK} for name in names)


def _texts(value: object) -> dict[str, str]:
    return {name: str(text) for name, text in value.items()} if isinstance(value, dict) else {}


def _employees(document: Mapping[str, object]) -> Mapping[str, Employee]:
    found = document.get("employees")
    return {name: each for name, each in found.items() if isinstance(each, dict)} if isinstance(found, dict) else {}
