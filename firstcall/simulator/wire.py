"""What a dialect is given and what it gives back: a call on one PBX, and the requests that PBX sends about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias
from urllib.parse import urlencode

from firstcall.simulator.script import Answer, ClientAnswers, LegEnds, Outgoing, Queue, Ring, Transfer, Voicemail

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from firstcall.simulator.script import Step


Heard: TypeAlias = Literal["rung", "ended", "answered", "last"]

INVOKE = "INVOKE"
"""The method of who sends no HTTP but invokes the webhook function (Amazon Connect)."""


class Inexpressible(Exception):  # noqa: N818 -- it is the answer, not a fault
    """This PBX has no words for a step; the text says why."""


@dataclass(frozen=True, slots=True)
class Person:
    """An employee's place on the PBX."""

    employee: str
    name: str
    ext: str  # "" where there is only a login
    login: str  # "" where there is only an extension

    @property
    def shown(self) -> str:
        """Name him for a reader."""
        return f"{self.name} ({self.ext or self.login})"


@dataclass(frozen=True, slots=True)
class WireRequest:
    """One request of the PBX, ready to be sent."""

    says: str  # what happens, for a reader
    method: str = "POST"
    door: Literal["webhook", "route"] = "webhook"
    suffix: str = ""  # what the PBX appends to the address: "/events/call"
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    asks: bool = False  # the answer is read: whom to ring
    at: int = 0  # seconds into the call


@dataclass(frozen=True, slots=True)
class Opinion:
    """What an answer says: whom to ring, in order, and whose caller it is."""

    targets: tuple[str, ...] = ()
    contact: str | None = None


@dataclass(slots=True)
class WireCall:
    """One call as its PBX knows it; the player moves the clock and notes each step once it is played."""

    id: str
    phone: str | None  # E.164; None: withheld
    line: str  # E.164; "": the connection has none of its own
    country: str
    people: tuple[Person, ...]
    secrets: Mapping[str, str]
    operator: str
    webhook_url: str
    route_url: str
    started: datetime
    outgoing: bool = False
    clock: int = 0
    rung: list[int] = field(default_factory=list)
    ringing: list[int] = field(default_factory=list)
    talked: list[int] = field(default_factory=list)
    client_answered: bool = False
    queued: bool = False
    voicemail: bool = False
    answered_at: int = 0
    picked_up: dict[int, int] = field(default_factory=dict)  # the clock when each began to talk
    _counts: dict[str, int] = field(default_factory=dict)

    @property
    def now(self) -> datetime:
        """The PBX's clock."""
        return self.started + timedelta(seconds=self.clock)

    @property
    def unix(self) -> int:
        """The PBX's clock in whole seconds since 1970."""
        return int(self.now.timestamp())

    @property
    def caller(self) -> str:
        """The outside number in digits, "" where it is withheld."""
        return (self.phone or "").lstrip("+")

    @property
    def called(self) -> str:
        """Our number in digits."""
        return self.line.lstrip("+")

    @property
    def holder(self) -> Person | None:
        """Who talks to the client, or did last."""
        return self.people[self.talked[-1]] if self.talked else None

    @property
    def talk_seconds(self) -> int:
        """How long they have talked."""
        return self.clock - self.answered_at if self.talked or self.client_answered else 0

    @property
    def wait_seconds(self) -> int:
        """How long the caller waited."""
        return self.answered_at if self.talked or self.client_answered else self.clock

    @property
    def owner(self) -> Person:
        """Whose outgoing call it is."""
        return self.people[self.rung[0]]

    def seconds_of(self, who: int) -> int:
        """How long somebody has talked: until the next one did, or until now."""
        began = self.picked_up.get(who)
        later = [at for at in self.picked_up.values() if began is not None and at > began]
        return 0 if began is None else min(later, default=self.clock) - began

    def count(self, what: str) -> int:
        """Count up, from 1."""
        self._counts[what] = self._counts.get(what, 0) + 1
        return self._counts[what]

    def token(self, what: str, length: int = 32) -> str:
        """Make an id for a part of the call, the same at each asking: hexadecimal digits."""
        return sha256(f"{self.id}/{what}".encode()).hexdigest()[:length]

    def note(self, step: Step) -> None:
        """Remember a step that has been played."""
        match step:
            case Ring(who):
                self.rung.append(who)
                self.ringing.append(who)
            case LegEnds(who):
                self.ringing.remove(who)
            case Answer(who):
                self.ringing.remove(who)
                self._talks(who)
            case Transfer(to=to):
                self.rung.append(to)
                self._talks(to)
            case Queue():
                self.queued = True
            case Voicemail():
                self.voicemail = True
            case Outgoing(who):
                self.rung.append(who)
            case ClientAnswers():
                self.client_answered, self.answered_at = True, self.clock
            case _:
                pass

    def _talks(self, who: int) -> None:
        if not self.talked:
            self.answered_at = self.clock
        self.picked_up[who] = self.clock
        self.talked.append(who)


def url_of(call: WireCall, request: WireRequest) -> str:
    """Give the whole address of a request, as some PBXs sign it."""
    door = call.webhook_url if request.door == "webhook" else call.route_url
    path = f"{door}/{request.suffix}" if request.suffix else door
    return f"{path}?{urlencode(request.query)}" if request.query else path


class Dialect(Protocol):
    """One PBX family's words, as its PBX speaks them. Modules satisfy it as they are (PEP 544)."""

    TIMED: bool
    """Whether its events carry a time or a counter that orders the phones rung."""

    PROOF: tuple[str, ...]
    """The secrets its requests are proved with; none: the key in the address is the only proof."""

    LAST_RECORD: bool
    """Whether its last record says that nobody answered; otherwise a missed call is decided at the deadline."""

    HEARS: Heard
    """What it tells of the phones: each that rings; each when its part is over; each that answers; the last one."""

    def call_id(self, call: WireCall) -> str:
        """Make up an id as this PBX makes them; under it the call is stored."""

    def play(self, step: Step, call: WireCall) -> Iterable[WireRequest]:
        """Say what the PBX sends for a step, but for the question at the start; raise Inexpressible."""

    def ask(self, call: WireCall) -> WireRequest | None:
        """Ask whom to ring; None: this PBX never asks."""

    def read_answer(self, body: str) -> Opinion:
        """Read the answer as the PBX would."""

    def named(self, person: Person) -> str | None:
        """How an answer names somebody; None: this PBX cannot be told to ring him."""
