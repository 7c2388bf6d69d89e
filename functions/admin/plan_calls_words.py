"""What a plan says of calls that would have gone elsewhere: how many, of whom, to whom; the biggest groups first."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from shared.company_file.mistakes import written

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Sequence

MOST_LINES = 10
MOST_PEOPLE = 3
"""Named of those whom one call rings; more are only counted."""


class Change(NamedTuple):
    """Whom calls of a connection would have rung, and whom they ring as it is: employees in their order."""

    connection: str
    to: tuple[str, ...]
    instead_of: tuple[str, ...]


def told(changed: Counter[Change], count: int, which: str) -> list[str]:
    """Say it in at most MOST_LINES lines; `count` calls were looked at, and `which` says which."""
    calls = f"{_calls(count, 'incoming ')} {which}"
    if not changed:
        return [f"none of {calls} would have gone elsewhere"]
    groups = sorted(changed.items(), key=lambda group: (-group[1], group[0]))
    shown = groups if len(groups) < MOST_LINES else groups[: MOST_LINES - 2]
    lines = [f"of {calls} {changed.total():,} would have gone elsewhere"]
    lines += [f"{written(('connections', change.connection))}: {_went(change, times)}" for change, times in shown]
    if left := groups[len(shown) :]:
        lines.append(f"and {_calls(sum(times for _, times in left), 'more ')} otherwise")
    return lines


def _went(change: Change, times: int) -> str:
    return f"{_calls(times)} to {_people(change.to)} instead of {_people(change.instead_of)}"


def _people(rung: Sequence[str]) -> str:
    more = len(rung) - MOST_PEOPLE
    return ", ".join(rung[:MOST_PEOPLE]) + (f" and {more} more" if more > 0 else "") or "nobody"


def _calls(count: int, which: str = "") -> str:
    return f"1 {which}call" if count == 1 else f"{count:,} {which}calls"
