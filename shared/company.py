"""The company as the functions use it: compiled from the company file when it is applied, read-only, plain data.

Validation, suggestions and compiling live in `shared.company_file`, which no hot path imports.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

Redirect = Literal["off", "always", "working_time"]
AnswererRule = Literal["reported", "first_directed"]

GROUP_PREFIX = "group:"


class Extension(NamedTuple):
    """An employee's place on one connection: the short number and the PBX's own name of him."""

    ext: str | None = None
    login: str | None = None


class Away(NamedTuple):
    """An absence, both days inclusive in the absent person's zone; `until` None: without limit."""

    since: str  # YYYY-MM-DD
    until: str | None = None
    deputy: str | None = None


class Calendar(NamedTuple):
    """Working time in minutes of the local day; an interval whose end is not after its start runs over midnight."""

    weekly: tuple[tuple[tuple[int, int], ...], ...]  # Monday first, seven entries
    dates: Mapping[str, tuple[tuple[int, int], ...]] = {}
    """Holidays and exceptions by YYYY-MM-DD, exceptions already put over holidays; empty: a day off."""


class Employee(NamedTuple):
    """A person of the company."""

    id: str
    name: str
    time_zone: str
    active: bool = True
    hours: str | None = None  # a calendar; None: no working time set
    phones: tuple[str, ...] = ()
    extensions: Mapping[str, Extension] = {}  # by connection
    away: tuple[Away, ...] = ()


class Template(NamedTuple):
    """What a new contact is made from."""

    id: str
    kind: Literal["person", "company"] = "person"
    name: str = "{phone}"
    responsibles: tuple[str, ...] = ()  # "anna", "group:sales"
    tags: tuple[str, ...] = ()
    fields: Mapping[str, str] = {}


class Line(NamedTuple):
    """One of the company's own outside numbers."""

    number: str
    time_zone: str
    name: str | None = None
    template: str | None = None  # None: the connection's
    fallback: tuple[str, ...] | None = None  # None: the connection's; (): none at all
    hours: str | None = None
    closed: Literal["no_opinion"] | None = None


class Connection(NamedTuple):
    """One PBX hooked up."""

    id: str
    operator: str
    family: str
    country: str
    template: str
    answerer: AnswererRule
    redirect: Redirect = "always"
    fallback: tuple[str, ...] = ()
    ring_seconds: int = 20
    lines: Mapping[str, Line] = {}  # by E.164, or as written where it is no number
    missed_calls: Literal["create", "ignore"] = "create"
    outgoing_calls: Literal["create", "ignore"] = "ignore"
    missed_owner: str = "none"  # "none", "first_directed", an employee or "group:…"
    adopt_on_later_call: bool = False
    owner_after_transfer: Literal["first", "last"] = "first"
    single_without_hours: Literal["route", "skip"] = "route"
    source_ips: tuple[str, ...] = ()
    employees_by_ext: Mapping[str, str] = {}
    employees_by_login: Mapping[str, str] = {}

    def employee_of(self, ext: str | None, login: str | None) -> str | None:
        """Find whose extension or login this is; logins count first, and `007` finds `7`."""
        if login is not None and (found := self.employees_by_login.get(login.casefold())):
            return found
        for text in (ext, login):
            if text is None:
                continue
            if found := self.employees_by_ext.get(text):
                return found
            if text.isascii() and text.isdigit() and (found := self.employees_by_ext.get(str(int(text)))):
                return found
        return None


class Retention(NamedTuple):
    """How long things are kept, in days."""

    calls: int = 90
    raw_events: int = 7  # what PBXs sent, as they sent it; 0: not kept


class Company(NamedTuple):
    """Everything one deployment knows of its company, at one version."""

    version: int
    time_zone: str
    country: str
    blocked: frozenset[str] = frozenset()
    calendars: Mapping[str, Calendar] = {}
    employees: Mapping[str, Employee] = {}
    groups: Mapping[str, tuple[str, ...]] = {}
    templates: Mapping[str, Template] = {}
    connections: Mapping[str, Connection] = {}
    employee_phones: frozenset[str] = frozenset()
    own_lines: frozenset[str] = frozenset()
    retention: Retention = Retention()
