"""Mango Office: the basic statistics of one client's number, a row for each leg, tied to the call by `entry_id`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from shared.pbx.apis import mango
from shared.pbx.protocol import CallEvent

if TYPE_CHECKING:
    from collections.abc import Mapping

    from functions.backfill.history import Question
    from shared.pbx.api import PbxApi

NEEDS = mango.NEEDS
PACE_MS = 5_000
"""The manual asks for one look into the statistics in 5 s at most."""

_SECONDS = re.compile(r"\d{9,10}", re.ASCII)


def ask(question: Question, secrets: Mapping[str, str], api: PbxApi) -> tuple[CallEvent, ...]:
    """Find the employees' legs that were picked up.

    Whether the whole call is over, or nobody took it, no row says: a leg may still be to come.
    """
    since, until = question.since // 1000, question.until // 1000
    legs = mango.legs_of(secrets, api, question.phone.lstrip("+"), since, until)
    return tuple(event for leg in legs if leg["entry_id"] in question.call_ids and (event := _event(leg)))


def _event(leg: Mapping[str, str]) -> CallEvent | None:
    # Answered by a menu or a queue; or a talk between two employees, which no client answered to.
    if leg["location"] not in {"abonent", ""} or leg["from_extension"] or not _SECONDS.fullmatch(leg["answer"]):
        return None
    number = leg["to_number"]
    login = number.removeprefix("sip:").partition("@")[0] if number.startswith("sip:") else None
    ext = leg["to_extension"] or None
    if ext is None and login is None:
        return None
    return CallEvent(
        call_id=leg["entry_id"],
        kind="answered",
        name="stats (asked)",
        direction="in",
        ext=ext,
        login=None if ext else login,
        at=int(leg["answer"]) * 1000,
    )
