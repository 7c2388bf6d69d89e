"""Tell a PBX that cannot ask: queue a command for the leg that waits, no faster than that PBX allows (Mango)."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from shared.table import is_conflict, number_of, pace_key

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_sqs import SQSClient

    from shared.company import Connection
    from shared.routing import Decision

PACE_MS = 2_000
"""Mango takes one `route` in two seconds per product."""

PATIENCE_MS = 10_000
"""How long a caller waits in the menu, as Mango's manual sets it up; a later command would find him gone."""


def can_be_commanded(decision: Decision) -> bool:
    """Whether there is a number to ring: a login alone is none."""
    return any(target.ext for target in decision.targets)


class CommandSender:
    """Queues commands."""

    def __init__(
        self, dynamodb: DynamoDBClient, table: str, sqs: SQSClient, queue_url: str, clock: Callable[[], int]
    ) -> None:
        self._dynamodb = dynamodb
        self._table = table
        self._sqs = sqs
        self._queue_url = queue_url
        self._clock = clock

    def send(self, connection: Connection, call_id: str, leg_id: str, decision: Decision) -> bool:
        """Queue the command that rings the first target with a number, of a decision that `can_be_commanded`.

        False where the PBX's pace leaves no room in time.
        """
        now = self._clock()
        at = self._next_slot(connection.id, now)
        if at is None:
            return False
        to_number = next(target.ext for target in decision.targets if target.ext)
        message = {
            "connection": connection.id,
            "call_id": call_id,
            "leg_id": leg_id,
            "to_number": to_number,
            "contact_name": decision.contact.name if decision.contact else None,
            "not_after": now + PATIENCE_MS,
        }
        self._sqs.send_message(
            QueueUrl=self._queue_url,
            DelaySeconds=math.ceil((at - now) / 1000),
            MessageBody=json.dumps(message, ensure_ascii=False),
        )
        return True

    def _next_slot(self, connection_id: str, now: int) -> int | None:
        """Take the next free moment (ms): now if the PBX is idle, else behind the commands already queued."""
        try:
            self._take(connection_id, "SET next_at = :next", "attribute_not_exists(next_at) OR next_at <= :now", now)
        except ClientError as error:
            if not is_conflict(error):
                raise
        else:
            return now
        try:
            next_at = self._take(connection_id, "SET next_at = next_at + :pace", "next_at < :late", now)
        except ClientError as error:
            if not is_conflict(error):
                raise
            return None
        return next_at - PACE_MS

    def _take(self, connection_id: str, update: str, condition: str, now: int) -> int:
        numbers = {":next": now + PACE_MS, ":now": now, ":pace": PACE_MS, ":late": now + PATIENCE_MS}
        reply = self._dynamodb.update_item(
            TableName=self._table,
            Key=pace_key(connection_id),
            UpdateExpression=update,
            ConditionExpression=condition,
            ExpressionAttributeValues={
                name: {"N": str(number)} for name, number in numbers.items() if name in update + condition
            },
            ReturnValues="UPDATED_NEW",
        )
        return number_of(reply["Attributes"], "next_at") or 0
