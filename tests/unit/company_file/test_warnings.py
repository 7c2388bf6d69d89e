from __future__ import annotations

import pytest

from shared.company_file import read_company
from tests.unit.company_file.example import TODAY, company_file


def warnings(**changes: object) -> tuple[str, ...]:
    return read_company(company_file(**changes), 1, today=TODAY).warnings


def away(deputy: str, since: str = "2026-12-01", until: str = "2026-12-31") -> list[dict[str, str]]:
    return [{"from": since, "to": until, "deputy": deputy}]


def test_a_sound_company_gives_no_warning() -> None:
    assert warnings() == ()


def test_an_empty_group_is_accepted_with_a_warning() -> None:
    assert warnings(groups__empty=[]) == ("groups.empty: is empty: it gets no call",)


@pytest.mark.rule("T7")
def test_a_circle_of_deputies_is_accepted_with_a_warning() -> None:
    assert warnings(employees__boris__away=away("anna")) == (
        "employees.anna.away: the deputies go in a circle: anna -> boris -> anna",
    )
    assert warnings(employees__boris__away=away("boris")) == (
        "employees.boris.away: the deputies go in a circle: boris -> boris",
    )


@pytest.mark.rule("T7")
def test_deputies_of_each_other_at_different_times_are_no_circle() -> None:
    assert warnings(employees__boris__away=away("anna", "2026-08-01", "2026-08-31")) == ()


def test_an_active_employee_without_extensions_is_told() -> None:
    assert warnings(employees__ivan={"name": "Ivan"}, employees__old={"name": "Old", "active": False}) == (
        "employees.ivan: has no extension on any connection: no call reaches this employee",
    )


def test_unused_calendars_and_templates_are_told() -> None:
    assert warnings(calendars__spare={"weekly": {"mon": ["09:00-10:00"]}}, templates__spare={}) == (
        "calendars.spare: is used by no employee and no line",
        "templates.spare: is used by no connection and no line",
    )


@pytest.mark.rule("W1")
def test_a_calendar_that_is_never_working_time_is_told() -> None:
    assert warnings(calendars__nights={"holidays": "RU"}) == (
        "calendars.nights: has no interval: it is never working time",
    )


@pytest.mark.rule("W1")
def test_a_country_whose_holidays_are_suspended_is_told() -> None:
    assert warnings(calendars__office__holidays="UA") == (
        "calendars.office.holidays: UA has no public holiday from 2025 to 2029",
    )


@pytest.mark.rule("R14")
def test_an_inactive_owner_or_deputy_is_told() -> None:
    assert warnings(templates__vip__responsibles=["vera"], employees__anna__away=away("vera")) == (
        "templates.vip.responsibles[0]: 'vera' is inactive and gets neither contacts nor calls",
        "employees.anna.away[0].deputy: 'vera' is inactive and gets neither contacts nor calls",
    )
