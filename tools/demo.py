"""Plays a new customer's first and second call, in the words a MegaFon PBX would use, and shows what became of them.

Everything goes over HTTP through the deployed functions; what is shown is read back from the admin API.
"""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast
from urllib.parse import quote, urlencode

from shared.pbx.operators import OPERATORS
from tools.terminal import Refused, say
from tools.web import send

if TYPE_CHECKING:
    from tools.deployed import Connection, DeployedStack, Record

PATIENCE = 15  # seconds until the answerer must be the responsible; it takes a fraction of one
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
    """Who takes part: a PBX, one of its lines, and two employees on it."""

    connection: Connection
    brand: str
    line: str
    first: Phone
    second: Phone


def play(deployed: DeployedStack) -> None:
    """Play both calls; only say why where the company file has no PBX to play them on."""
    stage = set_stage(deployed)
    if stage is None:
        say("no demo calls: they need a connection of a MegaFon-like operator with two active employees on it")
        return
    customer = new_customer(deployed)
    first, second, brand = stage.first, stage.second, stage.brand
    say()
    say(f"A new customer, {spoken(customer)}, calls {spoken(stage.line) if stage.line else 'the company'}")
    say(f"The PBX ({brand}) asks who is responsible:     {lookup(stage, customer)}   nobody knows the number yet")
    call_id = events_of_first_call(deployed, stage, customer)
    contact = contact_of(deployed, customer)
    say(f"The call is over. Call {call_id}: {outcome(deployed, stage, call_id)}")
    say()
    say(f"Responsible for {contact.get('name')} now: {responsible(contact)}")
    say(f"Evidence: {evidence(contact)}")
    say()
    say("The same customer calls again")
    answer = lookup(stage, customer)
    say(f"The PBX ({brand}) asks who is responsible:     {answer}")
    if second.login in answer or second.ext in answer:
        say(f"It rings {second.name} ({second.ext}) first: no menu, no asking around, and not {first.name} by chance.")


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


def events_of_first_call(deployed: DeployedStack, stage: Stage, customer: str) -> str:
    """Send the events of a call that rings two employees and is answered by the second."""
    call_id = f"DEMO{secrets.token_hex(6).upper()}"
    first, second = stage.first, stage.second
    common = {"phone": customer[1:], "callid": call_id, **line_of(stage)}

    def event(kind: str, phone: Phone) -> None:
        names = {"user": phone.login, "ext": phone.ext, "direction": "in"}
        tell(stage, {"cmd": "event", "type": kind, **names, **common})

    event("INCOMING", first)
    event("INCOMING", second)
    say(f"{first.name} ({first.ext}) and {second.name} ({second.ext}) ring:   {state(contact_of(deployed, customer))}")
    started = time.monotonic()
    event("ACCEPTED", second)
    event("CANCELLED", first)
    contact = contact_of(deployed, customer)
    while contact["state"] == "pending" and time.monotonic() - started < PATIENCE:
        time.sleep(0.2)
        contact = contact_of(deployed, customer)
    say(f"{second.name} picks up, {first.name}'s phone goes quiet:   {state(contact)}")
    event("COMPLETED", second)
    start = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    timing = {"start": start, "duration": "47", "wait": "6"}
    names = {"user": second.login, "ext": second.ext}
    tell(stage, {"cmd": "history", "type": "in", "status": "Success", **names, **timing, **common})
    return call_id


def lookup(stage: Stage, customer: str) -> str:
    """Ask as the PBX does before it rings anybody."""
    call_id = f"DEMO{secrets.token_hex(6).upper()}"
    return tell(stage, {"cmd": "contact", "phone": customer[1:], "callid": call_id, **line_of(stage)})


def line_of(stage: Stage) -> dict[str, str]:
    """Name the line that was dialled."""
    digits = stage.line.lstrip("+")
    return {"diversion": digits, "telnum": digits} if digits else {}


def tell(stage: Stage, fields: dict[str, str]) -> str:
    """Send one request of the PBX."""
    body = urlencode({**fields, "crm_token": stage.connection.secrets["crm_token"]}).encode()
    headers = {"Content-Type": "application/x-www-form-urlencoded; charset=UTF-8"}
    reply = send("POST", stage.connection.webhook_url, body, headers)
    if reply.status != 200:  # noqa: PLR2004
        raise Refused(
            f"the webhook answered {reply.status} to {fields['cmd']} {fields.get('type', '')}: {reply.text[:200]} "
            "(the functions' log: .local/cloud.log)"
        )
    return reply.text


def contact_of(deployed: DeployedStack, customer: str) -> Record:
    """Read the customer's contact."""
    items = cast("list[Record]", deployed.record(f"contacts?phone={quote(customer)}").get("items"))
    if len(items) != 1:
        raise Refused(f"expected one contact for {customer}, found {len(items)} (the functions' log: .local/cloud.log)")
    return items[0]


def outcome(deployed: DeployedStack, stage: Stage, call_id: str) -> str:
    """Say how a call went, from the call as stored."""
    call = deployed.record(f"calls/{stage.connection.id}/{call_id}")
    legs = ", ".join(f"{leg.get('ext')} {leg.get('state')}" for leg in cast("list[Record]", call.get("legs") or []))
    return f"{call.get('outcome')}, answered by {call.get('answered_by')}; legs: {legs}"


def state(contact: Record) -> str:
    """Say where a contact stands."""
    owners = cast("list[Record]", contact["responsibles"])
    if not owners:
        return f"contact made, {contact['state']}: nobody is responsible yet"
    return f"{owner(owners[0])} is responsible ({owners[0].get('source')})"


def responsible(contact: Record) -> str:
    """Name the responsibles."""
    owners = cast("list[Record]", contact["responsibles"])
    return ", ".join(owner(each) for each in owners) or f"nobody ({contact.get('reason') or contact['state']})"


def owner(row: Record) -> str:
    """Name one responsible."""
    return str(row.get("employee") or f"group:{row.get('group')}")


def evidence(contact: Record) -> str:
    """Say what made somebody responsible."""
    for row in cast("list[Record]", contact["responsibles"]):
        proof = cast("Record", row.get("evidence") or {})
        return f"{proof.get('event')} of call {proof.get('call_id')} on {proof.get('connection')}, {row.get('at')}"
    return "none"


def spoken(number: str) -> str:
    """Space a Russian number as people write it."""
    if not number.startswith("+7") or len(number) != len("+79991234567"):
        return number
    return f"+7 {number[2:5]} {number[5:8]}-{number[8:10]}-{number[10:]}"
