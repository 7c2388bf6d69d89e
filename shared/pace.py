"""How often a PBX may be asked or told something: one item for all environments of all functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from shared.table import is_conflict, number_of

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from shared.table import Key


class Pace:
    """Gives out moments."""

    def __init__(self, dynamodb: DynamoDBClient, table: str) -> None:
        self._dynamodb = dynamodb
        self._table = table

    def next_slot(self, key: Key, now: int, every_ms: int, patience_ms: int = 0) -> int | None:
        """Take the next free moment (ms): `now` if the PBX is idle, else behind those already given out.

        None where that would be later than `patience_ms` from now; then nothing is taken.
        """
        numbers = {":next": now + every_ms, ":now": now, ":pace": every_ms, ":late": now + patience_ms}
        idle = "attribute_not_exists(next_at) OR next_at <= :now"
        if self._take(key, "SET next_at = :next", idle, numbers) is not None:
            return now
        if not patience_ms:
            return None
        next_at = self._take(key, "SET next_at = next_at + :pace", "next_at < :late", numbers)
        return None if next_at is None else next_at - every_ms

    def _take(self, key: Key, update: str, condition: str, numbers: dict[str, int]) -> int | None:
        try:
            reply = self._dynamodb.update_item(
                TableName=self._table,
                Key=key,
                UpdateExpression=update,
                ConditionExpression=condition,
                ExpressionAttributeValues={
                    name: {"N": str(number)} for name, number in numbers.items() if name in update + condition
                },
                ReturnValues="UPDATED_NEW",
            )
        except ClientError as error:
            if not is_conflict(error):
                raise
            return None
        return number_of(reply["Attributes"], "next_at") or 0
