"""Working time the slow way, for comparison: every worked minute of the wall clock written down, then looked up.

It shares nothing with the product and starts from what the admin wrote: a week, holidays and exceptions.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Mapping

Interval = tuple[int, int]


@dataclass(frozen=True)
class Rules:
    """What the admin wrote: intervals of minutes, Monday first."""

    week: tuple[tuple[Interval, ...], ...]
    holidays: frozenset[date] = frozenset()
    exceptions: Mapping[date, tuple[Interval, ...]] | None = None

    def on(self, day: date) -> tuple[Interval, ...]:
        """Apply W1: exception, else holiday, else week."""
        if self.exceptions and day in self.exceptions:
            return self.exceptions[day]
        if day in self.holidays:
            return ()
        return self.week[(day.toordinal() + 6) % 7]  # 0001-01-01 was a Monday

    def worked_minutes(self, first: date, days: int) -> frozenset[tuple[int, int]]:
        """Write down (day number, minute) of every worked minute that intervals of these days bring."""
        worked: set[tuple[int, int]] = set()
        for number in range(first.toordinal(), first.toordinal() + days):
            for start, end in self.on(date.fromordinal(number)):
                length = end - start if end > start else 1440 - start + end
                for passed in range(length):
                    worked.add((number + (start + passed) // 1440, (start + passed) % 1440))
        return frozenset(worked)


@dataclass(frozen=True)
class BruteForce:
    """The answers for instants within some days of a date."""

    zone: ZoneInfo
    worked: frozenset[tuple[int, int]]

    @classmethod
    def around(cls, rules: Rules, zone: str, day: date, days: int) -> BruteForce:
        """Prepare answers for `days` on both sides of the day, with two more for the zone and the night before."""
        return cls(ZoneInfo(zone), rules.worked_minutes(day - timedelta(days=days + 2), 2 * days + 5))

    def is_working(self, moment: datetime) -> bool:
        """Look the wall clock's minute up."""
        local = datetime.fromtimestamp(moment.timestamp(), self.zone).timetuple()
        number = date(local.tm_year, local.tm_mon, local.tm_mday).toordinal()
        return (number, local.tm_hour * 60 + local.tm_min) in self.worked

    def until(self, moment: datetime, last: datetime) -> datetime | None:
        """Walk to the first minute in another state, not beyond `last`; offsets have been whole minutes since 1972."""
        state = self.is_working(moment)
        at = moment.replace(second=0, microsecond=0) + timedelta(minutes=1)
        while at <= last:
            if self.is_working(at) != state:
                return at
            at += timedelta(minutes=1)
        return None
