"""What is drawn of a week: each employee, group and line, with its title, notes and holes."""

from __future__ import annotations

import difflib
import textwrap
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from firstcall.outcome import WrongUse
from firstcall.week import DAYS, Span, Week
from firstcall.week_picture import in_words, picture
from shared.company import GROUP_PREFIX
from shared.phones import normalise

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from shared.company import Away, Connection, Employee, Line

WIDTH = 100


@dataclass(frozen=True, slots=True)
class Row:
    """One of them. Without spans there is nothing to draw, and the title says why."""

    kind: str
    names: tuple[str, ...]  # by which it can be asked for, the first is its own
    title: str
    time_zone: str
    draw: Callable[[], list[Span]] | None = None
    notes: tuple[str, ...] = ()  # of the days
    hole: str = ""  # what it means that nobody is there; "": nothing
    is_drawn: bool = True

    def told(self, week: Week) -> list[str]:
        """Draw it."""
        if self.draw is None:
            return [self.title, *(f"  {note}" for note in dict.fromkeys(self.notes) if note)]
        spans = self.draw()
        lines = [self.title]
        if self.is_drawn:
            lines += picture(spans, week.monday, self.time_zone, _changes(self.notes), holes=self.kind == "line")
        if self.hole:
            holes = in_words((span for span in spans if span.state == "nobody"), self.time_zone)
            told = f"  {self.hole}: {holes or 'at no time'}"
            lines += textwrap.wrap(told, WIDTH, subsequent_indent="    ", break_on_hyphens=False)
        return lines

    def document(self, week: Week) -> dict[str, object]:
        """Give it as data."""
        zone = ZoneInfo(self.time_zone)
        spans = [
            {
                "from": span.start.astimezone(zone).isoformat(),
                "to": span.end.astimezone(zone).isoformat(),
                "state": span.state,
                **({"deputy": span.deputy} if span.deputy else {}),
            }
            for span in (self.draw() if self.draw else ())
        ]
        days = [(week.monday + timedelta(number)).isoformat() for number in range(DAYS)]
        notes = {day: note for day, note in zip(days, self.notes, strict=False) if note}
        return {"kind": self.kind, "name": self.names[0], "title": self.title, "time_zone": self.time_zone,
                "notes": notes, "spans": spans}  # fmt: skip


def rows(week: Week) -> list[Row]:
    """Give everything that can be drawn, in the order of the company file."""
    company = week.company
    found = [_employee(week, each) for each in company.employees.values()]
    found += [_group(week, name) for name in company.groups]
    for connection in company.connections.values():
        found += [_line(week, connection, line) for line in connection.lines.values()]
    return found


def chosen_rows(found: Sequence[Row], names: Sequence[str]) -> list[Row]:
    """Choose by name, a connection's name for all its lines; raise WrongUse for a name of nothing."""
    chosen: list[Row] = []
    for name in names:
        number = normalise(name, "RU") if name.startswith("+") else None
        matching = [row for row in found if name in row.names or (number is not None and number in row.names)]
        if not matching:
            known = [each for row in found for each in row.names]
            close = difflib.get_close_matches(name, known, n=1)
            hint = f"; did you mean {close[0]}?" if close else "; `firstcall hours` without a name draws everything"
            raise WrongUse(f"no employee, group, line or connection {name!r}{hint}")
        chosen += [row for row in matching if row not in chosen]
    return chosen if names else list(found)


def nobody(week: Week) -> Row:
    """Give the hours in which nobody of the company is in working time."""
    people = [each for each in week.company.employees.values() if each.active and each.extensions]
    unset = ", ".join(each.id for each in people if each.hours is None)
    title = f"Everybody together, {week.company.time_zone}"
    if unset:
        title += f" (not counted, without working time set: {unset})"
    return Row("company", ("company",), title, week.company.time_zone, week.of_everybody,
               hole="nobody at all would answer", is_drawn=False)  # fmt: skip


def _changes(notes: Sequence[str]) -> list[str]:
    """Leave out a note that only repeats the day before."""
    return [note if number == 0 or notes[number - 1] != note else "" for number, note in enumerate(notes)]


def _employee(week: Week, person: Employee) -> Row:
    names = (person.id,)
    title = f"{person.id}: {person.name}, {person.time_zone}"
    if not person.active:
        return Row("employee", names, f"{title}, no longer active: owns nothing new, gets no call", person.time_zone)
    notes = tuple(_absences(week, person))
    if not person.extensions:
        title += ", has no phone on any connection"
    if person.hours is None:
        return Row("employee", names, f"{title}, no working time set: nothing to draw", person.time_zone, notes=notes)
    title += f", hours {person.hours}"
    return Row("employee", names, title, person.time_zone, lambda: week.of_employee(person.id), notes)


def _absences(week: Week, person: Employee) -> Iterator[str]:
    for number in range(DAYS):
        day = (week.monday + timedelta(number)).isoformat()
        away = next(
            (each for each in person.away if each.since <= day and (each.until is None or day <= each.until)), None
        )
        yield _away(away) if away else ""


def _away(away: Away) -> str:
    until = f"to {away.until}" if away.until else "on"
    return f"away from {away.since} {until}, {f'deputy {away.deputy}' if away.deputy else 'no deputy'}"


def _group(week: Week, name: str) -> Row:
    names, zone = (GROUP_PREFIX + name, name), week.company.time_zone
    members = week.company.groups[name]
    if not members:
        return Row("group", names, f"group {name}: has no members", zone)
    title = f"group {name}: {', '.join(members)}, {zone}"
    return Row("group", names, title, zone, lambda: week.of_group(name), hole="nobody")


def _line(week: Week, connection: Connection, line: Line) -> Row:
    names = (line.number, connection.id, f"{connection.id}/{line.number}", *([line.name] if line.name else ()))
    hours = f", hours {line.hours}" if line.hours else ", always open"
    title = f"line {line.number}{f' {line.name}' if line.name else ''} on {connection.id}, {line.time_zone}{hours}"
    if connection.redirect == "off":
        return Row("line", names, f"{title}: redirect_to_responsible is off, the PBX decides alone", line.time_zone)
    hole = "open, and nobody would answer"
    return Row("line", names, title, line.time_zone, lambda: week.of_line(connection, line), hole=hole)
