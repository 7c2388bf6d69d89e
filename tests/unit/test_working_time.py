"""Working time (rules W1 to W5): the dates that break such code, and agreement with a slow second implementation."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.company import Calendar
from shared.working_time import day_intervals, is_working, next_start, until, working_until
from tests.unit.brute_force_hours import BruteForce, Interval, Rules

MOSCOW = "Europe/Moscow"
OFFICE: tuple[Interval, ...] = ((540, 780), (840, 1080))  # 09:00-13:00, 14:00-18:00
NIGHT: tuple[Interval, ...] = ((1320, 360),)  # 22:00-06:00
WHOLE_DAY: tuple[Interval, ...] = ((0, 1440),)

# Places and dates near which the clocks or the calendar do something; about half of the situations are drawn there.
NASTY: tuple[tuple[str, date], ...] = (
    ("America/New_York", date(2026, 3, 8)),
    ("America/New_York", date(2026, 11, 1)),
    (MOSCOW, date(2010, 10, 31)),
    (MOSCOW, date(2011, 3, 27)),  # to summer time for good
    (MOSCOW, date(2014, 10, 26)),  # and back to winter time for good
    ("Asia/Yekaterinburg", date(2014, 10, 26)),
    ("Australia/Lord_Howe", date(2026, 4, 5)),  # half an hour only
    ("Australia/Lord_Howe", date(2026, 10, 4)),
    ("Pacific/Apia", date(2011, 12, 30)),  # a day that was never there
    ("Africa/Casablanca", date(2026, 2, 15)),  # Ramadan: winter time in winter
    ("Africa/Casablanca", date(2026, 3, 22)),
    ("America/Havana", date(2026, 3, 8)),  # at midnight: no 00:00 that day
    ("America/Havana", date(2026, 11, 1)),
    ("Asia/Kolkata", date(2024, 2, 29)),
    ("Asia/Kathmandu", date(2027, 1, 1)),
    ("Pacific/Kiritimati", date(2026, 12, 31)),
    ("America/St_Johns", date(2000, 4, 2)),  # at one minute past midnight
)


def weekly(*intervals: Interval) -> tuple[tuple[Interval, ...], ...]:
    """Make a week whose days are all alike."""
    return (intervals,) * 7


def at(zone: str, text: str, fold: int = 0) -> datetime:
    """Read a local wall clock as an instant."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC)


def compiled(rules: Rules) -> Calendar:
    """Put exceptions over holidays, as applying a company file does."""
    dates: dict[str, tuple[Interval, ...]] = {day.isoformat(): () for day in rules.holidays}
    dates.update({day.isoformat(): intervals for day, intervals in (rules.exceptions or {}).items()})
    return Calendar(weekly=rules.week, dates=dates)


minutes = st.one_of(st.integers(0, 1439), st.sampled_from([0, 1, 30, 90, 120, 150, 180, 360, 540, 1080, 1320, 1439]))
intervals_of_a_day = st.lists(
    st.tuples(minutes, st.one_of(minutes, st.just(1440))).filter(lambda pair: pair[0] != pair[1]), max_size=3
).map(tuple)


@st.composite
def situations(draw: st.DrawFn) -> tuple[Rules, str, date]:
    """Draw a calendar, a zone and a date that matter to each other."""
    zone, day = draw(st.sampled_from(NASTY))
    if draw(st.booleans()):
        day = draw(st.dates(date(2000, 1, 1), date(2037, 12, 31)))
    near = st.integers(-3, 3).map(lambda days: day + timedelta(days=days))
    return (
        Rules(
            week=tuple(draw(st.lists(intervals_of_a_day, min_size=7, max_size=7))),
            holidays=draw(st.frozensets(near, max_size=2)),
            exceptions=draw(st.dictionaries(near, intervals_of_a_day, max_size=2)),
        ),
        zone,
        day,
    )


def random_moment(day: date, seed: int, days: int) -> datetime:
    """Return any microsecond within that many days of the date."""
    middle = datetime(day.year, day.month, day.day, tzinfo=UTC)
    span = days * 86_400_000_000
    return middle + timedelta(microseconds=Random(seed).randrange(-span, span))  # noqa: S311 - repeatable, no secret


