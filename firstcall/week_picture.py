"""Draws a week in the terminal: a row a day, a cell for each half hour of the wall clock."""

from __future__ import annotations

from bisect import bisect_right
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from firstcall.week import DAYS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from firstcall.week import Span, State

GLYPHS: dict[State, str] = {
    "working": "█",
    "deputy": "▓",
    "away": "x",
    "off": "·",
    "one": "▄",
    "several": "█",
    "fallback": "█",
    "people": "▒",
    "nobody": "·",
    "closed": "·",
}
HOLE = "!"
"""A line that is open while nobody is there; a group at night is no hole."""

BLANK = "·"
RULER = "".join(f"{hour:<6}" for hour in range(0, 24, 3))
INDENT = 9
DAY_NAMES = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")

_CELLS, _CELL = 48, timedelta(minutes=30)
_QUARTER = timedelta(minutes=15)
_MIDDLE = timedelta(minutes=7, seconds=30)


def picture(
    spans: Sequence[Span], monday: date, zone: str, notes: Sequence[str] = (), *, holes: bool = False
) -> list[str]:
    """Draw seven rows under a ruler, a note behind each where there is one."""
    rows = [" " * INDENT + RULER.rstrip()]
    for number in range(DAYS):
        day = monday + timedelta(number)
        note = notes[number] if number < len(notes) else ""
        cells = "".join(
            _cell(spans, datetime.combine(day, time()) + place * _CELL, zone, holes) for place in range(_CELLS)
        )
        rows.append(f"  {DAY_NAMES[number]} {day:%d}"[:INDENT].ljust(INDENT) + cells + (f"  {note}" if note else ""))
    return rows


def _cell(spans: Sequence[Span], wall: datetime, zone: str, holes: bool) -> str:  # noqa: FBT001
    first, second = (_glyph(spans, moment, zone, holes) for moment in (wall, wall + _QUARTER))
    if first == second:
        return first
    if BLANK not in (first, second):
        return first.strip() or second
    filled, half = (second, "▐") if first == BLANK else (first, "▌")
    return half if filled == "█" else filled


def _glyph(spans: Sequence[Span], wall: datetime, zone: str, holes: bool) -> str:  # noqa: FBT001
    """Show the middle of a quarter of an hour; an hour that the clocks skip is left empty."""
    local = (wall + _MIDDLE).replace(tzinfo=ZoneInfo(zone))
    moment = local.astimezone(UTC)
    if moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None) != local.replace(tzinfo=None):
        return " "
    state = spans[bisect_right(spans, moment, key=lambda span: span.start) - 1].state
    return HOLE if holes and state == "nobody" else GLYPHS[state]


def in_words(spans: Iterable[Span], zone: str) -> str:
    """Say some spans by local days: `Mon-Thu 00:00-09:00, 18:00-24:00; Fri …`; nothing where there are none."""
    by_day: dict[date, list[str]] = {}
    for span in spans:
        for day, text in _by_days(span, ZoneInfo(zone)):
            by_day.setdefault(day, []).append(text)
    said = [(day, ", ".join(texts)) for day, texts in sorted(by_day.items())]
    parts = []
    for (text, _), days in groupby(enumerate(said), key=lambda each: (each[1][1], each[1][0].toordinal() - each[0])):
        run = [day for _, (day, _) in days]
        names = DAY_NAMES[run[0].weekday()] + (f"-{DAY_NAMES[run[-1].weekday()]}" if len(run) > 1 else "")
        parts.append(f"{names} {'all day' if text == '00:00-24:00' else text}")
    return "; ".join(parts)


def _by_days(span: Span, zone: ZoneInfo) -> Iterator[tuple[date, str]]:
    start, end = span.start.astimezone(zone), span.end.astimezone(zone)
    day = start.date()
    while day <= end.date():
        since = f"{start:%H:%M}" if day == start.date() else "00:00"
        till = f"{end:%H:%M}" if day == end.date() else "24:00"
        if since != till:
            yield day, f"{since}-{till}"
        day += timedelta(days=1)
