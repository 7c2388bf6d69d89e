"""UIS, CallGear, Novofon 2.0: `get.calls_report` of one call session. It names who answered first and who last.

Its times are in a zone that the report does not name, so none is taken from it.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from shared.pbx.apis import uis
from shared.pbx.forms import text_of
from shared.pbx.protocol import CallEvent

if TYPE_CHECKING:
    from collections.abc import Mapping

    from functions.backfill.history import Question
    from shared.pbx.api import PbxApi
    from shared.pbx.protocol import Direction

NEEDS = uis.NEEDS
PACE_MS = 1_000

_DIRECTIONS: Mapping[str, Direction] = {"in": "in", "out": "out"}
_LONGEST_ID = 18  # digits


def ask(question: Question, secrets: Mapping[str, str], api: PbxApi) -> tuple[CallEvent, ...]:
    """Find the call's report."""
    since, until = (
        (datetime.fromtimestamp(ms / 1000, UTC) + timedelta(days=days)).strftime("%Y-%m-%d %H:%M:%S")
        for ms, days in ((question.since, -1), (question.until, 1))
    )
    events: list[CallEvent] = []
    for call_id in question.call_ids:
        if call_id.isascii() and call_id.isdigit() and len(call_id) <= _LONGEST_ID:
            for row in uis.call(secrets, api, int(call_id), since, until):
                if text_of(row.get("id")) == call_id and row.get("finish_time"):
                    events += _events(row, call_id)
    return tuple(events)


def _events(row: Mapping[str, object], call_id: str) -> list[CallEvent]:
    first, last = (text_of(row.get(f"{which}_answered_employee_id")) for which in ("first", "last"))
    direction: Direction | None = _DIRECTIONS.get(text_of(row.get("direction")) or "")
    line = text_of(row.get("virtual_phone_number"))
    holder = last or first
    missed = holder is None
    end = CallEvent(
        call_id=call_id,
        kind="ended",
        name="get.calls_report (asked)",
        direction=direction,
        line=line,
        login=holder,
        outcome=("missed" if direction == "in" else "cancelled") if missed else "answered",
        final=True,
    )
    if first is None or first == holder:
        return [end]
    start = CallEvent(
        call_id=call_id, kind="answered", name="get.calls_report (asked)", direction=direction, line=line,
        login=first,
    )  # fmt: skip
    return [start, end]
