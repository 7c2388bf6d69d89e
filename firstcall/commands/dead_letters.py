"""`firstcall dead-letters`: the messages that failed every time, in words; sends them again or throws them away."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from firstcall import stacks
from firstcall.dead_letters import OUTPUTS, DeadLetters
from firstcall.letter_words import Judge
from firstcall.outcome import DONE, FOUND_WRONG, WrongUse
from tools.terminal import say

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Sequence

    from firstcall.letter_words import Judged
    from tools.deployed import DeployedStack

HELP = "list the messages that failed every time; redrive sends them again, drop throws them away"
SHORTEST_ID = 4
TELL_EVERY = 100


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what can be said."""
    parser.add_argument("action", nargs="?", choices=("list", "redrive", "drop"), default="list", help="default: list")
    parser.add_argument("--queue", choices=tuple(OUTPUTS), help="only of this queue; default: both")
    parser.add_argument("--id", action="append", default=[], dest="ids", help="this one; its first letters do")
    parser.add_argument("--all", action="store_true", help="every one")
    parser.add_argument("--yes", action="store_true", help="drop without asking")


def run(chosen: argparse.Namespace) -> int:
    """List, redrive or drop."""
    if chosen.action == "list" and (chosen.ids or chosen.all or chosen.yes):
        raise WrongUse("--id, --all and --yes belong to redrive and drop")
    if chosen.action != "list" and bool(chosen.ids) == chosen.all:
        raise WrongUse(f"{chosen.action}: say which, with --id or --all; `firstcall dead-letters` lists them")
    asks = chosen.action == "drop" and not chosen.yes
    if asks and (chosen.json or not sys.stdin.isatty()):
        raise WrongUse("drop: add --yes, there is nobody to ask")
    deployed = stacks.find(chosen.stack)
    queues = {name: DeadLetters(deployed, name) for name in OUTPUTS if chosen.queue in (None, name)}
    if chosen.action == "list":
        return _list(chosen, _look(chosen, deployed, queues))
    if asks and not _is_wanted(_chosen(chosen, _look(chosen, deployed, queues))):
        say("nothing is dropped")
        return FOUND_WRONG
    return _act(chosen, deployed, queues)


def _look(chosen: argparse.Namespace, deployed: DeployedStack, queues: dict[str, DeadLetters]) -> list[Judged]:
    """Read and judge all letters, and let go of them."""
    judge, judged = Judge(deployed), []
    for name, queue in queues.items():
        letters = queue.hold(_progress(chosen, name))
        try:
            judged += [judge.judge(each) for each in letters]
        finally:
            queue.release(letters)
    return judged


def _list(chosen: argparse.Namespace, judged: Sequence[Judged]) -> int:
    if chosen.json:
        say(json.dumps([each.document() for each in judged], ensure_ascii=False, indent=2))
        return DONE
    for each in judged:
        for line in each.lines():
            say(line)
    say(f"{_count(len(judged))} in {'both queues' if chosen.queue is None else f'the {chosen.queue} queue'}")
    return DONE


def _is_wanted(judged: Sequence[Judged]) -> bool:
    for each in judged:
        for line in each.lines():
            say(line)
    return not judged or input(f"throw {_count(len(judged))} away for good? [y/N] ").strip().lower() in {"y", "yes"}


def _act(chosen: argparse.Namespace, deployed: DeployedStack, queues: dict[str, DeadLetters]) -> int:
    judge = Judge(deployed)
    done: list[Judged] = []
    left: list[Judged] = []
    held = {name: queue.hold(_progress(chosen, name)) for name, queue in queues.items()}
    try:
        wanted = _chosen(chosen, [judge.judge(each) for letters in held.values() for each in letters])
        for each in wanted:
            queue = queues[each.letter.queue]
            if chosen.action == "drop":
                queue.drop(each.letter)
            elif each.can_be_sent:
                queue.send_again(each.letter)
            else:
                left.append(each)
                continue
            done.append(each)
            if len(done) % TELL_EVERY == 0 and not chosen.json:
                say(f"  {len(done)} of {len(wanted)}")
    finally:
        gone = {each.letter.id for each in done}
        for name, queue in queues.items():
            queue.release([each for each in held[name] if each.id not in gone])
    return _end(chosen, done, left)


def _end(chosen: argparse.Namespace, done: Sequence[Judged], left: Sequence[Judged]) -> int:
    if chosen.json:
        rows = {"done": [each.letter.id for each in done], "left": [each.document() for each in left]}
        say(json.dumps(rows, ensure_ascii=False, indent=2))
    else:
        for each in left:
            say(f"left: {each.letter.id}, {each.about}: {each.why}")
        if left:
            say("what is left would do nothing: `firstcall dead-letters drop --id ID`")
        say(f"{_count(len(done))} {'dropped' if chosen.action == 'drop' else 'sent again'}")
    return FOUND_WRONG if left else DONE


def _chosen(chosen: argparse.Namespace, judged: list[Judged]) -> list[Judged]:
    """Choose those that are named; raise WrongUse for an id of none or of several."""
    if chosen.all:
        return judged
    found: dict[str, Judged] = {}
    for text in chosen.ids:
        meant = [each for each in judged if each.letter.id.startswith(text)]
        if len(text) < SHORTEST_ID or len(meant) != 1:
            trouble = f"{len(meant)} begin so, write more of it" if meant else "no dead letter has this id"
            raise WrongUse(f"--id {text}: {trouble}; `firstcall dead-letters` lists them")
        found[meant[0].letter.id] = meant[0]
    return list(found.values())


def _progress(chosen: argparse.Namespace, name: str) -> Callable[[int], None]:
    def tell(count: int) -> None:
        if not chosen.json and count and count % TELL_EVERY == 0:
            say(f"  {count} read of the {name} queue")

    return tell


def _count(number: int) -> str:
    return "1 dead letter" if number == 1 else f"{number:,} dead letters" if number else "no dead letter"
