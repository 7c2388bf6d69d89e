"""What happens in a call, in no PBX's words: the steps, the scenarios made of them, and what must come of each.

People are roles: 0 is the first the call is sent to, 1 and 2 are the others of the cast.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Outcome = Literal["answered", "missed"]
Delivery = Literal["once", "twice", "shuffled", "forged"]


@dataclass(frozen=True, slots=True)
class Start:
    """A call from outside reaches the PBX, which asks whose caller it is where it can ask."""


@dataclass(frozen=True, slots=True)
class Ask:
    """The PBX asks whose caller it is, and nothing else happens."""


@dataclass(frozen=True, slots=True)
class Menu:
    """The voice menu picks up and reads a key."""


@dataclass(frozen=True, slots=True)
class Queue:
    """The caller waits in a queue."""


@dataclass(frozen=True, slots=True)
class Ring:
    """Somebody's phone rings; `group`: as one of a department's."""

    who: int
    group: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """Somebody picks up."""

    who: int


@dataclass(frozen=True, slots=True)
class LegEnds:
    """A phone stops ringing, the call goes on."""

    who: int
    why: Literal["elsewhere", "no_answer"]


@dataclass(frozen=True, slots=True)
class Transfer:
    """Who talks hands the caller over, and the other picks up; attended: they have talked before."""

    by: int
    to: int
    attended: bool


@dataclass(frozen=True, slots=True)
class Voicemail:
    """A machine picks up and takes a message."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """An employee calls the client."""

    who: int


@dataclass(frozen=True, slots=True)
class ClientAnswers:
    """The client picks up an outgoing call."""

    who: int


@dataclass(frozen=True, slots=True)
class Hangup:
    """The call is over, and the PBX sends its last records of it."""


Step: TypeAlias = (
    Start | Ask | Menu | Queue | Ring | Answer | LegEnds | Transfer | Voicemail | Outgoing | ClientAnswers | Hangup
)

SECONDS: dict[type[Step], int] = {
    Start: 0, Ask: 0, Menu: 2, Queue: 2, Ring: 1, Answer: 4, LegEnds: 1, Transfer: 5, Voicemail: 5, Outgoing: 0,
    ClientAnswers: 4, Hangup: 6,
}  # fmt: skip
"""How long it takes until a step comes, after the one before it."""

NO_ANSWER_SECONDS = 5
"""How long a phone rings that nobody picks up."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """One call, and what the system must make of it."""

    name: str
    title: str
    steps: tuple[Step, ...]
    outcome: Outcome | None  # None: nothing may be stored of the call at all
    first_directed: int | None = None
    answered_by: int | None = None
    held_last: int | None = None
    outgoing: bool = False
    withheld: bool = False
    delivery: Delivery = "once"

    @property
    def people(self) -> int:
        """How many employees it takes."""
        roles = [0]
        for step in self.steps:
            roles += [getattr(step, name) for name in ("who", "by", "to") if hasattr(step, name)]
        return max(roles) + 1 if any(hasattr(step, "who") for step in self.steps) else 0


def seconds_before(step: Step) -> int:
    """How long it takes until this step comes."""
    if isinstance(step, LegEnds) and step.why == "no_answer":
        return NO_ANSWER_SECONDS
    return SECONDS[type(step)]


_GROUP = (Start(), Ring(0, group=True), Ring(1, group=True), Answer(1), LegEnds(0, "elsewhere"), Hangup())
_HUNT = (Start(), Ring(0), LegEnds(0, "no_answer"), Ring(1), LegEnds(1, "no_answer"), Ring(2), Answer(2), Hangup())
_SHORT_HUNT = (Start(), Ring(0), LegEnds(0, "no_answer"), Ring(1), Answer(1), Hangup())

_SHORT_HUNT_SCENARIO = Scenario(
    "hunt", "two employees ring one after another, the second answers", _SHORT_HUNT, "answered", 0, 1, 1
)

_ALL = (
    Scenario("direct", "one employee rings and answers", (Start(), Ring(0), Answer(0), Hangup()), "answered", 0, 0, 0),
    Scenario("group", "two employees ring at once, the second answers", _GROUP, "answered", 0, 1, 1),
    Scenario("hunt", "three employees ring one after another, the third answers", _HUNT, "answered", 0, 2, 2),
    Scenario(
        "missed",
        "one employee rings, nobody answers, the caller gives up",
        (Start(), Ring(0), LegEnds(0, "no_answer"), Hangup()),
        "missed",
        0,
    ),
    Scenario("never-reached", "the caller gives up in the menu", (Start(), Menu(), Hangup()), "missed"),
    Scenario(
        "transfer-blind",
        "the first employee answers and sends the caller on to the second",
        (Start(), Ring(0), Answer(0), Transfer(0, 1, attended=False), Hangup()),
        "answered", 0, 0, 1,
    ),
    Scenario(
        "transfer-attended",
        "the first employee answers, talks to the second and hands the caller over",
        (Start(), Ring(0), Answer(0), Transfer(0, 1, attended=True), Hangup()),
        "answered", 0, 0, 1,
    ),
    Scenario(
        "queue",
        "the caller waits in a queue, one employee rings in vain, the second answers",
        (Start(), Queue(), Ring(0, group=True), LegEnds(0, "no_answer"), Ring(1, group=True), Answer(1), Hangup()),
        "answered", 0, 1, 1,
    ),
    Scenario(
        "ivr",
        "the menu picks up first, then an employee answers",
        (Start(), Menu(), Ring(0), Answer(0), Hangup()),
        "answered", 0, 0, 0,
    ),
    Scenario(
        "voicemail",
        "one employee rings in vain, a machine takes a message: nobody has answered",
        (Start(), Ring(0), LegEnds(0, "no_answer"), Voicemail(), Hangup()),
        "missed", 0,
    ),
    Scenario(
        "outgoing",
        "an employee calls the client, who answers: nobody becomes responsible",
        (Outgoing(0), ClientAnswers(0), Hangup()),
        "answered", None, outgoing=True,
    ),
    Scenario(
        "withheld",
        "the caller hides the number: the call is stored, no contact is made",
        (Start(), Ring(0), Answer(0), Hangup()),
        "answered", 0, 0, 0, withheld=True,
    ),
    Scenario(
        "duplicate", "`group`, and every request comes twice", _GROUP, "answered", 0, 1, 1, delivery="twice"
    ),
    Scenario(
        "reordered", "`group`, and the requests come shuffled", _GROUP, "answered", 0, 1, 1, delivery="shuffled"
    ),
    Scenario(
        "forged", "`group` by somebody who knows no secret: every request is refused", _GROUP, None, delivery="forged"
    ),
    Scenario("lookup-only", "the PBX asks whose caller it is, and nothing else happens", (Ask(),), None),
)  # fmt: skip

SCENARIOS = {scenario.name: scenario for scenario in _ALL}


def scenario_for(name: str, people: int) -> Scenario:
    """Take a scenario by its name; a hunt is made shorter where only two people are there."""
    scenario = SCENARIOS[name]
    return _SHORT_HUNT_SCENARIO if name == "hunt" and people == _SHORT_HUNT_SCENARIO.people else scenario
