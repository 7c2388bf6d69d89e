"""`firstcall simulate`: plays one call on a connection, as its PBX would, and checks what becomes of it."""

from __future__ import annotations

import json
import secrets
from typing import TYPE_CHECKING

from firstcall import stacks
from firstcall.outcome import DONE, FOUND_WRONG, WrongUse
from firstcall.simulator import report
from firstcall.simulator.perform import cannot
from firstcall.simulator.play import play
from firstcall.simulator.script import SCENARIOS, scenario_for
from firstcall.simulator.stage import caller, set_stage
from firstcall.simulator.wire import Inexpressible
from tools.terminal import Refused, say

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from firstcall.simulator.play import Exchange
    from firstcall.simulator.script import Scenario

HELP = "play a call on a connection, as its PBX would, and check what becomes of it"
LARGEST_SEED = 2**16


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what can be said."""
    parser.add_argument("connection", nargs="?", help="the connection, as the company file names it")
    parser.add_argument("scenario", nargs="?", help="what happens; --list shows them")
    parser.add_argument("--list", action="store_true", help="list the scenarios, and which the connection cannot play")
    parser.add_argument("--phone", help="who calls; default: a number that nobody has called from")
    parser.add_argument("--line", help="which of our numbers; default: the connection's first ordinary one")
    parser.add_argument("--speed", choices=("fast", "real"), default="fast", help="real: with the pauses of a call")
    parser.add_argument("--seed", type=int, help="for `reordered`: which order; default: another one each time")
    parser.add_argument("--wire", action="store_true", help="show the requests as they are sent, without secrets")


def run(chosen: argparse.Namespace) -> int:
    """Play, or list."""
    if chosen.list or chosen.connection is None:
        return _list(chosen)
    if chosen.scenario is None:
        raise WrongUse(f"name a scenario: {', '.join(SCENARIOS)}; `--list` explains them")
    if chosen.scenario not in SCENARIOS:
        raise WrongUse(f"no scenario {chosen.scenario!r}; there are {', '.join(SCENARIOS)}")
    if SCENARIOS[chosen.scenario].withheld and chosen.phone:
        raise WrongUse("--phone: a withheld call has no number")
    return _play(chosen)


def _play(chosen: argparse.Namespace) -> int:
    stage = set_stage(stacks.find(chosen.stack), chosen.connection, chosen.line)
    scenario = scenario_for(chosen.scenario, len(stage.people))
    phone = caller(stage, chosen.phone)
    seed = secrets.randbelow(LARGEST_SEED) if chosen.seed is None else chosen.seed

    def show(exchange: Exchange) -> None:
        if chosen.json:
            return
        report.show(exchange)
        if chosen.wire:
            report.show_wire(stage, exchange.delivery)

    if not chosen.json:
        report.begin(stage, scenario, phone)
        if scenario.delivery == "shuffled":
            say(f"  order: --seed {seed}")
    try:
        result = play(stage, scenario, phone, real=chosen.speed == "real", seed=seed, show=show)
    except Inexpressible as reason:
        raise Refused(f"{stage.operator.title} cannot play {scenario.name}: {reason}") from None
    if chosen.json:
        say(report.document(result))
    else:
        report.end(result)
    return FOUND_WRONG if result.mistakes else DONE


def _list(chosen: argparse.Namespace) -> int:
    reasons: dict[str, str | None] = dict.fromkeys(SCENARIOS)
    shown: Sequence[Scenario] = tuple(SCENARIOS.values())
    if chosen.connection is not None:
        stage = set_stage(stacks.find(chosen.stack), chosen.connection, chosen.line)
        shown = [scenario_for(name, len(stage.people)) for name in SCENARIOS]
        reasons = {scenario.name: cannot(stage, scenario) for scenario in shown}
    if chosen.json:
        rows = [{"name": each.name, "title": each.title, "cannot": reasons[each.name]} for each in shown]
        say(json.dumps(rows, ensure_ascii=False, indent=2))
        return DONE
    for each in shown:
        reason = reasons[each.name]
        say(f"  {each.name:18}{each.title}{f'   (not here: {reason})' if reason else ''}")
    return DONE
