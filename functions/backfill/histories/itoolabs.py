"""iTooLabs: the call list, whose `uid` is the `callid` of the events. Only calls that are over stand in it.

`duration` means other things in other texts; start and `wait` do not, and together they say when somebody picked up.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from shared.pbx.apis import itoolabs
from shared.pbx.forms import text_of
from shared.pbx.protocol import CallEvent

if TYPE_CHECKING:
    from collections.abc import Mapping

    from functions.backfill.history import Question
    from shared.pbx.api import PbxApi
    from shared.pbx.protocol import Direction

NEEDS = itoolabs.NEEDS
PACE_MS = 1_000

_NOBODY = frozenset({"pbx", "ivr", "fax"})
_DIRECTIONS: Mapping[str, Direction] = {"in": "in", "missed": "in", "out": "out"}


def ask(question: Question, secrets: Mapping[str, str], api: PbxApi) -> tuple[CallEvent, ...]:
    """Find the call's own record."""
    rows = itoolabs.history(secrets, api, question.since, question.until)
    return tuple(
        _event(row, call_id) for row in rows if (call_id := text_of(row.get("uid"))) in question.call_ids and call_id
    )


def _event(row: Mapping[str, object], call_id: str) -> CallEvent:
    way = (text_of(row.get("type")) or "").lower()
    direction = _DIRECTIONS.get(way)
    who = (text_of(row.get("user")) or text_of(row.get("account")) or "").partition("@")[0]
    person = None if who in _NOBODY or who.startswith("g_") else who or None
    answered = way != "missed" and _answered(row, by_person=person is not None)
    return CallEvent(
        call_id=call_id,
        kind="ended",
        name="history (asked)",
        direction=direction,
        line=text_of(row.get("diversion")) or text_of(row.get("via")),
        login=person,
        at=_picked_up(row) if answered else None,
        outcome="answered" if answered else "missed" if direction == "in" else "cancelled",
        final=True,
    )


def _answered(row: Mapping[str, object], *, by_person: bool) -> bool:
    """Take v1's word for it; the older list has no status, there a talk of some length with a person is the sign."""
    status = text_of(row.get("status"))
    if status is not None:
        return status.lower() == "success"
    return by_person and (_seconds(row, "duration") or 0) > 0


def _picked_up(row: Mapping[str, object]) -> int | None:
    start, wait = text_of(row.get("start")), _seconds(row, "wait")
    if start is None or wait is None:
        return None
    try:
        began = datetime.fromisoformat(start)
        return int(began.replace(tzinfo=began.tzinfo or UTC).timestamp() + wait) * 1000
    except (ValueError, OverflowError, OSError):
        return None


def _seconds(row: Mapping[str, object], name: str) -> int | None:
    text = text_of(row.get(name)) or ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else None  # noqa: PLR2004 -- days
