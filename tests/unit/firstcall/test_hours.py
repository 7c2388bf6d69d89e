"""The picture of a week: it shows what a call would get at each moment, and names the hours nobody covers."""

from __future__ import annotations

import itertools
import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firstcall.cli import main
from firstcall.company_source import compiled
from firstcall.outcome import DONE, FOUND_WRONG, WRONG_USE, WrongUse
from firstcall.week import Span, Week
from firstcall.week_picture import in_words, picture
from firstcall.week_rows import chosen_rows, nobody, rows
from shared.company import Away, Calendar, Company, Connection, Employee, Extension, Line
from shared.contact import Contact, CreatedBy, Evidence, Responsible
from shared.routing import absence_on, route
from shared.working_time import is_working

if TYPE_CHECKING:
    from shared.company import Redirect

EXAMPLE = Path(__file__).parents[3] / "examples" / "company.yaml"
MONDAY = date(2026, 11, 23)
OFFICE = Calendar(weekly=(((540, 1080),),) * 5 + ((),) * 2)
NIGHTS = Calendar(weekly=(((1320, 360),),) * 7)
BITS = Calendar(weekly=(((555, 570), (615, 640)),) + ((),) * 6)
MOSCOW = "Europe/Moscow"


def person(name: str, hours: str | None = "office", zone: str = MOSCOW, **changes: Any) -> Employee:
    return Employee(name, name.title(), zone, hours=hours, extensions={"pbx": Extension("1", name)})._replace(**changes)


def firm(*people: Employee, redirect: Redirect = "working_time", **changes: Any) -> Company:
    connection = Connection("pbx", "megafon", "itoolabs", "RU", "default", "reported", redirect)
    return Company(
        1,
        MOSCOW,
        "RU",
        calendars={"office": OFFICE, "nights": NIGHTS, "bits": BITS},
        employees={each.id: each for each in people},
        connections={"pbx": connection},
    )._replace(**changes)


def line(company: Company, **changes: Any) -> tuple[Connection, Line]:
    own = Line("+74951112233", MOSCOW)._replace(
        **{name: value for name, value in changes.items() if name in Line._fields}
    )
    others = {name: value for name, value in changes.items() if name not in Line._fields}
    connection = company.connections["pbx"]._replace(lines={own.number: own}, **others)
    return connection, own


def states(spans: list[Span]) -> list[str]:
    return [span.state for span in spans]


def at(spans: list[Span], moment: datetime) -> Span:
    return next(span for span in spans if span.start <= moment < span.end)


def drawn(spans: list[Span], zone: str = MOSCOW, monday: date = MONDAY, **how: Any) -> list[str]:
    return [row[9:] for row in picture(spans, monday, zone, **how)[1:]]


def cell(hour: float) -> int:
    return int(hour * 2)


@pytest.mark.rule("W2")
def test_working_time_is_drawn_in_the_employees_own_zone() -> None:
    week = Week(firm(person("anna", zone="Asia/Vladivostok")), MONDAY)
    row = drawn(week.of_employee("anna"), "Asia/Vladivostok")
    assert row[0] == "·" * 18 + "█" * 18 + "·" * 12
    assert row[5] == "·" * 48
    assert week.of_employee("anna")[1].start == datetime(2026, 11, 22, 23, tzinfo=UTC)


@pytest.mark.rule("W3")
def test_a_night_is_drawn_on_both_of_its_days_the_one_before_the_week_too() -> None:
    row = drawn(Week(firm(person("anna", "nights")), MONDAY).of_employee("anna"))
    assert row == ["█" * 12 + "·" * 32 + "█" * 4] * 7


def test_a_part_of_a_half_hour_is_drawn_as_half_a_cell() -> None:
    row = drawn(Week(firm(person("anna", "bits")), MONDAY).of_employee("anna"))[0]
    assert row[cell(9)] == "▐"  # 09:15-09:30
    assert row[cell(10)] == "▐"  # 10:15-10:40
    assert row[cell(10.5)] == "▌"
    assert row.strip("·") == "▐·▐▌"


@pytest.mark.rule("T7")
def test_an_absence_shows_where_a_deputy_stands_in_and_where_nobody_does() -> None:
    away = (Away("2026-11-24", "2026-11-25", "boris"), Away("2026-11-26", "2026-11-26"))
    week = Week(firm(person("anna", away=away), person("boris", zone="Asia/Yekaterinburg")), MONDAY)
    mon, tue, wed, thu, fri, *_ = drawn(week.of_employee("anna"))
    assert mon == fri == "·" * 18 + "█" * 18 + "·" * 12
    assert tue == wed == "·" * 14 + "▓" * 18 + "xxxx" + "·" * 12  # Boris begins and ends two hours before her
    assert thu == "·" * 18 + "x" * 18 + "·" * 12
    spans = week.of_employee("anna")
    assert {span.deputy for span in spans if span.state == "deputy"} == {"boris"}


