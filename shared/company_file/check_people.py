"""Judges the employees and groups of a company file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.company import GROUP_PREFIX
from shared.company_file.hours import read_date
from shared.company_file.mistakes import quoted, written

if TYPE_CHECKING:
    from datetime import date

    from shared.company_file.mistakes import Findings, Place
    from shared.company_file.model import AwayEntry, Document, EmployeeEntry
    from shared.company_file.names import Names


def check_employees(document: Document, names: Names, findings: Findings) -> None:
    """Judge every employee."""
    numbers = _Claims(findings)
    places = _Claims(findings)
    for name, employee in document.employees.items():
        here = ("employees", name)
        names.time_zone((*here, "time_zone"), employee.time_zone)
        names.calendar((*here, "hours"), employee.hours)
        for position, text in enumerate(employee.phones):
            place = (*here, "phones", position)
            if number := names.number(place, text, document.company.country):
                numbers.claim(place, name, employee, ("phone", number), f"{number} is already a number")
        for connection in employee.extensions:
            names.connection((*here, "extensions", connection), connection)
        _check_extensions(name, employee, places, findings)
        for position, period in enumerate(employee.away):
            _check_away(period, (*here, "away", position), names, findings)


def check_groups(document: Document, names: Names, findings: Findings) -> None:
    """Judge every group."""
    for group, members in document.groups.items():
        seen: set[str] = set()
        for position, member in enumerate(members):
            here = ("groups", group, position)
            is_group = member.startswith(GROUP_PREFIX) or (
                member in document.groups and member not in document.employees
            )
            if is_group:
                findings.add(here, f"{quoted(member)} is a group; groups hold people, not groups")
            elif member in seen:
                findings.add(here, f"{quoted(member)} is listed twice")
            else:
                names.employee(here, member)
            seen.add(member)


def same_ext(ext: str) -> str:
    """Give the form in which two spellings of one short number are equal: `007` is `7`."""
    return str(int(ext)) if ext.isascii() and ext.isdigit() else ext


class _Claims:
    """Finds two active employees who have the same thing; one who has left may still hold what another has now."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._owners: dict[tuple[str, ...], Place] = {}

    def claim(self, place: Place, name: str, employee: EmployeeEntry, thing: tuple[str, ...], what: str) -> None:
        if not employee.active:
            return
        owner = self._owners.setdefault(thing, ("employees", name))
        if owner != ("employees", name):
            self._findings.add(place, f"{what} of {written(owner)}")


def _check_extensions(name: str, employee: EmployeeEntry, places: _Claims, findings: Findings) -> None:
    for connection, extension in employee.extensions.items():
        here = ("employees", name, "extensions", connection)
        if extension.ext is None and extension.login is None:
            findings.add(here, "needs an ext or a login")
        if (ext := extension.ext) is not None:
            thing = ("ext", connection, same_ext(ext))
            places.claim((*here, "ext"), name, employee, thing, f"{quoted(ext)} is already the ext")
        if (login := extension.login) is not None:
            thing = ("login", connection, login.casefold())
            places.claim((*here, "login"), name, employee, thing, f"{quoted(login)} is already the login")


def _check_away(period: AwayEntry, place: Place, names: Names, findings: Findings) -> None:
    since = _date(period.since, (*place, "from"), findings)
    until = _date(period.until, (*place, "to"), findings)
    if since and until and until < since:
        findings.add((*place, "to"), f"{until} lies before {since}, the first day")
    names.employee((*place, "deputy"), period.deputy)


def _date(text: str | None, place: Place, findings: Findings) -> date | None:
    if text is None:
        return None
    try:
        return read_date(text)
    except ValueError as mistake:
        findings.add(place, str(mistake))
        return None
