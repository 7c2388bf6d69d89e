"""One call: a set of facts that only grows, and what follows from it.

Every event of a PBX becomes a fact, stored once whatever its order and however often it comes. All else about the
call is derived from the set by pure functions, so that no order of arrival can change the outcome (K2).
"""

from __future__ import annotations

import json
from hashlib import blake2s
from typing import TYPE_CHECKING, Literal, NamedTuple

from shared.pbx.protocol import MAX_TEXT, CallEvent, Direction, Outcome
from shared.phones import normalise

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from shared.company import Connection

LegState = Literal["ringing", "answered", "cancelled", "missed"]
CallState = Literal["ringing", "answered", "ended"]

_FIELDS = ("name", "kind", "direction", "phone", "line", "ext", "login", "at", "seq", "outcome")
_DIRECTIONS: Sequence[Direction] = ("in", "out", "internal")
_OUTCOMES: Sequence[Outcome] = ("answered", "missed", "busy", "failed", "cancelled")


class Fact(NamedTuple):
    """An event as stored: numbers in E.164, and when it first arrived (ms)."""

    event: CallEvent
    arrived: int

    @property
    def time(self) -> int:
        """When it happened: by the PBX's clock, else when it first arrived (ms)."""
        return self.event.at if self.event.at is not None else self.arrived

    @property
    def happened(self) -> int:
        """The same, but never later than it arrived: a PBX's clock may be hours ahead (ms)."""
        return min(self.time, self.arrived)


class Leg(NamedTuple):
    """One extension this call reached (K1)."""

    ext: str | None
    login: str | None
    employee: str | None
    state: LegState


class Proof(NamedTuple):
    """A leg that talked, and the fact that proves it best."""

    leg: Leg
    fact: Fact


class Call(NamedTuple):
    """What the facts of one call say together."""

    connection: str
    call_id: str
    direction: Direction | None
    direction_stated: bool  # False: it is only what this protocol means by saying nothing
    phone: str | None
    line: str | None
    state: CallState
    outcome: Outcome | None
    legs: tuple[Leg, ...]
    directed: tuple[Proof, ...]  # the legs of known employees in the order the call was sent to them (R6)
    first_answer: Proof | None  # who picked up first; his leg may belong to nobody known
    last_answer: Proof | None  # who held the call last (K7)
    last_record: Fact | None  # the PBX's last word on the call, once it has come (R7)
    created_by: Fact | None  # the event that can make a contact: the first to name an employee, else the end (C1)

    @property
    def first_directed(self) -> str | None:
        """The employee the call was first sent to."""
        return self.directed[0].leg.employee if self.directed else None


def to_fact(event: CallEvent, connection: Connection, arrived: int) -> Fact:
    """Normalise an event for storing: E.164 by the connection's country (C3), no text longer than MAX_TEXT."""
    line = event.line and (normalise(event.line, connection.country) or event.line)
    return Fact(
        event._replace(
            name=event.name[:MAX_TEXT],
            phone=normalise(event.phone, connection.country),
            line=line[:MAX_TEXT] if line else None,
            ext=event.ext[:MAX_TEXT] if event.ext else None,
            login=event.login[:MAX_TEXT] if event.login else None,
        ),
        arrived,
    )


def encode_fact(fact: Fact) -> tuple[str, str]:
    """Give a fact its key, equal for equal events, and its stored text."""
    event = fact.event
    values: list[str | int | None] = [getattr(event, name) for name in _FIELDS]
    values += [event.second_call_id, int(event.final) + 2 * int(event.assumed)]
    text = json.dumps(values, ensure_ascii=False, separators=(",", ":"))
    return blake2s(text.encode(), digest_size=8).hexdigest(), f"{fact.arrived}{text}"


def decode_fact(call_id: str, text: str) -> Fact:
    """Read back what `encode_fact` wrote."""
    start = text.index("[")
    values = json.loads(text[start:])
    *plain, second_call_id, flags = values
    fields = dict(zip(_FIELDS, plain, strict=True))
    event = CallEvent(
        call_id=call_id, second_call_id=second_call_id, final=bool(flags & 1), assumed=bool(flags & 2), **fields
    )
    return Fact(event, int(text[:start]))


