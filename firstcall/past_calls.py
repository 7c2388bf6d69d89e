"""The calls of a period, gone over again by the backfill function: settled by today's company, asked of their PBXs.

The oldest come first, since a number's first call is what makes its contact. A call may be gone over any number of
times, so that whatever stops this, it goes on from the oldest call that is left.
"""

from __future__ import annotations

import time
from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from firstcall.backfill_function import BATCH, hand_over
from shared.call_lists import CallLists

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from firstcall.periods import Period
    from shared.call_lists import ListedCall
    from tools.deployed import DeployedStack, Record

ASK_EVERY_SECONDS = 20.0
"""How long to wait before a PBX is asked about more calls: the slowest vendor's pace."""

MOST_IDLE_ROUNDS = 3
"""Rounds in a row in which a PBX answers nothing before it is given up: it is in trouble."""


class Totals(NamedTuple):
    """How far it is, and what came of it."""

    calls: int
    handled: int
    failed: int
    made: int
    owned: int
    not_asked: int


class PastCalls:
    """Goes over the calls of a period again."""

    def __init__(self, deployed: DeployedStack, period: Period) -> None:
        self._deployed = deployed
        self._period = period
        lists = CallLists(deployed.dynamodb(), deployed.outputs["TableName"])
        self._calls = list(lists.between(*(int(end.timestamp() * 1000) for end in period)))
        self._waiting = list(self._calls)
        self._failed: list[ListedCall] = []
        self._not_asked: list[ListedCall] = []
        self._made = self._owned = 0

    @property
    def totals(self) -> Totals:
        """Say how far it is."""
        handled = len(self._calls) - len(self._waiting) - len(self._failed)
        return Totals(len(self._calls), handled, len(self._failed), self._made, self._owned, len(self._not_asked))

    @property
    def goes_on_from(self) -> datetime | None:
        """When the oldest call that is left began; None when nothing is left."""
        left = [*self._waiting[:1], *self._failed, *self._not_asked]
        return datetime.fromtimestamp(min(left).began_at / 1000).astimezone() if left else None

    def settle(self) -> Iterator[Totals]:
        """Go over all calls, batch by batch; say how far it is after each."""
        while batch := self._waiting[:BATCH]:
            self._not_asked += self._hand_over(batch)
            self._waiting = self._waiting[BATCH:]
            yield self.totals

    def ask(self) -> Iterator[Totals]:
        """Come back to the calls whose PBX could not be asked in passing, as slowly as PBXs want to be asked."""
        idle: Counter[str] = Counter()
        while batch := [each for each in self._not_asked if idle[each.connection] < MOST_IDLE_ROUNDS][:BATCH]:
            time.sleep(ASK_EVERY_SECONDS)
            put_off = self._hand_over(batch)
            self._not_asked = [each for each in self._not_asked if each not in batch] + put_off
            answering = {each.connection for each in batch if each not in put_off}
            for connection in {each.connection for each in batch}:
                idle[connection] = 0 if connection in answering else idle[connection] + 1
            yield self.totals

    def _hand_over(self, batch: Sequence[ListedCall]) -> list[ListedCall]:
        """Let the function go over calls; give those whose PBX could not be asked."""
        messages: list[Record] = [
            {"connection": each.connection, "call_id": each.call_id, "again": True} for each in batch
        ]
        handled = hand_over(self._deployed, messages)
        self._failed += [batch[place] for place in sorted(handled.failed)]
        self._made += sum(bool(told["made"]) for told in handled.went_again.values())
        self._owned += sum(bool(told["owned"]) for told in handled.went_again.values())
        return [batch[place] for place, told in handled.went_again.items() if told["askLater"]]