@pytest.mark.rule("W1", "W2", "W3", "W4", "W5")
@settings(max_examples=100, deadline=None)
@given(situations(), st.integers(0, 2**32))
def test_it_agrees_with_brute_force_at_random_instants(situation: tuple[Rules, str, date], seed: int) -> None:
    rules, zone, day = situation
    calendar = compiled(rules)
    slow = BruteForce.around(rules, zone, day, days=3)
    for moment in (random_moment(day, seed + number, days=2) for number in range(240)):  # 100 x 240 = 24,000 instants
        assert is_working(calendar, zone, moment) == slow.is_working(moment), moment


@pytest.mark.rule("W4")
@settings(max_examples=100, deadline=None)
@given(situations(), st.integers(0, 2**32))
def test_the_end_of_the_present_state_agrees_with_brute_force(situation: tuple[Rules, str, date], seed: int) -> None:
    rules, zone, day = situation
    moment = random_moment(day, seed, days=1)
    last = moment + timedelta(days=2)
    expected = BruteForce.around(rules, zone, day, days=4).until(moment, last)
    found = until(compiled(rules), zone, moment)
    assert expected == (None if found is None or found > last else found)


@pytest.mark.rule("W1")
def test_a_day_has_several_intervals_and_the_break_between_them_is_not_worked() -> None:
    calendar = Calendar(weekly=weekly(*OFFICE))
    worked = [is_working(calendar, MOSCOW, at(MOSCOW, f"2026-06-01 {clock}")) for clock in ("12:59", "13:30", "14:00")]
    assert worked == [True, False, True]


@pytest.mark.rule("W1")
def test_a_date_replaces_its_day_of_the_week_and_an_empty_one_is_a_day_off() -> None:
    saturday_worked, monday_off = "2026-06-06", "2026-06-08"
    calendar = Calendar(weekly=(*weekly(*OFFICE)[:5], (), ()), dates={saturday_worked: ((600, 720),), monday_off: ()})
    assert is_working(calendar, MOSCOW, at(MOSCOW, f"{saturday_worked} 10:00"))
    assert not is_working(calendar, MOSCOW, at(MOSCOW, f"{saturday_worked} 09:30"))
    assert not is_working(calendar, MOSCOW, at(MOSCOW, f"{monday_off} 10:00"))
    assert is_working(calendar, MOSCOW, at(MOSCOW, "2026-06-09 10:00"))


@pytest.mark.rule("W1")
def test_a_calendar_without_any_interval_never_works_and_never_will() -> None:
    calendar = Calendar(weekly=weekly())
    moment = at(MOSCOW, "2026-06-01 12:00")
    assert not is_working(calendar, MOSCOW, moment)
    assert until(calendar, MOSCOW, moment) is None
    assert next_start(calendar, MOSCOW, moment) is None
    assert working_until(calendar, MOSCOW, moment) is None


@pytest.mark.rule("W2")
def test_the_same_instant_is_judged_in_the_zone_that_is_asked() -> None:
    calendar = Calendar(weekly=weekly(*OFFICE))
    moment = datetime(2026, 6, 1, 5, 0, tzinfo=UTC)
    assert is_working(calendar, "Asia/Yekaterinburg", moment)  # 10:00
    assert is_working(calendar, "Asia/Kolkata", moment)  # 10:30
    assert not is_working(calendar, MOSCOW, moment)  # 08:00


def test_a_moment_may_come_in_any_zone_but_not_without_one() -> None:
    calendar = Calendar(weekly=weekly(*OFFICE))
    moment = datetime(2026, 6, 1, 18, 0, tzinfo=timezone(timedelta(hours=10)))  # 11:00 in Moscow
    assert is_working(calendar, MOSCOW, moment)
    for ask in (is_working, until, working_until, next_start):
        with pytest.raises(
            ValueError, match="needs a moment with a time zone, got 2026-06-01T11:00:00; pass it in UTC"
        ):
            ask(calendar, MOSCOW, datetime(2026, 6, 1, 11, 0))  # noqa: DTZ001 - the mistake under test


def test_outside_working_time_there_is_a_next_start_and_no_end_and_in_it_both() -> None:
    calendar = Calendar(weekly=weekly(*OFFICE))
    early, busy = at(MOSCOW, "2026-06-01 08:00"), at(MOSCOW, "2026-06-01 12:00:30")
    assert working_until(calendar, MOSCOW, early) is None
    assert next_start(calendar, MOSCOW, early) == at(MOSCOW, "2026-06-01 09:00")
    assert working_until(calendar, MOSCOW, busy) == at(MOSCOW, "2026-06-01 13:00")
    assert next_start(calendar, MOSCOW, busy) == at(MOSCOW, "2026-06-01 14:00")


