"""Phone numbers: every spelling becomes E.164, the one key of a contact (C3)."""

from __future__ import annotations

import re

_NOISE = re.compile(r"[\s()./\u2010-\u2015\u2212-]+")
_FAST_ANYWHERE = re.compile(r"\+7[3489]\d{9}", re.ASCII)
# A bare 7 or 8 means Russia only where it is the connection's country; +84 is Vietnam, so an 8 wants a mobile's 9.
_FAST_IN_RUSSIA = re.compile(r"(?:[78]9|7[348])\d{9}", re.ASCII)
_DIGITS = re.compile(r"\d{6,20}", re.ASCII)


def normalise(text: str | None, country: str) -> str | None:
    """Read a number as `country` (two letters) writes it; None for what is no outside number.

    Withheld, short and unreadable numbers give None. The spellings PBXs send are read without `phonenumbers`, whose
    import costs more than the rest of a look-up.
    """
    if not text or len(text) > 64:
        return None
    number = _bare(text)
    if _FAST_ANYWHERE.fullmatch(number):
        return number
    if country == "RU" and _FAST_IN_RUSSIA.fullmatch(number):
        return f"+7{number[1:]}"
    return _by_library(number, country)


def mask(number: str) -> str:
    """Hide the middle of a number for a log line: +7916***4567."""
    return f"{number[:5]}***{number[-2:]}" if len(number) > 8 else "***"


def _bare(text: str) -> str:
    text = text.strip()
    scheme, colon, rest = text.partition(":")
    if colon and scheme.lower() in {"tel", "sip", "sips"}:
        text = rest.partition(";")[0].partition("@")[0]
    number = _NOISE.sub("", text)
    return f"+{number[2:]}" if number.startswith("00") else number


def _by_library(number: str, country: str) -> str | None:
    plus = number.startswith("+")
    digits = number.removeprefix("+")
    if not _DIGITS.fullmatch(digits):
        return None
    import phonenumbers  # imported late: most calls never need it

    readings: list[phonenumbers.PhoneNumber] = []
    for spelling, region in ((number, None if plus else country), (f"+{digits}", None)):
        try:
            readings.append(phonenumbers.parse(spelling, region))
        except phonenumbers.NumberParseException:
            continue
    possible = phonenumbers.ValidationResult.IS_POSSIBLE
    for accepts in (
        phonenumbers.is_valid_number,
        # The library's tables lag behind the world: a number of the right length is somebody's.
        lambda each: phonenumbers.is_possible_number_with_reason(each) == possible,
    ):
        for reading in readings:
            if accepts(reading):
                return phonenumbers.format_number(reading, phonenumbers.PhoneNumberFormat.E164)
    return None
