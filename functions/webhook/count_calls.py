"""Count a call once, when it is over: by its direction and by what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.metrics import count
from shared.observability import logger

if TYPE_CHECKING:
    from shared.call import Fact
    from shared.calls import CallRecord
    from shared.company import Connection


def count_if_ended_by(fact: Fact, connection: Connection, record: CallRecord) -> None:
    """Count the call if this fact, just stored, is the first that ended it, and it is new. Never raises."""
    if fact.event.kind != "ended":
        return
    ends = [each for member in record.members for each in member.facts if each.event.kind == "ended"]
    # A repetition leaves the moment at which the event first arrived as it was.
    if [each.arrived for each in ends] != [fact.arrived]:
        return
    try:
        call = record.derive(connection)
    except Exception:
        # The event is stored: the PBX must not be asked to repeat it for a figure's sake.
        logger.exception("call not counted", extra={"connection": connection.id})
        return
    count("Calls", direction=call.direction or "unknown", outcome=call.outcome or "unknown")