@pytest.mark.rule("W3")
def test_a_night_shift_belongs_to_the_evening_it_starts_on() -> None:
    only_friday = Calendar(weekly=((), (), (), (), NIGHT, (), ()))
    worked = [
        is_working(only_friday, MOSCOW, at(MOSCOW, text))
        for text in ("2026-06-05 05:00", "2026-06-05 22:00", "2026-06-06 05:59", "2026-06-06 06:00", "2026-06-06 23:00")
    ]
    assert worked == [False, True, True, False, False]


@pytest.mark.rule("W3")
def test_a_holiday_takes_the_night_that_starts_on_it_and_leaves_the_one_that_started_before() -> None:
    calendar = Calendar(weekly=weekly(*NIGHT), dates={"2026-06-12": ()})
    assert is_working(calendar, MOSCOW, at(MOSCOW, "2026-06-12 03:00"))
    assert not is_working(calendar, MOSCOW, at(MOSCOW, "2026-06-12 23:00"))
    assert not is_working(calendar, MOSCOW, at(MOSCOW, "2026-06-13 03:00"))
    assert is_working(calendar, MOSCOW, at(MOSCOW, "2026-06-13 23:00"))


@pytest.mark.rule("W3")
def test_an_exceptional_night_reaches_into_a_day_off() -> None:
    calendar = Calendar(weekly=weekly(), dates={"2026-12-31": NIGHT, "2027-01-01": ()})
    assert is_working(calendar, MOSCOW, at(MOSCOW, "2026-12-31 22:00"))
    assert is_working(calendar, MOSCOW, at(MOSCOW, "2027-01-01 05:59"))
    assert working_until(calendar, MOSCOW, at(MOSCOW, "2026-12-31 23:00")) == at(MOSCOW, "2027-01-01 06:00")


@pytest.mark.rule("W3")
def test_the_night_before_a_day_that_was_skipped_still_counts_by_the_wall_clock() -> None:
    apia = "Pacific/Apia"  # 29 December 2011 was followed by the 31st
    calendar = Calendar(weekly=weekly(), dates={"2011-12-30": NIGHT})
    assert not is_working(calendar, apia, at(apia, "2011-12-29 23:59"))
    assert is_working(calendar, apia, at(apia, "2011-12-31 00:00"))
    assert until(calendar, apia, at(apia, "2011-12-29 12:00")) == at(apia, "2011-12-31 00:00")
    assert working_until(calendar, apia, at(apia, "2011-12-31 00:00")) == at(apia, "2011-12-31 06:00")


@pytest.mark.rule("W4")
def test_an_end_is_exclusive_to_the_microsecond() -> None:
    calendar = Calendar(weekly=weekly(*OFFICE))
    end = at(MOSCOW, "2026-06-01 18:00")
    assert is_working(calendar, MOSCOW, end - timedelta(microseconds=1))
    assert not is_working(calendar, MOSCOW, end)
    assert is_working(calendar, MOSCOW, at(MOSCOW, "2026-06-01 09:00"))
    assert not is_working(calendar, MOSCOW, at(MOSCOW, "2026-06-01 09:00") - timedelta(microseconds=1))


@pytest.mark.rule("W4")
def test_a_skipped_hour_is_not_worked() -> None:
    new_york, skipped = "America/New_York", Calendar(weekly=weekly((120, 180)))  # 02:00-03:00 is not there that night
    before = at(new_york, "2026-03-07 12:00")
    assert next_start(skipped, new_york, before) == at(new_york, "2026-03-09 02:00")
    through = Calendar(weekly=weekly((60, 240)))
    start, end = at(new_york, "2026-03-08 01:00"), at(new_york, "2026-03-08 04:00")
    assert working_until(through, new_york, start) == end
    assert end - start == timedelta(hours=2)


@pytest.mark.rule("W4")
def test_a_repeated_hour_is_worked_in_both_passes() -> None:
    new_york, repeated = "America/New_York", Calendar(weekly=weekly((75, 105)))  # 01:15-01:45 comes twice that night
    first, second = at(new_york, "2026-11-01 01:15"), at(new_york, "2026-11-01 01:15", fold=1)
    assert second - first == timedelta(hours=1)
    assert working_until(repeated, new_york, first) == first + timedelta(minutes=30)
    assert next_start(repeated, new_york, first) == second
    assert working_until(repeated, new_york, second) == second + timedelta(minutes=30)


