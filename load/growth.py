"""How the work for one request grows with what is stored: contacts to a million, employees to a thousand.

All sizes are up at the same time and are played to in turns, forth and back, so that a slow minute of the machine is
slow for all; a figure is the median over the rounds of that round's ratio to the smallest size.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

from load import setting
from load.day import HOUR_MS, LOOKUP, MIDNIGHT, PlannedCall, plan
from load.functions import running
from load.player import SWEEP, Player
from load.server import serve
from load.speech import Speaker, crowded
from load.table import Table

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from load.player import Played

EVERY_MS = 2_000
ROUND_MS = HOUR_MS
TWO = ("generic", "itoolabs")


class Size(NamedTuple):
    """What is stored."""

    contacts: int
    employees: int


@dataclass(slots=True)
class Grown:
    """What one size costs, round by round, in microseconds of processor time."""

    size: Size
    rounds: list[dict[str, float]] = field(default_factory=list)
    counted: dict[str, float] = field(default_factory=dict)  # function calls, in one more round

    def middle(self, what: str) -> float:
        """Give the median."""
        return median(each[what] for each in self.rounds)

    def ratio(self, what: str, smallest: Grown) -> float:
        """Give the median of the rounds' ratios to the smallest."""
        return median(mine[what] / its[what] for mine, its in zip(self.rounds, smallest.rounds, strict=True))


MEASURED = {"look-up": (LOOKUP, "route"), "report": (None, "webhook"), "message": (None, "backfill")}


def grow(
    place: Path,
    sizes: Sequence[Size],
    families: Sequence[str],
    *,
    rounds: int,
    calls: int,
    done: Callable[[str], None],
) -> list[Grown]:
    """Play the same kinds of calls to every size."""
    grown = [Grown(size) for size in sizes]
    with ExitStack() as ending:
        players = [ending.enter_context(_Stage(place, size, families, done)) for size in sizes]
        for number in range(rounds + 1):
            order = list(range(len(sizes)))
            for each in order if number % 2 else reversed(order):
                figures = players[each].round(number, calls)
                if number:  # the first round only warms everything up
                    grown[each].rounds.append(figures)
            done(f"  {rounds - number} rounds to go")
        for size, player in zip(grown, players, strict=True):
            size.counted = player.counted_round(rounds + 1, calls)
    return grown


class _Stage(ExitStack):
    """Functions on a table of one size."""

    def __init__(self, place: Path, size: Size, families: Sequence[str], done: Callable[[str], None]) -> None:
        super().__init__()
        self._size, self._families = size, families
        file = file_of(place, size)
        if not file.exists():

            def stored(count: int) -> None:
                if count % 250_000 == 0:
                    done(f"  {count:,} contacts stored")

            setting.store(file, size.contacts, size.employees, stored)
        company = setting.read(setting.company_document(size.employees, families))
        table = Table(file, setting.company_items(company), setting.secrets_text(company))
        serving = self.enter_context(serve(table))
        name = f"{size.contacts}-{size.employees}"
        self._player = Player(self.enter_context(running(place, serving.url, name, MIDNIGHT)), serving, 1)
        self._speaker = Speaker(size.employees, families)

    def round(self, number: int, calls: int) -> dict[str, float]:
        """Play a round; give the processor time in microseconds."""
        played = self._play(number, calls)
        figures = {name: played.of(kind=kind, function=door).each_us for name, (kind, door) in MEASURED.items()}
        figures["sweep"] = played.of(kind=SWEEP, sweeps=True).each_us
        figures["call"] = (played.of().cpu_ns - played.of(kind=LOOKUP).cpu_ns) / 1000 / calls
        return figures

    def counted_round(self, number: int, calls: int) -> dict[str, float]:
        """Play a round; give the function calls."""
        self._player.counts = True
        played = self._play(number, calls)
        costs = {name: played.of(kind=kind, function=door) for name, (kind, door) in MEASURED.items()}
        costs["sweep"] = played.of(kind=SWEEP, sweeps=True)
        figures = {name: cost.function_calls / cost.requests for name, cost in costs.items()}
        figures["call"] = (played.of().function_calls - played.of(kind=LOOKUP).function_calls) / calls
        return figures

    def _play(self, number: int, calls: int) -> Played:
        contacts, employees = self._size
        first = number * (calls + 1)
        planned = plan(calls, contacts=contacts, employees=employees, seed=number, families=self._families, first=first)
        # Whatever the seed, somebody calls for the first time: his call sends a message.
        planned[0] = planned[0]._replace(caller="first", scenario="direct", number=first + calls)
        asked = [
            PlannedCall(0, "generic", "known", "lookup-only", "once", each.number % contacts, each.meant_for)
            for each in planned
        ]
        mixed = [each for pair in zip(planned, asked, strict=True) for each in pair]
        return self._player.play(self._speaker.day(crowded(mixed, MIDNIGHT + number * ROUND_MS, EVERY_MS)))


def file_of(place: Path, size: Size) -> Path:
    """Name the file that holds the contacts of a size."""
    return place / f"contacts-{size.contacts}-{size.employees}.db"
