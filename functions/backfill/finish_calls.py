"""See that every contact's responsible is decided inside five minutes of its creation (R3), whatever was lost before.

The delayed message brings one call. The sweep, once a minute, brings every call that is still marked as owing a
decision: the guarantee for the message itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.metrics import measure
from shared.observability import logger

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from functions.backfill.ask_history import HistoryAsker
    from functions.backfill.oldest_pending import OldestPending
    from shared.calls import Calls
    from shared.companies import Companies
    from shared.contact import Contact
    from shared.settlement import Settlement


class SweepIncomplete(Exception):  # noqa: N818
    """Some calls could not be finished; they stay marked and the next sweep tries again."""


@dataclass(frozen=True, slots=True)
class Finished:
    """What came of one call."""

    contact: Contact | None
    decided: bool


class CallFinisher:
    """Finishes calls."""

    def __init__(
        self,
        companies: Companies,
        calls: Calls,
        settlement: Settlement,
        asker: HistoryAsker,
        pending: OldestPending,
        clock: Callable[[], int],
    ) -> None:
        self._companies = companies
        self._calls = calls
        self._settlement = settlement
        self._asker = asker
        self._pending = pending
        self._clock = clock

    def begin(self) -> None:
        """Begin a run of the function."""
        self._asker.begin()

    def finish(self, connection_id: str, call_id: str) -> Finished:
        """Decide one call now; a call that is not there any more is finished."""
        record = self._calls.load(connection_id, call_id)
        if record is None:
            return Finished(None, decided=True)
        in_force = self._companies.current()
        connection = in_force.connection(connection_id)
        if connection is None:
            logger.warning("call of a connection that is gone", extra={"connection": connection_id})
            self._calls.settle(record)
            return Finished(None, decided=True)
        learnt = self._asker.learn(in_force.company, connection, record)
        record, contact = self._settlement.settle_afresh(in_force.company, connection, learnt.record)
        decided = contact is None or contact.state != "pending"
        if decided and not learnt.ask_again:
            self._calls.settle(record)
        return Finished(contact, decided)

    def sweep(self) -> int:
        """Finish every call that is due and say how many; raise SweepIncomplete after the last if some failed."""
        finished, failed = 0, 0
        for connection_id, call_id in self._due():
            try:
                self.finish(connection_id, call_id)
                finished += 1
            except Exception:
                logger.exception("call not finished", extra={"connection": connection_id})
                failed += 1
        measure("OldestPendingContact", self._pending.age_seconds(), "Seconds")
        if failed:
            raise SweepIncomplete(f"{failed} of {finished + failed} due calls could not be finished")
        return finished

    def _due(self) -> Iterable[tuple[str, str]]:
        return list(self._calls.due(self._clock()))
