"""Working time of a person or a line: whether a moment is in it, until when that stays so, a day's intervals to draw.

Only the local wall clock counts, whatever the clocks do: a skipped hour is not worked, a repeated one is worked twice.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from shared.company import Calendar

DAY_MINUTES = 1440
SEARCH_LIMIT = timedelta(days=400)  # over a year, so that even a calendar of one day a year is answered

_DAY = timedelta(days=1)
_zone = cache(ZoneInfo)  # its own cache keeps but eight zones alive; a company in Russia alone has eleven


def day_intervals(calendar: Calendar, day: date) -> tuple[tuple[int, int], ...]:
    """Return the intervals that start on that day; an end not after its start lies on the next day."""
    intervals = calendar.dates.get(day.isoformat()) if calendar.dates else None
    return calendar.weekly[day.weekday()] if intervals is None else intervals


def is_working(calendar: Calendar, zone: str, moment: datetime) -> bool:
    """Tell whether the moment is working time of this calendar in that zone."""
    return _is_worked(calendar, _wall_clock(zone, moment))


def until(calendar: Calendar, zone: str, moment: datetime) -> datetime | None:
    """Find when the present state, working or not, ends, in UTC; None when not within the search limit."""
    state = is_working(calendar, zone, moment)
    now = moment.astimezone(UTC)
    limit = now + SEARCH_LIMIT
    while (now := _next_candidate(calendar, zone, now)) <= limit:
        if is_working(calendar, zone, now) != state:
            return now
    return None


def working_until(calendar: Calendar, zone: str, moment: datetime) -> datetime | None:
    """Find when the working time of this moment ends; None outside working time, or when no end is near."""
    return until(calendar, zone, moment) if is_working(calendar, zone, moment) else None


def next_start(calendar: Calendar, zone: str, moment: datetime) -> datetime | None:
    """Find when working time begins next; in working time, when it begins again after the present one."""
    if not is_working(calendar, zone, moment):
        return until(calendar, zone, moment)
    end = until(calendar, zone, moment)
    return None if end is None else until(calendar, zone, end)


def _wall_clock(zone: str, moment: datetime) -> datetime:
    if moment.tzinfo is None:  # astimezone would take it for the time of this machine
        raise ValueError(f"working time needs a moment with a time zone, got {moment.isoformat()}; pass it in UTC")
    return moment.astimezone(_zone(zone)).replace(tzinfo=None)


def _is_worked(calendar: Calendar, wall: datetime) -> bool:
    day = wall.date()
    minute = wall.hour * 60 + wall.minute
    for start, end in day_intervals(calendar, day):
        if start <= minute and (minute < end or end <= start):
            return True
    # The night belongs to the evening it began in, so yesterday's holiday or exception decides over it, not today's.
    return any(minute < end <= start for start, end in day_intervals(calendar, day - _DAY))


def _next_candidate(calendar: Calendar, zone: str, now: datetime) -> datetime:
    """Return the next instant at which the state may change: an interval's edge, midnight, a change of clocks."""
    wall = _wall_clock(zone, now)
    midnight = wall.replace(hour=0, minute=0, second=0, microsecond=0)
    own = day_intervals(calendar, wall.date())
    night = day_intervals(calendar, wall.date() - _DAY)
    edges = (midnight + timedelta(minutes=edge) for pair in (*own, *night) for edge in pair)
    nearest = min([midnight + _DAY, *(edge for edge in edges if edge > wall)])
    candidate = now + (nearest - wall)
    return _clock_change(zone, now, candidate) or candidate


def _clock_change(zone: str, after: datetime, before: datetime) -> datetime | None:
    """Find the change of the clocks in (after, before], a day at most; no zone has ever had two within three days."""
    offset = _offset(zone, after)
    if _offset(zone, before) == offset:
        return None
    low, high = after.replace(microsecond=0), before.replace(microsecond=0)  # clocks change on whole seconds
    while high - low > timedelta(seconds=1):
        middle = low + timedelta(seconds=(high - low) // timedelta(seconds=2))
        if _offset(zone, middle) == offset:
            low = middle
        else:
            high = middle
    return high


def _offset(zone: str, moment: datetime) -> timedelta | None:
    return moment.astimezone(_zone(zone)).utcoffset()
