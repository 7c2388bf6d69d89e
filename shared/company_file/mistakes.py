"""What is wrong in the company file, and where: `employees.anna.hours: no calendar 'offce'`."""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

Place = tuple[str | int, ...]
"""Keys and list positions from the top of the file."""

MOST_MISTAKES = 1000
"""More are only counted: nobody reads them, and an answer has a size."""

MOST_SEARCHES = 200
"""Different wrong names for which a similar one is looked for; a search among thousands of names takes milliseconds."""

PLAIN_KEY = re.compile(r"[\w +():,*#@/-]{1,64}")
LISTED_NAMES = 8
LONGEST_QUOTE = 60


class CompanyMistakes(Exception):  # noqa: N818 -- it is the answer to the admin, not a fault
    """The company file is refused; every mistake in it, in the order of the file, each as `path: what is wrong`."""

    def __init__(self, mistakes: tuple[str, ...]) -> None:
        super().__init__("\n".join(mistakes))
        self.mistakes = mistakes


def written(place: Place) -> str:
    """Write a place as a path: `employees.anna.away[0].deputy`."""
    text = ""
    for part in place:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += f".{_key(part)}" if text else _key(part)
    return text


def _key(name: str) -> str:
    return name if PLAIN_KEY.fullmatch(name) else quoted(name)


def quoted(text: str) -> str:
    """Quote what somebody wrote, cut where it is long, safe to print."""
    return repr(text if len(text) <= LONGEST_QUOTE else text[: LONGEST_QUOTE - 1] + "…")


def listed(names: Iterable[str], last: str = "and") -> str:
    """List names in words: `a, b and c`."""
    *most, final = names
    return f"{', '.join(most)} {last} {final}" if most else final


class Findings:
    """Collects what is wrong; what follows from a mistake already told is left out."""

    def __init__(self) -> None:
        self._mistakes: list[tuple[Place, str]] = []
        self._broken: set[Place] = set()
        self._suggested: dict[tuple[str, str], str] = {}
        self.warnings: list[str] = []

    def __bool__(self) -> bool:
        """Whether something is wrong."""
        return bool(self._mistakes)

    def break_off(self, place: Place, message: str) -> None:
        """Report something that cannot be read at all: nothing at or beneath this place is judged further."""
        if not self.is_broken(place):
            self._broken.add(place)
            self._mistakes.append((place, message))

    def add(self, place: Place, message: str) -> None:
        """Report a mistake."""
        if not self.is_broken(place):
            self._mistakes.append((place, message))

    def warn(self, place: Place, message: str) -> None:
        """Report something odd that is accepted."""
        self.warnings.append(f"{written(place)}: {message}")

    def is_broken(self, place: Place) -> bool:
        """Whether the place lies in something that could not be read."""
        return any(place[:length] in self._broken for length in range(len(place) + 1))

    def add_unknown(self, place: Place, kind: str, name: str, known: Collection[str]) -> None:
        """Report a name that is not there, with the one that was probably meant."""
        self.add(place, f"no {kind} {quoted(name)}{self.suggestion(kind, name, known)}")

    def suggestion(self, kind: str, name: str, known: Collection[str]) -> str:
        """Say which known name was probably meant, or which there are."""
        searched = (kind, name)
        if searched not in self._suggested:
            if len(self._suggested) >= MOST_SEARCHES:
                return ""
            self._suggested[searched] = _suggestion(name, known)
        return self._suggested[searched]

    def mistakes(self, document: object) -> tuple[str, ...]:
        """Give all mistakes in the order of the file."""
        order = _Order(document)
        found = sorted(self._mistakes, key=lambda mistake: order.of(mistake[0]))
        texts = [f"{written(place)}: {message}" if place else message for place, message in found]
        if (more := len(texts) - MOST_MISTAKES) > 0:
            texts[MOST_MISTAKES:] = [f"and {more} more mistakes"]
        return tuple(dict.fromkeys(texts))


def _suggestion(name: str, known: Collection[str]) -> str:
    by_small = {other.casefold(): other for other in sorted(known, reverse=True)}
    if close := difflib.get_close_matches(name[:LONGEST_QUOTE].casefold(), by_small, n=1):
        return f"; did you mean {quoted(by_small[close[0]])}?"
    if not known:
        return "; there is none"
    if len(known) <= LISTED_NAMES:
        return f"; there {'is' if len(known) == 1 else 'are'} {listed(map(_key, sorted(known)))}"
    return ""


class _Order:
    """Sorts places as their keys stand in the file; what is not there comes last in its section."""

    def __init__(self, document: object) -> None:
        self._document = document
        self._positions: dict[Place, dict[str, int]] = {}

    def of(self, place: Place) -> tuple[int, ...]:
        here, order = self._document, []
        for depth, part in enumerate(place):
            if isinstance(part, int):
                order.append(part)
                here = here[part] if isinstance(here, list) and part < len(here) else None
            elif isinstance(here, dict) and part in here:
                above = place[:depth]
                if above not in self._positions:
                    self._positions[above] = {key: position for position, key in enumerate(here)}
                order.append(self._positions[above][part])
                here = here[part]
            else:
                order.append(len(here) if isinstance(here, dict) else 0)
                here = None
        return tuple(order)
