"""Judges the calendars of a company file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.company_file import public_holidays
from shared.company_file.hours import DAYS, overlapping, read_date, read_days, read_interval
from shared.company_file.mistakes import quoted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shared.company_file.hours import Interval
    from shared.company_file.mistakes import Findings, Place
    from shared.company_file.model import CalendarEntry, Document


def check_calendars(document: Document, findings: Findings) -> None:
    """Judge every calendar."""
    for name, calendar in document.calendars.items():
        place = ("calendars", name)
        _check_week(calendar, (*place, "weekly"), findings)
        if calendar.holidays is not None and calendar.holidays not in (known := public_holidays.countries()):
            findings.add_unknown((*place, "holidays"), "country with known holidays", calendar.holidays, known)
        for date, intervals in calendar.exceptions.items():
            here = (*place, "exceptions", date)
            try:
                read_date(date)
            except ValueError as mistake:
                findings.add(here, str(mistake))
            _check_intervals(intervals, here, findings)


def _check_week(calendar: CalendarEntry, place: Place, findings: Findings) -> None:
    said: dict[int, str] = {}
    for key, intervals in calendar.weekly.items():
        here = (*place, key)
        try:
            days = read_days(key)
        except ValueError as mistake:
            findings.add(here, str(mistake))
            days = ()
        for day in days:
            if said.setdefault(day, key) != key:
                findings.add(here, f"{DAYS[day]} is already set by {quoted(said[day])}")
        _check_intervals(intervals, here, findings)


def _check_intervals(texts: Iterable[str], place: Place, findings: Findings) -> None:
    read: list[Interval] = []
    for position, text in enumerate(texts):
        try:
            interval = read_interval(text)
        except ValueError as mistake:
            findings.add((*place, position), str(mistake))
            continue
        if overlapping([*read, interval]):
            findings.add((*place, position), f"{quoted(text)} overlaps another interval of the day")
        else:
            read.append(interval)
