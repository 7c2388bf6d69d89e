"""Plays requests to the functions in the order of a day, with the messages and the sweeps that follow from them."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from load.table import Asked
from tools.terminal import Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from load.functions import Function
    from load.server import Serving
    from load.speech import Said

OK = 200
MINUTE_MS = 60_000
SWEEP = "sweep"


@dataclass(slots=True)
class Cost:
    """What some requests took, all together."""

    requests: int = 0
    cpu_ns: int = 0
    function_calls: int = 0
    asked: Asked = field(default_factory=Asked)

    def add(self, other: Cost) -> None:
        """Add another's."""
        self.requests += other.requests
        self.cpu_ns += other.cpu_ns
        self.function_calls += other.function_calls
        self.asked.add(other.asked)

    @property
    def each_us(self) -> float:
        """Microseconds of processor time for each request."""
        return self.cpu_ns / 1000 / max(1, self.requests)


@dataclass(slots=True)
class Played:
    """What playing took, by (kind of call, function)."""

    costs: dict[tuple[str, str], Cost] = field(default_factory=dict)
    by_hour: dict[int, Cost] = field(default_factory=dict)
    left_to_sweeps: int = 0  # calls

    def of(self, *, kind: str | None = None, function: str | None = None, sweeps: bool = False) -> Cost:
        """Sum up; the sweeps, which come whether anybody calls or not, only where they are asked for."""
        total = Cost()
        for (its_kind, its_function), cost in self.costs.items():
            if kind in {None, its_kind} and function in {None, its_function} and (sweeps or its_kind != SWEEP):
                total.add(cost)
        return total


class Player:
    """Plays to one set of functions on one table."""

    def __init__(self, functions: Mapping[str, Function], serving: Serving, sweep_every: int = 10) -> None:
        """Sweep every so many minutes; 0 for never."""
        self.counts = False
        """Whether function calls are counted; the processor time is of no use then."""
        self._functions = functions
        self._serving = serving
        self._sweep_ms = sweep_every * MINUTE_MS
        serving.table.look()  # what the functions asked when they started is no request's

    def play(self, requests: Iterable[Said], done: Callable[[int, int], None] = lambda _at, _count: None) -> Played:
        """Play to the end, the last message and sweep included; `done` hears the moment and the count."""
        played = Played()
        waiting: list[tuple[int, int, str, str]] = []  # moment, number, kind, body
        next_sweep = 0
        for count, request in enumerate(requests):
            next_sweep = next_sweep or request.at
            while waiting and waiting[0][0] <= request.at:
                self._deliver(played, *heapq.heappop(waiting))
            while self._sweep_ms and next_sweep <= request.at:
                self._sweep(played, next_sweep)
                next_sweep += self._sweep_ms
            answer = self._call(played, request.function, request.kind, request.event, request.at)
            if answer.get("statusCode", OK) != OK or "error" in answer:
                raise Refused(
                    f"a request of {request.connection} was answered {dict(answer)}: {request.request}"[:2000]
                )
            for number, message in enumerate(self._serving.table.take_messages()):
                if message.queue.endswith("backfill"):
                    due = request.at + message.delay * 1000
                    heapq.heappush(waiting, (due, count * 10 + number, request.kind, message.body))
            done(request.at, count + 1)
        while waiting:
            self._deliver(played, *heapq.heappop(waiting))
        return played

    def _deliver(self, played: Played, at: int, number: int, kind: str, body: str) -> None:
        event = {"Records": [{"messageId": str(number), "body": body}]}
        answer = self._call(played, "backfill", kind, event, at)
        if answer.get("batchItemFailures"):
            raise Refused(f"the backfill could not handle {body}")

    def _sweep(self, played: Played, at: int) -> None:
        answer = self._call(played, "backfill", SWEEP, {"sweep": True}, at)
        played.left_to_sweeps += answer["swept"] + answer["handedOver"]

    def _call(self, played: Played, function: str, kind: str, event: object, at: int) -> Mapping[str, Any]:
        answer = self._functions[function].call(event, at, count=self.counts)
        if self._serving.complaints:
            raise Refused(f"the table was asked what it does not understand: {self._serving.complaints[0]}")
        cost = Cost(1, answer.cpu_ns, answer.function_calls, self._serving.table.look())
        played.costs.setdefault((kind, function), Cost()).add(cost)
        if kind != SWEEP:
            played.by_hour.setdefault(at // (60 * MINUTE_MS), Cost()).add(cost)
        return answer.result
