"""The four measurements: instructions, time, round trips, sizes."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from bench.process import StubProcess, Variant, on_core, run, steps, stub

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

_COUNTED = re.compile(r"I\s+refs:\s+([\d,]+)")
VALGRIND = ("valgrind", "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null")


@dataclass(frozen=True, slots=True)
class Counted:
    """One run to be counted: a variant, how often it calls, on a company of which size."""

    variant: Variant
    calls: int
    employees: int


def instructions(runs: Mapping[str, Counted], done: Callable[[str], None]) -> dict[str, int]:
    """Count the instructions of each run, two at a time: what else the machine does changes nothing."""

    def count(name: str) -> int:
        wanted = runs[name]
        with stub(wanted.employees) as aws:
            _, said = run(wanted.variant, aws.url, wanted.calls, VALGRIND)
        done(name)
        found = _COUNTED.search(said)
        return int(found[1].replace(",", "")) if found else 0

    with ThreadPoolExecutor(2) as pool:
        return dict(zip(runs, pool.map(count, runs), strict=True))


@dataclass(frozen=True, slots=True)
class Wall:
    """Cold time of one variant: medians over the rounds."""

    ready_ms: float
    answered_ms: float
    ratio: float  # median of the rounds' own ratios to the first variant


def wall(variants: Sequence[Variant], employees: int, rounds: int, done: Callable[[int], None]) -> list[Wall]:
    """Time cold starts in turns (A B C, C B A, …), so that a slow minute of the machine is slow for all."""
    with on_core(0):
        aws = StubProcess(employees)
    try:
        taken: list[list[tuple[float, float]]] = [[] for _ in variants]
        for number in range(rounds + 1):
            order = list(range(len(variants)))
            for each in order if number % 2 else reversed(order):
                aws.ask("forget")
                with on_core(-1):
                    times, _ = run(variants[each], aws.url)
                if number:  # the first round only warms the machine's caches
                    taken[each].append((times.ready, times.answered))
            done(number)
    finally:
        aws.end()
    floor = taken[0]
    return [
        Wall(
            median(ready for ready, _ in each),
            median(answered for _, answered in each),
            median(answered / base for (_, answered), (_, base) in zip(each, floor, strict=True)),
        )
        for each in taken
    ]


@dataclass(frozen=True, slots=True)
class Trips:
    """What one call asked of AWS."""

    title: str
    operations: Counter[str]
    read_units: float
    write_units: int
    index_units: int


def trips(variant: Variant, titles: Sequence[str]) -> tuple[list[Trips], frozenset[str]]:
    """Count what each event asks, the start first; give the modules loaded by the start too."""
    counted: list[Trips] = []
    modules: frozenset[str] = frozenset()
    with stub(8) as aws:
        for title, report in zip(("start", *titles), steps(variant, aws.url), strict=True):
            modules = frozenset(report.get("modules", modules))
            seen = aws.ask("seen")
            counted.append(
                Trips(
                    title,
                    Counter(seen["operations"]),
                    seen["read_units"],
                    seen["write_units"],
                    seen["index_units"],
                )
            )
    return counted, modules


def sizes(folder: Path, scratch: Path) -> tuple[int, int]:
    """Weigh a bundle: bytes zipped and unzipped."""
    packed = shutil.make_archive(str(scratch / folder.name), "zip", folder)
    unpacked = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    return (scratch / packed).stat().st_size, unpacked