@pytest.mark.rule("W4")
def test_an_hour_that_the_clocks_skip_is_left_empty_and_one_that_comes_twice_is_worked_twice() -> None:
    whole = Calendar(weekly=(((0, 1440),),) * 7)
    people = firm(person("anna", "whole", "Europe/Berlin"), calendars={"whole": whole})
    spring, autumn = date(2026, 3, 23), date(2026, 10, 19)
    assert drawn(Week(people, spring).of_employee("anna"), "Europe/Berlin", spring)[6] == "████  " + "█" * 42
    [span] = Week(people, autumn).of_employee("anna")
    assert span.end - span.start == timedelta(days=7, hours=1)
    [span] = Week(people, spring).of_employee("anna")
    assert span.end - span.start == timedelta(days=7, hours=-1)


@pytest.mark.rule("T6")
def test_a_group_shows_how_thin_it_is_and_when_nobody_of_it_is_there() -> None:
    week = Week(
        firm(person("anna"), person("boris", zone="Asia/Yekaterinburg"), groups={"sales": ("anna", "boris")}), MONDAY
    )
    spans = week.of_group("sales")
    assert drawn(spans)[0] == "·" * 14 + "▄" * 4 + "█" * 14 + "▄" * 4 + "·" * 12
    holes = in_words([span for span in spans if span.state == "nobody"], MOSCOW)
    assert holes == "Mon-Fri 00:00-07:00, 18:00-24:00; Sat-Sun all day"


@pytest.mark.rule("T13")
def test_a_line_is_closed_or_covered_or_only_for_some_or_a_hole() -> None:
    company = firm(person("anna"), person("boris", "nights"))
    week = Week(company, MONDAY)
    row = drawn(week.of_line(*line(company, fallback=("anna",))), holes=True)[0]
    assert row == "▒" * 12 + "!" * 6 + "█" * 18 + "!" * 8 + "▒" * 4
    row = drawn(week.of_line(*line(company, fallback=("anna",), hours="office", closed="no_opinion")), holes=True)[0]
    assert row == "·" * 18 + "█" * 18 + "·" * 12


@pytest.mark.rule("T11")
def test_an_empty_fallback_of_a_line_counts_and_the_connections_own_otherwise() -> None:
    company = firm(person("anna"), person("boris", "nights"))
    week = Week(company, MONDAY)
    assert "fallback" not in states(week.of_line(*line(company, fallback=())))
    connection, own = line(company)
    assert "fallback" in states(week.of_line(connection._replace(fallback=("anna",)), own))


def test_who_is_rung_at_night_because_hours_do_not_matter_is_not_taken_for_somebody_who_answers() -> None:
    company = firm(person("anna"), redirect="always")
    row = drawn(Week(company, MONDAY).of_line(*line(company, fallback=("anna",))), holes=True)[0]
    assert row == "!" * 18 + "█" * 18 + "!" * 12
    unset = firm(person("anna", None), redirect="always")
    assert states(Week(unset, MONDAY).of_line(*line(unset, fallback=("anna",)))) == ["fallback"]


def test_the_hours_in_which_nobody_at_all_would_answer_are_said_in_the_companys_zone() -> None:
    company = firm(
        person("anna"), person("boris", "nights"), person("vera", "office", active=False), person("gleb", None)
    )
    told = "\n".join(nobody(Week(company, MONDAY)).told(Week(company, MONDAY)))
    assert "nobody at all would answer: Mon-Fri 06:00-09:00, 18:00-22:00; Sat-Sun 06:00-22:00" in told
    assert "not counted, without working time set: gleb" in told


MOMENTS = [datetime(2026, 11, 22, 12, tzinfo=UTC) + timedelta(minutes=37 * step) for step in range(300)]
ZONES = st.sampled_from([MOSCOW, "Asia/Kamchatka", "America/New_York", "Asia/Kathmandu", "Europe/Berlin"])
DAY = st.integers(20, 30).map(lambda day: f"2026-11-{day}")


@st.composite
def companies(draw: st.DrawFn) -> Company:
    names = ["anna", "boris", "vera"]
    people = []
    for name in names:
        since, until = draw(DAY), draw(st.none() | DAY)
        away = Away(since, until if until is None or until >= since else None, draw(st.sampled_from([None, *names])))
        people.append(
            person(
                name,
                draw(st.sampled_from(["office", "nights", "bits", None])),
                draw(ZONES),
                active=draw(st.booleans()),
                away=draw(st.sampled_from([(), (away,)])),
            )
        )
    return firm(*people, redirect=draw(st.sampled_from(["always", "working_time"])), groups={"all": tuple(names)})


def rung(company: Company, connection: Connection, who: str, moment: datetime) -> list[str]:
    contact = Contact(
        "c", "person", "c", ("+1",), "t", 0, CreatedBy("pbx", "1"),
        responsibles=(Responsible(who, "manual", 0, Evidence("manual")),),
    )  # fmt: skip
    decision = route(company, connection, contact, phone="+1", line=None, called=None, moment=moment)
    return [target.employee for target in decision.targets]


