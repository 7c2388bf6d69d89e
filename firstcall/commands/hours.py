"""`firstcall hours`: the week of employees, groups and lines as a picture, and when nobody would answer."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from firstcall import stacks
from firstcall.admin_api import ask
from firstcall.company_source import compiled, read
from firstcall.outcome import DONE, WrongUse
from firstcall.week import Week
from firstcall.week_rows import chosen_rows, nobody, rows
from tools.terminal import say

if TYPE_CHECKING:
    import argparse

    from shared.company import Company

HELP = "draw the week of employees, groups and lines, and say when nobody would answer"
LEGEND = (
    "█ in working time   ▓ a deputy in his place   x away, and nobody in his place   · not in working time",
    "group: ▄ one member   █ several        line: █ the fallback is there   ▒ only some are, for their own callers",
    "       · nobody                              ! open, and nobody is there   · closed",
)


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what can be said."""
    parser.add_argument("name", nargs="*", help="an employee, a group, a line or a connection; default: everything")
    parser.add_argument("--week", metavar="YYYY-MM-DD", help="any day of the week to draw; default: this week")
    parser.add_argument("--file", type=Path, help="a company file, instead of the company in force")


def run(chosen: argparse.Namespace) -> int:
    """Draw."""
    company = _company(chosen)
    week = Week(company, _monday(chosen.week, company.time_zone))
    drawn = chosen_rows(rows(week), chosen.name)
    if chosen.json:
        found = [each.document(week) for each in drawn] + ([] if chosen.name else [nobody(week).document(week)])
        say(json.dumps({"week": week.monday.isoformat(), "rows": found}, ensure_ascii=False, indent=2))
        return DONE
    say(f"Week of {week.monday:%A %Y-%m-%d}")
    for each in drawn:
        say()
        for line in each.told(week):
            say(line)
    if not chosen.name:
        say()
        for line in nobody(week).told(week):
            say(line)
    say()
    for line in LEGEND:
        say(line)
    return DONE


def _company(chosen: argparse.Namespace) -> Company:
    if chosen.file is not None:
        return compiled(read(chosen.file, with_secrets=False), str(chosen.file))
    return compiled(ask(stacks.find(chosen.stack), "GET", "company"), "the company in force")


def _monday(text: str | None, zone: str) -> date:
    if text is None:
        day = datetime.now(UTC).astimezone(ZoneInfo(zone)).date()
    else:
        try:
            day = date.fromisoformat(text)
        except ValueError:
            raise WrongUse(f"--week {text}: this is no day; write it as 2026-12-31") from None
    if not 1990 <= day.year <= 2200:  # noqa: PLR2004 -- as the explanations: calendars know nothing of other times
        raise WrongUse(f"--week {text}: too far from today")
    return day - timedelta(days=day.weekday())
