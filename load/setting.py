"""What is played on: a company of any size with a connection for each dialect, and its contacts by the million."""

from __future__ import annotations

import json
import sqlite3
from base64 import b64encode
from typing import TYPE_CHECKING

from firstcall.simulator.dialects import DIALECTS
from firstcall.simulator.wire import Person
from load.expressions import key_of
from shared import company_json
from shared.companies import ConnectionSecrets, write_secrets
from shared.company_file import read_company
from shared.contact import Contact, CreatedBy, Evidence, Responsible, dump_contact
from shared.pbx.operators import OPERATORS
from shared.table import company_key, contact_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from load.expressions import Item
    from shared.company_file import CompanyFile

KEY = "key-of-the-address"
HOST = "calls.example.com"
SECRET_VERSION = "0123456789abcdef" * 2
LONG_AGO = 1_790_000_000_000
BATCH = 50_000


def company_document(employees: int, families: Sequence[str]) -> dict[str, object]:
    """Write a company file: everybody has a phone on every connection, half of which mind working hours."""
    people = [f"e{number}" for number in range(employees)]
    return {
        "version": 1,
        "company": {"time_zone": "Europe/Moscow", "country": "RU"},
        "calendars": {"office": {"weekly": {"mon-fri": ["09:00-13:00", "14:00-18:00"]}, "holidays": "RU"}},
        "employees": {name: _employee(number, families) for number, name in enumerate(people)},
        "groups": {"sales": people[:5]},
        "templates": {"default": {"kind": "person", "name": "{phone}"}},
        "connections": {family: _connection(number, family) for number, family in enumerate(families)},
    }


def _employee(number: int, families: Sequence[str]) -> dict[str, object]:
    place = {"ext": str(1000 + number), "login": f"user{number}"}
    return {
        "name": f"Employee {number}",
        "hours": "office",
        "phones": [f"+7903{number:07d}"],
        "extensions": dict.fromkeys(families, place),
    }


def _connection(number: int, family: str) -> dict[str, object]:
    return {
        "operator": operator_of(family),
        "template": "default",
        "secrets": secrets_of(family),
        "lines": {line_of(number): {"name": family}},
        "fallback": ["group:sales"],
        "redirect_to_responsible": ("always", "working_time")[number % 2],
    }


def operator_of(family: str) -> str:
    """Choose the brand that speaks for its family."""
    return next(row.id for row in OPERATORS.values() if row.family == family)


def secrets_of(family: str) -> dict[str, str]:
    """Make up what proves a connection."""
    return {name: f"{name}-of-{family}" for name in DIALECTS[family].PROOF}


def line_of(number: int) -> str:
    """Number the line of a connection."""
    return f"+7495111{number:04d}"


def cast_of(first: int, employees: int) -> tuple[Person, ...]:
    """Give the three people of a call: the one it is meant for, and the two after him."""
    numbers = [(first + each) % employees for each in range(3)]
    return tuple(Person(f"e{each}", f"Employee {each}", str(1000 + each), f"user{each}") for each in numbers)


def company_items(file: CompanyFile) -> tuple[Item, Item]:
    """Store a company as the table gives it back, and the small item that tells its version."""
    packed = b64encode(company_json.dump(file.company)).decode()
    version: Item = {"version": {"N": "1"}}
    current: Item = {**company_key(), **version}  # type: ignore[dict-item]
    number: Item = {**company_key("version"), **version}  # type: ignore[dict-item]
    applied: Item = {"secret_version": {"S": SECRET_VERSION}, "applied_at": {"N": str(LONG_AGO)}}
    return {**current, **applied, "company": {"B": packed}}, number


def secrets_text(file: CompanyFile) -> str:
    """Write what Secrets Manager holds."""
    return write_secrets({name: ConnectionSecrets(KEY, row) for name, row in file.secrets.items()})


def read(document: dict[str, object]) -> CompanyFile:
    """Compile a company file."""
    return read_company(document, 1)


def phone_of(number: int) -> str:
    """Number a stored contact."""
    return f"+7916{number:07d}"


def contacts(count: int, employees: int) -> Iterator[tuple[str, str]]:
    """Write contacts as rows of (key, item): the first as the product writes it, the others by its pattern."""
    pattern = json.dumps(_contact_item(), separators=(",", ":"))
    key = key_of(contact_key(_PHONE))
    for number in range(count):
        phone = phone_of(number)
        row = pattern.replace(_PHONE, phone).replace(_ID, f"{number:032x}").replace(_OWNER, f"e{number % employees}")
        yield key.replace(_PHONE, phone), row.replace(_SHARDED, f"#{number % 8}")


def store(file: Path, count: int, employees: int, done: Callable[[int], None]) -> None:
    """Put contacts into a file."""
    connection = sqlite3.connect(file)
    connection.executescript(
        "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;"
        "CREATE TABLE items (key TEXT PRIMARY KEY, item TEXT) WITHOUT ROWID;"
    )
    rows = contacts(count, employees)
    for first in range(0, count, BATCH):
        batch = [row for row, _ in zip(rows, range(BATCH), strict=False)]
        connection.executemany("INSERT INTO items VALUES (?, ?)", batch)
        done(min(count, first + BATCH))
    connection.commit()
    connection.close()


_PHONE, _ID, _OWNER, _SHARDED = "+70000000000", "f" * 32, "e-owner", "#shard"


def _contact_item() -> Item:
    contact = Contact(
        id=_ID,
        kind="person",
        name=_PHONE,
        phones=(_PHONE,),
        template="default",
        created_at=LONG_AGO,
        created_by=CreatedBy("itoolabs", "an-earlier-call", line_of(0)),
        responsibles=(Responsible(_OWNER, "answered", LONG_AGO, Evidence("ACCEPTED", "itoolabs", "an-earlier-call")),),
        state="assigned",
        revision=2,
    )
    key: Item = {**contact_key(_PHONE)}  # type: ignore[dict-item]
    return {
        **key,
        "contact": {"S": dump_contact(contact)},
        "revision": {"N": "2"},
        "contact_id": {"S": contact.id},
        "list": {"S": f"assigned{_SHARDED}"},
        "listed_at": {"S": f"{contact.created_at:013d}#{contact.id}"},
        "owner": {"S": f"{_OWNER}{_SHARDED}"},
    }
