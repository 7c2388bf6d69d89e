"""Writes the `employees:` part of a company file, with a word beside whoever is new, different or gone."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from firstcall.pull.merge import Employee, Merged

# A plain word that neither YAML's guesses nor its marks can turn into something else.
_PLAIN = re.compile(r"[^\W\d_][\w./+-]*(?: [\w./+-]+)*")
_MISREAD = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})
_WIDE = 100


def written(merged: Merged, connection: str) -> str:
    """Write the employees, each with what is to be reviewed."""
    lines = ["employees:" if merged.employees else "employees: {}"]
    for name, employee in merged.employees.items():
        lines += [f"  {line}" for line in _comments(merged, name, connection)]
        lines.append(f"  {_scalar(name)}:{_empty(employee)}")
        lines += [f"    {line}" for line in _block(employee)]
    return "\n".join(lines) + "\n"


def _comments(merged: Merged, name: str, connection: str) -> Iterator[str]:
    if name in merged.new:
        yield f"# new on {connection}: check the name, add hours and phones"
    if difference := merged.changed.get(name):
        yield f"# changed on {connection}: {difference}"
    if name in merged.gone:
        yield f"# gone from {connection}: take the extension out, or say `active: false` if the person has left"


def _empty(employee: Employee) -> str:
    return "" if employee else " {}"


def _block(fields: Mapping[str, object]) -> Iterator[str]:
    for name, value in fields.items():
        flow = _flow(value)
        if not isinstance(value, dict) or not value or (name != "extensions" and len(flow) < _WIDE):
            yield f"{_scalar(name)}: {flow}"
        else:
            yield f"{_scalar(name)}:"
            yield from (f"  {line}" for line in _block_of_flows(value))


def _block_of_flows(fields: Mapping[str, object]) -> Iterator[str]:
    for name, value in fields.items():
        yield f"{_scalar(name)}: {_flow(value)}"


def _flow(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_scalar(name)}: {_flow(inner)}" for name, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_flow(inner) for inner in value) + "]"
    return _scalar(value)


def _scalar(value: object) -> str:
    """Write text bare where it stays text, else as JSON, which is YAML too."""
    if isinstance(value, str) and _PLAIN.fullmatch(value) and value.casefold() not in _MISREAD:
        return value
    return json.dumps(value, ensure_ascii=False)
