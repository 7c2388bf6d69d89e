"""Starts the processes of a benchmark, stub and children, and ends every one of them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from bench.fixtures import TABLE
from tools.terminal import Refused

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


ROOT = Path(__file__).resolve().parent.parent
# No site packages and no folder of this project but the one that is measured.
CHILD = (sys.executable, "-S", "-s", "-P", str(ROOT / "bench" / "child.py"))
SECONDS = 120


@dataclass(frozen=True, slots=True)
class Variant:
    """What a child runs."""

    title: str
    folder: Path
    kind: str  # floor, bare, frozen, route, webhook
    events: Sequence[object] = ()


@dataclass(frozen=True, slots=True)
class Times:
    """When a child reached what, in ms from its spawning."""

    ready: float
    answered: float


class StubProcess:
    """A stub in a process of its own."""

    def __init__(self, employees: int) -> None:
        command = [sys.executable, "-m", "bench.stub", str(employees)]
        self._process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        port = self._process.stdout.readline().strip() if self._process.stdout else ""
        if not port:
            raise Refused(f"the stub of AWS does not start; run {' '.join(command)}")
        self.url = f"http://127.0.0.1:{port}"
        # Past any proxy that this machine may be set up with.
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def ask(self, path: str) -> dict[str, Any]:
        """Ask the stub itself: `seen`, or `forget`."""
        with self._opener.open(f"{self.url}/{path}", timeout=SECONDS) as reply:
            return cast("dict[str, Any]", json.load(reply))

    def end(self) -> None:
        """Close its input, at which it ends."""
        if self._process.stdin:
            self._process.stdin.close()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(5)
        self._process.kill()
        self._process.wait()


@contextmanager
def stub(employees: int) -> Iterator[StubProcess]:
    """Have a stub while the block lasts."""
    started = StubProcess(employees)
    try:
        yield started
    finally:
        started.end()


def environment(url: str) -> dict[str, str]:
    """Give a child what Lambda and the template give a function, and nothing of this machine."""
    return {
        "PATH": os.defpath,
        "LANG": "C.UTF-8",
        "PYTHONHASHSEED": "0",
        "AWS_REGION": "eu-central-1",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "a-secret-key",
        "AWS_SESSION_TOKEN": "a-session-token",
        "AWS_ENDPOINT_URL": url,
        "POWERTOOLS_METRICS_NAMESPACE": "Firstcall/bench",
        "TABLE_NAME": TABLE,
        "LOG_LEVEL": "INFO",
        "CONNECTIONS_SECRET_ARN": "arn:aws:secretsmanager:eu-central-1:123456789012:secret:connections",
        "BACKFILL_QUEUE_URL": f"{url}/123456789012/backfill",
        "COMMAND_QUEUE_URL": f"{url}/123456789012/command",
        "BACKFILL_DELAY_SECONDS": "240",
        "POWERTOOLS_SERVICE_NAME": "bench",
    }


def run(variant: Variant, url: str, calls: int = 1, under: Sequence[str] = ()) -> tuple[Times, str]:
    """Run a child to its end, under another program where asked; give its times and its standard error."""
    spawned = time.monotonic_ns()
    done = subprocess.run(
        [*under, *CHILD, str(variant.folder), variant.kind, str(calls)],
        input=json.dumps({"events": variant.events, "steps": False}) + "\n",
        env=environment(url),
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )
    reports = [json.loads(line[1:]) for line in done.stderr.splitlines() if line.startswith("@")]
    if done.returncode or not reports or "answered" not in reports[-1]:
        raise Refused(f"{variant.title} does not run:\n{done.stderr.strip()}\n{done.stdout.strip()[-2000:]}")
    if '"level":"ERROR"' in done.stdout:
        raise Refused(f"{variant.title} logs an error, so it does not do what is measured:\n{done.stdout[-2000:]}")
    last = reports[-1]
    return Times((last["ready"] - spawned) / 1e6, (last["answered"] - spawned) / 1e6), done.stderr


def steps(variant: Variant, url: str) -> Iterator[dict[str, Any]]:
    """Run a child step by step: yields after the start and after each event, and goes on when asked for the next."""
    child = subprocess.Popen(
        [*CHILD, str(variant.folder), variant.kind, str(len(variant.events))],
        env=environment(url),
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        bufsize=1,
    )
    said: list[str] = []
    try:
        if child.stdin is None or child.stderr is None:
            raise AssertionError
        child.stdin.write(json.dumps({"events": variant.events, "steps": True}) + "\n")
        for _ in range(1 + len(variant.events)):
            for line in child.stderr:
                said.append(line)
                if line.startswith("@"):
                    break
            report = json.loads(said[-1][1:]) if said and said[-1].startswith("@") else {"refused": True}
            if "refused" in report:
                raise Refused(f"{variant.title} does not run:\n{''.join(said)}")
            yield report
            child.stdin.write("\n")
    finally:
        child.kill()
        child.communicate()


@contextmanager
def on_core(number: int) -> Iterator[None]:
    """Have what is started in the block run on one core, where the system can do that."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {sorted(before)[number % len(before)]})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
