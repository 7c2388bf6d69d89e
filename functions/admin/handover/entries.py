"""The entries of a handover as stored: what it does to each contact, written down before it is done.

An entry says to whom one revision of a contact goes and how the contact was owned before. Whoever writes it first
decides for everyone: it is counted in the same transaction, and then carried out by whoever comes by, once, because the
contact takes only one such revision. A crash between the two leaves the contact with its leaver and in the index by
owner, so that the next one finds contact and entry and carries it out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from botocore.exceptions import ClientError

from functions.admin.handover.entry import CONTACT, Entry, dump_entry, load_entry
from functions.admin.read_items import read_items
from shared.contacts import Conflict
from shared.table import code_of, job_key

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef, PutTypeDef, TransactWriteItemTypeDef

    from functions.admin.handover.jobs import Handover

Outcome = Literal["restored", "changed"]


class HandoverEntries:
    """Reads and writes the entries."""

    def __init__(self, dynamodb: DynamoDBClient, table: str) -> None:
        self._dynamodb = dynamodb
        self._table = table

    def of(self, job: Handover, contact_ids: Iterable[str]) -> dict[str, Entry]:
        """Read what was decided for some contacts."""
        keys = [job_key(job.id, CONTACT + each) for each in contact_ids]
        return {entry.contact_id: entry for entry in map(load_entry, read_items(self._dynamodb, self._table, keys))}

    def decide(self, job: Handover, entries: Sequence[Entry], known: Mapping[str, Entry]) -> Handover:
        """Write decisions and count them, in place of known ones for older revisions; raise Conflict.

        Give the job as it is then. That nobody else has counted meanwhile keeps turns even, also where several
        continue the job at once; that it still runs lets nobody decide behind the back of who undoes it.
        """
        counted = _counted(job, entries, known)
        count: TransactWriteItemTypeDef = {
            "Update": {
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
        }
        self._together([count, *(self._put(job, each, known.get(each.contact_id)) for each in entries)])
        return counted

    def open(self, job: Handover) -> Iterator[Entry]:
        """Give what is not undone yet."""
        return self._query(job, "attribute_not_exists(outcome)", {})

    def changed(self, job: Handover) -> Iterator[Entry]:
        """Give what was changed since and therefore not undone."""
        return self._query(job, "outcome = :changed", {":changed": {"S": "changed"}})

    def close(self, job: Handover, outcomes: Collection[tuple[Entry, Outcome]]) -> None:
        """Note what came of undoing entries, and count it; raise Conflict where another noted one of them."""
        restored = sum(outcome == "restored" for _, outcome in outcomes)
        count: TransactWriteItemTypeDef = {
            "Update": {
                "TableName": self._table,
                "Key": job_key(job.id),
                "UpdateExpression": "SET restored = restored + :restored, changed = changed + :changed",
                "ExpressionAttributeValues": {
                    ":restored": {"N": str(restored)},
                    ":changed": {"N": str(len(outcomes) - restored)},
                },
            }
        }
        notes: list[TransactWriteItemTypeDef] = [
            {
                "Update": {
                    "TableName": self._table,
                    "Key": job_key(job.id, CONTACT + entry.contact_id),
                    "UpdateExpression": "SET outcome = :outcome",
                    "ConditionExpression": "attribute_not_exists(outcome)",
                    "ExpressionAttributeValues": {":outcome": {"S": outcome}},
                }
            }
            for entry, outcome in outcomes
        ]
        self._together([count, *notes])

    def _put(self, job: Handover, entry: Entry, known: Entry | None) -> TransactWriteItemTypeDef:
        key = job_key(job.id, CONTACT + entry.contact_id)
        put: PutTypeDef = {
            "TableName": self._table,
            "Item": dump_entry(entry, key, job),
            "ConditionExpression": "attribute_not_exists(pk)",
        }
        if known is not None:
            put["ConditionExpression"] = "revision = :known"
            put["ExpressionAttributeValues"] = {":known": {"N": str(known.revision)}}
        return {"Put": put}

    def _together(self, writes: Sequence[TransactWriteItemTypeDef]) -> None:
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
            ExpressionAttributeValues={":pk": job_key(job.id)["pk"], ":contact": {"S": CONTACT}, **values},
            ConsistentRead=True,
        )
        for page in pages:
            yield from map(load_entry, page["Items"])


def _counted(job: Handover, entries: Sequence[Entry], known: Mapping[str, Entry]) -> Handover:
    received = dict(job.received)
    for entry in entries:
        if entry.contact_id in known:
            received[known[entry.contact_id].recipient] -= 1
        received[entry.recipient] += 1
    return job._replace(handed_over=sum(received.values()), received=received, revision=job.revision + 1)
