"""Messages that failed every time: read without taking them away, sent again, or thrown away."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mypy_boto3_sqs.type_defs import ChangeMessageVisibilityBatchRequestEntryTypeDef, MessageTypeDef

    from tools.deployed import DeployedStack

OUTPUTS = {
    "backfill": ("BackfillQueueUrl", "BackfillDeadLettersUrl"),
    "command": ("CommandQueueUrl", "CommandDeadLettersUrl"),
}
"""Of each queue, the stack's outputs that name it and where its dead letters lie."""

HOLD_SECONDS = 60
"""How long a letter read here is hidden from others, should this program end before it lets go of it."""

WAIT_SECONDS = 1
"""Whoever waits, if only so long, asks all of SQS's servers; otherwise some letters are not seen."""

BATCH = 10
LONGEST_IDS = 1024
"""Bytes of a connection's and a call's id together; longer ones are none of ours, and no key of the table."""


class Letter(NamedTuple):
    """One dead letter."""

    queue: str
    id: str
    body: str
    receipt: str
    sent_at: int  # ms: when it was sent first
    tries: int | None  # after so many it came here; None: nobody knows
    connection: str = ""  # "": it is no message of ours, and cannot be read
    call_id: str = ""
    to_number: str | None = None  # of a command
    not_after: int | None = None  # of a command, ms: then the caller has gone on


class DeadLetters:
    """The dead letters of one queue."""

    def __init__(self, deployed: DeployedStack, queue: str) -> None:
        self._sqs = deployed.sqs()
        self._queue = queue
        self._source, self._url = (deployed.outputs[name] for name in OUTPUTS[queue])

    def hold(self, progress: Callable[[int], None]) -> tuple[Letter, ...]:
        """Read them, the oldest first; they are hidden from others until `release`, or for a minute."""
        found: dict[str, Letter] = {}
        tries = self._tries()
        while batch := self._receive():
            new = {each["MessageId"]: each for each in batch if each["MessageId"] not in found}
            found.update({name: _letter(self._queue, each, tries) for name, each in new.items()})
            progress(len(found))
            if not new:  # the first are visible again: there are more than can be read in a minute
                break
        return tuple(sorted(found.values(), key=lambda each: (each.sent_at, each.id)))

    def release(self, letters: Sequence[Letter]) -> None:
        """Let others see them again."""
        for start in range(0, len(letters), BATCH):
            entries: list[ChangeMessageVisibilityBatchRequestEntryTypeDef] = [
                {"Id": str(place), "ReceiptHandle": each.receipt, "VisibilityTimeout": 0}
                for place, each in enumerate(letters[start : start + BATCH])
            ]
            self._sqs.change_message_visibility_batch(QueueUrl=self._url, Entries=entries)

    def send_again(self, letter: Letter) -> None:
        """Send it to the queue it came from; whoever dies between the two leaves it in both, which harms nothing."""
        self._sqs.send_message(QueueUrl=self._source, MessageBody=letter.body)
        self.drop(letter)

    def drop(self, letter: Letter) -> None:
        """Throw it away."""
        self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=letter.receipt)

    def _receive(self) -> Sequence[MessageTypeDef]:
        return self._sqs.receive_message(
            QueueUrl=self._url,
            MaxNumberOfMessages=BATCH,
            VisibilityTimeout=HOLD_SECONDS,
            WaitTimeSeconds=WAIT_SECONDS,
            MessageSystemAttributeNames=["SentTimestamp"],
        ).get("Messages", [])

    def _tries(self) -> int | None:
        """Read after how many tries a message becomes a dead letter: a letter's own count has our looks in it, too."""
        reply = self._sqs.get_queue_attributes(QueueUrl=self._source, AttributeNames=["RedrivePolicy"])
        policy = reply.get("Attributes", {}).get("RedrivePolicy")
        return int(json.loads(policy)["maxReceiveCount"]) if policy else None


def _letter(queue: str, message: MessageTypeDef, tries: int | None) -> Letter:
    body, sent_at = message["Body"], int(message["Attributes"]["SentTimestamp"])
    letter = Letter(queue, message["MessageId"], body, message["ReceiptHandle"], sent_at, tries)
    try:
        fields = json.loads(body)
        read = letter._replace(connection=str(fields["connection"]), call_id=str(fields["call_id"]))
        if len(f"{read.connection}{read.call_id}".encode()) > LONGEST_IDS:
            return letter
        if queue == "command":
            return read._replace(to_number=str(fields["to_number"]), not_after=int(fields["not_after"]))
    except (ValueError, TypeError, KeyError, RecursionError):
        return letter
    return read
