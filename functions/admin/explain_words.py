"""The steps of a decision in words, for an admin."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from shared.company import GROUP_PREFIX
from shared.routing import absence_on
from shared.working_time import next_start

if TYPE_CHECKING:
    from datetime import datetime

    from shared.company import Company, Connection
    from shared.contact import Contact
    from shared.routing import Step

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
    "nobody_available": "nobody can be rung, nobody of a fallback either: the PBX follows its own plan",
    "closed": "the line is closed: the PBX follows its own plan, no fallback is tried",
    "off": "no opinion: the PBX follows its own plan",
}
_ALL_RINGING = "whoever could be rung is ringing already: no opinion, and no fallback is tried"
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


class Words:
    """Says steps in words."""

    def __init__(
        self,
        company: Company,
        connection: Connection,
        line: str | None,
        contact: Contact | None,
        moment: datetime,
        *,
        rings: bool,
    ) -> None:
        self._company = company
        self._connection = connection
        self._line = line
        self._contact = contact
        self._moment = moment
        self._rings = rings

    def of(self, step: Step) -> str:
        """Say one step."""
        match step.stage:
            case "redirect":
                return f"{self._connection.id}: {_REDIRECT[step.verdict]}"
            case "line_hours":
                return self._line_now(step.verdict)
            case "contact":
                return self._owned() if step.verdict == "found" else _CONTACT[step.verdict]
            case "fallback" if step.verdict == "none":
                return self._no_fallback()
            case "called":
                return f"{self._name(step.employee)} is left out: this extension is already ringing"
            case "answer":
                is_ringing = step.verdict in {"responsible", "fallback"} and not self._rings
                return _ALL_RINGING if is_ringing else _ANSWER[step.verdict]
            case _:
                return f"{self._place(step)}: {self._verdict(step)}"

    def _owned(self) -> str:
        """Name the contact, and each responsible with what made him that (R13)."""
        if self._contact is None:
            return ""
        owners = [f"{self._owner(each.who)}, source {each.source}" for each in self._contact.responsibles]
        return f"contact {self._contact.name} belongs to {'; '.join(owners)}"

    def _owner(self, who: str) -> str:
        return f"group {who.removeprefix(GROUP_PREFIX)}" if who.startswith(GROUP_PREFIX) else self._name(who)

    def _place(self, step: Step) -> str:
        who = self._name(step.employee) if step.employee else "nobody"
        group = f" of group {step.group}" if step.group else ""
        return f"{step.stage} {who}{group}{self._deputy(step)}"

    def _deputy(self, step: Step) -> str:
        """Name whose place a deputy takes, and through whom it came to him (T7)."""
        absent = self._company.employees.get(step.stands_in_for or "")
        if absent is None:
            return ""
        between: list[str] = []
        absence = absence_on(absent, self._moment)
        while absence and absence.deputy and absence.deputy != step.employee:
            between.append(self._name(absence.deputy))
            absence = absence_on(self._company.employees[absence.deputy], self._moment)
        through = f", through {', '.join(between)}" if between else ""
        return f", deputy of {self._name(absent.id)}{through}"

    def _no_fallback(self) -> str:
        line = self._connection.lines.get(self._line or "")
        if line is not None and line.fallback is not None:
            return f"no fallback: line {line.number} has an empty one, whatever the connection says"
        return f"no fallback: {'neither the line nor the connection has one' if line else 'the connection has none'}"

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

    def _line_now(self, verdict: str) -> str:
        line = self._connection.lines.get(self._line or "")
        if line is None:
            return f"line {self._line} is none of the connection's lines: what the connection says counts"
        return f"line {self._line} is {verdict} now: its hours are {line.hours} in {line.time_zone}"

    def _name(self, employee_id: str | None) -> str:
        employee = self._company.employees.get(employee_id or "")
        return f"{employee.name} ({employee.id})" if employee else str(employee_id)
