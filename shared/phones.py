"""Phone numbers: every spelling becomes E.164, the one key of a contact (C3)."""

from __future__ import annotations

import re

# What people and cabinets put between digits; the second half is invisible and comes along when a number is copied.
_NOISE = re.compile(r"[\s()./\u2010-\u2015\u2212\xad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff-]+")
_FAST_ANYWHERE = re.compile(r"\+7[3489]\d{9}", re.ASCII)
# A bare 7 or 8 means Russia only where it is the connection's country; +84 is Vietnam, so an 8 wants a mobile's 9.
_FAST_IN_RUSSIA = re.compile(r"(?:[78]9|7[348])\d{9}", re.ASCII)
_DIGITS = re.compile(r"\d{6,20}", re.ASCII)
_MASKABLE = 9  # characters; of a shorter number a mask would show nearly all
_LONGEST = 64  # characters of a spelling
_WITH_COUNTRY = 9  # digits; fewer without a plus are a local number, though they may look like one of a small island


def normalise(text: str | None, country: str) -> str | None:
    """Read a number as `country` (two letters) writes it; None for what is no outside number.

    Withheld, short and unreadable numbers give None. The spellings PBXs send are read without `phonenumbers`, whose
    import costs more than the rest of a look-up.
    """
    if not text or len(text) > _LONGEST:
        return None
    number = _bare(text)
    if _FAST_ANYWHERE.fullmatch(number):
        return number
    if country == "RU" and _FAST_IN_RUSSIA.fullmatch(number):
        return f"+7{number[1:]}"
    return _by_library(number, country)


def mask(number: str) -> str:
    """Hide the middle of a number for a log line: +7916***4567."""
    return f"{number[:5]}***{number[-2:]}" if len(number) >= _MASKABLE else "***"


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

    spellings: list[tuple[str, str | None]] = [] if plus else [(digits, country)]
    if plus or len(digits) >= _WITH_COUNTRY:
        spellings.append((f"+{digits}", None))
    readings: list[phonenumbers.PhoneNumber] = []
    for spelling, region in spellings:
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
                written = phonenumbers.format_number(reading, phonenumbers.PhoneNumberFormat.E164)
                # Of some invalid numbers the library drops one more digit at each reading; the key must be stable.
                return written if written == number else _by_library(written, country)
    return None