def derive(connection: Connection, call_id: str, facts: Iterable[Fact]) -> Call:
    """Say what the facts mean together; the order of `facts` does not matter."""
    known = sorted(facts, key=lambda fact: encode_fact(fact)[0])
    direction, stated = _direction(known)
    # Inner legs of an inbound call (a consultation) are between employees: nobody there was called by the client.
    own = [fact for fact in known if fact.event.direction in (direction, None) or fact.event.assumed]
    by_leg = _facts_by_leg(connection, own)
    ended = [fact for fact in known if fact.event.kind == "ended"]
    answers = _answers_in_order(call_id, by_leg, over=bool(ended))
    legs = {key: _leg(connection, facts_of_leg, ended=bool(ended)) for key, facts_of_leg in by_leg.items()}
    proofs = [Proof(legs[key], fact) for key, fact in answers]
    # On an outgoing call it is the client who answers (K5).
    incoming = direction == "in"
    talked = bool(proofs) or (not incoming and any(_is_answer(fact.event) for fact in known))
    reached = tuple(Proof(legs[key], fact) for key, fact in _directed(by_leg) if legs[key].employee)
    return Call(
        connection=connection.id,
        call_id=call_id,
        direction=direction,
        direction_stated=stated,
        phone=min((fact.event.phone for fact in own if fact.event.phone), default=None),
        line=_line(connection, known),
        state="ended" if ended else "answered" if talked else "ringing",
        outcome=_outcome(ended, talked=talked, incoming=incoming) if ended else None,
        legs=tuple(legs[key] for key in sorted(legs, key=lambda key: _ext_order(legs[key]))),
        directed=reached,
        first_answer=proofs[0] if proofs and incoming else None,
        last_answer=proofs[-1] if proofs and incoming else None,
        last_record=next((fact for fact in ended if fact.event.final), None),
        created_by=next((proof.fact for proof in reached), min(ended, key=_moment, default=None)),
    )


def _direction(facts: Sequence[Fact]) -> tuple[Direction | None, bool]:
    # The final record knows best; otherwise one inbound event makes the call inbound, because an inbound call has
    # inner and outgoing legs too (consultation, transfer to an outside number), the other way round it has none.
    stated = [fact.event for fact in facts if fact.event.direction and not fact.event.assumed]
    final = [event for event in stated if event.final]
    everything = [fact.event for fact in facts]
    for events in (final, stated, everything):
        directions = {event.direction for event in events}
        for direction in _DIRECTIONS:
            if direction in directions:
                return direction, events is not everything
    return None, False


def _line(connection: Connection, facts: Sequence[Fact]) -> str | None:
    lines = sorted({fact.event.line for fact in facts if fact.event.line})
    return next((line for line in lines if line in connection.lines), lines[0] if lines else None)


LegKey = tuple[str, str]


def _leg_key(connection: Connection, event: CallEvent) -> LegKey | None:
    if employee := connection.employee_of(event.ext, event.login):
        return "employee", employee
    if event.ext or event.login:
        return "unknown", event.ext or event.login or ""
    return None


def _facts_by_leg(connection: Connection, facts: Sequence[Fact]) -> dict[LegKey, list[Fact]]:
    by_leg: dict[LegKey, list[Fact]] = {}
    for fact in facts:
        if key := _leg_key(connection, fact.event):
            by_leg.setdefault(key, []).append(fact)
    return by_leg


def _leg(connection: Connection, facts: Sequence[Fact], *, ended: bool) -> Leg:
    kinds = {fact.event.kind for fact in facts}
    if any(_is_answer(fact.event) for fact in facts):
        state: LegState = "answered"
    elif "leg_ended" in kinds:
        state = "cancelled"
    else:
        state = "missed" if ended else "ringing"
    ext = min((fact.event.ext for fact in facts if fact.event.ext), default=None)
    login = min((fact.event.login for fact in facts if fact.event.login), default=None)
    return Leg(ext, login, connection.employee_of(ext, login), state)


