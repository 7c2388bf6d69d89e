"""`make load`: realistic days in all dialects, against the functions in process and against a deployed local stack.

The figures, and what they say about AWS: docs/capacity.md.
"""

from __future__ import annotations

import argparse
import platform
import shutil
import sys
import tempfile
import time
from pathlib import Path

from load import backlog, company_costs, deployed, growth, report, setting
from load.day import FAMILIES, MIDNIGHT, kind_of, plan
from load.functions import build, running
from load.growth import Size
from load.player import Player
from load.server import serve
from load.speech import Speaker
from load.table import Table
from tools.terminal import Refused, command, say

CONTACTS = (1, 100, 10_000, 1_000_000)
EMPLOYEES = (10, 100, 1_000)
USUAL_EMPLOYEES = 40
CALLS_A_ROUND = 40
CONTACT_BYTES = 1_000  # of the file that holds them
DAYS_CONTACTS = 10_000
PARTS = ("contacts", "employees", "day", "backlog", "stack")


def main() -> None:
    """Play, measure, print."""
    chosen = _arguments()
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="firstcall-load-") as scratch:
        place = Path(scratch)
        say("building the bundles ...")
        build(place)
        say(f"\nProcessor time of the functions on Python {platform.python_version()}; the table is load/table.py.")
        mistakes: tuple[str, ...] = ()
        if "contacts" in chosen.parts:
            _contacts(place, chosen)
        if "employees" in chosen.parts:
            _employees(place, chosen)
        if "day" in chosen.parts:
            _day(place, chosen)
        if "backlog" in chosen.parts:
            say(f"\nletting {chosen.backlog:,} calls wait for a sweep ...")
            report.backlog_table(backlog.clear(place, chosen.backlog, say))
        if "stack" in chosen.parts:
            mistakes = _stack(place, chosen)
    say(f"\ndone in {time.monotonic() - started:.0f} s")
    for mistake in mistakes:
        say(f"  WRONG: {mistake}")
    if mistakes:
        sys.exit(1)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m load.run", description=__doc__.partition("\n")[0])
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"what to run: {', '.join(PARTS)}; all by default")
    parser.add_argument("--seed", type=int, default=1, help="of the days")
    parser.add_argument("--calls", type=int, default=1_000, help="of the whole day")
    parser.add_argument("--rounds", type=int, default=5, help="for each size")
    parser.add_argument("--most-contacts", type=int, default=CONTACTS[-1], help="the largest size played")
    parser.add_argument("--backlog", type=int, default=1_000, help="calls that wait for one sweep")
    parser.add_argument("--stack-calls", type=int, default=120, help="against the deployed stack")
    chosen = parser.parse_args()
    if unknown := set(chosen.parts) - set(PARTS):
        parser.error(f"there is no part {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    chosen.parts = chosen.parts or PARTS
    return chosen


def _contacts(place: Path, chosen: argparse.Namespace) -> None:
    sizes = [Size(count, USUAL_EMPLOYEES) for count in CONTACTS if count <= chosen.most_contacts]
    wanted, free = sum(size.contacts for size in sizes) * CONTACT_BYTES, shutil.disk_usage(place).free
    if free < wanted * 2:
        raise Refused(
            f"{place} has {free / 1e9:.1f} GB left and {wanted / 1e9:.1f} GB are needed: set TMPDIR to another place, "
            "or store fewer with --most-contacts"
        )
    say(f"\nplaying to {', '.join(f'{size.contacts:,}' for size in sizes)} stored contacts ...")
    grown = growth.grow(place, sizes, tuple(FAMILIES), rounds=chosen.rounds, calls=CALLS_A_ROUND, done=say)
    report.growth_table("contacts", [size.contacts for size in sizes], grown)
    for size in sizes:
        growth.file_of(place, size).unlink()


def _employees(place: Path, chosen: argparse.Namespace) -> None:
    sizes = [Size(100, count) for count in EMPLOYEES]
    say(f"\nplaying to companies of {', '.join(f'{size.employees:,}' for size in sizes)} employees ...")
    grown = growth.grow(place, sizes, growth.TWO, rounds=chosen.rounds, calls=CALLS_A_ROUND, done=say)
    report.growth_table("employees", [size.employees for size in sizes], grown)
    report.files_table([company_costs.file_costs(place, size) for size in sizes])


def _day(place: Path, chosen: argparse.Namespace) -> None:
    families = tuple(FAMILIES)
    say(f"\nplaying a day of {chosen.calls:,} calls in {len(families)} dialects, seed {chosen.seed} ...")
    calls = plan(chosen.calls, contacts=DAYS_CONTACTS, employees=USUAL_EMPLOYEES, seed=chosen.seed)
    requests = Speaker(USUAL_EMPLOYEES, families).day(calls)
    file = place / "day.db"
    setting.store(file, DAYS_CONTACTS, USUAL_EMPLOYEES, lambda _: None)
    company = setting.read(setting.company_document(USUAL_EMPLOYEES, families))
    table = Table(file, setting.company_items(company), setting.secrets_text(company))

    def done(at: int, count: int) -> None:
        if count % 2_500 == 0:
            say(f"  {(at - MIDNIGHT) // 3_600_000:02d}:00, {count:,} of {len(requests):,} requests")

    with serve(table) as serving, running(place, serving.url, "day", MIDNIGHT) as functions:
        played = Player(functions, serving).play(requests, done)
        log_bytes = {
            name: each.log_bytes() / max(1, played.of(function=name).requests) for name, each in functions.items()
        }
    kinds = report.count([kind_of(call) for call in calls])
    report.hours_table(calls, played)
    report.kinds_table(kinds, played)
    report.bill_table(kinds, played, log_bytes)
    report.heat_table(len(calls), table.heat)
    report.stored_table(len(calls), table.stored_bytes())


def _stack(place: Path, chosen: argparse.Namespace) -> tuple[str, ...]:
    say("\nstarting a local cloud and deploying the template to it ...")
    folder = place / "cloud"
    folder.mkdir()
    with deployed.local_stack(folder) as (cloud, stack):
        say(f"playing {chosen.stack_calls} calls over HTTP, {deployed.THREADS} at a time ...")

        def done(count: int) -> None:
            if count % 50 == 0:
                say(f"  {count} of {chosen.stack_calls} calls")

        result = deployed.play(cloud, stack, chosen.stack_calls, chosen.seed, done)
    report.stack_table(result)
    return result.mistakes


if __name__ == "__main__":
    command(main)
