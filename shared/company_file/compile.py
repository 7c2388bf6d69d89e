"""Compiles a checked company file into the company that the functions use."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from shared import phones
from shared.company import Away, Calendar, Company, Connection, Employee, Extension, Line, Retention, Template
from shared.company_file import public_holidays
from shared.company_file.check_connections import line_number
from shared.company_file.check_people import same_ext
from shared.company_file.hours import DAYS, read_days, read_interval
from shared.pbx.operators import OPERATORS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from shared.company_file.hours import Interval
    from shared.company_file.model import CalendarEntry, ConnectionEntry, Document, EmployeeEntry, LineEntry


def compile_company(document: Document, version: int, years: range) -> Company:
    """Compile a document in which `check` found nothing wrong."""
    company = document.company
    connections = {name: _connection(name, entry, document) for name, entry in document.connections.items()}
    employees = {name: _employee(name, entry, document) for name, entry in document.employees.items()}
    return Company(
        version=version,
        time_zone=company.time_zone,
        country=company.country,
        blocked=frozenset(_numbers(company.blocked, company.country)),
        calendars={name: _calendar(entry, years) for name, entry in document.calendars.items()},
        employees=employees,
        groups={name: tuple(members) for name, members in document.groups.items()},
        templates={
            name: Template(
                id=name,
                kind=entry.kind,
                name=entry.name,
                responsibles=tuple(entry.responsibles),
                tags=tuple(entry.tags),
                fields=dict(entry.fields),
            )
            for name, entry in document.templates.items()
        },
        connections=connections,
        employee_phones=frozenset(number for employee in employees.values() for number in employee.phones),
        own_lines=frozenset(
            number for connection in connections.values() for number in connection.lines if number.startswith("+")
        ),
        retention=Retention(calls=company.retention.calls, raw_events=company.retention.raw_events),
    )


def _numbers(texts: Iterable[str], country: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(number for text in texts if (number := phones.normalise(text, country))))


def _intervals(texts: Iterable[str]) -> tuple[Interval, ...]:
    return tuple(sorted(map(read_interval, texts)))


def _calendar(entry: CalendarEntry, years: range) -> Calendar:
    week: list[tuple[Interval, ...]] = [()] * len(DAYS)
    for days, texts in entry.weekly.items():
        for day in read_days(days):
            week[day] = _intervals(texts)
    holidays = public_holidays.days_off(entry.holidays, years) if entry.holidays else ()
    dates: dict[str, tuple[Interval, ...]] = dict.fromkeys(holidays, ())
    dates |= {day: _intervals(texts) for day, texts in entry.exceptions.items()}
    return Calendar(weekly=tuple(week), dates=dates)


def _employee(name: str, entry: EmployeeEntry, document: Document) -> Employee:
    return Employee(
        id=name,
        name=entry.name,
        time_zone=entry.time_zone or document.company.time_zone,
        active=entry.active,
        hours=entry.hours,
        phones=_numbers(entry.phones, document.company.country),
        extensions={on: Extension(ext=place.ext, login=place.login) for on, place in entry.extensions.items()},
        away=tuple(Away(since=row.since, until=row.until, deputy=row.deputy) for row in entry.away),
    )


def _line(number: str, entry: LineEntry, document: Document) -> Line:
    return Line(
        number=number,
        time_zone=entry.time_zone or document.company.time_zone,
        name=entry.name,
        template=entry.template,
        fallback=None if entry.fallback is None else tuple(entry.fallback),
        hours=entry.hours,
        closed="no_opinion" if entry.hours else None,  # the only thing that hours of a line can do
    )


def _connection(name: str, entry: ConnectionEntry, document: Document) -> Connection:
    operator = OPERATORS[entry.operator]
    country = entry.country or document.company.country
    lines = {line_number(text, country) or text: line for text, line in entry.lines.items()}
    by_ext, by_login = _employees_on(name, document.employees)
    return Connection(
        id=name,
        operator=operator.id,
        family=entry.protocol or operator.family,
        country=country,
        template=entry.template,
        answerer=entry.answerer or operator.answerer,
        redirect=entry.redirect_to_responsible,
        fallback=tuple(entry.fallback),
        ring_seconds=entry.ring_seconds,
        lines={number: _line(number, line, document) for number, line in lines.items()},
        missed_calls=entry.missed_calls,
        outgoing_calls=entry.outgoing_calls,
        missed_owner=entry.missed_owner,
        adopt_on_later_call=entry.adopt_on_later_call,
        owner_after_transfer=entry.owner_after_transfer,
        single_without_hours=entry.single_without_hours,
        source_ips=tuple(str(ipaddress.ip_network(text)) if "/" in text else text for text in entry.source_ips),
        employees_by_ext=by_ext,
        employees_by_login=by_login,
    )


def _employees_on(connection: str, employees: Mapping[str, EmployeeEntry]) -> tuple[dict[str, str], dict[str, str]]:
    """Map extensions and logins to employees; where one who has left still holds another's, the active one counts."""
    by_ext: dict[str, str] = {}
    by_login: dict[str, str] = {}
    for name, employee in sorted(employees.items(), key=lambda pair: not pair[1].active):
        place = employee.extensions.get(connection)
        if place is not None and place.ext is not None:
            by_ext.setdefault(place.ext, name)
            by_ext.setdefault(same_ext(place.ext), name)
        if place is not None and place.login is not None:
            by_login.setdefault(place.login.casefold(), name)
    return by_ext, by_login