@pytest.mark.rule("W4")
def test_clocks_set_back_in_the_middle_of_work_stop_it_and_start_it_again() -> None:
    new_york, late = "America/New_York", Calendar(weekly=weekly((90, 300)))  # 01:30-05:00; at 02:00 it is 01:00 again
    start = at(new_york, "2026-11-01 01:30")
    set_back = at(new_york, "2026-11-01 01:00", fold=1)
    assert working_until(late, new_york, start) == set_back == start + timedelta(minutes=30)
    assert next_start(late, new_york, start) == at(new_york, "2026-11-01 01:30", fold=1)


@pytest.mark.rule("W4")
def test_a_change_of_half_an_hour_is_followed() -> None:
    lord_howe, work = "Australia/Lord_Howe", Calendar(weekly=weekly((100, 140)))  # 01:40-02:20
    spring = at(lord_howe, "2026-10-04 01:40")  # 02:00 becomes 02:30: the end falls into what is skipped
    assert working_until(work, lord_howe, spring) == spring + timedelta(minutes=20)
    autumn = at(lord_howe, "2026-04-05 01:40")  # 02:00 becomes 01:30
    assert working_until(work, lord_howe, autumn) == autumn + timedelta(minutes=20)
    assert next_start(work, lord_howe, autumn) == autumn + timedelta(minutes=30)


@pytest.mark.rule("W5")
def test_a_whole_day_has_no_gap_at_midnight_and_its_end_is_beyond_the_search() -> None:
    calendar = Calendar(weekly=weekly(*WHOLE_DAY))
    moment = at(MOSCOW, "2026-06-01 23:59:59")
    assert is_working(calendar, MOSCOW, moment)
    assert is_working(calendar, MOSCOW, at(MOSCOW, "2026-06-02 00:00"))
    assert working_until(calendar, MOSCOW, moment) is None
    assert next_start(calendar, MOSCOW, moment) is None


@pytest.mark.rule("W5")
@pytest.mark.parametrize("end", [1440, 0])
def test_an_evening_until_midnight_ends_at_midnight_however_it_is_written(end: int) -> None:
    calendar = Calendar(weekly=weekly((1200, end)))
    midnight = at(MOSCOW, "2026-06-02 00:00")
    assert is_working(calendar, MOSCOW, midnight - timedelta(microseconds=1))
    assert not is_working(calendar, MOSCOW, midnight)
    assert working_until(calendar, MOSCOW, at(MOSCOW, "2026-06-01 20:00")) == midnight


def test_the_29th_of_february_is_a_day_like_any_other() -> None:
    kolkata = "Asia/Kolkata"
    calendar = Calendar(weekly=weekly(), dates={"2028-02-29": ((600, 660),)})
    assert next_start(calendar, kolkata, at(kolkata, "2027-03-01 00:00")) == at(kolkata, "2028-02-29 10:00")
    assert next_start(calendar, kolkata, at(kolkata, "2027-01-20 00:00")) is None  # more than 400 days away


def test_the_search_runs_over_the_end_of_the_year() -> None:
    calendar = Calendar(weekly=weekly(*OFFICE), dates={f"2027-01-0{day}": () for day in range(1, 9)})
    assert next_start(calendar, MOSCOW, at(MOSCOW, "2026-12-31 18:00")) == at(MOSCOW, "2027-01-09 09:00")


@pytest.mark.rule("W1")
def test_the_intervals_of_a_day_are_those_that_start_on_it() -> None:
    calendar = Calendar(
        weekly=(OFFICE, NIGHT, (), (), (), (), ()), dates={"2026-06-08": ((600, 720),), "2026-06-09": ()}
    )
    assert day_intervals(calendar, date(2026, 6, 1)) == OFFICE
    assert day_intervals(calendar, date(2026, 6, 2)) == NIGHT
    assert day_intervals(calendar, date(2026, 6, 3)) == ()
    assert day_intervals(calendar, date(2026, 6, 8)) == ((600, 720),)
    assert day_intervals(calendar, date(2026, 6, 9)) == ()
