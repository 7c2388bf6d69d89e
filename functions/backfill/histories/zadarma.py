"""Zadarma: the PBX's statistics, a row for each leg, tied to the call by `pbx_call_id`.

There is no filter for one call, so the span is kept short. `destination` is an extension or a scenario, and a scenario
answers too.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from shared.pbx.apis import zadarma
from shared.pbx.forms import text_of
from shared.pbx.protocol import CallEvent

if TYPE_CHECKING:
    from collections.abc import Mapping

    from functions.backfill.history import Question
    from shared.pbx.api import PbxApi

NEEDS = zadarma.NEEDS
PACE_MS = 20_000
"""Three requests for statistics a minute."""

_EXTENSION = re.compile(r"\d{2,5}", re.ASCII)  # fewer digits are a scenario, more an outside number
_MINUTE = 60_000


def ask(question: Question, secrets: Mapping[str, str], api: PbxApi) -> tuple[CallEvent, ...]:
    """Find the extensions' legs that were picked up; that nobody took the call no row says for certain."""
    ahead = zadarma.offset_seconds(secrets, api)
    since, until = (
        datetime.fromtimestamp(ms / 1000 + ahead, UTC).strftime(zadarma.TIME)
        for ms in (question.since, question.until + _MINUTE)
    )
    legs = zadarma.legs(secrets, api, since, until)
    return tuple(event for leg in legs if (event := _event(leg, question, ahead)))


def _event(leg: Mapping[str, object], question: Question, ahead: int) -> CallEvent | None:
    call_id, ext = text_of(leg.get("pbx_call_id")), text_of(leg.get("destination")) or ""
    if call_id is None or call_id not in question.call_ids:
        return None
    if text_of(leg.get("disposition")) != "answered" or not _EXTENSION.fullmatch(ext):
        return None
    return CallEvent(
        call_id=call_id,
        kind="answered",
        name="statistics (asked)",
        direction="in",
        ext=ext,
        at=_began(leg, ahead),
    )


def _began(leg: Mapping[str, object], ahead: int) -> int | None:
    """Read when the leg began: a little before it was picked up, and in the order in which several were."""
    try:
        shown = datetime.strptime(text_of(leg.get("callstart")) or "", zadarma.TIME).replace(tzinfo=UTC)
    except ValueError:
        return None
    return (int(shown.timestamp()) - ahead) * 1000
