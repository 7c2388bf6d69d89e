"""The PBX of the drills: speaks a call step by step in its dialect, signed, over HTTP, and repeats what was refused.

The simulator's dialects say what is sent; here is decided when, how often, and by which clock.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from firstcall.simulator.perform import Performance
from firstcall.simulator.script import Start, seconds_before
from firstcall.simulator.wire import WireCall, url_of
from tools.terminal import Refused
from tools.web import send

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from firstcall.simulator.script import Scenario, Step
    from firstcall.simulator.stage import Stage
    from firstcall.simulator.wire import WireRequest

NO_ANSWER = 0


def tries_of(family: str, request: WireRequest) -> int:
    """Say how often a vendor sends what is not acknowledged. Most do not say: then it is sent once."""
    if family == "vonage":
        return 3
    return 8 if family == "binotel" and b"apiCallCompleted" in request.body else 1


@dataclass(slots=True)
class Sent:
    """One request of the PBX, and what each try was answered."""

    request: WireRequest
    url: str
    tries: int
    statuses: list[int] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    seconds: float = 0.0  # of the slowest try

    @property
    def acknowledged(self) -> bool:
        """Whether the PBX was told that it need not send this again."""
        return any(200 <= status < 300 for status in self.statuses)  # noqa: PLR2004

    def once(self) -> None:
        """Send it."""
        began = time.monotonic()
        try:
            reply = send(
                self.request.method,
                self.url,
                self.request.body if self.request.method == "POST" else None,
                dict(self.request.headers),
            )
            self.statuses.append(reply.status)
            self.texts.append(reply.text)
        except Refused:
            self.statuses.append(NO_ANSWER)
            self.texts.append("")
        self.seconds = max(self.seconds, time.monotonic() - began)


@dataclass(slots=True)
class Conversation:
    """One call on a PBX, whose clock may be hours off."""

    stage: Stage
    phone: str
    call: WireCall
    tries: int | None = None  # instead of the vendor's own habit
    sent: list[Sent] = field(default_factory=list)

    @classmethod
    def begin(
        cls, stage: Stage, phone: str, steps: Sequence[Step], *, tries: int | None = None, hours_off: float = 0
    ) -> Conversation:
        """Begin a call; played fast, it lies in the past of its PBX's clock."""
        length = sum(seconds_before(step) for step in steps) + 1
        started = datetime.now(UTC) - timedelta(seconds=length) + timedelta(hours=hours_off)
        call = WireCall(
            id="",
            phone=phone,
            line=stage.line,
            country=stage.country,
            people=stage.people,
            secrets=stage.connection.secrets,
            operator=stage.operator.id,
            webhook_url=stage.connection.webhook_url,
            route_url=stage.connection.route_url,
            started=started,
        )
        call.id = stage.dialect.call_id(call)
        return cls(stage, phone, call, tries)

    @property
    def performed(self) -> Performance:
        """Name the call as the simulator's judgement wants it."""
        return Performance(self.call.id, self.phone, self.call.started, ())

    def words(self, step: Step) -> list[Sent]:
        """Say in this PBX's words what happens, without sending it yet."""
        self.call.clock += seconds_before(step)
        family = self.stage.operator.family
        told = [
            Sent(request, url_of(self.call, request), self.tries or tries_of(family, request))
            for request in self._requests(step)
        ]
        self.call.note(step)
        self.sent += told
        return told

    def tell(self, step: Step) -> list[Sent]:
        """Report what happens: what was refused before is repeated once more first, as far as this PBX does."""
        self.repeat()
        told = self.words(step)
        for each in told:
            each.once()
        return told

    def tell_all(self, scenario: Scenario) -> None:
        """Report a whole call."""
        for step in scenario.steps:
            self.tell(step)
        self.finish()

    def repeat(self) -> None:
        """Send again, once each, what was refused and may still be repeated."""
        for each in self.sent:
            if not each.acknowledged and 0 < len(each.statuses) < each.tries:
                each.once()

    def finish(self) -> None:
        """Repeat until all is acknowledged or this PBX gives up."""
        for _ in range(max(each.tries for each in self.sent)):
            self.repeat()

    def _requests(self, step: Step) -> Iterator[WireRequest]:
        if isinstance(step, Start) and (asked := self.stage.dialect.ask(self.call)):
            yield asked
        yield from self.stage.dialect.play(step, self.call)
