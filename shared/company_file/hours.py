"""How days, intervals and dates are written in the company file."""

from __future__ import annotations

import itertools
import re
from datetime import date
from typing import TYPE_CHECKING

from shared.company_file.mistakes import listed, quoted

if TYPE_CHECKING:
    from collections.abc import Iterable

Interval = tuple[int, int]
"""Minutes of the day; an end not after the start lies on the next day."""

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY = 24 * 60

INTERVAL = re.compile(r"([0-9]{1,2}):([0-9]{2})\s*[-\u2013\u2014]\s*([0-9]{1,2}):([0-9]{2})")
DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def read_days(text: str) -> tuple[int, ...]:
    """Read `mon`, `mon-thu`, `sat-mon` or `mon,wed` as weekdays, Monday 0; raise ValueError."""
    days: list[int] = []
    for part in text.casefold().split(","):
        first, dash, last = (end.strip() for end in part.partition("-"))
        if first not in DAYS or (dash and last not in DAYS):
            wrong = last if first in DAYS else first
            raise ValueError(f"{quoted(wrong)} is no day; days are {listed(DAYS)}, written mon, mon-thu or mon,wed")
        start, end = DAYS.index(first), DAYS.index(last if dash else first)
        days.extend(day % len(DAYS) for day in range(start, end + (1 if end >= start else len(DAYS) + 1)))
    if len(set(days)) < len(days):
        raise ValueError("names a day twice")
    return tuple(days)


def read_interval(text: str) -> Interval:
    """Read `09:00-13:00`, `22:00-06:00` or `20:00-24:00`; raise ValueError."""
    match = INTERVAL.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{quoted(text)} is no interval; write it as 09:00-18:00")
    start_hour, start_minute, end_hour, end_minute = map(int, match.groups())
    start, end = start_hour * 60 + start_minute, end_hour * 60 + end_minute
    if start_minute > 59 or end_minute > 59 or start >= DAY or end > DAY:  # noqa: PLR2004
        raise ValueError(f"{quoted(text)} has a time that no clock shows; a day is 00:00-24:00")
    if start == end:
        raise ValueError(f"{quoted(text)} ends when it starts; a whole day is 00:00-24:00, a day off is []")
    return start, end or DAY


def overlapping(intervals: Iterable[Interval]) -> bool:
    """Whether two intervals of one day share a minute."""
    spans = sorted((start, end if end > start else end + DAY) for start, end in intervals)
    return any(later[0] < earlier[1] for earlier, later in itertools.pairwise(spans))


def read_date(text: str) -> date:
    """Read `2026-12-31`; raise ValueError."""
    if not DATE.fullmatch(text):
        raise ValueError(f"{quoted(text)} is no date; write it as 2026-12-31")
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"there is no day {text}") from None
