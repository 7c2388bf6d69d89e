from __future__ import annotations

import json
import time
import zlib
from typing import TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared import company_json
from shared.company import Away, Calendar, Company, Connection, Employee, Extension, Line, Template

Value = TypeVar("Value")

NAMES = st.sampled_from(["anna", "boris", "main", "+74951112233"])
TEXT = st.text(max_size=6)
MAYBE = st.none() | TEXT
SEVERAL = st.lists(NAMES, max_size=3).map(tuple)
MINUTES = st.tuples(st.integers(0, 1440), st.integers(0, 1440))
INTERVALS = st.lists(MINUTES, max_size=3).map(tuple)


def by_name(values: st.SearchStrategy[Value]) -> st.SearchStrategy[dict[str, Value]]:
    return st.dictionaries(NAMES, values, max_size=2)


CALENDARS = st.builds(
    Calendar, weekly=st.tuples(*[INTERVALS] * 7), dates=st.dictionaries(st.dates().map(str), INTERVALS, max_size=3)
)
EMPLOYEES = st.builds(
    Employee,
    id=TEXT,
    name=TEXT,
    time_zone=TEXT,
    active=st.booleans(),
    hours=MAYBE,
    phones=SEVERAL,
    extensions=by_name(st.builds(Extension, ext=MAYBE, login=MAYBE)),
    away=st.lists(st.builds(Away, since=TEXT, until=MAYBE, deputy=MAYBE), max_size=2).map(tuple),
)
TEMPLATES = st.builds(
    Template,
    id=TEXT,
    kind=st.sampled_from(["person", "company"]),
    name=st.text(),
    responsibles=SEVERAL,
    tags=SEVERAL,
    fields=by_name(st.text()),
)
LINES = st.builds(
    Line,
    number=NAMES,
    time_zone=TEXT,
    name=MAYBE,
    template=MAYBE,
    fallback=st.none() | SEVERAL,
    hours=MAYBE,
    closed=st.sampled_from([None, "no_opinion"]),
)
CONNECTIONS = st.builds(
    Connection,
    id=TEXT,
    operator=TEXT,
    family=TEXT,
    country=TEXT,
    template=TEXT,
    answerer=st.sampled_from(["reported", "first_directed"]),
    redirect=st.sampled_from(["off", "always", "working_time"]),
    fallback=SEVERAL,
    ring_seconds=st.integers(3, 300),
    lines=by_name(LINES),
    missed_calls=st.sampled_from(["create", "ignore"]),
    outgoing_calls=st.sampled_from(["create", "ignore"]),
    missed_owner=NAMES,
    adopt_on_later_call=st.booleans(),
    owner_after_transfer=st.sampled_from(["first", "last"]),
    single_without_hours=st.sampled_from(["route", "skip"]),
    source_ips=SEVERAL,
    employees_by_ext=by_name(NAMES),
    employees_by_login=by_name(NAMES),
)
NUMBERS = st.frozensets(NAMES)
COMPANIES = st.builds(
    Company,
    version=st.integers(0, 10**6),
    time_zone=TEXT,
    country=TEXT,
    blocked=NUMBERS,
    calendars=by_name(CALENDARS),
    employees=by_name(EMPLOYEES),
    groups=by_name(SEVERAL),
    templates=by_name(TEMPLATES),
    connections=by_name(CONNECTIONS),
    employee_phones=NUMBERS,
    own_lines=NUMBERS,
)


@given(COMPANIES)
@settings(max_examples=60, deadline=None)
def test_every_company_comes_back_as_it_was(company: Company) -> None:
    assert company_json.load(company_json.dump(company)) == company


def test_what_comes_back_is_as_unchangeable_as_what_went_in() -> None:
    line = Line("+74951112233", "Europe/Moscow", fallback=())
    connection = Connection("m", "megafon", "itoolabs", "RU", "t", "reported", fallback=("anna",), lines={"l": line})
    company = company_json.load(company_json.dump(Company(1, "UTC", "RU", connections={"m": connection})))
    assert company.connections["m"].fallback == ("anna",)
    assert company.connections["m"].lines["l"].fallback == ()
    hash(company.connections["m"].fallback)


def test_bytes_of_an_older_release_without_a_newer_field_are_read() -> None:
    row = {"format": 1, "version": 3, "time_zone": "UTC", "country": "RU"}
    assert company_json.load(zlib.compress(json.dumps(row).encode())) == Company(3, "UTC", "RU")


def test_an_unknown_format_is_told_and_what_to_do() -> None:
    with pytest.raises(company_json.UnknownFormat, match="has format 2, this release reads 1: apply the company file"):
        company_json.load(zlib.compress(b'{"format": 2}'))


def test_a_thousand_employees_are_read_in_milliseconds() -> None:
    employees = {
        f"e{n}": Employee(
            f"e{n}",
            f"Имя {n}",
            "Europe/Moscow",
            hours="office",
            phones=(f"+7916{n:07}",),
            extensions={"megafon-main": Extension(str(n), f"e{n}"), "mango-main": Extension(str(n))},
        )
        for n in range(1000)
    }
    data = company_json.dump(Company(1, "Europe/Moscow", "RU", employees=employees))
    assert len(data) < 40_000
    best = min(_seconds(data) for _ in range(10))
    assert best < 0.05  # some 6 ms on a small machine; the bound is for a busy one


def _seconds(data: bytes) -> float:
    start = time.perf_counter()
    company_json.load(data)
    return time.perf_counter() - start
