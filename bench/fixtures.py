"""What the benchmarks serve: a company of any size, one contact of it, and the requests of PBXs."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from shared import company_json
from shared.companies import ConnectionSecrets, write_secrets
from shared.company import Calendar, Company, Connection, Employee, Extension, Line, Template
from shared.contact import Contact, CreatedBy, Evidence, Responsible, dump_contact
from shared.table import company_key, contact_key

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shared.api_gateway import ApiEvent

    Item = dict[str, Mapping[str, str]]

TABLE = "firstcall"
KEY = "key-of-the-address"
TOKEN = "token-of-the-pbx"  # noqa: S105 -- invented
LINE = "+74951112233"
KNOWN = "+79160000077"  # has a contact
UNKNOWN = "+79160000088"  # calls for the first time
VERSION_ID = "0123456789abcdef" * 2
SMALL = 8
LARGE = 1000
SECRETS = write_secrets(
    {
        "site": ConnectionSecrets(KEY, {"token": TOKEN}),
        "megafon-main": ConnectionSecrets(KEY, {"crm_token": TOKEN}),
    }
)

_WORKDAY = ((540, 780), (840, 1080))
_OFFICE = Calendar((_WORKDAY, _WORKDAY, _WORKDAY, _WORKDAY, _WORKDAY, (), ()), {"2026-12-31": ((540, 780),)})


def company(employees: int) -> Company:
    """Make a company: everybody on both connections, in working time from the office's calendar."""
    people = {f"e{number}": _employee(number) for number in range(employees)}
    return Company(
        version=7,
        time_zone="Europe/Moscow",
        country="RU",
        calendars={"office": _OFFICE},
        employees=people,
        groups={"sales": tuple(list(people)[:5])},
        templates={"default": Template("default")},
        connections={
            "site": _connection("site", "generic", people),
            "megafon-main": _connection("megafon-main", "itoolabs", people),
        },
        employee_phones=frozenset(phone for each in people.values() for phone in each.phones),
        own_lines=frozenset({LINE}),
    )


def _employee(number: int) -> Employee:
    extension = Extension(str(1000 + number), f"user{number}")
    return Employee(
        f"e{number}",
        f"Employee {number}",
        "Europe/Moscow",
        hours="office",
        phones=(f"+7903{number:07d}",),
        extensions={"site": extension, "megafon-main": extension},
    )


def _connection(connection_id: str, family: str, people: Mapping[str, Employee]) -> Connection:
    return Connection(
        connection_id,
        operator="megafon" if family == "itoolabs" else family,
        family=family,
        country="RU",
        template="default",
        answerer="reported" if family == "itoolabs" else "first_directed",
        fallback=("group:sales",),
        lines={LINE: Line(LINE, "Europe/Moscow", "Main")},
        employees_by_ext={each.extensions[connection_id].ext or "": each.id for each in people.values()},
        employees_by_login={each.extensions[connection_id].login or "": each.id for each in people.values()},
    )


def company_items(employees: int) -> tuple[Item, Item]:
    """Store the company as DynamoDB gives it back, and the small item that tells its version."""
    packed = b64encode(company_json.dump(company(employees))).decode()
    version: Item = {"version": {"N": "7"}}
    current: Item = {**company_key(), **version}  # type: ignore[dict-item]
    number: Item = {**company_key("version"), **version}  # type: ignore[dict-item]
    return {**current, "secret_version": {"S": VERSION_ID}, "company": {"B": packed}}, number


def contact_item() -> Item:
    """Store the contact of the known caller."""
    contact = Contact(
        id="c" * 32,
        kind="person",
        name=KNOWN,
        phones=(KNOWN,),
        template="default",
        created_at=1_790_000_000_000,
        created_by=CreatedBy("megafon-main", "an-earlier-call", LINE),
        responsibles=(
            Responsible("e1", "answered", 1_790_000_000_000, Evidence("ACCEPTED", "megafon-main", "an-earlier-call")),
        ),
        state="assigned",
        revision=2,
    )
    key: Item = {**contact_key(KNOWN)}  # type: ignore[dict-item]
    return {
        **key,
        "contact": {"S": dump_contact(contact)},
        "revision": {"N": "2"},
        "contact_id": {"S": contact.id},
        "list": {"S": "assigned#3"},
        "listed_at": {"S": f"{contact.created_at:013d}#{contact.id}"},
        "owner": {"S": "e1#3"},
    }


def lookup(phone: str = KNOWN) -> ApiEvent:
    """Ask who is responsible, in the generic form."""
    return _request("site", "GET", query={"phone": phone, "line": LINE, "call_id": "call-1"})


def ringing(phone: str, call_id: str, ext: int = 1001) -> ApiEvent:
    """Report that an employee's phone rings, in MegaFon's form."""
    return itoolabs(cmd="event", type="INCOMING", phone=phone, callid=call_id, **_leg(ext))


def answered(phone: str, call_id: str, ext: int = 1001) -> ApiEvent:
    """Report that he picked up."""
    return itoolabs(cmd="event", type="ACCEPTED", phone=phone, callid=call_id, **_leg(ext))


def ended(phone: str, call_id: str, ext: int = 1001) -> ApiEvent:
    """Send the call's final record."""
    leg = {**_leg(ext), "type": "in"}
    leg.pop("direction")
    return itoolabs(cmd="history", status="success", phone=phone, callid=call_id, duration="28", **leg)


def _leg(ext: int) -> dict[str, str]:
    return {"user": f"user{ext - 1000}", "ext": str(ext), "diversion": LINE.removeprefix("+"), "direction": "in"}


def itoolabs(**fields: str) -> ApiEvent:
    """Word a push of an iTooLabs PBX as API Gateway passes it on."""
    phone = fields.pop("phone").removeprefix("+")
    body = urlencode({**fields, "phone": phone, "crm_token": TOKEN}).encode()
    return _request("megafon-main", "POST", body=body)


def _request(connection: str, method: str, *, query: Mapping[str, str] | None = None, body: bytes = b"") -> ApiEvent:
    return {
        "pathParameters": {"connection": connection, "key": KEY},
        "rawQueryString": urlencode(query or {}),
        "headers": {
            "authorization": f"Bearer {TOKEN}",
            "content-type": "application/x-www-form-urlencoded",
            "host": "api.example.com",
            "user-agent": "pbx/1.0",
            "x-forwarded-for": "203.0.113.7",
        },
        "body": b64encode(body).decode(),
        "isBase64Encoded": True,
        "requestContext": {"http": {"method": method, "sourceIp": "203.0.113.7"}},
    }


def as_json(events: list[ApiEvent]) -> str:
    """Write events for a child process."""
    return json.dumps(events)
