"""A day of a company's calls, worked out from a seed: who calls when, on which PBX, and what becomes of it."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

Choice = TypeVar("Choice", bound=str)
Caller = Literal["known", "first", "outgoing", "withheld"]
Delivery = Literal["once", "twice", "shuffled"]

MIDNIGHT = 1_795_478_400_000
"""Tuesday 2026-11-24, 00:00 in Moscow, in ms."""

HOUR_MS = 3_600_000

HOURS = (1, 1, 1, 1, 1, 2, 5, 15, 40, 90, 120, 110, 85, 75, 105, 115, 100, 70, 35, 20, 12, 6, 3, 2)
"""How the calls spread over the hours of a working day: two peaks, a lunch, quiet nights."""

CALLERS: Mapping[Caller, int] = {"known": 80, "first": 10, "outgoing": 8, "withheld": 2}

HAPPENS = {
    "direct": 50,
    "group": 14,
    "missed": 12,
    "hunt": 5,
    "queue": 5,
    "transfer-blind": 4,
    "transfer-attended": 2,
    "ivr": 4,
    "voicemail": 2,
    "never-reached": 2,
}
"""What becomes of a call from outside: the scenarios of the simulator."""

DELIVERIES: Mapping[Delivery, int] = {"once": 97, "twice": 2, "shuffled": 1}
"""Some PBXs repeat what they send, or send it out of order."""

FAMILIES = {
    "itoolabs": 34, "mango": 12, "zadarma": 8, "uis": 6, "binotel": 5, "freepbx": 5, "telphin": 4, "asterisk": 4,
    "gravitel": 3, "generic": 3, "threecx": 3, "twilio": 3, "sipuni": 2, "yeastar": 2, "ringcentral": 1, "vonage": 1,
    "plivo": 1, "amazon_connect": 1, "exolve": 1, "planfix_api": 1,
}  # fmt: skip
"""How often each dialect is spoken: about as the brands are spread that this was first made for."""


class PlannedCall(NamedTuple):
    """One call of the day."""

    at: int  # ms
    family: str
    caller: Caller
    scenario: str
    delivery: Delivery
    number: int  # of the contact that calls or is called; of a first call: how many there have been
    meant_for: int  # the employee


def plan(
    calls: int, *, contacts: int, employees: int, seed: int, families: Sequence[str] = tuple(FAMILIES), first: int = 0
) -> list[PlannedCall]:
    """Plan a day; `first` is the number of the first new caller."""
    chance = random.Random(seed)  # noqa: S311 -- it shall repeat
    moments = sorted(_moments(chance, calls))
    planned = []
    for at in moments:
        caller = _one_of(chance, CALLERS)
        scenario = caller if caller in {"outgoing", "withheld"} else _one_of(chance, HAPPENS)
        family = _one_of(chance, {name: FAMILIES[name] for name in families})
        delivery = _one_of(chance, DELIVERIES)
        # Drawn so that the same seed gives the same calls whatever is stored.
        contact, anybody = int(chance.random() * contacts), int(chance.random() * employees)
        number = first if caller == "first" else contact
        # Who is responsible for a stored contact follows from its number (load/setting.py).
        meant_for = anybody if caller == "first" else contact % employees
        first += caller == "first"
        planned.append(PlannedCall(at, family, caller, scenario, delivery, number, meant_for))
    return planned


def _moments(chance: random.Random, calls: int) -> Iterator[int]:
    for hour in chance.choices(range(24), HOURS, k=calls):
        yield MIDNIGHT + hour * HOUR_MS + chance.randrange(HOUR_MS)


def _one_of(chance: random.Random, weights: Mapping[Choice, int]) -> Choice:
    return chance.choices(list(weights), list(weights.values()))[0]


def kind_of(call: PlannedCall) -> str:
    """Name the kind of call whose costs are shown together."""
    match call.caller, call.scenario:
        case ("outgoing" | "withheld") as caller, _:
            return {"outgoing": "outgoing", "withheld": "number withheld"}[caller]
        case _, "lookup-only":
            return LOOKUP
        case caller, "missed" | "voicemail" | "never-reached":
            return f"{SHOWN[caller]}, missed"
        case caller, "transfer-blind" | "transfer-attended":
            return f"{SHOWN[caller]}, transferred"
        case caller, _:
            return f"{SHOWN[caller]}, answered"


LOOKUP = "look-up alone"
SHOWN = {"first": "first call", "known": "known caller"}
