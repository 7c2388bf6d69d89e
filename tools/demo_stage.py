"""Who takes part in the demo: a PBX of the company in force, its line, two employees, and how the PBX speaks."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast
from urllib.parse import quote, urlencode

from shared.pbx.operators import OPERATORS
from tools.terminal import Refused
from tools.web import send

if TYPE_CHECKING:
    from tools.deployed import Connection, DeployedStack, Record

FAMILY = "itoolabs"


@dataclass(frozen=True, slots=True)
class Phone:
    """An employee's phone on the PBX."""

    employee: str
    name: str
    ext: str
    login: str


@dataclass(frozen=True, slots=True)
class Stage:
    """One PBX with a line and two phones, in the words of the iTooLabs protocol."""

    connection: Connection
    brand: str
    line: str  # "" where the connection has none of its own
    first: Phone
    second: Phone

    def event(self, kind: str, phone: Phone, customer: str, call_id: str) -> None:
        """Report one event of a call."""
        names = {"user": phone.login, "ext": phone.ext, "direction": "in"}
        self._tell({"cmd": "event", "type": kind, **names, **self._common(customer, call_id)})

    def history(self, phone: Phone, customer: str, call_id: str, start: str) -> None:
        """Report the last record of an answered call."""
        said = {"user": phone.login, "ext": phone.ext, "start": start, "duration": "47", "wait": "6"}
        kind = {"cmd": "history", "type": "in", "status": "Success"}
        self._tell({**kind, **said, **self._common(customer, call_id)})

    def lookup(self, customer: str) -> str:
        """Ask who is responsible, as the PBX does before it rings anybody; give the answer as it came."""
        return self._tell({"cmd": "contact", **self._common(customer, new_call_id())})

    def _common(self, customer: str, call_id: str) -> dict[str, str]:
        digits = self.line.lstrip("+")
        dialled = {"diversion": digits, "telnum": digits} if digits else {}
        return {"phone": customer.lstrip("+"), "callid": call_id, **dialled}

    def _tell(self, fields: dict[str, str]) -> str:
        body = urlencode({**fields, "crm_token": self.connection.secrets["crm_token"]}).encode()
        headers = {"Content-Type": "application/x-www-form-urlencoded; charset=UTF-8"}
        reply = send("POST", self.connection.webhook_url, body, headers)
        if reply.status != 200:  # noqa: PLR2004
            told = f"{fields['cmd']} {fields.get('type', '')}".strip()
            raise Refused(f"the webhook answered {reply.status} to {told}: {reply.text[:200]} (log: .local/cloud.log)")
        return reply.text


def set_stage(deployed: DeployedStack) -> Stage | None:
    """Find in the company in force a connection to play on."""
    company = deployed.record("company")
    for connection in deployed.connections().values():
        operator = OPERATORS.get(connection.operator)
        if operator is None or operator.family != FAMILY:
            continue
        phones = phones_on(company, connection.id)
        line = open_line(company, connection.id)
        if len(phones) > 1 and line is not None:
            return Stage(connection, operator.title, line, phones[0], phones[1])
    return None


def phones_on(company: Record, connection: str) -> list[Phone]:
    """Find the active employees who have a phone on a connection."""
    found = []
    for name, employee in cast("dict[str, Record]", company.get("employees") or {}).items():
        place = cast("dict[str, Record]", employee.get("extensions") or {}).get(connection)
        if place is not None and employee.get("active", True):
            ext, login = str(place.get("ext") or ""), str(place.get("login") or place.get("ext") or "")
            found.append(Phone(name, str(employee["name"]), ext, login))
    return found


def open_line(company: Record, connection: str) -> str | None:
    """Find a line whose new contacts wait for who answers; "" where the connection has no lines of its own."""
    row = cast("dict[str, Record]", company["connections"])[connection]
    templates = cast("dict[str, Record]", company.get("templates") or {})
    lines = cast("dict[str, Record]", row.get("lines") or {})
    for number, line in (lines or {"": row}).items():
        template = str((line or {}).get("template") or row.get("template"))
        if not templates.get(template, {}).get("responsibles"):
            return number
    return None


def new_customer(deployed: DeployedStack) -> str:
    """Make up a number that has no contact yet, so that the demo can be played again and again."""
    for _ in range(20):
        phone = f"+7999{secrets.randbelow(10_000_000):07d}"
        if not deployed.record(f"contacts?phone={quote(phone)}").get("items"):
            return phone
    raise Refused("no unused demo number found in 20 tries")


def new_call_id() -> str:
    """Make up a call id."""
    return f"DEMO{secrets.token_hex(6).upper()}"
