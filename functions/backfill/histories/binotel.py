"""Binotel: `stats/call-details` of one call. `historyData` lists the legs: the first to talk answered, the last held.

`ONLINE` is a call that goes on; it is asked for again later. `historyData` may be absent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.pbx.apis import binotel
from shared.pbx.forms import text_of
from shared.pbx.protocol import CallEvent

if TYPE_CHECKING:
    from collections.abc import Mapping

    from functions.backfill.history import Question
    from shared.pbx.api import PbxApi

NEEDS = binotel.NEEDS
PACE_MS = 1_000

_TALKED = frozenset({"ANSWER", "TRANSFER"})


def ask(question: Question, secrets: Mapping[str, str], api: PbxApi) -> tuple[CallEvent, ...]:
    """Find the call's details."""
    events: list[CallEvent] = []
    for call_id in question.call_ids:
        details = binotel.call_details(secrets, api, call_id)
        if details is not None and (text_of(details.get("disposition")) or "ONLINE") != "ONLINE":
            events += _events(details, call_id)
    return tuple(events)


def _events(details: Mapping[str, object], call_id: str) -> list[CallEvent]:
    incoming = text_of(details.get("callType")) != "1"
    talks = _talks(details.get("historyData"))
    if not talks and text_of(details.get("disposition")) in _TALKED:
        talks = [ext] if (ext := text_of(details.get("internalNumber"))) else []
    end = CallEvent(
        call_id=call_id,
        kind="ended",
        name="stats/call-details (asked)",
        direction="in" if incoming else "out",
        line=_line(details.get("pbxNumberData")),
        ext=talks[-1] if talks else None,
        at=_picked_up(details) if len(set(talks)) == 1 else None,
        outcome="answered" if talks else "missed" if incoming else "cancelled",
        final=True,
    )
    if len(set(talks)) <= 1:
        return [end]
    return [end._replace(kind="answered", ext=talks[0], outcome=None, final=False), end]


def _talks(history: object) -> list[str]:
    """List who talked, in order; the legs come as a list, or as an object with numbers for names."""
    legs = history.values() if isinstance(history, dict) else history if isinstance(history, list) else []
    talks = (leg for leg in legs if isinstance(leg, dict) and _seconds(leg, "billsec"))
    return [ext for leg in talks if (ext := text_of(leg.get("internalNumber")))]


def _line(data: object) -> str | None:
    return text_of(data.get("number")) if isinstance(data, dict) else None


def _picked_up(details: Mapping[str, object]) -> int | None:
    start = _seconds(details, "startTime")
    return (start + _seconds(details, "waitsec")) * 1000 if start else None


def _seconds(fields: Mapping[str, object], name: str) -> int:
    text = text_of(fields.get(name)) or ""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= len("1795000000") else 0
