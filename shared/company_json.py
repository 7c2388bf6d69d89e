"""The compiled company as bytes, for the table and back: JSON, deflated, fields at their defaults left out.

Every function reads this on its cold path, so it imports nothing that `shared.company` does not. A field added later
needs a default and nothing here: bytes stored by an older release stay readable.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from typing import Any

from shared.company import Away, Calendar, Company, Connection, Employee, Extension, Line, Retention, Template

FORMAT = 1

Row = dict[str, Any]
Kept = Company | Calendar | Employee | Extension | Away | Template | Line | Connection | Retention

SETS = ("blocked", "employee_phones", "own_lines")


class UnknownFormat(ValueError):  # noqa: N818
    """The stored company was written by a release whose layout this one does not know."""


def dump(company: Company) -> bytes:
    """Write a company."""
    text = json.dumps({"format": FORMAT, **_row(company)}, separators=(",", ":"))
    return zlib.compress(text.encode())


def load(data: bytes) -> Company:
    """Read what `dump` wrote."""
    row: Row = json.loads(zlib.decompress(data))
    if (found := row.pop("format", None)) != FORMAT:
        message = f"the stored company has format {found}, this release reads {FORMAT}: apply the company file again"
        raise UnknownFormat(message)
    for name in SETS:
        row[name] = frozenset(row.get(name, ()))
    row["calendars"] = {name: _calendar(entry) for name, entry in row.get("calendars", {}).items()}
    row["employees"] = {name: _employee(entry) for name, entry in row.get("employees", {}).items()}
    row["groups"] = _frozen(row.get("groups", {}))
    row["templates"] = {name: Template(**_frozen(entry)) for name, entry in row.get("templates", {}).items()}
    row["connections"] = {name: _connection(entry) for name, entry in row.get("connections", {}).items()}
    if "retention" in row:
        row["retention"] = Retention(**row["retention"])
    return Company(**row)


def _row(kept: Kept) -> dict[str, object]:
    """Give the fields that are not at their default, as JSON can hold them."""
    defaults = kept._field_defaults
    fields = kept._asdict().items()
    return {name: _plain(value) for name, value in fields if name not in defaults or value != defaults[name]}


def _plain(value: object) -> object:
    if isinstance(value, Kept):
        return _row(value)
    if isinstance(value, Mapping):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    return value


def _frozen(row: Row) -> Row:
    """Turn the lists of JSON back into tuples, in place: there are thousands of rows."""
    for name, value in row.items():
        if type(value) is list:
            row[name] = _tuple(value)
    return row


def _tuple(values: list[Any]) -> tuple[Any, ...]:
    return tuple(_tuple(value) if isinstance(value, list) else value for value in values)


def _calendar(row: Row) -> Calendar:
    if "dates" in row:
        row["dates"] = _frozen(row["dates"])
    return Calendar(**_frozen(row))


def _employee(row: Row) -> Employee:
    if "extensions" in row:
        row["extensions"] = {name: Extension(**entry) for name, entry in row["extensions"].items()}
    if "away" in row:
        row["away"] = [Away(**entry) for entry in row["away"]]
    return Employee(**_frozen(row))


def _connection(row: Row) -> Connection:
    if "lines" in row:
        row["lines"] = {number: Line(**_frozen(entry)) for number, entry in row["lines"].items()}
    return Connection(**_frozen(row))
