"""How long the oldest contact has waited for its responsible: above five minutes, the guarantee is broken (R3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.table import LISTED, SHARDS, text_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_dynamodb import DynamoDBClient


class OldestPending:
    """Looks at the contacts that are still pending, the oldest of each shard."""

    def __init__(self, dynamodb: DynamoDBClient, table: str, clock: Callable[[], int]) -> None:
        self._dynamodb = dynamodb
        self._table = table
        self._clock = clock

    def age_seconds(self) -> float:
        """Give the age of the oldest one; 0 where there is none."""
        began = [moment for shard in range(SHARDS) if (moment := self._first_of(f"pending#{shard}")) is not None]
        return max(0.0, (self._clock() - min(began)) / 1000) if began else 0.0

    def _first_of(self, partition: str) -> int | None:
        """Read when the first contact of a list was created (ms), which its key begins with."""
        found = self._dynamodb.query(
            TableName=self._table,
            IndexName=LISTED,
            KeyConditionExpression="#list = :list",
            ExpressionAttributeNames={"#list": "list"},
            ExpressionAttributeValues={":list": {"S": partition}},
            Limit=1,
        )["Items"]
        return int((text_of(found[0], "listed_at") or "0").partition("#")[0]) if found else None
