"""`make bench`: the hot paths against a floor taken in the same run. Ends with status 1 where a gate is missed.

What is measured, and how to read it: docs/performance.md.
"""

from __future__ import annotations

import compileall
import platform
import shutil
import sys
import sysconfig
import tempfile
import time
from pathlib import Path

from bench import fixtures, gates
from bench.fixtures import KNOWN, LARGE, SMALL, UNKNOWN
from bench.measure import VALGRIND, Counted, Trips, Wall, instructions, sizes, trips, wall
from bench.process import Variant
from shared import aws
from tools.bundle import Target, bundle, target_named
from tools.functions import FUNCTIONS
from tools.terminal import Refused, command, say

HOT = ("route", "webhook")
ROUNDS = 15
CALLS = 80  # of the warm loop; twice as many are run too, and the difference is what is reported


def main() -> None:
    """Build, measure, print, judge."""
    started = time.monotonic()
    held = gates.Gates()
    compile_floor()
    with tempfile.TemporaryDirectory(prefix="firstcall-bench-") as scratch:
        place = Path(scratch)
        say("building the bundles ...")
        weights = weigh(place)
        here = Target("local", ("--python", sys.executable), Path(sys.executable))
        for name in HOT:
            bundle(name, place / name, here)
        variants = Variants(place)
        say(f"\nFloor: bare Python {platform.python_version()}, import boto3, one client, one GetItem.\n")
        counted = count_instructions(variants, held)
        time_cold_starts(variants, held, counts=not counted)
        count_trips(variants, held)
        print_weights(weights, held)
    say(f"\n{held.held} gates held, {len(held.missed)} missed, in {time.monotonic() - started:.0f} s")
    for complaint in held.missed:
        say(f"  missed: {complaint}")
    if held.missed:
        sys.exit(1)


def compile_floor() -> None:
    """Compile what the floor imports, as the bundles are: in a fresh clone the compiler would be measured, too."""
    packages = Path(sysconfig.get_paths()["purelib"])
    for name in ("boto3", "botocore", "dateutil", "jmespath", "s3transfer", "urllib3"):
        compileall.compile_dir(packages / name, quiet=2)


class Variants:
    """What is run."""

    def __init__(self, place: Path) -> None:
        bundled = {name: place / name for name in HOT}
        self.floor = Variant("floor", Path(sysconfig.get_paths()["purelib"]), "floor")
        asking = {name: getattr(aws.ASKING, name) for name in ("connect_timeout", "read_timeout", "retries")}
        self.bare = Variant("bare GetItem", self.floor.folder, "bare", [asking])
        self.frozen = Variant("  without the collector", self.floor.folder, "frozen", [asking])
        self.route = Variant("route, a known caller", bundled["route"], "route", [fixtures.lookup()])
        webhook = bundled["webhook"]
        first = [fixtures.ringing(f"+7916{number:07d}", f"call-{number:04d}") for number in range(2 * CALLS)]
        later = [fixtures.ringing(KNOWN, f"call-{number:04d}") for number in range(2 * CALLS)]
        self.first_call = Variant("webhook, a first call rings", webhook, "webhook", first)
        self.later_call = Variant("webhook, a known caller rings", webhook, "webhook", later)


def count_instructions(variants: Variants, held: gates.Gates) -> bool:
    """Print cold and warm instructions; False where they cannot be counted."""
    if shutil.which(VALGRIND[0]) is None:
        say("valgrind is not installed: no instructions are counted, the wall time decides")
        return False
    cold = (variants.floor, variants.route, variants.first_call)
    warm = (variants.bare, variants.frozen, variants.route, variants.later_call, variants.first_call)
    runs = {f"cold {each.title}": Counted(each, 1, SMALL) for each in cold}
    for each in cold[1:]:
        runs[f"large {each.title}"] = Counted(each, 1, LARGE)
    for each in warm:
        runs |= {f"{calls} {each.title}": Counted(each, calls, SMALL) for calls in (CALLS, 2 * CALLS)}
    say(f"counting instructions, {len(runs)} runs under valgrind ...")
    left = [len(runs)]

    def done(_name: str) -> None:
        left[0] -= 1
        if left[0] % 4 == 0:
            say(f"  {left[0]} to go")

    found = instructions(runs, done)
    floor = found["cold floor"]
    say(f"\nCold start to the first answer, millions of instructions{'':14} x floor   gate")
    say(row("floor", f"{floor / 1e6:.1f}", "1.000"))
    for each, limit in zip(cold[1:], (gates.ROUTE_COLD, None), strict=True):
        count = found[f"cold {each.title}"]
        mark = f"{limit:.2f} {held.at_most(each.title + ', cold', count / floor, limit, '.3f')}" if limit else "-"
        say(row(each.title, f"{count / 1e6:.1f}", f"{count / floor:.3f}", mark))
        count = found[f"large {each.title}"]
        say(row(f"  of {LARGE} employees", f"{count / 1e6:.1f}", f"{count / floor:.3f}"))
    each_call = {
        each.title: (found[f"{2 * CALLS} {each.title}"] - found[f"{CALLS} {each.title}"]) / CALLS for each in warm
    }
    base = each_call[variants.bare.title]
    say(f"\nWarm call, millions of instructions{'':35} x GetItem gate")
    for each in warm:
        ratio = each_call[each.title] / base
        limited = each is variants.route
        mark = (
            f"{gates.ROUTE_WARM:.2f} {held.at_most(each.title + ', warm', ratio, gates.ROUTE_WARM)}" if limited else ""
        )
        say(row(each.title, f"{each_call[each.title] / 1e6:.2f}", f"{ratio:.2f}", mark))
    return True


