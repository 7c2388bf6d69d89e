"""Keep what a PBX sent, beside the storing of what it says: the answer hardly waits for it, and never depends on it."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

from shared.observability import logger
from shared.raw_events import RawEvent, RawEvents

if TYPE_CHECKING:
    from collections.abc import Callable

    from shared.companies import CompanyInForce
    from shared.http import Admitted

PATIENCE_SECONDS = 1.0
"""How long an answer waits for the keeping, once all else is done."""


class RawKeeper:
    """Keeps requests that bring events, and those that are understood and mean nothing (K6)."""

    def __init__(self, raw_events: RawEvents, clock: Callable[[], int]) -> None:
        self._raw_events = raw_events
        self._clock = clock
        self._beside = ThreadPoolExecutor(1, thread_name_prefix="raw-event")

    def begin(self, in_force: CompanyInForce, admitted: Admitted) -> Future[None] | None:
        """Begin to keep a request; None where it is none to be kept."""
        days, parsed = in_force.company.retention.raw_events, admitted.parsed
        if not days or (parsed.lookup is not None and not parsed.events):
            return None
        connection = admitted.connection.id
        call_id = parsed.events[0].call_id if parsed.events else None
        event = RawEvent(self._clock(), admitted.request)
        proof = in_force.secrets[connection]
        secrets = (*proof.secrets.values(), *(proof.previous_secrets or {}).values())
        return self._beside.submit(self._raw_events.keep, connection, call_id, event, secrets, days)

    def end(self, keeping: Future[None] | None, admitted: Admitted) -> None:
        """Wait for what was begun, but not long; a request that is not kept is a loss for looking back only."""
        if keeping is None:
            return
        try:
            keeping.result(timeout=PATIENCE_SECONDS)
        except Exception as error:  # noqa: BLE001 -- whatever it was, the event itself is stored
            logger.warning(
                "request not kept", extra={"connection": admitted.connection.id, "error": type(error).__name__}
            )
