"""The record of every change through the admin API: who, what, when, and how it ended.

It is written in two steps. Before anything is changed it says that somebody begins; where that cannot be written
nothing is changed. After it, it says how it ended. A record without an end means a function that died on the way.
"""

from __future__ import annotations

import re
import secrets
import time
from typing import TYPE_CHECKING, NamedTuple

from shared.phones import mask
from shared.table import DAY_MS, number_of, text_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

    from functions.admin.access import Way
    from shared.table import Item, Key

PAGE = 100
MS_DIGITS = 13
"""Digits of a moment in a key: enough until the year 2286."""

LONGEST = 500
"""Characters of a summary or of a part of a path."""

_NUMBER = re.compile(r"(?<![\w.#-])(?:\+|%2B)?\d{9,15}(?![\w#-])", re.IGNORECASE)


class Change(NamedTuple):
    """What somebody sets out to do."""

    by: str | None
    way: Way
    method: str
    path: str  # as it is declared: `/admin/contacts/{contact_id}`
    parts: Mapping[str, str]  # what stands in its place


class AuditRecord(NamedTuple):
    """One record."""

    key: str
    at: int  # ms
    change: Change
    status: int | None
    summary: str | None


class AuditLog:
    """Writes and reads the records; each month has a partition of its own."""

    def __init__(self, dynamodb: DynamoDBClient, table: str, clock: Callable[[], int], keep_days: int) -> None:
        self._dynamodb = dynamodb
        self._table = table
        self._clock = clock
        self._keep_ms = keep_days * DAY_MS

    def begin(self, change: Change) -> str:
        """Say that a change begins; give the record's name."""
        now = self._clock()
        sort = f"{now:013}#{secrets.token_hex(4)}"
        item: dict[str, AttributeValueTypeDef] = {
            **_key(sort),
            "way": {"S": change.way},
            "method": {"S": change.method},
            "path": {"S": change.path},
            "parts": {"M": {name: {"S": without_numbers(value)} for name, value in change.parts.items()}},
            "expires_at": {"N": str((now + self._keep_ms) // 1000)},
        }
        if change.by:
            item["by"] = {"S": change.by}
        self._dynamodb.put_item(TableName=self._table, Item=item)
        return sort

    def end(self, sort: str, status: int, summary: str | None) -> None:
        """Say how it ended."""
        values: dict[str, AttributeValueTypeDef] = {":status": {"N": str(status)}}
        if summary:
            values[":summary"] = {"S": without_numbers(summary)}
        self._dynamodb.update_item(
            TableName=self._table,
            Key=_key(sort),
            UpdateExpression="SET #status = :status" + (", summary = :summary" if summary else ""),
            ExpressionAttributeNames={"#status": "status"},
            ExpressionAttributeValues=values,
        )

    def page(self, first: int, last: int, before: str | None) -> tuple[tuple[AuditRecord, ...], str | None]:
        """List what began between two moments (ms), the newest first, and before which record to go on."""
        first, newest = max(first, self._clock() - self._keep_ms, 0), f"{last:013}#~"
        if before is not None:
            newest = min(newest, before)
        found: list[AuditRecord] = []
        for month in _months(first, int(newest[:MS_DIGITS])):
            for record in self._of_month(month, f"{first:013}", newest):
                if record.key == before:
                    continue
                if len(found) == PAGE:
                    return tuple(found), found[-1].key
                found.append(record)
        return tuple(found), None

    def _of_month(self, month: str, oldest: str, newest: str) -> Iterator[AuditRecord]:
        pages = self._dynamodb.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="pk = :pk AND sk BETWEEN :oldest AND :newest",
            ExpressionAttributeValues={
                ":pk": {"S": f"audit#{month}"},
                ":oldest": {"S": oldest},
                ":newest": {"S": newest},
            },
            ScanIndexForward=False,
            ConsistentRead=True,
            PaginationConfig={"PageSize": PAGE + 2},
        )
        for page in pages:
            yield from map(_record, page["Items"])


def without_numbers(text: str) -> str:
    """Mask every phone number in a text, and cut it."""
    return _NUMBER.sub(lambda found: mask(found[0]), text)[:LONGEST]


def _key(sort: str) -> Key:
    month = time.strftime("%Y-%m", time.gmtime(int(sort[:MS_DIGITS]) / 1000))
    return {"pk": {"S": f"audit#{month}"}, "sk": {"S": sort}}


def _months(first: int, last: int) -> Iterator[str]:
    """Name the months between two moments, the newest first."""
    year, month = time.gmtime(last / 1000)[:2]
    while (year, month) >= time.gmtime(first / 1000)[:2]:
        yield f"{year}-{month:02}"
        year, month = (year, month - 1) if month > 1 else (year - 1, 12)


def _record(item: Item) -> AuditRecord:
    sort = item["sk"]["S"]
    parts = {name: value["S"] for name, value in item["parts"]["M"].items()}
    way: Way = "jwt" if text_of(item, "way") == "jwt" else "iam" if text_of(item, "way") == "iam" else "token"
    change = Change(text_of(item, "by"), way, item["method"]["S"], item["path"]["S"], parts)
    return AuditRecord(sort, int(sort[:MS_DIGITS]), change, number_of(item, "status"), text_of(item, "summary"))
