"""Answer "who is responsible for this caller?" while the phone rings: one read, a deadline, never an error (T12)."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, TypeVar

from shared.contacts import CONTACT_ATTRIBUTES, Contacts, contact_of
from shared.phones import normalise
from shared.routing import Decision, route
from shared.table import company_key, contact_key, number_of, text_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future, ThreadPoolExecutor

    from mypy_boto3_dynamodb import DynamoDBClient

    from shared.companies import Companies
    from shared.company import Company, Connection
    from shared.contact import Contact
    from shared.pbx.protocol import Lookup

DEADLINE_SECONDS = 0.7
"""A PBX is told "no opinion" when the answer is not there by then."""

Result = TypeVar("Result")


class Lookups:
    """Answers look-ups."""

    def __init__(self, dynamodb: DynamoDBClient, table: str, companies: Companies, clock: Callable[[], int]) -> None:
        self._dynamodb = dynamodb
        self._table = table
        self._contacts = Contacts(dynamodb, table)
        self._companies = companies
        self._clock = clock

    def decide(self, connection_id: str, lookup: Lookup) -> Decision:
        """Find the contact and decide; one round trip, which also asks for a newer company when that is due."""
        in_force = self._companies.held()
        connection = in_force.company.connections[connection_id]
        phone = normalise(lookup.phone, connection.country)
        if phone is None:
            return self._judge(in_force.company, connection, None, lookup, phone)
        if self._companies.is_fresh:
            contact = self._contacts.of_phone(phone)
            return self._judge(in_force.company, connection, contact, lookup, phone)
        contact, version = self._contact_and_version(phone)
        in_force = self._companies.confirmed(version)
        connection = in_force.company.connections[connection_id]
        return self._judge(in_force.company, connection, contact, lookup, phone)

    def judge(self, company: Company, connection: Connection, contact: Contact | None, lookup: Lookup) -> Decision:
        """Decide for a contact already read."""
        return self._judge(company, connection, contact, lookup, normalise(lookup.phone, connection.country))

    def _judge(
        self, company: Company, connection: Connection, contact: Contact | None, lookup: Lookup, phone: str | None
    ) -> Decision:
        return route(
            company,
            connection,
            contact,
            phone=phone,
            line=(lookup.line and normalise(lookup.line, connection.country)) or lookup.line,
            called=lookup.called,
            moment=datetime.fromtimestamp(self._clock() / 1000, UTC),
        )

    def _contact_and_version(self, phone: str) -> tuple[Contact | None, int | None]:
        reply = self._dynamodb.batch_get_item(
            RequestItems={
                self._table: {
                    "Keys": [contact_key(phone), company_key("version")],
                    "ProjectionExpression": f"sk, {CONTACT_ATTRIBUTES}, version",
                }
            }
        )
        if reply.get("UnprocessedKeys"):
            raise TimeoutError("the table answered only in part")
        items = {text_of(item, "sk"): item for item in reply["Responses"].get(self._table, ())}
        contact = items.get("contact")
        return contact_of(contact) if contact else None, number_of(items.get("version", {}), "version")


class Deadline:
    """Work done beside a handler that answers within DEADLINE_SECONDS of its start, done or not."""

    def __init__(self) -> None:
        self._ends = time.monotonic() + DEADLINE_SECONDS

    @property
    def spent_ms(self) -> float:
        """How long the handler has been at it."""
        return round((time.monotonic() - self._ends + DEADLINE_SECONDS) * 1000, 1)

    def start(self, work: Callable[[], Result]) -> Future[Result]:
        """Begin work; it goes on to its own end even when nobody waits any longer."""
        return _pool().submit(work)

    def wait(self, started: Future[Result]) -> Result:
        """Give the work's result, or raise TimeoutError when the deadline has come."""
        return started.result(timeout=max(0.0, self._ends - time.monotonic()))

    def run(self, work: Callable[[], Result]) -> Result:
        """Begin work and wait for it."""
        return self.wait(self.start(work))


@cache
def _pool() -> ThreadPoolExecutor:
    from concurrent.futures import ThreadPoolExecutor  # a look-up that has what it needs starts no thread

    return ThreadPoolExecutor(4, thread_name_prefix="firstcall")
