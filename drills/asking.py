"""Somebody else's call meanwhile: a known customer's PBX asks, again and again, whom to ring (T12)."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from firstcall.simulator.perform import question
from tools.terminal import Refused
from tools.web import send

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from firstcall.simulator.perform import Delivery
    from firstcall.simulator.stage import Stage

DEADLINE_MS = 700
DOORS = ("webhook", "route")
PAUSE = 0.25


class Answer(NamedTuple):
    """What one look-up got."""

    door: str
    status: int
    ms: float
    named: tuple[str, ...]


@dataclass(slots=True)
class Asker:
    """A PBX with an address for events and one for look-ups, and a customer who has a responsible."""

    stage: Stage
    phone: str
    owner: str  # as an answer names him
    answers: list[Answer] = field(default_factory=list)

    def ask(self, door: str) -> Answer:
        """Ask once, at one of both addresses."""
        asked = question(self.stage, self.phone)
        if asked is None:
            raise Refused(f"{self.stage.operator.title} never asks")
        began = time.monotonic()
        try:
            reply = send("POST", self._address(asked, door), asked.request.body, dict(asked.request.headers))
            status, text = reply.status, reply.text
        except Refused:
            status, text = 0, ""
        ms = (time.monotonic() - began) * 1000
        named = self.stage.dialect.read_answer(text).targets if status == 200 and text else ()  # noqa: PLR2004
        return Answer(door, status, ms, named)

    @contextmanager
    def asking(self, doors: Sequence[str]) -> Iterator[list[Answer]]:
        """Ask at these addresses in turn until told to stop."""
        answers: list[Answer] = []
        enough = threading.Event()

        def go_on(door: str) -> None:
            while True:
                answers.append(self.ask(door))
                if enough.wait(PAUSE):
                    return

        threads = [threading.Thread(target=go_on, args=(door,), daemon=True) for door in doors]
        for thread in threads:
            thread.start()
        try:
            yield answers
        finally:
            enough.set()
            for thread in threads:
                thread.join()

    def _address(self, asked: Delivery, door: str) -> str:
        connection = self.stage.connection
        return connection.route_url if door == "route" else asked.url


def found_wrong(answers: Sequence[Answer], owner: str) -> list[str]:
    """Say which answers break the promise, but for the time: status 200, the right target or no opinion."""
    found = []
    for each in answers:
        where = f"a look-up at the {each.door} address"
        if each.status != 200:  # noqa: PLR2004
            found.append(f"{where} was answered {each.status or 'nothing'}")
        elif each.named not in {(), (owner,)}:
            found.append(f"{where} named {', '.join(each.named)} instead of {owner}")
    return found
