"""The tables that `make load` prints."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from load.cost import READS, WRITES, Bill, bill, billed_ms
from load.day import HOUR_MS, MIDNIGHT
from load.player import SWEEP
from tools.terminal import say

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from load.backlog import Cleared
    from load.company_costs import FileCosts
    from load.day import PlannedCall
    from load.deployed import Result
    from load.growth import Grown
    from load.player import Cost, Played

KEY_WRITES = 1_000
"""Writes a second that one key takes."""

SHARDED = ("listed", "by_day")
"""The indexes whose keys are few by design; the others have as many as there are callers, ids and employees."""

DOORS = ("webhook", "route", "backfill")


def count(kinds: Sequence[str]) -> Mapping[str, int]:
    """Count calls by their kind, the commonest first."""
    return dict(Counter(kinds).most_common())


def growth_table(what: str, sizes: Sequence[int], grown: Sequence[Grown]) -> None:
    """Print what one request costs at each size, and its ratio to the smallest: in time, then in function calls."""
    smallest = grown[0]
    names = {"look-up": "look-up", "report": "report", "message": "message", "sweep": "sweep", "call": "whole call"}
    heads = "".join(f"{name:>19}" for name in names.values())
    say(f"\n  {what:>10}{'calls a':>12}{heads}")
    say(f"  {'':10}{'cpu second':>12}" + "".join(f"{'ms':>10}{'ratio':>9}" for _ in names))
    for size, each in zip(sizes, grown, strict=True):
        cells = "".join(f"{each.middle(name) / 1000:10.2f}{each.ratio(name, smallest):9.2f}" for name in names)
        say(f"  {size:10,}{1e6 / each.middle('call'):12.0f}{cells}")
    say(f"\n  the same in function calls, which repeat whatever else the machine does\n  {what:>10}{'':12}{heads}")
    for size, each in zip(sizes, grown, strict=True):
        ratios = {name: each.counted[name] / smallest.counted[name] for name in names}
        cells = "".join(f"{each.counted[name]:10,.0f}{ratios[name]:9.3f}" for name in names)
        say(f"  {size:10,}{'':12}{cells}")


def files_table(costs: Sequence[FileCosts]) -> None:
    """Print what a company file costs where it is applied and where it is loaded."""
    say(f"\n  {'employees':>10}{'file KB':>10}{'compile ms':>12}{'item KB':>10}{'RRU to load':>13}{'start, ms':>11}")
    for each in costs:
        units = -(-each.item_bytes // 4096)
        sizes = f"{each.file_bytes / 1000:10.1f}{each.compile_ms:12.0f}{each.item_bytes / 1000:10.1f}{units:13}"
        say(f"  {each.employees:10,}{sizes}{each.start_ms:11.0f}")


def hours_table(calls: Sequence[PlannedCall], played: Played) -> None:
    """Print the day hour by hour."""
    say(f"\n  {'hour':>5}{'calls':>8}{'requests':>10}{'cpu s':>8}{'requests a cpu second':>23}")
    by_hour = Counter((call.at - MIDNIGHT) // HOUR_MS for call in calls)
    for hour, number in sorted(by_hour.items()):
        cost = played.by_hour.get(MIDNIGHT // HOUR_MS + hour)
        if cost is not None:
            say(
                f"  {hour:02d}:00{number:8}{cost.requests:10}{cost.cpu_ns / 1e9:8.2f}"
                f"{cost.requests / max(1e-9, cost.cpu_ns / 1e9):23.0f}"
            )


def kinds_table(kinds: Mapping[str, int], played: Played) -> None:
    """Print what one call of each kind takes."""
    head = f"{'requests':>10}{'cpu ms':>8}{'reads':>8}{'writes':>8}{'sends':>7}{'RRU':>8}{'WRU':>8}{'+ indexes':>11}"
    say(f"\n  {'of one call':28}{'calls':>7}{head}")
    for kind, number in kinds.items():
        say(_kind_row(kind, number, played.of(kind=kind)))
    total = sum(kinds.values())
    say(_kind_row("all", total, played.of()))
    seconds = played.of().cpu_ns / 1e9
    requests = played.of().requests
    say(f"  work for one CPU second: {total / seconds:.0f} calls, {requests / seconds:.0f} requests")
    for function in DOORS:
        cost = played.of(function=function)
        if cost.requests:
            estimated = billed_ms(cost) / cost.requests
            say(
                f"    {function:10}{cost.requests:7} requests, {cost.each_us / 1000:.2f} ms each; "
                f"billed on Lambda, estimated: {estimated:.0f} ms"
            )
    sweep = played.of(kind=SWEEP, sweeps=True)
    if sweep.requests:
        say(f"    a sweep, once a minute whoever calls: {sweep.each_us / 1000:.2f} ms")
        say(f"    {played.left_to_sweeps} of {total} calls were left to a sweep")


def _kind_row(kind: str, number: int, cost: Cost) -> str:
    asked = cost.asked
    reads = sum(asked.operations[name] for name in READS)
    writes = sum(asked.operations[name] for name in WRITES)
    cells = (
        f"{cost.requests / number:10.1f}{cost.cpu_ns / 1e6 / number:8.1f}{reads / number:8.1f}{writes / number:8.1f}"
        f"{asked.operations['SendMessage'] / number:7.2f}{asked.read_units / number:8.1f}"
        f"{asked.write_units / number:8.1f}{asked.index_units / number:11.1f}"
    )
    return f"  {kind:28}{number:7}{cells}"


def bill_table(kinds: Mapping[str, int], played: Played, log_bytes: Mapping[str, float]) -> None:
    """Print what a million calls of each kind would cost on AWS."""
    say("\n  dollars for a million calls (prices: load/cost.py)")
    say(f"  {'':28}{'total':>8}" + "".join(f"{name:>11}" for name in Bill._fields))
    for kind, number in [*kinds.items(), ("all", sum(kinds.values()))]:
        wanted = None if kind == "all" else kind
        costs = {function: played.of(kind=wanted, function=function) for function in DOORS}
        row = bill(number, costs, log_bytes)
        say(f"  {kind:28}{row.total:8.2f}" + "".join(f"{value:11.2f}" for value in row))


def heat_table(calls: int, heat: Mapping[str, Counter[str]]) -> None:
    """Print where writes gather: the busiest key of each index, and how many calls a second fill it."""
    say(f"\n  {'writes to':12}{'WRU a call':>12}{'keys':>8}{'the busiest has':>17}{'full at':>17}")
    for name, keys in heat.items():
        if not keys:
            continue
        total, (_, most) = sum(keys.values()), keys.most_common(1)[0]
        full = f"{KEY_WRITES * calls / most:9,.0f} calls/s" if name in SHARDED else "-"
        say(f"  {name:12}{total / calls:12.2f}{len(keys):8,}{most / total:17.1%}{full:>17}")


def stored_table(calls: int, stored: Mapping[str, int]) -> None:
    """Print what a call leaves behind."""
    named = {"call": "calls", "raw": "requests as they came", "phone": "contacts"}
    parts = ", ".join(f"{shown} {stored[name] / calls:,.0f}" for name, shown in named.items() if stored.get(name))
    say(f"  bytes stored for each call: {parts}")


def backlog_table(cleared: Cleared) -> None:
    """Print what a sweep did with a backlog and what its messages took, and how long that is on Lambda."""
    sweep, messages = cleared.sweep, cleared.messages
    say(
        f"\n  the sweep: {cleared.finished:,} calls finished, {cleared.handed_over:,} handed over, "
        f"{sweep.cpu_ns / 1e9:.2f} CPU seconds; on Lambda, estimated: {billed_ms(sweep) / 1000:.1f} s"
    )
    if cleared.handed_over:
        each, batch = messages.cpu_ns / 1e6 / cleared.handed_over, billed_ms(messages) / messages.requests
        say(
            f"  its messages: {cleared.handed_over:,} calls in {messages.requests:,} batches, {each:.2f} ms each; "
            f"a batch on Lambda, estimated: {batch:.0f} ms"
        )


def stack_table(result: Result) -> None:
    """Print what the deployed stack did."""
    total = sum(each.seconds for each in result.functions.values())
    say(f"\n  {result.calls} calls, {result.requests} requests in {result.seconds:.0f} s, the local cloud's own speed")
    say(f"  answers: median {result.median_ms:.0f} ms, 95 of 100 within {result.slow_ms:.0f} ms")
    say(f"  {result.contacts} callers, {len(result.mistakes)} things wrong (status, one contact each, decided in time)")
    if total:
        say(f"  functions: {total:.1f} CPU seconds, {result.requests / total:.0f} requests for each")
        for name, each in sorted(result.functions.items()):
            say(f"    {name:10}{each.seconds:6.1f} s in {each.processes} processes")
        say(f"    {'the cloud':10}{result.cloud_seconds:6.1f} s")
