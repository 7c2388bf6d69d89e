"""Times as a question names them: one moment, or a period."""

from __future__ import annotations

from datetime import UTC, datetime

from functions.admin.refusal import Refusal
from shared.table import DAY_MS


def read_moment(text: str | None, now: int, name: str = "at") -> datetime:
    """Read `at` (or whatever it is named), an ISO time with offset; now where it is not given."""
    if text is None:
        return datetime.fromtimestamp(now / 1000, UTC)
    try:
        # In a query a plus is a space, so that 18:30+03:00 arrives without it.
        moment = datetime.fromisoformat(text.strip().replace(" ", "+") if "T" in text else text)
        year = moment.astimezone(UTC).year
    except (ValueError, OverflowError):
        raise Refusal(400, f"{name}: {text!r} is no ISO 8601 time, such as 2026-12-31T18:30:00+03:00") from None
    if moment.tzinfo is None:
        raise Refusal(400, f"{name}: {text!r} has no offset from UTC; write it as 2026-12-31T18:30:00+03:00")
    if not 1990 <= year <= 2200:  # noqa: PLR2004 -- calendars know nothing of other times
        raise Refusal(400, f"{name}: {text!r} is too far from today")
    return moment.astimezone(UTC)


def read_period(since: str | None, until: str | None, now: int, most_days: int) -> tuple[int, int]:
    """Read `from` and `to`, each now where it is not given, as moments (ms); raise Refusal where it is too long."""
    first, last = (
        int(read_moment(text, now, name).timestamp() * 1000) for name, text in (("from", since), ("to", until))
    )
    if last - first > most_days * DAY_MS:
        raise Refusal(400, f"from, to: at most {most_days} days at once")
    return first, last
