"""How many of the last days' calls would have gone elsewhere, had a planned company been in force.

Each call is decided twice, by the pure function that answers look-ups: by the company in force and by the planned one,
for the contact of its number as it is now, at the moment the call began.
"""

from __future__ import annotations

import time
from collections import Counter
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from functions.admin.plan_calls_words import Change, told
from functions.admin.read_items import MOST_KEYS, read_items
from shared.call import derive
from shared.call_lists import CallLists
from shared.calls import stored_call
from shared.contacts import contact_of
from shared.routing import route
from shared.table import DAY_MS, call_key, contact_key, text_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from mypy_boto3_dynamodb import DynamoDBClient

    from shared.call import Call
    from shared.call_lists import ListedCall
    from shared.company import Company
    from shared.contact import Contact
    from shared.table import Item, Key

DAYS = 7
MOST_CALLS = 1_000
"""Incoming calls looked at, the newest of those days; an answer has a deadline."""

MOST_SECONDS = 10.0


class _PastCall(NamedTuple):
    began_at: int  # ms
    call: Call
    contact: Contact | None


class LastCalls:
    """Plays the last days' incoming calls by another company."""

    def __init__(self, dynamodb: DynamoDBClient, table: str, clock: Callable[[], int]) -> None:
        self._dynamodb = dynamodb
        self._table = table
        self._clock = clock
        self._lists = CallLists(dynamodb, table)

    def elsewhere(self, before: Company, after: Company) -> list[str]:
        """Say in words how many calls would have gone elsewhere, and where; nothing where there were none at all."""
        ends, now = time.monotonic() + MOST_SECONDS, self._clock()
        listed = self._lists.between(now - DAYS * DAY_MS, now + 1, newest_first=True)
        changed: Counter[Change] = Counter()
        count, oldest = 0, None
        while batch := list(islice(listed, MOST_KEYS)):
            for past in self._incoming(before, batch):
                count += 1
                to, instead_of = _rung(after, past), _rung(before, past)
                if to != instead_of:
                    changed[Change(past.call.connection, to, instead_of)] += 1
            if (count >= MOST_CALLS or time.monotonic() >= ends) and next(listed, None):
                oldest = batch[-1].began_at
                break
        which = f"of the last {DAYS} days"
        if oldest is not None:
            since = datetime.fromtimestamp(oldest / 1000, UTC)
            which = f"since {since:%Y-%m-%d %H:%M} UTC (the newest of the last {DAYS} days)"
        return told(changed, count, which) if count else []

    def _incoming(self, company: Company, listed: Sequence[ListedCall]) -> Iterator[_PastCall]:
        """Read calls and the contacts of their numbers; the first call of a contact asked nobody, and is left out."""
        found = list(self._calls(company, listed))
        keys = {call.phone: contact_key(call.phone) for _, call in found if call.phone}
        items = self._read(list(keys.values()))
        for began_at, call in found:
            item = items.get(_pk(keys[call.phone])) if call.phone else None
            contact = contact_of(item) if item else None
            if contact is None or not _is_first(contact, call, began_at):
                yield _PastCall(began_at, call, contact)

    def _calls(self, company: Company, listed: Sequence[ListedCall]) -> Iterator[tuple[int, Call]]:
        keys = [call_key(each.connection, each.call_id) for each in listed]
        items = self._read(keys)
        for each, key in zip(listed, keys, strict=True):
            item = items.get(_pk(key))
            connection = company.connections.get(each.connection)
            stored = stored_call(each.call_id, item) if item else None
            if connection is None or stored is None or stored.root is not None:
                continue  # gone meanwhile, or the second id of a transferred call, which stands there under its first
            call = derive(connection, each.call_id, stored.facts)
            if call.direction == "in":
                yield each.began_at, call

    def _read(self, keys: Sequence[Key]) -> dict[str, Item]:
        """Read items by their partition."""
        return {_pk(item): item for item in read_items(self._dynamodb, self._table, keys, consistent=False)}


def _pk(item: Item) -> str:
    return text_of(item, "pk") or ""


def _is_first(contact: Contact, call: Call, began_at: int) -> bool:
    """Whether the call made the contact, or came before it."""
    by = contact.created_by
    return began_at <= contact.created_at or (by.connection, by.call_id) == (call.connection, call.call_id)


def _rung(company: Company, past: _PastCall) -> tuple[str, ...]:
    """Name the employees whom we would have the PBX ring; none of them where the connection is gone."""
    call, connection = past.call, company.connections.get(past.call.connection)
    if connection is None:
        return ()
    moment = datetime.fromtimestamp(past.began_at / 1000, UTC)
    decision = route(company, connection, past.contact, phone=call.phone, line=call.line, called=None, moment=moment)
    return tuple(target.employee for target in decision.targets)
