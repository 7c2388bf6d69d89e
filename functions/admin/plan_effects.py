"""What a company file does once in force: callers left alone, contacts that can ring nobody, contacts left behind."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from functions.admin.handover.count import counted, owner_sets_of
from shared.company import GROUP_PREFIX
from shared.company_file.mistakes import written

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from functions.admin.contact_lists import ContactLists
    from shared.company import Calendar, Company, Connection, Employee

MOST_COUNTED = 200
"""Sets of responsibles whose contacts are counted: each takes a query a shard, and an answer has a deadline."""

MOST_LINES = 10
"""Lines named of one connection; more are only counted."""

_AT_ONCE = 8


def effects(before: Company | None, after: Company, lists: ContactLists) -> list[str]:
    """Say in words what a change does; what the warnings tell already is left out."""
    told = [*left_alone(after)]
    if before is not None:
        told += losses(before, after, lists)
        told += left_behind(before, after, lists)
    return told


def left_alone(company: Company) -> Iterator[str]:
    """Find the lines whose callers are rung nobody at all by us when no responsible can be rung."""
    for connection in company.connections.values():
        if connection.redirect == "off":
            continue
        fields = {line.number: connection.fallback if line.fallback is None else line.fallback
                  for line in connection.lines.values()} or {"": connection.fallback}  # fmt: skip
        silent = [number for number, field in fields.items() if not can_ring(company, connection, field)]
        for field in dict.fromkeys(fields[number] for number in silent):
            numbers = [number for number in silent if fields[number] == field]
            why = f"the fallback [{', '.join(field)}] can ring nobody here" if field else "there is no fallback"
            whose = f"callers of {_lines(connection, numbers)}" if numbers != [""] else "callers"
            end = f"when nobody responsible can be rung, {whose} are left to the PBX alone"
            yield f"{written(('connections', connection.id))}: {why}: {end}"


def _lines(connection: Connection, numbers: Sequence[str]) -> str:
    named = []
    for number in numbers[:MOST_LINES]:
        name = connection.lines[number].name
        named.append(f"{number} ({name})" if name else number)
    more = len(numbers) - MOST_LINES
    return ", ".join(named) + (f" and {more} more lines" if more > 0 else "")


def can_ring(company: Company, connection: Connection, field: Sequence[str]) -> bool:
    """Whether anybody named by a field could ever be rung on a connection."""
    single = len(field) == 1 and not field[0].startswith(GROUP_PREFIX) and connection.single_without_hours == "route"

    def works(person: Employee) -> bool:
        if connection.redirect != "working_time":
            return True
        return single if person.hours is None else _has_time(company.calendars[person.hours])

    people = [person for who in field for person in _people(company, who)]
    return any(person.active and connection.id in person.extensions and works(person) for person in people)


def _has_time(calendar: Calendar) -> bool:
    return any(calendar.weekly) or any(calendar.dates.values())


def _people(company: Company, who: str) -> list[Employee]:
    members = company.groups.get(who.removeprefix(GROUP_PREFIX), ()) if who.startswith(GROUP_PREFIX) else (who,)
    return [company.employees[member] for member in members if member in company.employees]


def losses(before: Company, after: Company, lists: ContactLists) -> Iterator[str]:
    """Count the contacts whose responsibles, until now with somebody active who has a phone, have nobody left."""
    alone = [*before.employees, *(f"{GROUP_PREFIX}{group}" for group in before.groups)]
    sets = [(who,) for who in alone] + [tuple(each.split(",")) for each in sorted(lists.owner_sets())]
    lost = [each for each in sets if _reachable(before, each) and not _reachable(after, each)]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        counts = pool.map(lists.count, [",".join(each) for each in lost[:MOST_COUNTED]])
        for owners, count in zip(lost, counts, strict=False):
            if count:
                lose = "1 contact loses its" if count == 1 else f"{count:,} contacts lose their"
                yield f"{_owners(owners)}: {lose} last responsible who can be rung"
    if (more := len(lost) - MOST_COUNTED) > 0:
        yield f"and the contacts of {more:,} more employees and groups who can be rung no more; they are not counted"


def left_behind(before: Company, after: Company, lists: ContactLists) -> Iterator[str]:
    """Count the contacts of everyone who leaves, and name the command that hands them over (R14)."""
    leavers = [who for who, each in before.employees.items() if each.active and not _is_active(after, who)]
    sets: dict[str, list[str]] = {}
    for who, owned in owner_sets_of(leavers, lists).items():
        if sum(map(len, sets.values())) < MOST_COUNTED:
            sets[who] = owned
    for who, count in counted(sets, lists).items():
        if count.all:
            contacts = "1 contact is" if count.all == 1 else f"{count.all:,} contacts are"
            shared = f", {count.shared:,} of them owned with others" if count.shared else ""
            todo = f"`firstcall handover {who} --to WHO` hands them over (deputy, a person, group:… or spread:…)"
            yield f"{written(('employees', who))}: {contacts} left behind{shared}; {todo}"
    if more := len(leavers) - len(sets):
        yield f"and {more:,} more people leave; `firstcall handover` says how many contacts of each are left behind"


def _is_active(company: Company, who: str) -> bool:
    return who in company.employees and company.employees[who].active


def _reachable(company: Company, owners: Sequence[str]) -> bool:
    return any(person.active and person.extensions for who in owners for person in _people(company, who))


def _owners(owners: Sequence[str]) -> str:
    if len(owners) > 1:
        return f"owned together by {', '.join(owners)}"
    group = owners[0].startswith(GROUP_PREFIX)
    return written(("groups", owners[0].removeprefix(GROUP_PREFIX)) if group else ("employees", owners[0]))
