"""Who shall be rung: one pure function from contact, company, line and moment to targets, a reason and every step.

It reads nothing and writes nothing, so that the same question asked later, or for another moment, gets the same answer
(T14).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple
from zoneinfo import ZoneInfo

from shared.company import GROUP_PREFIX, Away, Company, Connection, Employee, Line
from shared.pbx.protocol import Answer, Target
from shared.working_time import is_working

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from shared.contact import Contact

Reason = Literal[
    "responsible", "fallback", "no_contact", "no_responsible", "nobody_available", "closed", "off", "error"
]

Verdict = Literal[
    "kept",
    "unknown_employee",
    "inactive",
    "away",
    "deputy_inactive",
    "deputy_circle",
    "no_extension",
    "no_hours",
    "outside_hours",
    "already_listed",
    "already_ringing",
    "empty_group",
]


class Step(NamedTuple):
    """One thing the decision looked at, and what came of it."""

    stage: Literal["redirect", "line_hours", "contact", "responsible", "fallback", "called", "answer"]
    verdict: str
    employee: str | None = None
    group: str | None = None
    stands_in_for: str | None = None  # the absent person whose place a deputy takes
    until: str | None = None  # last day of an absence


class Decision(NamedTuple):
    """The answer to a look-up, and how it came about."""

    contact: Contact | None
    targets: tuple[Target, ...]
    reason: Reason
    steps: tuple[Step, ...]

    def answer(self) -> Answer:
        """Give the part that a PBX is told."""
        if self.contact is None:
            return Answer(None, None, self.targets, self.reason)
        return Answer(self.contact.id, self.contact.name, self.targets, self.reason)


def route(
    company: Company,
    connection: Connection,
    contact: Contact | None,
    *,
    phone: str | None,
    line: str | None,
    called: str | None,
    moment: datetime,
) -> Decision:
    """Decide who is rung for a call of `phone` (E.164) on `line` while `called` already rings; `moment` is aware."""
    steps: list[Step] = []
    own_line = connection.lines.get(line) if line else None

    def answer(reason: Reason, targets: Sequence[Target] = ()) -> Decision:
        return Decision(contact, tuple(targets), reason, tuple(steps))

    if phone is None or phone in company.blocked:
        contact = None
    steps.append(Step("redirect", connection.redirect))
    if connection.redirect == "off":
        return answer("off")
    if own_line is not None and _is_closed(company, own_line, moment):
        steps.append(Step("line_hours", "closed"))
        return answer("closed")
    if contact is None:
        steps.append(Step("contact", "blocked" if phone in company.blocked else "unknown" if phone else "withheld"))
        return answer("no_contact")
    if not contact.responsibles:
        steps.append(Step("contact", "no_responsible"))
        return answer("no_responsible")
    responsibles = tuple(each.who for each in contact.responsibles)
    found = _eligible(company, connection, responsibles, "responsible", moment, steps)
    if found:
        return answer("responsible", _not_ringing(found, called, steps))
    fallback = connection.fallback
    if own_line is not None and own_line.fallback is not None:
        fallback = own_line.fallback
    found = _eligible(company, connection, fallback, "fallback", moment, steps)
    if found:
        return answer("fallback", _not_ringing(found, called, steps))
    return answer("nobody_available")


def _is_closed(company: Company, line: Line, moment: datetime) -> bool:
    if line.closed is None or line.hours is None:
        return False
    return not is_working(company.calendars[line.hours], line.time_zone, moment)


_Place = tuple[str, str | None]
"""One person named by a field: his id, and the group he is named through."""


def _eligible(
    company: Company,
    connection: Connection,
    field: Sequence[str],
    stage: Literal["responsible", "fallback"],
    moment: datetime,
    steps: list[Step],
) -> list[Target]:
    """Go through a field in its order (T10) and keep whom the rules let through."""
    # "Single" is what the field says, before anyone is dropped (T5).
    single = len(field) == 1 and not field[0].startswith(GROUP_PREFIX)
    targets: list[Target] = []
    for who in field:
        places: list[_Place] = [(who, None)]
        if who.startswith(GROUP_PREFIX):
            group = who.removeprefix(GROUP_PREFIX)
            places = [(member, group) for member in company.groups.get(group, ())]
            if not places:
                steps.append(Step(stage, "empty_group", group=group))
        for place in places:
            step, target = _judge(company, connection, place, stage, moment, single=single)
            if target is not None and any(each.employee == target.employee for each in targets):
                step, target = Step(stage, "already_listed", target.employee, place[1], step.stands_in_for), None
            steps.append(step)
            if target is not None:
                targets.append(target)
    return targets


def _judge(
    company: Company,
    connection: Connection,
    place: _Place,
    stage: Literal["responsible", "fallback"],
    moment: datetime,
    *,
    single: bool,
) -> tuple[Step, Target | None]:
    """Test one person: there, active, not absent (or the deputy in his place), reachable here, in working time."""
    employee_id, group = place
    person, verdict, until = _present(company, employee_id, moment)
    deputy_for = employee_id if person is not None and person.id != employee_id else None
    if person is None:
        return Step(stage, verdict, employee_id, group, until=until), None
    extension = connection.id in person.extensions and person.extensions[connection.id]
    if not extension or not (extension.ext or extension.login):
        verdict = "no_extension"
    elif connection.redirect == "working_time":
        verdict = _working(company, connection, person, moment, single=single)
    step = Step(stage, verdict, person.id, group, deputy_for)
    if verdict != "kept" or not extension:
        return step, None
    return step, Target(person.id, extension.ext, extension.login, connection.ring_seconds)


def _present(company: Company, employee_id: str, moment: datetime) -> tuple[Employee | None, Verdict, str | None]:
    """Find who sits in this place now: the employee, or the end of his chain of deputies (T7, T8)."""
    seen: set[str] = set()
    current = employee_id
    while current not in seen:
        seen.add(current)
        employee = company.employees.get(current)
        if employee is None:
            return None, "unknown_employee", None
        if not employee.active:
            return None, "inactive" if current == employee_id else "deputy_inactive", None
        absence = absence_on(employee, moment)
        if absence is None:
            return employee, "kept", None
        if absence.deputy is None:
            return None, "away", absence.until
        current = absence.deputy
    return None, "deputy_circle", None


def absence_on(employee: Employee, moment: datetime) -> Away | None:
    """Find the absence that covers this moment by the employee's own calendar day."""
    if not employee.away:
        return None
    today = moment.astimezone(ZoneInfo(employee.time_zone)).date().isoformat()
    for away in employee.away:
        if away.since <= today and (away.until is None or today <= away.until):
            return away
    return None


def _working(company: Company, connection: Connection, person: Employee, moment: datetime, *, single: bool) -> Verdict:
    if person.hours is None:
        return "kept" if single and connection.single_without_hours == "route" else "no_hours"
    working = is_working(company.calendars[person.hours], person.time_zone, moment)
    return "kept" if working else "outside_hours"


def _not_ringing(targets: list[Target], called: str | None, steps: list[Step]) -> list[Target]:
    """Never answer with the extension that already rings: the last step, no fallback after it (T9)."""
    if not called:
        return targets
    login = called.casefold()
    kept: list[Target] = []
    for target in targets:
        if called == target.ext or (target.login is not None and target.login.casefold() == login):
            steps.append(Step("called", "already_ringing", target.employee))
        else:
            kept.append(target)
    return kept
