"""Calls found by when they began, or by their outside number, a page at a time, through the indexes."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING, NamedTuple

from shared.table import BY_DAY, BY_PHONE, DAY_MS, SHARDS, call_of_key, day_of, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import QueryInputTypeDef

_PAGE = 200


class ListedCall(NamedTuple):
    """A call as the indexes name it. Sorted, calls stand in the order they began in."""

    began_at: int  # ms, when its first event came
    connection: str
    call_id: str


def page_of(calls: Iterator[ListedCall], size: int) -> tuple[list[ListedCall], int | None]:
    """Take a page, and the moment (ms) behind which the next one goes on; calls of one moment stay together."""
    page: list[ListedCall] = []
    for call in calls:
        if len(page) >= size and call.began_at != page[-1].began_at:
            return page, page[-1].began_at
        page.append(call)
    return page, None


class CallLists:
    """Finds calls."""

    def __init__(self, dynamodb: DynamoDBClient, table: str) -> None:
        self._dynamodb = dynamodb
        self._table = table

    def between(self, since: int, until: int, *, newest_first: bool = False) -> Iterator[ListedCall]:
        """Give the calls that began in a period (ms, `until` exclusive); reads on only as far as it is asked."""
        days = range(since - since % DAY_MS, until, DAY_MS)
        for day in reversed(days) if newest_first else days:
            first, last = max(since, day), min(until, day + DAY_MS) - 1
            shards = [
                self._of_day(f"{day_of(day)}#{shard}", first, last, newest_first=newest_first)
                for shard in range(SHARDS)
            ]
            yield from heapq.merge(*shards, reverse=newest_first)

    def of_phone(self, phone: str, before: int | None = None) -> Iterator[ListedCall]:
        """Give the calls of an outside number (E.164), the newest first; `before` (ms): only those that began then."""
        condition, values = "phone = :phone", {":phone": {"S": phone}}
        if before is not None:
            condition += " AND began_at < :before"
            values[":before"] = {"S": f"{before:013d}"}
        return self._query(BY_PHONE, condition, values, newest_first=True)

    def _of_day(self, partition: str, first: int, last: int, *, newest_first: bool) -> Iterator[ListedCall]:
        values = {":day": {"S": partition}, ":first": {"S": f"{first:013d}"}, ":last": {"S": f"{last:013d}"}}
        condition = "called_on = :day AND began_at BETWEEN :first AND :last"
        return self._query(BY_DAY, condition, values, newest_first=newest_first)

    def _query(
        self, index: str, condition: str, values: dict[str, dict[str, str]], *, newest_first: bool
    ) -> Iterator[ListedCall]:
        request: QueryInputTypeDef = {
            "TableName": self._table,
            "IndexName": index,
            "KeyConditionExpression": condition,
            "ExpressionAttributeValues": values,
            "ScanIndexForward": not newest_first,
            "Limit": _PAGE,
        }
        while True:
            reply = self._dynamodb.query(**request)
            for item in reply["Items"]:
                yield ListedCall(int(text_of(item, "began_at") or 0), *call_of_key(text_of(item, "pk") or ""))
            if "LastEvaluatedKey" not in reply:
                return
            request["ExclusiveStartKey"] = reply["LastEvaluatedKey"]
