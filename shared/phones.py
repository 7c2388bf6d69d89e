"""Phone numbers: every spelling becomes E.164, the one key of a contact (C3)."""

from __future__ import annotations

# What people and cabinets put between digits; the second half is invisible and comes along when a number is copied.
_BETWEEN = "()./-\u2010\u2011\u2012\u2013\u2014\u2015\u2212"
_INVISIBLE = (0xAD, 0xFEFF, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x206A))
_NOISE = dict.fromkeys([*map(ord, _BETWEEN), *_INVISIBLE])
_RUSSIAN = frozenset("3489")  # what begins the numbers of Russia behind +7; a 7 would be Kazakhstan
_RUSSIAN_LENGTH = len("79161234567")
_FEWEST_DIGITS, _MOST_DIGITS = 6, 20
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
    if _is_russian(number, country):
        return f"+7{number[-10:]}"
    return _by_library(number, country)


def mask(number: str) -> str:
    """Hide the middle of a number for a log line: +7916***4567."""
    return f"{number[:5]}***{number[-2:]}" if len(number) >= _MASKABLE else "***"


def _bare(text: str) -> str:
    text = text.strip()
    scheme, colon, rest = text.partition(":")
    if colon and scheme.lower() in {"tel", "sip", "sips"}:
        text = rest.partition(";")[0].partition("@")[0]
    number = "".join(text.translate(_NOISE).split())
    return f"+{number[2:]}" if number.startswith("00") else number


def _is_russian(number: str, country: str) -> bool:
    """Whether a number can be read at sight, without the library.

    A bare 7 or 8 means Russia only where that is the connection's country; +84 is Vietnam, so an 8 wants a mobile's 9.
    """
    digits = number.removeprefix("+")
    if len(digits) != _RUSSIAN_LENGTH or not _are_digits(digits) or digits[1] not in _RUSSIAN:
        return False
    if digits[0] == "7":
        return number[0] == "+" or country == "RU"
    return number[0] == "8" and digits[1] == "9" and country == "RU"


def _are_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _by_library(number: str, country: str) -> str | None:
    plus = number.startswith("+")
    digits = number.removeprefix("+")
    if not (_are_digits(digits) and _FEWEST_DIGITS <= len(digits) <= _MOST_DIGITS):
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
