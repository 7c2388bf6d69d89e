"""What the local cloud's own process and those of the functions in it have spent, where the system tells (Linux)."""

from __future__ import annotations

import os
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tools.local_cloud import LocalCloud

PROC = Path("/proc")
NAME = b"AWS_LAMBDA_FUNCTION_NAME="


@dataclass(frozen=True, slots=True)
class Spent:
    """Processor time of a function, and how many processes it was spent in."""

    seconds: float
    processes: int

    def since(self, before: Spent | None) -> Spent:
        """Take off what had been spent before."""
        return Spent(self.seconds - before.seconds, self.processes) if before else self


@dataclass(frozen=True, slots=True)
class AllSpent:
    """All that was spent since the cloud began."""

    cloud: float
    functions: Mapping[str, Spent]


def spent(cloud: LocalCloud) -> AllSpent:
    """Read the processor time of the cloud and of its functions."""
    with suppress(OSError, ValueError, IndexError):
        pid = int((cloud.place / "cloud.pid").read_text().split()[0])
        seconds: Counter[str] = Counter()
        processes: Counter[str] = Counter()
        for child in _children(pid):
            with suppress(OSError):
                name = _function_of(child)
                seconds[name] += _seconds(child)  # type: ignore[assignment]
                processes[name] += 1
        return AllSpent(_seconds(pid), {name: Spent(seconds[name], processes[name]) for name in processes if name})
    return AllSpent(0.0, {})


def _children(pid: int) -> Iterator[int]:
    for task in (PROC / str(pid) / "task").iterdir():
        yield from map(int, (task / "children").read_text().split())


def _function_of(pid: int) -> str:
    for setting in (PROC / str(pid) / "environ").read_bytes().split(b"\0"):
        if setting.startswith(NAME):
            name = setting.removeprefix(NAME).decode()
            return next(
                (each for each in ("webhook", "route", "backfill", "command", "admin") if each in name.lower()), ""
            )
    return ""


def _seconds(pid: int) -> float:
    fields = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
