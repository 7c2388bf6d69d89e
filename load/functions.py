"""The functions, each in a process of its own, as the player calls them."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from bench.process import environment, on_core
from tools.bundle import Target, bundle
from tools.terminal import Refused

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

FUNCTIONS = ("webhook", "route", "backfill")
CHILD = Path(__file__).with_name("child.py")
ERROR = '"level":"ERROR"'


@dataclass(frozen=True, slots=True)
class Answer:
    """What one call of a handler took and gave."""

    cpu_ns: int
    function_calls: int  # where they were counted
    result: Mapping[str, Any]


class Function:
    """One environment of one function."""

    def __init__(self, kind: str, folder: Path, url: str, log: Path, now: int) -> None:
        self._kind, self._log = kind, log
        settings = environment(url) | {"PBX_API_URLS": json.dumps({"mango": url}), "POWERTOOLS_SERVICE_NAME": kind}
        with log.open("wb") as out, on_core(-1):
            self._process = subprocess.Popen(
                [sys.executable, "-S", "-s", "-P", str(CHILD), str(folder), kind],
                env=settings,
                stdin=subprocess.PIPE,
                stdout=out,
                stderr=subprocess.PIPE,
                text=True,
                bufsize=1,
            )
        self.start_cpu_ns = self._exchange(str(now)).cpu_ns

    def call(self, event: object, at: int, *, count: bool = False) -> Answer:
        """Hand one event to the handler, at a moment in ms; count its function calls where that is asked."""
        return self._exchange(json.dumps({"at": at, "event": event, "count": count}))

    def _exchange(self, line: str) -> Answer:
        if self._process.stdin is None or self._process.stderr is None:
            raise AssertionError
        with suppress(BrokenPipeError):
            self._process.stdin.write(f"{line}\n")
        said = []
        for reply in self._process.stderr:
            if reply.startswith("@"):
                read = json.loads(reply[1:])
                return Answer(read["cpu"], read.get("calls", 0), cast("Mapping[str, Any]", read.get("result") or {}))
            said.append(reply)
        raise Refused(f"the {self._kind} function has ended:\n{''.join(said)[-3000:]}")

    def end(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()

    def log_bytes(self) -> int:
        """Size its log."""
        return self._log.stat().st_size

    def errors(self) -> list[str]:
        """Give the errors in its log: what fails is answered 200 where the event is stored, and would pass unseen."""
        return [line for line in self._log.read_text(errors="replace").splitlines() if ERROR in line]


def build(place: Path) -> None:
    """Build the bundles that are played with, trimmed as for Lambda, for this machine's Python."""
    here = Target("local", ("--python", sys.executable), Path(sys.executable))
    for kind in FUNCTIONS:
        bundle(kind, place / kind, here)


@contextmanager
def running(place: Path, url: str, name: str, now: int) -> Iterator[Mapping[str, Function]]:
    """Have one environment of each function while the block lasts; raise Refused where one logged an error."""
    with ExitStack() as ending:
        started: dict[str, Function] = {}
        for kind in FUNCTIONS:
            started[kind] = Function(kind, place / kind, url, place / f"{name}-{kind}.log", now)
            ending.callback(started[kind].end)
        yield started
    for kind, function in started.items():
        if errors := function.errors():
            raise Refused(f"the {kind} function logged {len(errors)} errors, the first is\n{errors[0][:2000]}")
