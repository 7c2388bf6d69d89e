"""Finds what is accepted in a company file but was probably not meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.company_file import public_holidays
from shared.company_file.mistakes import quoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from shared.company_file.mistakes import Findings, Place
    from shared.company_file.model import Document, EmployeeEntry


def warn(document: Document, years: range, findings: Findings) -> None:
    """Tell what is odd in a document without mistakes."""
    _warn_of_calendars(document, years, findings)
    for name, employee in document.employees.items():
        if employee.active and not employee.extensions:
            findings.warn(("employees", name), "has no extension on any connection: no call reaches this employee")
    for name, members in document.groups.items():
        if not members:
            findings.warn(("groups", name), "is empty: it gets no call")
    used: set[str | None] = {connection.template for connection in document.connections.values()}
    used |= {line.template for connection in document.connections.values() for line in connection.lines.values()}
    for name in document.templates:
        if name not in used:
            findings.warn(("templates", name), "is used by no connection and no line")
    for place, name in _named_owners(document):
        if (owner := document.employees.get(name)) is not None and not owner.active:
            findings.warn(place, f"{quoted(name)} is inactive and gets neither contacts nor calls")
    for name, chain in _circles(document.employees):
        findings.warn(("employees", name, "away"), f"the deputies go in a circle: {' -> '.join(chain)}")


def _warn_of_calendars(document: Document, years: range, findings: Findings) -> None:
    used = {employee.hours for employee in document.employees.values()}
    used |= {line.hours for connection in document.connections.values() for line in connection.lines.values()}
    for name, calendar in document.calendars.items():
        if not any([*calendar.weekly.values(), *calendar.exceptions.values()]):
            findings.warn(("calendars", name), "has no interval: it is never working time")
        if calendar.holidays and not public_holidays.days_off(calendar.holidays, years):
            # Ukraine's are suspended by its martial law, for one.
            place = ("calendars", name, "holidays")
            findings.warn(place, f"{calendar.holidays} has no public holiday from {years[0]} to {years[-1]}")
        if name not in used:
            findings.warn(("calendars", name), "is used by no employee and no line")


def _named_owners(document: Document) -> Iterator[tuple[Place, str]]:
    for name, template in document.templates.items():
        for position, owner in enumerate(template.responsibles):
            yield ("templates", name, "responsibles", position), owner
    for name, employee in document.employees.items():
        for position, period in enumerate(employee.away):
            if period.deputy is not None:
                yield ("employees", name, "away", position, "deputy"), period.deputy
    for name, connection in document.connections.items():
        here = ("connections", name)
        yield (*here, "missed_owner"), connection.missed_owner
        for position, owner in enumerate(connection.fallback):
            yield (*here, "fallback", position), owner
        for number, line in connection.lines.items():
            for position, owner in enumerate(line.fallback or ()):
                yield (*here, "lines", number, "fallback", position), owner


def _circles(employees: dict[str, EmployeeEntry]) -> Iterable[tuple[str, list[str]]]:
    """Find circles of deputies; one closes on the first day of one of its absences."""
    found: dict[frozenset[str], tuple[str, list[str]]] = {}
    for name, employee in employees.items():
        for day in {period.since for period in employee.away if period.deputy}:
            chain = [name]
            while (deputy := _deputy(employees[chain[-1]], day)) is not None and deputy not in chain:
                chain.append(deputy)
            if deputy == name:
                found.setdefault(frozenset(chain), (name, [*chain, name]))
    return found.values()


def _deputy(employee: EmployeeEntry, day: str) -> str | None:
    """Give who stands in on a day; ISO dates compare as text."""
    for period in employee.away if employee.active else ():
        if period.since <= day and (period.until is None or day <= period.until):
            return period.deputy
    return None
