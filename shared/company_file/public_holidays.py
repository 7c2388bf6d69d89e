"""Public holidays of a country, from the `holidays` package; imported only where a calendar asks for them."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date

YEARS_BEFORE, YEARS_AFTER = 1, 3


def years_around(today: date) -> range:
    """Give the years to expand: the one before, for decisions that are explained later, to the third from now."""
    return range(today.year - YEARS_BEFORE, today.year + YEARS_AFTER + 1)


@cache
def countries() -> frozenset[str]:
    """Give the codes of the countries whose holidays are known."""
    # The package's own list of its countries imports all 250 of them; its table of names does not.
    from holidays.registry import COUNTRIES

    return frozenset(code for _, code, *_ in COUNTRIES.values())


@cache
def days_off(country: str, years: range) -> tuple[str, ...]:
    """Give the nationwide days off of some years as YYYY-MM-DD, with those moved by the government as far as known."""
    from holidays import country_holidays

    return tuple(sorted(day.isoformat() for day in country_holidays(country, years=years)))
