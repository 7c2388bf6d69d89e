"""Telphin: `call_history` of one call. `bridged_*` tells with whom the caller was connected, and since when (UTC)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from shared.pbx.api import Unknown
from shared.pbx.apis import telphin
from shared.pbx.forms import text_of
from shared.pbx.protocol import CallEvent

if TYPE_CHECKING:
    from collections.abc import Mapping

    from functions.backfill.history import Question
    from shared.pbx.api import PbxApi

NEEDS = telphin.NEEDS
PACE_MS = 1_000


def ask(question: Question, secrets: Mapping[str, str], api: PbxApi) -> tuple[CallEvent, ...]:
    """Find the call's history."""
    events: list[CallEvent] = []
    for call_id in question.call_ids:
        try:
            row = telphin.call(secrets, api, call_id)
        except Unknown:
            continue
        if (text_of(row.get("call_uuid")) or "").casefold() == call_id.casefold():
            events.append(_event(row, call_id))
    return tuple(events)


def _event(row: Mapping[str, object], call_id: str) -> CallEvent:
    incoming = text_of(row.get("flow")) != "out"
    ext = _person(row) if text_of(row.get("bridged_time_gmt")) else None
    return CallEvent(
        call_id=call_id,
        kind="ended",
        name="call_history (asked)",
        direction="in" if incoming else "out",
        line=text_of(row.get("did_number")),
        ext=ext,
        at=_ms(row.get("bridged_time_gmt")) if ext else None,
        outcome="answered" if ext else "missed" if incoming else "cancelled",
        final=True,
    )


def _person(row: Mapping[str, object]) -> str | None:
    """Read the short number of `1234*101`; behind a forwarding it stands only in the part of the call that made it."""
    if ext := _short(row.get("bridged_username")):
        return ext
    parts = row.get("cdr")
    moved = [part for part in parts if isinstance(part, dict)] if isinstance(parts, list) else []
    return next(
        (ext for part in moved if part.get("flow") == "transfer" and (ext := _short(part.get("dest_number")))), None
    )


def _short(value: object) -> str | None:
    text = (text_of(value) or "").partition("@")[0]
    return text.partition("*")[2] or None


def _ms(value: object) -> int | None:
    try:
        return int(datetime.fromisoformat(text_of(value) or "").replace(tzinfo=UTC).timestamp()) * 1000
    except ValueError:
        return None