def _is_answer(event: CallEvent) -> bool:
    """A person who talked: picked up, or named by the end of an answered call (K8); machines carry no leg (K4)."""
    return event.kind == "answered" or (event.kind == "ended" and event.outcome == "answered")


def _ext_order(leg: Leg) -> tuple[int, int, str]:
    text = leg.ext or leg.login or ""
    return (0, int(text), "") if text.isascii() and text.isdigit() else (1, 0, text)


def _key_order(key: LegKey, facts: Sequence[Fact]) -> tuple[int, int, str]:
    ext = min((fact.event.ext for fact in facts if fact.event.ext), default=None)
    return _ext_order(Leg(ext or key[1], None, None, "ringing"))


def _directed(by_leg: Mapping[LegKey, Sequence[Fact]]) -> list[tuple[LegKey, Fact]]:
    """Order the legs as the call was sent to them: the PBX's time or sequence, else arrival; a tie: lower extension."""
    first: list[tuple[tuple[int, int, int, tuple[int, int, str]], LegKey, Fact]] = []
    for key, facts in by_leg.items():
        ringing = [fact for fact in facts if fact.event.kind == "ringing"]
        reached = ringing or [fact for fact in facts if fact.event.kind != "transferred"]
        if not reached:
            continue
        earliest = min(reached, key=_moment)
        # A leg known only by the end of the call (a missed history names somebody) is the weakest word on who was rung.
        weight = 0 if ringing else 1 if any(fact.event.kind == "answered" for fact in facts) else 2
        first.append(((weight, *_moment(earliest), _key_order(key, facts)), key, earliest))
    return [(key, fact) for _, key, fact in sorted(first, key=lambda row: row[0])]


def _moment(fact: Fact) -> tuple[int, int]:
    if fact.event.at is None and fact.event.seq is not None:
        return 0, fact.event.seq
    return fact.time, fact.event.seq or 0


def _answers_in_order(
    call_id: str, by_leg: Mapping[LegKey, Sequence[Fact]], *, over: bool
) -> list[tuple[LegKey, Fact]]:
    """Order those who talked, first to last, each with the best proof.

    The PBX's own time decides. Where it sends none, the structure does: who is named by a call's end held it last, who
    answered on the call that was handed over came before who answered on the other. Only while the call lasts, and
    nothing else tells, the order of arrival counts; when it is over, the lower extension does, so that the result is
    the same for every order of arrival (K2).
    """
    proofs: dict[LegKey, Fact] = {}
    for key, facts in by_leg.items():
        talked = [fact for fact in facts if _is_answer(fact.event)]
        if talked:
            proofs[key] = min(
                talked, key=lambda fact: (fact.event.kind != "answered", fact.event.final, *_moment(fact))
            )
    if len(proofs) <= 1:
        return list(proofs.items())
    timed = all(fact.event.at is not None or fact.event.seq is not None for fact in proofs.values())

    def order(item: tuple[LegKey, Fact]) -> tuple[int, int, int, int, int, tuple[int, int, str]]:
        key, fact = item
        facts = by_leg[key]
        moment = _moment(fact) if timed else (0, 0)
        named_by_end = any(each.event.kind == "ended" and _is_answer(each.event) for each in facts)
        on_root = any(each.event.call_id == call_id and _is_answer(each.event) for each in facts)
        arrival = 0 if over or timed else fact.arrived
        return (*moment, int(not on_root), int(named_by_end), arrival, _key_order(key, facts))

    return sorted(proofs.items(), key=order)


def _outcome(ended: Sequence[Fact], *, talked: bool, incoming: bool) -> Outcome:
    if talked:
        return "answered"
    outcomes = {fact.event.outcome for fact in ended}
    # An incoming call that only a machine picked up was missed by the people (K4).
    return next((outcome for outcome in _OUTCOMES[1:] if outcome in outcomes), "missed" if incoming else "cancelled")
