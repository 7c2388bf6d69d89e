"""The sweep, once a minute: see that every call that is due is decided, whatever became of its message (R3).

The oldest calls are finished here and now. Where there are more than one run can finish, the rest is handed to the
queue, whose messages many environments work on at once. The mark stays on each call until it is decided: a message
that is lost is made good by the next sweep, and one that comes twice finds nothing left to do.
"""

from __future__ import annotations

import json
import time
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from shared.metrics import measure
from shared.observability import logger

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import SendMessageBatchRequestEntryTypeDef

    from functions.backfill.finish_calls import CallFinisher
    from functions.backfill.oldest_pending import OldestPending
    from shared.calls import Calls

    Call = tuple[str, str]  # connection, call id

AT_ONCE = 100
AT_ONCE_SECONDS = 3.0
"""How many calls a sweep finishes itself, and for how long, before it hands over the rest.

The oldest may have been due for a minute, so are 295 s old; whoever waits behind them has no more than 5 s to be late.
"""

SECONDS = 20.0
"""When it begins nothing more, so that its last call and its figure end within the function's 25 s."""

BATCH = 10
"""Messages that SQS takes in one request."""


class SweepIncomplete(Exception):  # noqa: N818
    """Some calls could not be finished; they stay marked and the next sweep tries again."""


class Swept(NamedTuple):
    """What a sweep has done: calls finished, and calls handed to the queue."""

    finished: int
    handed_over: int


class Sweeper:
    """Sweeps."""

    def __init__(
        self,
        finisher: CallFinisher,
        calls: Calls,
        pending: OldestPending,
        sqs: SQSClient,
        queue_url: str,
        clock: Callable[[], int],
        *,
        at_once: int = AT_ONCE,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self._finisher = finisher
        self._calls = calls
        self._pending = pending
        self._sqs = sqs
        self._queue_url = queue_url
        self._clock = clock
        self._at_once = at_once
        self._timer = timer

    def sweep(self) -> Swept:
        """See to every call that is due, the oldest first; raise SweepIncomplete at the end if some are left."""
        self._finisher.begin()
        run = _Run(self._timer)
        due = iter(self._calls.due(self._clock()))
        for call in due:
            self._finish(call, run)
            if run.seen >= self._at_once or run.seconds >= AT_ONCE_SECONDS:
                break
        takes_messages = True
        while not run.is_over and (batch := tuple(islice(due, BATCH))):
            rest = batch
            # While not one call can be finished, messages could not be either, and would end as dead letters.
            if takes_messages and run.finished:
                rest = self._hand_over(batch)
                run.handed_over += len(batch) - len(rest)
                takes_messages = len(rest) < len(batch)
            for call in rest:
                self._finish(call, run)
        measure("OldestPendingContact", self._pending.age_seconds(), "Seconds")
        if run.left or next(due, None):
            raise SweepIncomplete("there was no time for all calls that are due; the next sweep begins with the oldest")
        if run.failed:
            raise SweepIncomplete(f"{run.failed} of {run.seen} due calls could not be finished")
        return Swept(run.finished, run.handed_over)

    def _finish(self, call: Call, run: _Run) -> None:
        if run.is_over:
            run.left += 1
            return
        connection_id, call_id = call
        try:
            self._finisher.finish(connection_id, call_id)
            run.finished += 1
        except Exception:
            logger.exception("call not finished", extra={"connection": connection_id})
            run.failed += 1

    def _hand_over(self, calls: tuple[Call, ...]) -> tuple[Call, ...]:
        """Send a message for each; give back those that the queue did not take."""
        entries: list[SendMessageBatchRequestEntryTypeDef] = [
            {"Id": str(place), "MessageBody": json.dumps({"connection": connection, "call_id": call_id})}
            for place, (connection, call_id) in enumerate(calls)
        ]
        try:
            reply = self._sqs.send_message_batch(QueueUrl=self._queue_url, Entries=entries)
        except (BotoCoreError, ClientError) as error:
            logger.warning("calls not handed to the queue, the sweep goes on itself", extra={"error": repr(error)})
            return calls
        return tuple(calls[int(each["Id"])] for each in reply.get("Failed", ()))


class _Run:
    """How far one sweep is."""

    def __init__(self, timer: Callable[[], float]) -> None:
        self._timer = timer
        self._began = timer()
        self.finished = self.failed = self.handed_over = self.left = 0

    @property
    def seen(self) -> int:
        """How many calls it has tried to finish itself."""
        return self.finished + self.failed

    @property
    def seconds(self) -> float:
        """How long it has been at it."""
        return self._timer() - self._began

    @property
    def is_over(self) -> bool:
        """Whether nothing more may be begun."""
        return self.seconds >= SECONDS
