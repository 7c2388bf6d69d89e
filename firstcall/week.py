"""Who can be reached when, over one week: each employee, group and line as spans of time, from the company alone.

Every judgement is asked of the routing itself, so that the picture never shows what a call would not get.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import TYPE_CHECKING, Literal, NamedTuple
from zoneinfo import ZoneInfo

from shared.company import GROUP_PREFIX, Company, Connection, Extension
from shared.contact import Contact, CreatedBy, Evidence, Responsible
from shared.routing import route
from shared.working_time import is_working, until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from shared.company import Employee, Line
    from shared.routing import Decision

State = Literal["working", "deputy", "away", "off", "one", "several", "fallback", "people", "nobody", "closed"]

DAYS = 7
_ANYWHERE = "anywhere"
_NOBODY = "-"  # no id can be so
_CALLER = "+0"


class Span(NamedTuple):
    """A stretch of time in which nothing changes."""

    start: datetime  # UTC
    end: datetime
    state: State
    deputy: str | None = None


class Week:
    """One week of a company, from its Monday on."""

    def __init__(self, company: Company, monday: date) -> None:
        self.company = company
        self.monday = monday
        self._everywhere = _everywhere(company)

    def bounds(self, zone: str) -> tuple[datetime, datetime]:
        """Give the instants at which the week begins and ends in a zone."""
        begin, end = (datetime.combine(self.monday + timedelta(days), time(), ZoneInfo(zone)) for days in (0, DAYS))
        return begin.astimezone(UTC), end.astimezone(UTC)

    def of_employee(self, name: str) -> list[Span]:
        """When an employee, or a deputy in his place, is in working time; judged in his own zone."""
        person, everywhere = self.company.employees[name], self._everywhere

        def state(moment: datetime) -> tuple[State, str | None]:
            step = _decide(everywhere, everywhere.connections[_ANYWHERE], (name,), None, moment).steps[1]
            if step.verdict == "kept":
                return ("deputy", step.employee) if step.stands_in_for else ("working", None)
            own = person.hours and is_working(self.company.calendars[person.hours], person.time_zone, moment)
            return ("away" if own and person.active else "off"), None

        return self._spans(person.time_zone, _with_deputies(self.company, (name,)), (), state)

    def of_group(self, name: str) -> list[Span]:
        """When members of a group are in working time; in the company's zone."""
        everywhere = self._everywhere

        def state(moment: datetime) -> tuple[State, str | None]:
            connection = everywhere.connections[_ANYWHERE]
            rung = len(_decide(everywhere, connection, (GROUP_PREFIX + name,), None, moment).targets)
            return ("several" if rung > 1 else "one" if rung else "nobody"), None

        people = _with_deputies(self.company, self.company.groups[name])
        return self._spans(self.company.time_zone, people, (), state)

    def of_line(self, connection: Connection, line: Line) -> list[Span]:
        """When a call on a line finds the fallback, only some employees' own callers find anybody, or none do."""
        company = self.company
        people = [each for each in company.employees.values() if each.active and connection.id in each.extensions]
        asked = _one_of_each_kind(people)

        def answers(decision: Decision, moment: datetime) -> bool:
            return any(_is_there(company, company.employees[each.employee], moment) for each in decision.targets)

        def state(moment: datetime) -> tuple[State, str | None]:
            decision = _decide(company, connection, (_NOBODY,), line.number, moment)
            if decision.reason == "closed":
                return "closed", None
            if answers(decision, moment):
                return "fallback", None
            each = (_decide(company, connection, (name,), line.number, moment) for name in asked)
            found = any(decision.reason == "responsible" and answers(decision, moment) for decision in each)
            return ("people" if found else "nobody"), None

        everybody = _with_deputies(company, [each.id for each in people])
        calendars = () if line.hours is None else ((line.hours, line.time_zone),)
        return self._spans(line.time_zone, everybody, calendars, state)

    def of_everybody(self) -> list[Span]:
        """When anybody at all who has a phone and working time is in it; in the company's zone."""
        everywhere = self._everywhere
        people = [each for each in self.company.employees.values() if each.active and each.extensions and each.hours]
        asked = _one_of_each_kind(people)

        def state(moment: datetime) -> tuple[State, str | None]:
            connection = everywhere.connections[_ANYWHERE]
            found = any(_decide(everywhere, connection, (name,), None, moment).targets for name in asked)
            return ("several" if found else "nobody"), None

        return self._spans(
            self.company.time_zone, _with_deputies(self.company, [each.id for each in people]), (), state
        )

    def _spans(
        self,
        zone: str,
        people: Iterable[Employee],
        calendars: Iterable[tuple[str, str]],
        state: Callable[[datetime], tuple[State, str | None]],
    ) -> list[Span]:
        """Judge once between every two moments at which anything may change, and join what is equal."""
        begin, end = self.bounds(zone)
        edges = {begin, *self._edges(people, calendars, begin, end)}
        spans: list[Span] = []
        for start, stop in zip(ordered := sorted(edges), [*ordered[1:], end], strict=True):
            now, deputy = state(start)
            if spans and (spans[-1].state, spans[-1].deputy) == (now, deputy):
                spans[-1] = spans[-1]._replace(end=stop)
            else:
                spans.append(Span(start, stop, now, deputy))
        return spans

    def _edges(
        self, people: Iterable[Employee], calendars: Iterable[tuple[str, str]], begin: datetime, end: datetime
    ) -> Iterator[datetime]:
        people = list(people)
        used = {*calendars, *((each.hours, each.time_zone) for each in people if each.hours)}
        for hours, zone in used:
            calendar = self.company.calendars[hours]
            change = until(calendar, zone, begin)
            while change is not None and change < end:
                yield change
                change = until(calendar, zone, change)
        for zone in {each.time_zone for each in people if each.away}:
            days = (begin.astimezone(ZoneInfo(zone)).date() + timedelta(number) for number in range(DAYS + 2))
            midnights = (datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC) for day in days)
            yield from (each for each in midnights if begin < each < end)


