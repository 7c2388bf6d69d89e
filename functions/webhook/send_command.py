"""Tell a PBX that cannot ask: queue a command for the leg that waits, no faster than that PBX allows (Mango)."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING

from shared.pace import Pace
from shared.table import pace_key

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
        self._pace = Pace(dynamodb, table)
        self._sqs = sqs
        self._queue_url = queue_url
        self._clock = clock

    def send(self, connection: Connection, call_id: str, leg_id: str, decision: Decision) -> bool:
        """Queue the command that rings the first target with a number, of a decision that `can_be_commanded`.

        False where the PBX's pace leaves no room in time.
        """
        now = self._clock()
        at = self._pace.next_slot(pace_key(connection.id), now, PACE_MS, PATIENCE_MS)
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