def time_cold_starts(variants: Variants, held: gates.Gates, *, counts: bool) -> None:
    """Print the wall time of cold starts, which is a gate only where nothing better can be had."""
    say(f"\ntiming cold starts, {ROUNDS} rounds ...")
    which = (variants.floor, variants.route, variants.first_call)

    def done(number: int) -> None:
        if number and number % 5 == 0:
            say(f"  {ROUNDS - number} rounds to go")

    measured: list[Wall] = wall(which, SMALL, ROUNDS, done)
    say(f"\nCold start to the first answer, ms (of which the first call){'':10} x floor")
    for each, timed in zip(which, measured, strict=True):
        mark = ""
        if counts and each is variants.route:
            limit = gates.ROUTE_COLD_WALL
            mark = f"{limit:.2f} {held.at_most(each.title + ', cold, wall time', timed.ratio, limit)}"
        spent = f"{timed.answered_ms:.0f} ({timed.answered_ms - timed.ready_ms:.1f})"
        say(row(each.title, spent, f"{timed.ratio:.2f}", mark))


def count_trips(variants: Variants, held: gates.Gates) -> None:
    """Print what each kind of call asks of AWS."""
    say(f"\nRound trips{'':35} read  write  send  kept   RRU  WRU  + indexes")
    lookups = {
        "look-up of a known caller": fixtures.lookup(),
        "look-up, company's check due": {"after": 11, "event": fixtures.lookup()},
        "look-up of an unknown caller": fixtures.lookup(UNKNOWN),
    }
    first, later = "call-1", "call-2"
    events = {
        "first event of an unknown caller": fixtures.ringing(UNKNOWN, first),
        "the same once more": fixtures.ringing(UNKNOWN, first),
        "he is answered": fixtures.answered(UNKNOWN, first),
        "the call's last record": fixtures.ended(UNKNOWN, first),
        "the same once more ": fixtures.ended(UNKNOWN, first),
        "a later call of his": fixtures.ringing(UNKNOWN, later),
        "its last record": fixtures.ended(UNKNOWN, later),
        "  company's check due": {"after": 11, "event": fixtures.ended(UNKNOWN, later)},
    }
    wanted: dict[str, tuple[int, int, int, int]] = {
        "look-up of a known caller": (1, 0, 0, 0),
        "look-up, company's check due": (1, 0, 0, 0),
        "first event of an unknown caller": (1, 2, 1, 1),
        "the same once more": (1, 1, 0, 1),
        "a later call of his": (1, 1, 0, 1),
        "its last record": (1, 1, 0, 1),
    }
    for name, given in (("route", lookups), ("webhook", events)):
        one = getattr(variants, "route" if name == "route" else "first_call")
        counted, modules = trips(Variant(name, one.folder, name, list(given.values())), list(given))
        for each in counted:
            found = asked(each)
            mark = (
                held.exactly(f"{name}, {each.title}: reads, writes, sends, kept beside", found, wanted[each.title])
                if each.title in wanted
                else ""
            )
            title = f"{name}'s start" if each.title == "start" else each.title
            numbers = "".join(f"{number:6d}" for number in found)
            units = f"{each.read_units:6.1f} {each.write_units:4d} {each.index_units:6d}"
            say(f"  {title:42}{numbers}{units}   {mark}".rstrip())
        loaded = sorted(modules & set(gates.FORBIDDEN))
        say(f"  {f'modules {name} loads':42}{len(modules):6d}   {held.exactly(f'{name} loads', loaded, [])}")


def asked(each: Trips) -> tuple[int, int, int, int]:
    """Sum reads, writes, sends, and the requests kept as they came: put beside the first write."""
    reads = sum(each.operations[name] for name in ("GetItem", "BatchGetItem", "GetSecretValue"))
    writes = sum(each.operations[name] for name in ("UpdateItem", "DeleteItem"))
    return reads, writes, each.operations["SendMessage"], each.operations["PutItem"]


def weigh(place: Path) -> dict[str, tuple[int, int]]:
    """Build every function as for Lambda and weigh it."""
    weights = {}
    for name in FUNCTIONS:
        folder = place / f"{name}-lambda"
        try:
            bundle(name, folder, target_named("lambda"))
        except Refused as refusal:
            say(f"  {refusal}")
            continue
        weights[name] = sizes(folder, place)
        say(f"  {name}")
        shutil.rmtree(folder)
    return weights


def print_weights(weights: dict[str, tuple[int, int]], held: gates.Gates) -> None:
    """Print what is uploaded."""
    say(f"\nBundle for Lambda, MB{'':26} zipped  unzipped   gate")
    for name, (packed, unpacked) in weights.items():
        mark = ""
        if name in HOT:
            limit = gates.ZIP_BYTES / 1e6
            mark = f"{limit:.1f} {held.at_most(f'zip of {name} in MB', packed / 1e6, limit)}"
        say(f"  {name:44}{packed / 1e6:9.2f}{unpacked / 1e6:10.2f}   {mark}".rstrip())
    held.exactly("functions built", sorted(set(HOT) - weights.keys()), [])


def row(title: str, value: str, ratio: str, mark: str = "") -> str:
    """Lay out one row of a table of ratios."""
    return f"  {title:44}{value:>22}   {ratio:>6}   {mark}".rstrip()


if __name__ == "__main__":
    command(main)
