"""Everything held on one outside person, found by any of his numbers: shown whole, or erased whole.

Calls go first and the contact last: it names his other numbers, so that an erasure which stops half-way is taken up
again where it was.
"""

from __future__ import annotations

import heapq
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple

from functions.admin.refusal import Refusal
from shared.call_lists import page_of
from shared.contacts import Conflict, Contacts
from shared.table import call_key, is_raw

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mypy_boto3_dynamodb import DynamoDBClient

    from shared.call_lists import CallLists, ListedCall
    from shared.calls import Calls
    from shared.company import Company
    from shared.contact import Contact
    from shared.raw_events import RawEvents
    from shared.table import Key

PAGE = 25
SECONDS = 15.0
"""How long one request may go on erasing; the next one goes on from there."""

_AT_ONCE = 8
_MAX_TURNS = 8


class Held(NamedTuple):
    """Who it is, as far as is known."""

    phones: tuple[str, ...]
    contact: Contact | None


class Receipt(NamedTuple):
    """What was erased, and whether anything is left."""

    phones: tuple[str, ...]
    contact_ids: tuple[str, ...]
    calls: tuple[tuple[str, str], ...]  # connection, call id
    raw_events: int
    complete: bool


class People:
    """Finds and erases what is held on people."""

    def __init__(
        self,
        dynamodb: DynamoDBClient,
        table: str,
        contacts: Contacts,
        calls: Calls,
        call_lists: CallLists,
        raw_events: RawEvents,
    ) -> None:
        self._dynamodb = dynamodb
        self._table = table
        self._contacts = contacts
        self._calls = calls
        self._call_lists = call_lists
        self._raw_events = raw_events

    def held(self, phone: str) -> Held:
        """Find the contact of a number, and all his numbers."""
        contact = self._contacts.of_phone(phone, consistent=True)
        return Held(tuple(dict.fromkeys((phone, *(contact.phones if contact else ())))), contact)

    def calls(self, held: Held, before: int | None) -> tuple[list[ListedCall], int | None]:
        """List his calls of all numbers, the newest first, a page at a time."""
        of_each = [self._call_lists.of_phone(phone, before) for phone in held.phones]
        return page_of(_newest_first(of_each), PAGE)

    def erase(self, company: Company, phone: str) -> Receipt:
        """Erase all that is held, as far as one request may take; raise Refusal where the contact cannot be caught."""
        ends_at = time.monotonic() + SECONDS
        held = self.held(phone)
        calls: list[tuple[str, str]] = []
        raw_events = 0
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            for each in (call for number in held.phones for call in self._call_lists.of_phone(number)):
                keys = list(self._keys_of(each))
                self._delete(pool, keys)
                if keys:  # the index may name it a moment longer
                    calls.append((each.connection, each.call_id))
                    raw_events += sum(is_raw(key) for key in keys)
                if time.monotonic() >= ends_at:  # one call at least is erased by each request
                    return Receipt(held.phones, (), tuple(calls), raw_events, complete=False)
            loose = [key for name in company.connections for key, _ in self._raw_events.naming(name, held.phones)]
            self._delete(pool, loose)
        contact_ids = self._erase_contact(held.phones)
        return Receipt(held.phones, contact_ids, tuple(calls), raw_events + len(loose), complete=True)

    def _erase_contact(self, phones: Iterable[str]) -> tuple[str, ...]:
        erased: dict[str, None] = {}
        for phone in phones:
            for _ in range(_MAX_TURNS):
                contact = self._contacts.of_phone(phone, consistent=True)
                if contact is None:
                    break
                try:
                    self._contacts.erase(contact)
                except Conflict:
                    continue
                erased |= dict.fromkeys((contact.id, *contact.merged))
                break
            else:
                raise Refusal(409, "the contact is being changed by many at once; try again")
        return tuple(erased)

    def _keys_of(self, call: ListedCall) -> Iterator[Key]:
        """Find the call's facts and all requests about it, under every id that transfers gave it."""
        record = self._calls.load(call.connection, call.call_id)
        for call_id in record.call_ids if record else (call.call_id,):
            yield from self._keys_under(call.connection, call_id)

    def _keys_under(self, connection: str, call_id: str) -> Iterator[Key]:
        pages = self._dynamodb.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": call_key(connection, call_id)["pk"]},
            ProjectionExpression="pk, sk",
            ConsistentRead=True,
        )
        for page in pages:
            for item in page["Items"]:
                yield {"pk": item["pk"], "sk": item["sk"]}

    def _delete(self, pool: ThreadPoolExecutor, keys: Iterable[Key]) -> None:
        for _ in pool.map(lambda key: self._dynamodb.delete_item(TableName=self._table, Key=key), keys):
            pass


def named_in(company: Company, phones: Iterable[str]) -> list[str]:
    """Say where the company file itself names a number; only whoever keeps the file can take it out there."""
    found = []
    for phone in phones:
        if phone in company.blocked:
            found.append(f"company.blocked: {phone}")
        found += [f"employees.{each.id}.phones: {phone}" for each in company.employees.values() if phone in each.phones]
        found += [
            f"connections.{each.id}.lines: {phone}" for each in company.connections.values() if phone in each.lines
        ]
    return found


def _newest_first(of_each: Iterable[Iterator[ListedCall]]) -> Iterator[ListedCall]:
    return heapq.merge(*of_each, reverse=True)
