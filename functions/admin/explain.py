"""Why a call goes where it goes: each step of a decision in words, for the admin who asks (T14)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel

from functions.admin.explain_words import Words
from shared import pbx
from shared.phones import normalise
from shared.routing import Decision, Step, route

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from shared.company import Company, Connection
    from shared.contact import Contact


class ExplainedTarget(BaseModel):
    """One employee who is rung."""

    ext: str | None
    employee: str
    ring_seconds: int


class ExplainedContact(BaseModel):
    """The contact found."""

    id: str
    name: str


class ExplainedStep(BaseModel):
    """One step of the decision; `text` says it in words."""

    stage: str
    verdict: str
    employee: str | None
    group: str | None
    stands_in_for: str | None
    text: str


class Explanation(BaseModel):
    """The answer to a look-up and how it came about."""

    contact: ExplainedContact | None
    targets: list[ExplainedTarget]
    reason: str
    at: str
    steps: list[ExplainedStep]
    answer: str  # what the PBX is told, in its own format


def explain(
    company: Company,
    connection: Connection,
    contact: Contact | None,
    *,
    phone: str | None,
    line: str | None,
    called: str | None,
    moment: datetime,
) -> Explanation:
    """Decide as a look-up would, and say why."""
    dialled = line and (normalise(line, connection.country) or line)
    decision = route(company, connection, contact, phone=phone, line=dialled, called=called, moment=moment)
    words = Words(company, connection, dialled, contact, moment, rings=bool(decision.targets))
    found = decision.contact
    return Explanation(
        contact=ExplainedContact(id=found.id, name=found.name) if found else None,
        targets=[
            ExplainedTarget(ext=each.ext or each.login, employee=each.employee, ring_seconds=each.ring_seconds)
            for each in decision.targets
        ],
        reason=decision.reason,
        at=moment.isoformat().replace("+00:00", "Z"),
        steps=[
            ExplainedStep(
                stage=step.stage,
                verdict=step.verdict,
                employee=step.employee,
                group=step.group,
                stands_in_for=step.stands_in_for,
                text=words.of(step),
            )
            for step in _steps(decision, connection, dialled)
        ],
        answer=pbx.family(connection.family).answer(decision.answer()).body,
    )


def _steps(decision: Decision, connection: Connection, line: str | None) -> Iterator[Step]:
    """Give the decision's steps, and those between them that let the call pass."""
    for step in decision.steps:
        yield step
        if step.stage == "redirect" and decision.reason not in {"off", "closed"}:
            yield from _passed(decision, connection, line)
    if decision.reason == "nobody_available" and all(step.stage != "fallback" for step in decision.steps):
        yield Step("fallback", "none")
    yield Step("answer", decision.reason)


def _passed(decision: Decision, connection: Connection, line: str | None) -> Iterator[Step]:
    own = connection.lines.get(line) if line else None
    if own is not None and own.hours is not None:
        yield Step("line_hours", "open")
    elif line and own is None and connection.lines:
        yield Step("line_hours", "unknown_line")
    if decision.contact is not None and decision.contact.responsibles:
        yield Step("contact", "found")
