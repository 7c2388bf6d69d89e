"""The queues and their dead letters, as the stack has them, on moto."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.support.stack import Stack

TRIES = 5


class Post:
    """Two queues with their dead letters, and whoever works them."""

    def __init__(self, stack: Stack) -> None:
        self._sqs = stack.sqs
        self.sources = {"backfill": stack.backfill_queue_url, "command": stack.command_queue_url}
        self.dead = {name: self._sqs.create_queue(QueueName=f"{name}-dead")["QueueUrl"] for name in self.sources}
        for name, url in self.dead.items():
            arn = self._sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
            policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": TRIES})
            self._sqs.set_queue_attributes(QueueUrl=self.sources[name], Attributes={"RedrivePolicy": policy})

    @property
    def outputs(self) -> dict[str, str]:
        """Name them as the stack does."""
        names = {"backfill": "Backfill", "command": "Command"}
        found = {f"{names[name]}QueueUrl": url for name, url in self.sources.items()}
        return found | {f"{names[name]}DeadLettersUrl": url for name, url in self.dead.items()}

    def put(self, queue: str, body: object) -> str:
        """Put a dead letter; give its id."""
        text = body if isinstance(body, str) else json.dumps(body)
        return self._sqs.send_message(QueueUrl=self.dead[queue], MessageBody=text)["MessageId"]

    def waiting(self, url: str) -> list[str]:
        """Read what anybody could read now, and leave it."""
        reply = self._sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0)
        return [each["Body"] for each in reply.get("Messages", [])]

    def command(self, seconds: float) -> dict[str, Any]:
        """Word a command whose caller waits so long yet."""
        return {
            "connection": "mango-main",
            "call_id": "call-1",
            "leg_id": "leg-1",
            "to_number": "12",
            "contact_name": "Somebody",
            "not_after": int((time.time() + seconds) * 1000),
        }
