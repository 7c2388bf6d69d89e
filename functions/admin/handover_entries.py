"""What a handover does to each contact, written down before it is done.

An entry says whom one revision of a contact was handed to and how it was owned before. Whoever writes it first decides
for everyone: it is counted in the same transaction, and then carried out by whoever comes by, once, because the contact
takes only one such revision. A crash between the two leaves the contact with its leaver and in the index by owner, so
that the next one finds contact and entry and carries it out. Entries hold no number: the contact is found by its id.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Literal, NamedTuple

from botocore.exceptions import ClientError

from shared.contact import Contact, ContactState, Evidence, Responsible
from shared.contacts import Conflict
from shared.table import code_of, job_key, number_of, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import (
        AttributeValueTypeDef,
        PutTypeDef,
        TransactWriteItemTypeDef,
        UpdateTypeDef,
    )

    from functions.admin.handover_jobs import Handover
    from shared.table import Item

Outcome = Literal["restored", "changed"]

_CONTACT = "contact#"


class Owned(NamedTuple):
    """All that a contact says of who owns it."""

    responsibles: tuple[Responsible, ...]
    state: ContactState
    reason: str | None
    manual: bool

    @classmethod
    def of(cls, contact: Contact) -> Owned:
        """Read it from a contact."""
        return cls(contact.responsibles, contact.state, contact.reason, contact.manual)

    def put_on(self, contact: Contact) -> Contact:
        """Give a contact these owners."""
        return contact._replace(**self._asdict())


class Entry(NamedTuple):
    """One contact of a handover."""

    contact_id: str
    recipient: str
    before: Owned
    after: Owned
    revision: int  # of the contact once it is handed over


class HandoverEntries:
    """Reads and writes the entries."""

    def __init__(self, dynamodb: DynamoDBClient, table: str) -> None:
        self._dynamodb = dynamodb
        self._table = table

    def of(self, job: Handover, contact_id: str) -> Entry | None:
        """Read what was decided for a contact; None where nothing is yet."""
        key = job_key(job.id, _CONTACT + contact_id)
        item = self._dynamodb.get_item(TableName=self._table, Key=key, ConsistentRead=True).get("Item")
        return None if item is None else _entry(item)

    def decide(self, job: Handover, entry: Entry, known: Entry | None) -> Handover:
        """Write a decision and count it, in place of one for an older revision; raise Conflict."""
        put: PutTypeDef = {
            "TableName": self._table,
            "Item": {
                **job_key(job.id, _CONTACT + entry.contact_id),
                "recipient": {"S": entry.recipient},
                "before": {"S": _dump(entry.before)},
                "after": {"S": _dump(entry.after)},
                "revision": {"N": str(entry.revision)},
                "expires_at": {"N": str(job.expires_at)},
            },
            "ConditionExpression": "attribute_not_exists(pk)",
        }
        if known is not None:
            put["ConditionExpression"] = "revision = :known"
            put["ExpressionAttributeValues"] = {":known": {"N": str(known.revision)}}
        counted = _counted(job, entry, known)
        # That nobody else has counted meanwhile keeps turns even, also where several continue the job at once.
        count: UpdateTypeDef = {
            "TableName": self._table,
            "Key": job_key(job.id),
            "UpdateExpression": "SET handed_over = :handed_over, received = :received, revision = :revision",
            "ConditionExpression": "job_state = :running AND revision = :seen",
            "ExpressionAttributeValues": {
                ":running": {"S": "running"},
                ":seen": {"N": str(job.revision)},
                ":handed_over": {"N": str(counted.handed_over)},
                ":received": {"M": {who: {"N": str(number)} for who, number in counted.received.items()}},
                ":revision": {"N": str(counted.revision)},
            },
        }
        self._both({"Put": put}, {"Update": count})
        return counted

    def open(self, job: Handover) -> Iterator[Entry]:
        """Give what is not undone yet."""
        return self._query(job, "attribute_not_exists(outcome)", {})

    def changed(self, job: Handover) -> Iterator[Entry]:
        """Give what was changed since and therefore not undone."""
        return self._query(job, "outcome = :changed", {":changed": {"S": "changed"}})

    def close(self, job: Handover, entry: Entry, outcome: Outcome) -> None:
        """Note what came of undoing an entry, and count it; raise Conflict where that is noted already."""
        note: UpdateTypeDef = {
            "TableName": self._table,
            "Key": job_key(job.id, _CONTACT + entry.contact_id),
            "UpdateExpression": "SET outcome = :outcome",
            "ConditionExpression": "attribute_not_exists(outcome)",
            "ExpressionAttributeValues": {":outcome": {"S": outcome}},
        }
        count: UpdateTypeDef = {
            "TableName": self._table,
            "Key": job_key(job.id),
            "UpdateExpression": "SET #outcome = #outcome + :one",
            "ExpressionAttributeNames": {"#outcome": outcome},
            "ExpressionAttributeValues": {":one": {"N": "1"}},
        }
        self._both({"Update": note}, {"Update": count})

    def _both(self, *writes: TransactWriteItemTypeDef) -> None:
        try:
            self._dynamodb.transact_write_items(TransactItems=writes)
        except ClientError as error:
            if code_of(error) == "TransactionCanceledException":
                raise Conflict from error
            raise

    def _query(self, job: Handover, condition: str, values: Mapping[str, AttributeValueTypeDef]) -> Iterator[Entry]:
        pages = self._dynamodb.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="pk = :pk AND begins_with(sk, :contact)",
            FilterExpression=condition,
            ExpressionAttributeValues={":pk": job_key(job.id)["pk"], ":contact": {"S": _CONTACT}, **values},
            ConsistentRead=True,
        )
        for page in pages:
            yield from map(_entry, page["Items"])


def _counted(job: Handover, entry: Entry, known: Entry | None) -> Handover:
    received = dict(job.received)
    if known is not None:
        received[known.recipient] -= 1
    received[entry.recipient] += 1
    handed_over = job.handed_over + (known is None)
    return job._replace(handed_over=handed_over, received=received, revision=job.revision + 1)


def _entry(item: Item) -> Entry:
    return Entry(
        contact_id=(text_of(item, "sk") or "").removeprefix(_CONTACT),
        recipient=text_of(item, "recipient") or "",
        before=_load(text_of(item, "before") or ""),
        after=_load(text_of(item, "after") or ""),
        revision=number_of(item, "revision") or 0,
    )


def _dump(owned: Owned) -> str:
    return json.dumps(owned, ensure_ascii=False, separators=(",", ":"))


def _load(text: str) -> Owned:
    rows, state, reason, manual = json.loads(text)
    responsibles = tuple(
        Responsible(who, source, at, Evidence(*evidence), late) for who, source, at, evidence, late in rows
    )
    return Owned(responsibles, state, reason, manual)
