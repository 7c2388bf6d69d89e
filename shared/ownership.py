"""Whose caller is this: from a call and the company to the contact it makes and the people responsible.

One pure function, asked again whenever a call is known better. Its answer depends on the call's facts, never on the
order they came in, so whoever stores it last has stored the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from shared.contact import ContactState, Evidence, Responsible

if TYPE_CHECKING:
    from shared.call import Call, Fact, Proof
    from shared.company import Company, Connection, Template

BACKFILL_LIMIT_MS = 5 * 60 * 1000
"""A responsible is known this long after the contact's creation, or the answer was late (R3, R8)."""


def decide_after_ms(backfill_delay_seconds: int) -> int:
    """From which age (ms) on an unanswered contact is decided: just before its delayed message comes (R7).

    With the template's 240 s that is 235 s: the first sweep from then on comes before the five minutes are over.
    """
    return backfill_delay_seconds * 1000 - min(5_000, backfill_delay_seconds * 500)


class Ownership(NamedTuple):
    """Who is responsible, or why nobody is yet or at all."""

    responsibles: tuple[Responsible, ...]
    state: ContactState
    reason: str | None = None


class Wanted(NamedTuple):
    """The contact a call makes."""

    phone: str
    line: str | None
    line_name: str | None
    template: Template
    ownership: Ownership


class NoContact(NamedTuple):
    """The call makes no contact, and why."""

    reason: str


def may_make_contact(company: Company, phone: str | None) -> bool:
    """Whether a number can be a contact at all (C4)."""
    return phone is not None and excluded(company, phone) is None


def excluded(company: Company, phone: str) -> str | None:
    """Say why a number never becomes a contact, or None (C4)."""
    if phone in company.blocked:
        return "blocked"
    if phone in company.employee_phones:
        return "employee"
    if phone in company.own_lines:
        return "own_line"
    return None


def decide(
    company: Company, connection: Connection, call: Call, *, created_at: int, due_at: int, now: int
) -> Wanted | NoContact:
    """Decide the contact and its responsibles; all times in ms, `due_at` being when to wait no longer for an answer."""
    if call.phone is None:
        return NoContact("withheld")
    if why := excluded(company, call.phone):
        return NoContact(why)
    if why := _not_yet(connection, call):
        return NoContact(why)
    template = template_of(company, connection, call.line)
    ownership = _ownership(company, connection, call, template, created_at=created_at, due_at=due_at, now=now)
    line = connection.lines.get(call.line) if call.line else None
    return Wanted(call.phone, call.line, line.name if line else None, template, ownership)


def adopted(company: Company, connection: Connection, call: Call) -> Ownership | None:
    """Say who owns an ownerless contact by answering a later call of it, where the connection wants that (R10)."""
    held = _held(connection, call)
    if not connection.adopt_on_later_call or held is None:
        return None
    ownership = _answered(company, call, held, created_at=held.fact.happened)
    return ownership if ownership.responsibles else None


def template_of(company: Company, connection: Connection, line: str | None) -> Template:
    """Find the line's template, else the connection's (C8)."""
    own = connection.lines.get(line) if line else None
    return company.templates[(own and own.template) or connection.template]


def _not_yet(connection: Connection, call: Call) -> str | None:
    """Say why the call makes no contact (yet): C1, C5, C6, C7."""
    if call.direction == "out":
        if connection.outgoing_calls == "ignore":
            return "outgoing"
        return None if any(leg.employee for leg in call.legs) else "unmapped_extension"
    if call.direction != "in":
        return "direction_unknown" if call.direction is None else "internal"
    reached = any(leg.employee for leg in call.legs)
    if call.legs and not reached:
        return "unmapped_extension"
    if not reached and call.state != "ended":
        return "no_extension_yet"
    # Whether a call is missed shows only when somebody answers it; until then a contact would be a guess (C6).
    if connection.missed_calls == "ignore" and call.first_answer is None:
        return "missed"
    return None


def _ownership(
    company: Company, connection: Connection, call: Call, template: Template, *, created_at: int, due_at: int, now: int
) -> Ownership:
    if template.responsibles:
        evidence, at = _evidence(call, call.created_by, created_at)
        return _owned(tuple(Responsible(who, "template", at, evidence) for who in template.responsibles))
    if call.direction == "out":
        return _nobody("outgoing_call")  # K5: the client answered, nobody here did
    if connection.answerer == "first_directed":
        return _first_directed(company, call) or _nobody("nobody_rung")
    held = _held(connection, call)
    if held is not None:
        return _answered(company, call, held, created_at)
    if call.last_record is not None or now >= due_at:
        return _missed(company, connection, call, due_at)
    return Ownership((), "pending")


def _held(connection: Connection, call: Call) -> Proof | None:
    """Find who counts as the answerer of an incoming call: the first, or after a transfer the last (R11)."""
    return call.last_answer if connection.owner_after_transfer == "last" else call.first_answer


def _answered(company: Company, call: Call, proof: Proof, created_at: int) -> Ownership:
    employee = proof.leg.employee
    if employee is None or employee not in company.employees:
        return _nobody("answerer_unmapped")
    if not company.employees[employee].active:
        return _nobody("answerer_inactive")
    late = proof.fact.happened - created_at > BACKFILL_LIMIT_MS
    return _owned((_by_event(call, proof, "answered", late=late),))


def _first_directed(company: Company, call: Call) -> Ownership | None:
    for proof in call.directed:
        employee = company.employees.get(proof.leg.employee or "")
        if employee is not None and employee.active:
            return _owned((_by_event(call, proof, "first_directed"),))
    return None


def _missed(company: Company, connection: Connection, call: Call, due_at: int) -> Ownership:
    match connection.missed_owner:
        case "none":
            return _nobody("nobody_answered")
        case "first_directed":
            return _first_directed(company, call) or _nobody("nobody_answered")
        case who:
            employee = company.employees.get(who)
            if employee is not None and not employee.active:
                return _nobody("missed_owner_inactive")
            evidence, at = _evidence(call, call.last_record, due_at)
            return _owned((Responsible(who, "missed_owner", at, evidence),))


def _by_event(
    call: Call, proof: Proof, source: Literal["answered", "first_directed"], *, late: bool = False
) -> Responsible:
    evidence, at = _evidence(call, proof.fact, 0)
    return Responsible(proof.leg.employee or "", source, at, evidence, late)


def _evidence(call: Call, fact: Fact | None, otherwise_at: int) -> tuple[Evidence, int]:
    """Name the event and its time; without one it was the deadline itself that decided."""
    name, at = (fact.event.name, fact.happened) if fact else ("deadline", otherwise_at)
    return Evidence(name, call.connection, call.call_id), at


def _owned(responsibles: tuple[Responsible, ...]) -> Ownership:
    return Ownership(responsibles, "assigned")


def _nobody(reason: str) -> Ownership:
    return Ownership((), "unowned", reason)