def _decide(
    company: Company, connection: Connection, owners: Sequence[str], line: str | None, moment: datetime
) -> Decision:
    contact = _owned_by(tuple(owners))
    return route(company, connection, contact, phone=_CALLER, line=line, called=None, moment=moment)


@cache
def _owned_by(owners: tuple[str, ...]) -> Contact:
    responsibles = tuple(Responsible(who, "manual", 0, Evidence("manual")) for who in owners)
    return Contact(
        "week", "person", "week", (_CALLER,), "week", 0, CreatedBy("week", "week"), responsibles=responsibles
    )


def _everywhere(company: Company) -> Company:
    """Give everybody a phone on one PBX that asks for working time, so that only people and hours count."""
    connection = Connection(
        _ANYWHERE, "generic", "generic", company.country, "", "reported", "working_time", single_without_hours="skip"
    )
    phone = {_ANYWHERE: Extension("1")}
    people = {name: each._replace(extensions=phone) for name, each in company.employees.items()}
    return company._replace(employees=people, connections={_ANYWHERE: connection})


def _is_there(company: Company, person: Employee, moment: datetime) -> bool:
    """Whether nothing says that he is not; without working time nothing does."""
    return person.hours is None or is_working(company.calendars[person.hours], person.time_zone, moment)


def _one_of_each_kind(people: Iterable[Employee]) -> list[str]:
    """Take one of those who have the same hours and are never away: they are there at the same times."""
    kinds: dict[object, str] = {}
    for each in people:
        kinds.setdefault(each.id if each.away else (each.hours, each.time_zone), each.id)
    return list(kinds.values())


def _with_deputies(company: Company, names: Iterable[str]) -> list[Employee]:
    """Find the people named and everybody who may stand in for one of them."""
    found: dict[str, Employee] = {}
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in found and name in company.employees:
            found[name] = company.employees[name]
            waiting += [each.deputy for each in found[name].away if each.deputy]
    return list(found.values())
