"""One number has one key, however a PBX, a cabinet or a person writes it."""

from __future__ import annotations

import subprocess
import sys

import phonenumbers
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from shared import phones
from shared.phones import mask, normalise

COUNTRIES = ["RU", "KZ", "KG", "UA", "MD", "BY", "AM", "DE", "US", "VN", "XX", ""]
digits = st.text("0123456789", max_size=14)
number_like = st.text("0123456789+ ()-", max_size=24)


def by_library(number: str, country: str) -> str | None:
    """Read a number as if there were no short way."""
    return phones._by_library(phones._bare(number), country)


@pytest.mark.rule("C3")
@pytest.mark.parametrize(
    "text",
    [
        "89161234567",
        "79161234567",
        "9161234567",
        "+79161234567",
        "+7 (916) 123-45-67",
        "8 (916) 123-45-67",
        "8-916-123-45-67",
        "7.916.123.45.67",
        "+7\u00a0916\u00a0123\u201145\u201167",
        "\u202a+7 916 123-45-67\u202c",
        "tel:+7916-123-45-67",
        "TEL:+79161234567;ext=101",
        "sip:79161234567@pbx.example",
        "sip:+79161234567@pbx.example;transport=tls",
        "0079161234567",
        "81079161234567",
        "  79161234567\r\n",
    ],
)
def test_every_spelling_of_a_russian_number_is_one_number(text: str) -> None:
    assert normalise(text, "RU") == "+79161234567"


@pytest.mark.rule("C3")
@pytest.mark.parametrize(
    ("country", "text", "expected"),
    [
        ("RU", "84951112233", "+74951112233"),
        ("RU", "74951112233", "+74951112233"),
        ("RU", "4951112233", "+74951112233"),
        ("RU", "88001000000", "+78001000000"),
        ("RU", "87011234567", "+77011234567"),
        ("RU", "37360123456", "+37360123456"),
        ("RU", "380501234567", "+380501234567"),
        ("RU", "996555123456", "+996555123456"),
        ("RU", "00493012345678", "+493012345678"),
        ("KZ", "87011234567", "+77011234567"),
        ("KZ", "77011234567", "+77011234567"),
        ("KZ", "7011234567", "+77011234567"),
        ("KZ", "8 (7272) 50-12-34", "+77272501234"),
        ("KZ", "79161234567", "+79161234567"),
        ("KZ", "89161234567", "+79161234567"),
        ("KG", "0555123456", "+996555123456"),
        ("KG", "996555123456", "+996555123456"),
        ("KG", "0312 61-23-45", "+996312612345"),
        ("UA", "0501234567", "+380501234567"),
        ("UA", "380501234567", "+380501234567"),
        ("UA", "044 234 56 78", "+380442345678"),
        ("MD", "060123456", "+37360123456"),
        ("MD", "37360000001", "+37360000001"),
        ("MD", "022 21-23-45", "+37322212345"),
        ("BY", "80291234567", "+375291234567"),
        ("BY", "375291234567", "+375291234567"),
        ("BY", "8 017 234-56-78", "+375172345678"),
        ("AM", "077123456", "+37477123456"),
        ("UZ", "901234567", "+998901234567"),
        ("GE", "555123456", "+995555123456"),
        ("AZ", "0501234567", "+994501234567"),
        ("DE", "030 12345678", "+493012345678"),
        ("DE", "+49 (30) 12345678", "+493012345678"),
        ("US", "(212) 555-0123", "+12125550123"),
        ("GB", "020 7946 0018", "+442079460018"),
        ("XX", "79161234567", "+79161234567"),
    ],
)
def test_national_formats_are_read_with_the_connections_country(country: str, text: str, expected: str) -> None:
    assert normalise(text, country) == expected


@pytest.mark.rule("C4")
@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        " ",
        "+",
        "0",
        "anonymous",
        "Anonymous",
        "unknown",
        "withheld",
        "sip:anonymous@anonymous.invalid",
        "sip:anna@pbx.example",
        "101",
        "70123",
        "+70",
        "2901234",  # a seven-digit town number, not Saint Helena's +290 1234
        "+79161234567890123",
        "1" * 65,
        "７９１６１２３４５６７",
        "٠١٢٣٤٥٦٧٨٩",
    ],
)
def test_what_is_no_outside_number_is_none(text: str | None) -> None:
    assert normalise(text, "RU") is None


