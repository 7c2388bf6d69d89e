"""Whom a leaver's contacts go to: the deputy, a person, a group, or the people of a group in turn."""

from __future__ import annotations

from typing import TYPE_CHECKING

from functions.admin.refusal import Refusal
from shared.company import GROUP_PREFIX
from shared.company_file.mistakes import Findings, quoted
from shared.routing import absence_on

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from datetime import datetime

    from shared.company import Company, Employee

DEPUTY = "deputy"
SPREAD_PREFIX = "spread:"

_NAME_ONE = "name a person, `group:…`, or `spread:…` and a group"


def recipients(company: Company, leaver: str, to: str, moment: datetime) -> tuple[str, ...]:
    """Name who gets the contacts: one owner, or several who take turns; raise Refusal."""
    if to == DEPUTY:
        deputy = deputy_of(company, leaver, moment)
        if deputy is None:
            raise _refused(f"{leaver!r} has no active deputy, neither today nor without limit; {_NAME_ONE}")
        return (deputy,)
    if to.startswith((GROUP_PREFIX, SPREAD_PREFIX)):
        group = to.partition(":")[2]
        if group not in company.groups:
            raise _unknown("group", group, company.groups)
        members = tuple(_active_members(company, group, leaver))
        if not members:
            raise _refused(f"nobody in group {group!r} is active{_but(company, group, leaver)}; {_NAME_ONE}")
        return members if to.startswith(SPREAD_PREFIX) else (to,)
    if to == leaver:
        raise _refused(f"{leaver!r} has them already; {_NAME_ONE}")
    if to not in company.employees:
        groups = {f"{prefix}{to}" for prefix in (GROUP_PREFIX, SPREAD_PREFIX) if to in company.groups}
        raise _unknown("employee", to, groups or {name for name, each in company.employees.items() if each.active})
    if not company.employees[to].active:
        raise _refused(f"{to!r} is not active and would get no call; {_NAME_ONE}")
    return (to,)


def still_can_receive(company: Company, leaver: str, who: str) -> bool:
    """Whether somebody named when the handover began is still one to hand over to."""
    if who.startswith(GROUP_PREFIX):
        return any(_active_members(company, who.removeprefix(GROUP_PREFIX), leaver))
    return who in company.employees and company.employees[who].active


def deputy_of(company: Company, leaver: str, moment: datetime) -> str | None:
    """Follow the deputies to the first who is active; he keeps the contacts, so being away today is no matter."""
    seen: set[str] = set()
    current: str | None = leaver
    while current is not None and current not in seen:
        seen.add(current)
        person = company.employees.get(current)
        if person is None:
            return None
        if person.active and current != leaver:
            return current
        current = _named_deputy(person, moment)
    return None


def _named_deputy(person: Employee, moment: datetime) -> str | None:
    today = absence_on(person, moment)
    if today is not None and today.deputy is not None:
        return today.deputy
    return next((each.deputy for each in person.away if each.until is None and each.deputy is not None), None)


def _active_members(company: Company, group: str, leaver: str) -> Iterator[str]:
    for member in company.groups.get(group, ()):
        if member != leaver and member in company.employees and company.employees[member].active:
            yield member


def _but(company: Company, group: str, leaver: str) -> str:
    return f" but {leaver!r}" if leaver in company.groups[group] and company.employees[leaver].active else ""


def _unknown(kind: str, name: str, known: Collection[str]) -> Refusal:
    return _refused(f"no {kind} {quoted(name)}{Findings().suggestion(kind, name, known) or f'; {_NAME_ONE}'}")


def _refused(why: str) -> Refusal:
    return Refusal(422, "this handover cannot be; nothing is changed", (f"to: {why}",))
