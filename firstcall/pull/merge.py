"""Merges a PBX's list of people into the employees of a company file. Pure: what it finds is for a person to review."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, NamedTuple, TypeAlias, cast

from firstcall.pull.names import id_of, same_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from firstcall.pull.lists import Person

Employee: TypeAlias = "dict[str, object]"


class Merged(NamedTuple):
    """The employees after the merge, and what is to be said of each."""

    employees: dict[str, Employee]
    new: list[str]
    changed: dict[str, str]  # what is different now
    gone: list[str]  # have a place on this connection in the file, and none on the PBX


def merge(employees: Mapping[str, Employee], connection: str, people: Sequence[Person]) -> Merged:
    """Give everyone of the list his place: by login, by short number, else by a name that only one has."""
    merged = Merged({name: deepcopy(each) for name, each in employees.items()}, [], {}, [])
    owners = _owners(employees, connection, people)
    for person in people:
        owner = owners.get(person)
        if owner is None:
            _add(merged, connection, person)
        else:
            _place(merged, owner, connection, person)
    found = set(owners.values())
    merged.gone.extend(
        name for name, each in employees.items() if _extension(each, connection) is not None and name not in found
    )
    return merged


def _owners(employees: Mapping[str, Employee], connection: str, people: Sequence[Person]) -> dict[Person, str]:
    """Find who of the file is who of the list; nobody is two of them."""
    owners: dict[Person, str] = {}
    for field in ("login", "ext"):
        for person in people:
            value = getattr(person, field)
            if value is None or person in owners:
                continue
            for name, each in employees.items():
                place = _extension(each, connection)
                if place is not None and _text(place.get(field)) == value.casefold() and name not in owners.values():
                    owners[person] = name
                    break
    for person in people:
        if person in owners or not person.name:
            continue
        named = [name for name, each in employees.items() if same_name(str(each.get("name", "")), person.name)]
        alike = [other for other in people if other.name and same_name(other.name, person.name)]
        if len(named) == len(alike) == 1 and named[0] not in owners.values():
            owners[person] = named[0]
    return owners


def _place(merged: Merged, name: str, connection: str, person: Person) -> None:
    employee = merged.employees[name]
    had, place = _extension(employee, connection), _written(person)
    if had is None:
        merged.changed[name] = f"is on {connection} too"
    else:
        different = [
            f"{field} was {had[field]}" if had.get(field) is not None else f"{field} was not known"
            for field, value in place.items()
            if _text(had.get(field)) != _text(value)
        ]
        place = {**had, **place}
        if different:
            merged.changed[name] = ", ".join(different)
    extensions = employee.get("extensions")
    employee["extensions"] = {**(extensions if isinstance(extensions, dict) else {}), connection: place}


def _add(merged: Merged, connection: str, person: Person) -> None:
    label = person.name or f"Extension {person.ext or person.login}"
    name = id_of(label, merged.employees)
    merged.employees[name] = {"name": label, "extensions": {connection: _written(person)}}
    merged.new.append(name)


def _written(person: Person) -> dict[str, object]:
    return {field: value for field in ("ext", "login") if (value := getattr(person, field))}


def _extension(employee: Employee, connection: str) -> dict[str, object] | None:
    extensions = employee.get("extensions")
    place = extensions.get(connection) if isinstance(extensions, dict) else None
    return cast("dict[str, object]", place) if isinstance(place, dict) else None


def _text(value: object) -> str | None:
    """Read a short number or login as the file may write it: bare digits are a number there."""
    return None if value is None else str(value).casefold()
