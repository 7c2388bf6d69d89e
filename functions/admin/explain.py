"""Why a call goes where it goes: each step of a decision in words, for the admin who asks (T14)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from functions.admin.refusal import Refusal
from shared import pbx
from shared.phones import normalise
from shared.routing import Decision, Step, route
from shared.working_time import next_start

if TYPE_CHECKING:
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


def read_moment(text: str | None, now: int) -> datetime:
    """Read `at`, an ISO time with offset; now where it is not given."""
    if text is None:
        return datetime.fromtimestamp(now / 1000, UTC)
    try:
        # In a query a plus is a space, so that 18:30+03:00 arrives without it.
        moment = datetime.fromisoformat(text.strip().replace(" ", "+") if "T" in text else text)
        year = moment.astimezone(UTC).year
    except (ValueError, OverflowError):
        raise Refusal(400, f"at: {text!r} is no ISO 8601 time, such as 2026-12-31T18:30:00+03:00") from None
    if moment.tzinfo is None:
        raise Refusal(400, f"at: {text!r} has no offset from UTC; write it as 2026-12-31T18:30:00+03:00")
    if not 1990 <= year <= 2200:  # noqa: PLR2004 -- calendars know nothing of other times
        raise Refusal(400, f"at: {text!r} is too far from today")
    return moment.astimezone(UTC)


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
    words = _Words(company, connection, dialled, moment)
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
            for step in (*decision.steps, _last(decision))
        ],
        answer=pbx.family(connection.family).answer(decision.answer()).body,
    )


def _last(decision: Decision) -> Step:
    return Step("answer", decision.reason)


_REDIRECT = {
    "off": "redirect_to_responsible is off here: the caller is named, nobody is rung by us",
    "always": "redirect_to_responsible is always here: working time does not matter",
    "working_time": "redirect_to_responsible is working_time here: only who is in working time is rung",
}
_CONTACT = {
    "unknown": "no contact has this number: the first call makes one, the PBX follows its own plan",
    "withheld": "the number is withheld or cannot be read: the PBX follows its own plan",
    "blocked": "the number is blocked by the company file: the PBX follows its own plan",
    "no_responsible": "the contact has no responsible: the PBX follows its own plan",
}
_ANSWER = {
    "responsible": "the call goes to the responsible",
    "fallback": "the call goes to the fallback",
    "no_contact": "no opinion: the PBX follows its own plan",
    "no_responsible": "no opinion: the PBX follows its own plan",
    "nobody_available": "nobody can be rung, and no fallback either: the PBX follows its own plan",
    "closed": "the line is closed: the PBX follows its own plan, no fallback is tried",
    "off": "no opinion: the PBX follows its own plan",
}
_VERDICT = {
    "kept": "is rung",
    "unknown_employee": "left out, the company file has no such employee any more",
    "inactive": "left out, no longer active",
    "deputy_inactive": "left out, away, and the chain of deputies ends at somebody no longer active",
    "deputy_circle": "left out, away, and the deputies stand in for each other in a circle",
    "no_hours": "left out, has no working time set",
    "already_listed": "already in the list",
    "empty_group": "left out, the group has no members",
}


class _Words:
    """Says steps in words."""

    def __init__(self, company: Company, connection: Connection, line: str | None, moment: datetime) -> None:
        self._company = company
        self._connection = connection
        self._line = line
        self._moment = moment

    def of(self, step: Step) -> str:
        """Say one step."""
        match step.stage:
            case "redirect":
                return f"{self._connection.id}: {_REDIRECT[step.verdict]}"
            case "line_hours":
                return f"line {self._line} is closed now: its hours are {self._line_hours()}"
            case "contact":
                return _CONTACT[step.verdict]
            case "called":
                return f"{self._name(step.employee)} is left out: this extension is already ringing"
            case "answer":
                return _ANSWER[step.verdict]
            case _:
                return f"{self._place(step)}: {self._verdict(step)}"

    def _place(self, step: Step) -> str:
        who = self._name(step.employee) if step.employee else "nobody"
        group = f" of group {step.group}" if step.group else ""
        deputy = f", deputy of {self._name(step.stands_in_for)}" if step.stands_in_for else ""
        return f"{step.stage} {who}{group}{deputy}"

    def _verdict(self, step: Step) -> str:
        match step.verdict:
            case "away":
                until = f" until {step.until}" if step.until else ""
                return f"left out, away{until} and without a deputy"
            case "no_extension":
                return f"left out, has no extension on {self._connection.id}"
            case "outside_hours":
                return f"left out, outside working time; {self._clock(step.employee)}"
            case verdict:
                return _VERDICT[verdict]

    def _clock(self, employee_id: str | None) -> str:
        employee = self._company.employees[employee_id or ""]
        zone = ZoneInfo(employee.time_zone)
        here = f"it is {self._moment.astimezone(zone):%a %H:%M} in {employee.time_zone}"
        if employee.hours is None:
            return here
        begins = next_start(self._company.calendars[employee.hours], employee.time_zone, self._moment)
        if begins is None:
            return f"{here}, calendar {employee.hours} has no working time to come"
        local = begins.astimezone(zone)
        day = f"{local:%a %H:%M}" if begins - self._moment < timedelta(days=6) else f"{local:%Y-%m-%d %H:%M}"
        return f"{here}, calendar {employee.hours} begins again {day}"

    def _line_hours(self) -> str:
        line = self._connection.lines.get(self._line or "")
        return f"{line.hours} in {line.time_zone}" if line else ""

    def _name(self, employee_id: str | None) -> str:
        employee = self._company.employees.get(employee_id or "")
        return f"{employee.name} ({employee.id})" if employee else str(employee_id)