@given(companies())
@settings(max_examples=40, deadline=None)
@pytest.mark.rule("T14")
def test_every_moment_of_the_picture_is_what_a_call_would_get_then(company: Company) -> None:
    week = Week(company, MONDAY)
    strict = company.connections["pbx"]._replace(redirect="working_time", single_without_hours="skip")
    spans = {name: week.of_employee(name) for name in company.employees}
    group = week.of_group("all")
    for moment in MOMENTS:
        for name, found in spans.items():
            if not found[0].start <= moment < found[-1].end:
                continue
            span, employee = at(found, moment), company.employees[name]
            expected = rung(company, strict, name, moment)
            assert (span.state in {"working", "deputy"}) == bool(expected)
            assert (span.deputy or name) in expected or not expected
            if span.state == "away":
                assert employee.hours is not None
                assert is_working(company.calendars[employee.hours], employee.time_zone, moment)
                assert absence_on(employee, moment) is not None
        if group[0].start <= moment < group[-1].end:
            count = len(rung(company, strict, "group:all", moment))
            assert at(group, moment).state == ("several" if count > 1 else "one" if count else "nobody")


def test_spans_are_whole_and_join() -> None:
    company = firm(person("anna", away=(Away("2026-11-24", None, "boris"),)), person("boris", "nights"))
    spans = Week(company, MONDAY).of_employee("anna")
    assert (spans[0].start, spans[-1].end) == Week(company, MONDAY).bounds(MOSCOW)
    assert all(first.end == second.start for first, second in itertools.pairwise(spans))
    assert all((a.state, a.deputy) != (b.state, b.deputy) for a, b in itertools.pairwise(spans))


def test_a_name_chooses_an_employee_a_group_a_line_or_all_lines_of_a_connection() -> None:
    company = compiled(json.loads(json.dumps(_example())), "example")
    every = rows(Week(company, MONDAY))
    assert [row.names[0] for row in chosen_rows(every, ["anna", "sales", "+7 495 111-22-33"])] == [
        "anna",
        "group:sales",
        "+74951112233",
    ]
    assert len(chosen_rows(every, ["megafon-main"])) == 3
    assert chosen_rows(every, []) == every
    with pytest.raises(WrongUse, match="did you mean anna"):
        chosen_rows(every, ["ana"])


def test_it_needs_no_stack_and_no_secrets_for_a_file(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MEGAFON_CRM_TOKEN", raising=False)
    file = tmp_path / "company.yaml"
    file.write_text(EXAMPLE.read_text(encoding="utf-8").replace(":-local-only}", "}"), encoding="utf-8")
    assert main(["hours", "--file", str(file), "--week", "2026-12-02"]) == DONE
    told = capsys.readouterr().out
    assert "Week of Monday 2026-11-30" in told
    assert "anna: Анна Петрова, Asia/Yekaterinburg, hours office" in told
    assert told.count("away from 2026-12-01 to 2026-12-14, deputy boris") == 1
    assert "vera: Вера Лис, Europe/Moscow, no longer active" in told
    assert max(len(line) for line in told.splitlines()) <= 120


def test_the_same_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--json", "hours", "anna", "--file", str(EXAMPLE), "--week", "2026-12-02"]) == DONE
    document = json.loads(capsys.readouterr().out)
    assert document["week"] == "2026-11-30"
    [row] = document["rows"]
    assert (row["kind"], row["name"], row["time_zone"]) == ("employee", "anna", "Asia/Yekaterinburg")
    assert row["spans"][1] == {
        "from": "2026-11-30T09:00:00+05:00",
        "to": "2026-11-30T13:00:00+05:00",
        "state": "working",
    }
    assert row["notes"]["2026-12-01"].startswith("away from")


def test_mistakes_of_the_file_or_the_question_are_said_without_a_trace(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "company.yaml"
    file.write_text(EXAMPLE.read_text(encoding="utf-8").replace("hours: office", "hours: offce", 1), encoding="utf-8")
    assert main(["hours", "--file", str(file)]) == FOUND_WRONG
    assert "employees.anna.hours: no calendar 'offce'; did you mean 'office'?" in capsys.readouterr().err
    for words in (["--week", "2026-13-01"], ["--week", "0001-01-01"], ["nobody"]):
        assert main(["hours", "--file", str(EXAMPLE), *words]) == WRONG_USE
        assert capsys.readouterr().err.startswith("error: ")


def _example() -> dict[str, object]:
    from firstcall.company_source import read

    return read(EXAMPLE)


def test_the_picture_in_the_docs_is_what_really_prints(capsys: pytest.CaptureFixture[str]) -> None:
    text = (EXAMPLE.parents[1] / "docs" / "company-as-code.md").read_text(encoding="utf-8")
    command, _, shown = text.partition("$ firstcall hours ")[2].partition("```")[0].partition("\n")
    words = [str(EXAMPLE) if word == "examples/company.yaml" else word for word in command.split()]
    assert main(["hours", *words]) == DONE
    assert capsys.readouterr().out == shown
