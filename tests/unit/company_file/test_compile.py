from __future__ import annotations

import pytest

from shared.company import Away, Extension, Line
from shared.company_file import read_company
from tests.unit.company_file.example import TODAY, company_file, compiled

MORNING, AFTERNOON = (540, 780), (840, 1080)


@pytest.mark.rule("W1")
def test_a_week_has_its_intervals_by_day_and_days_left_out_are_off() -> None:
    week = compiled().calendars["office"].weekly
    assert week == (*[(MORNING, AFTERNOON)] * 4, (MORNING, (840, 1020)), (), ())


@pytest.mark.rule("W1")
def test_an_exception_beats_a_holiday_and_a_holiday_is_a_day_off() -> None:
    dates = compiled().calendars["office"].dates
    assert dates["2026-12-31"] == (MORNING,)
    assert dates["2027-01-09"] == ()
    assert dates["2027-01-01"] == dates["2026-06-12"] == dates["2029-06-12"] == ()
    assert min(dates) == "2025-01-01"
    assert max(dates) < "2030"


@pytest.mark.rule("W3", "W5")
def test_intervals_over_midnight_and_to_midnight_are_kept_as_minutes() -> None:
    weekly = {"sat-mon": ["22:00-06:00"], "tue,wed": ["20:00-24:00"], "thu": ["20:00-00:00"], "fri": ["00:00-24:00"]}
    week = compiled(calendars__nights__weekly=weekly).calendars["nights"].weekly
    night, evening = ((1320, 360),), ((1200, 1440),)
    assert week == (night, evening, evening, evening, ((0, 1440),), night, night)


@pytest.mark.rule("W1")
def test_a_calendar_without_any_interval_is_accepted() -> None:
    assert compiled(calendars__nights={}).calendars["nights"].weekly == ((),) * 7


@pytest.mark.rule("C3", "C4")
def test_numbers_are_normalised_with_the_country_they_belong_to() -> None:
    company = compiled(
        connections__kz={
            "operator": "generic",
            "secrets": {"token": "t"},
            "template": "default",
            "country": "KZ",
            "lines": {"8 (727) 222-33-44": {}},
        },
    )
    assert company.employees["anna"].phones == ("+79160000001",)
    assert company.employee_phones == {"+79160000001"}
    assert company.blocked == {"+74990000000"}
    assert company.own_lines == {"+74951112233", "+74951112244", "+77272223344"}
    assert company.connections["kz"].country == "KZ"


def test_a_line_that_is_no_number_is_kept_as_written() -> None:
    lines = compiled().connections["megafon-main"].lines
    assert list(lines) == ["+74951112233", "+74951112244", "trunk-a"]
    assert lines["trunk-a"] == Line(number="trunk-a", time_zone="Asia/Omsk")


def test_lines_tell_no_fallback_from_the_connections_fallback() -> None:
    lines = compiled().connections["megafon-main"].lines
    assert lines["+74951112233"].fallback == ()
    assert lines["+74951112244"].fallback is None


@pytest.mark.rule("T13")
def test_hours_of_a_line_close_it_also_where_closed_is_left_out() -> None:
    document = company_file()
    del document["connections"]["megafon-main"]["lines"]["+74951112244"]["closed"]
    night = read_company(document, 1, today=TODAY).company.connections["megafon-main"].lines["+74951112244"]
    assert (night.hours, night.closed, night.time_zone) == ("nights", "no_opinion", "Europe/Moscow")


def test_what_is_left_out_takes_its_default() -> None:
    mango = compiled().connections["mango-main"]
    assert (mango.country, mango.answerer, mango.redirect, mango.fallback) == ("RU", "reported", "always", ())
    assert (mango.ring_seconds, mango.missed_calls, mango.outgoing_calls) == (20, "create", "ignore")
    assert (mango.missed_owner, mango.adopt_on_later_call) == ("none", False)
    assert (mango.owner_after_transfer, mango.single_without_hours) == ("first", "route")
    assert (mango.source_ips, mango.family) == ((), "mango")
    assert compiled().employees["boris"].time_zone == "Europe/Moscow"
    assert compiled().employees["boris"].hours is None


@pytest.mark.rule("R5")
def test_the_operators_row_names_the_owner_unless_the_connection_does() -> None:
    site = {"operator": "generic", "secrets": {"token": "t"}, "template": "default"}
    assert compiled(connections__site=site).connections["site"].answerer == "first_directed"
    assert compiled(connections__site={**site, "answerer": "reported"}).connections["site"].answerer == "reported"


def test_an_event_may_bring_ext_or_login_in_any_spelling() -> None:
    megafon, mango = (compiled().connections[name] for name in ("megafon-main", "mango-main"))
    assert mango.employees_by_ext == {"012": "anna", "12": "anna", "13": "boris"}
    assert mango.employee_of("12", None) == mango.employee_of("0012", None) == "anna"
    assert megafon.employees_by_login == {"anna": "anna", "boris": "boris"}
    assert megafon.employee_of(None, "ANNA") == "anna"
    assert compiled().employees["anna"].extensions["megafon-main"] == Extension("701", "Anna")


@pytest.mark.rule("R14")
def test_an_extension_that_somebody_left_behind_belongs_to_who_has_it_now() -> None:
    assert compiled().connections["megafon-main"].employee_of("702", None) == "boris"


@pytest.mark.rule("T7")
def test_absences_keep_their_days_and_may_be_without_end() -> None:
    assert compiled().employees["anna"].away == (Away("2026-12-01", "2026-12-14", "boris"),)
    assert compiled(employees__anna__away=[{"from": "2026-12-01"}]).employees["anna"].away == (Away("2026-12-01"),)


@pytest.mark.rule("T2")
def test_a_bare_off_of_yaml_is_off() -> None:
    document = company_file()
    document["connections"]["mango-main"] |= {"redirect_to_responsible": False, "missed_owner": False}
    mango = read_company(document, 1, today=TODAY).company.connections["mango-main"]
    assert (mango.redirect, mango.missed_owner) == ("off", "none")


def test_yes_and_no_are_flags_and_a_key_with_nothing_after_it_is_left_out() -> None:
    document = company_file()
    document["employees"]["boris"] |= {"active": "no", "hours": None, "phones": None}
    document["connections"]["mango-main"] |= {"adopt_on_later_call": "Yes", "lines": None}
    company = read_company(document, 1, today=TODAY).company
    assert company.employees["boris"].active is False
    assert company.connections["mango-main"].adopt_on_later_call is True


def test_addresses_and_networks_are_kept() -> None:
    document = company_file()
    document["connections"]["mango-main"]["source_ips"] = ["203.0.113.5", "203.0.113.0/24", "2001:db8::/32"]
    assert read_company(document, 1, today=TODAY).company.connections["mango-main"].source_ips == (
        "203.0.113.5",
        "203.0.113.0/24",
        "2001:db8::/32",
    )


@pytest.mark.rule("C8", "R1")
def test_a_template_gives_kind_name_tags_fields_and_responsibles() -> None:
    vip = compiled().templates["vip"]
    assert (vip.kind, vip.name, vip.tags, vip.fields) == ("company", "VIP {phone}", ("vip",), {"source": "call"})
    assert vip.responsibles == ("anna", "group:sales")


def test_the_version_is_the_one_given() -> None:
    assert compiled().version == 7
