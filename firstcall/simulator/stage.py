"""Who takes part: a connection of the company in force, one of its lines, its people, and who calls."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast
from urllib.parse import quote, urlencode

from firstcall.outcome import WrongUse
from firstcall.simulator.dialects import DIALECTS
from firstcall.simulator.wire import Person
from shared.pbx.operators import OPERATORS
from shared.phones import normalise
from tools.terminal import Refused
from tools.web import send

if TYPE_CHECKING:
    from firstcall.simulator.wire import Dialect
    from shared.pbx.operators import Operator
    from tools.deployed import Connection, DeployedStack, Record


@dataclass(frozen=True, slots=True)
class Stage:
    """One connection, ready to be played on."""

    deployed: DeployedStack
    company: Record
    connection: Connection
    operator: Operator
    dialect: Dialect
    admin_token: str
    country: str
    line: str  # E.164; "": the connection has none of its own
    people: tuple[Person, ...]

    @property
    def row(self) -> Record:
        """The connection as the company file has it."""
        return _part(self.company, "connections", self.connection.id)

    @property
    def line_row(self) -> Record:
        """The line as the company file has it."""
        return _lines(self.row, self.country).get(self.line, {})

    @property
    def template(self) -> Record:
        """What the contact of a new caller is made from."""
        return _part(self.company, "templates", str(self.line_row.get("template") or self.row.get("template")))

    def employee(self, name: str) -> Record:
        """One employee as the company file has him."""
        return _part(self.company, "employees", name)

    def contact_of(self, phone: str | None) -> Record | None:
        """Read a caller's contact."""
        if phone is None:
            return None
        items = cast("list[Record]", self._read(f"contacts?phone={quote(phone)}").get("items"))
        if len(items) > 1:
            raise Refused(f"{phone} has {len(items)} contacts: there must never be more than one")
        return items[0] if items else None

    def call_stored(self, call_id: str) -> Record | None:
        """Read a call as stored; None: nothing is stored of it."""
        path = f"calls/{quote(self.connection.id, safe='')}/{quote(call_id, safe='')}"
        return self._read(path) or None

    def explain(self, phone: str) -> Record:
        """Ask the system itself whom it would have rung, and why."""
        asked = {"connection": self.connection.id, "phone": phone, **({"line": self.line} if self.line else {})}
        return self._read(f"explain?{urlencode(asked)}")

    def _read(self, path: str) -> Record:
        """Read from the admin API; nothing there reads as an empty record."""
        reply = send(
            "GET", f"{self.deployed.api_url}/admin/{path}", None, {"Authorization": f"Bearer {self.admin_token}"}
        )
        found = reply.json()
        if reply.status == 404:  # noqa: PLR2004
            return {}
        if reply.status != 200 or not isinstance(found, dict):  # noqa: PLR2004
            raise Refused(f"GET /admin/{path.partition('?')[0]} answered {reply.status}: {reply.text[:300]}")
        return cast("Record", found)


def set_stage(deployed: DeployedStack, connection: str, line: str | None = None) -> Stage:
    """Find the connection, a line of it and its people."""
    company, found = deployed.record("company"), deployed.connections()
    if connection not in found:
        raise WrongUse(f"no connection {connection!r} in the company in force; it has {', '.join(sorted(found))}")
    row = _part(company, "connections", connection)
    country = str(row.get("country") or cast("Record", company.get("company") or {}).get("country") or "RU")
    operator = OPERATORS[found[connection].operator]
    family = str(row.get("protocol") or operator.family)
    dialect = DIALECTS.get(family)
    if dialect is None:
        raise Refused(f"the simulator does not speak {operator.title} yet (family {family})")
    people = people_on(company, connection)
    return Stage(
        deployed=deployed,
        company=company,
        connection=found[connection],
        operator=operator,
        dialect=dialect,
        admin_token=deployed.admin_token(),
        country=country,
        line=_line(company, row, country, line),
        people=people,
    )


def people_on(company: Record, connection: str) -> tuple[Person, ...]:
    """Find the active employees who have a phone on a connection."""
    people = []
    for name, employee in cast("dict[str, Record]", company.get("employees") or {}).items():
        place = cast("dict[str, Record]", employee.get("extensions") or {}).get(connection)
        if place and employee.get("active", True):
            ext, login = str(place.get("ext") or ""), str(place.get("login") or "")
            people.append(Person(name, str(employee["name"]), ext, login))
    return tuple(people)


def caller(stage: Stage, given: str | None) -> str:
    """Read the caller's number, or make up one that nobody has called from."""
    if given is not None:
        if phone := normalise(given, stage.country):
            return phone
        raise WrongUse(f"--phone {given}: this is no telephone number")
    for _ in range(20):
        phone = _invented(stage.country)
        if stage.contact_of(phone) is None:
            return phone
    raise Refused("no unused number found in 20 tries: give one with --phone")


def _invented(country: str) -> str:
    if country == "RU":
        return f"+7999{secrets.randbelow(10_000_000):07d}"
    import phonenumbers  # imported late: only other countries need it

    kind = phonenumbers.PhoneNumberType.MOBILE
    example = phonenumbers.example_number_for_type(country, kind) or phonenumbers.example_number(country)
    if example is None:
        raise Refused(f"no number can be made up for {country}: give one with --phone")
    while True:
        text = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164)
        phone = f"{text[:-6]}{secrets.randbelow(1_000_000):06d}"
        if phonenumbers.is_valid_number(phonenumbers.parse(phone)):
            return phone


def _line(company: Record, row: Record, country: str, given: str | None) -> str:
    """Choose a line: the one given, else the first that waits for who answers, at any hour."""
    lines = _lines(row, country)
    if given is not None:
        line = normalise(given, country)
        if line is None or (lines and line not in lines):
            known = f"; it has {', '.join(lines)}" if lines else ""
            raise WrongUse(f"--line {given}: this is no line of the connection{known}")
        return line

    def drawbacks(line: str) -> tuple[bool, bool]:
        template = _part(company, "templates", str(lines[line].get("template") or row.get("template")))
        return bool(template.get("responsibles")), bool(lines[line].get("hours"))

    return min(lines, key=drawbacks, default="")


def _lines(row: Record, country: str) -> dict[str, Record]:
    lines = cast("dict[str, Record | None]", row.get("lines") or {})
    return {normalise(number, country) or number: line or {} for number, line in lines.items()}


def _part(company: Record, section: str, name: str) -> Record:
    return cast("dict[str, Record]", company.get(section) or {}).get(name) or {}