def test_a_number_the_tables_do_not_know_yet_is_kept_when_its_length_is_right() -> None:
    assert not phonenumbers.is_valid_number(phonenumbers.parse("+73000000000"))
    assert normalise("+73000000000", "RU") == normalise("73000000000", "RU") == "+73000000000"
    assert normalise("8 300 000-00-00", "RU") == "+73000000000"


@pytest.mark.rule("C3")
@given(
    country=st.sampled_from(COUNTRIES), lead=st.sampled_from("3489"), rest=st.text("0123456789", min_size=9, max_size=9)
)
@settings(max_examples=400, deadline=None)
def test_the_short_way_and_the_library_agree_on_plus_seven(country: str, lead: str, rest: str) -> None:
    number = f"+7{lead}{rest}"
    assert normalise(number, country) == by_library(number, country) == number


@pytest.mark.rule("C3")
@given(number=st.from_regex(r"\A(?:[78]9|7[348])[0-9]{9}\Z"))
@settings(max_examples=600, deadline=None)
def test_the_short_way_and_the_library_agree_on_russian_spellings(number: str) -> None:
    assert normalise(number, "RU") == by_library(number, "RU") == f"+7{number[1:]}"


@pytest.mark.rule("C3")
@given(text=digits | digits.map("+".__add__) | number_like, country=st.sampled_from(COUNTRIES))
@settings(max_examples=600, deadline=None)
def test_the_short_way_and_the_library_agree_on_anything(text: str, country: str) -> None:
    assert normalise(text, country) == by_library(text, country)


@given(text=st.text() | number_like | st.text("0123456789+ep:sit@;", max_size=80), country=st.sampled_from(COUNTRIES))
@settings(max_examples=600, deadline=None)
def test_any_text_gives_a_number_or_none(text: str, country: str) -> None:
    number = normalise(text, country)
    assert number is None or (number[0] == "+" and number[1:].isdecimal() and len(number) <= 20)
    assert mask(text) != text or len(text) < 4


@pytest.mark.rule("C3")
@given(text=number_like, country=st.sampled_from(COUNTRIES))
@settings(max_examples=300, deadline=None)
def test_a_number_once_normalised_stays_as_it_is_in_every_country(text: str, country: str) -> None:
    number = normalise(text, country)
    if number is not None:
        assert {normalise(number, each) for each in COUNTRIES} == {number}


def test_a_mask_keeps_enough_to_find_a_call_and_not_the_number() -> None:
    assert mask("+79161234567") == "+7916***67"
    assert mask("12345") == "***"


@pytest.mark.parametrize(
    ("texts", "imported"),
    [
        (["+79161234567", "+7 (495) 111-22-33", "79161234567", "89161234567", "anonymous", "", "101"], False),
        (["+37360123456", "060123456"], True),
    ],
)
def test_the_library_is_imported_only_where_it_is_needed_and_never_its_tables_of_places(
    texts: list[str], imported: bool
) -> None:
    program = (
        f"import sys; from shared.phones import normalise; [normalise(each, 'RU') for each in {texts!r}];"
        "print(*(each for each in sys.modules if each.split('.')[0] == 'phonenumbers'))"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    modules = set(ran.stdout.split())
    assert bool(modules) is imported
    assert not modules & {"phonenumbers.geocoder", "phonenumbers.carrier", "phonenumbers.timezone"}


@given(st.from_regex(r"\+?[0-9]{6,14}", fullmatch=True), st.sampled_from(["RU", "KZ", "UA", "MD", "GB", "IT"]))
@settings(max_examples=1500, deadline=None)
@example("+86005688066", "RU")
def test_a_number_read_once_reads_as_itself_from_then_on(text: str, country: str) -> None:
    number = normalise(text, country)
    assert number is None or normalise(number, country) == number
