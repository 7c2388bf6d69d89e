"""`firstcall backfill`: finishes now what still owes a decision, or goes over the calls of a period again.

The function itself decides, as it does for its delayed messages; a call whose answer may yet come stays pending.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from firstcall import stacks
from firstcall.backfill_function import BATCH, hand_over
from firstcall.outcome import DONE, FOUND_WRONG
from firstcall.past_calls import PastCalls
from firstcall.periods import Period, period_arguments
from shared.calls import Calls
from tools.terminal import Refused, say

if TYPE_CHECKING:
    import argparse

    from firstcall.past_calls import Totals
    from tools.deployed import DeployedStack

HELP = "finish now what still owes a decision, or go over the calls of a period again"
EVER = 9_999_999_999_999
"""A time (ms) after every due one."""

MOST_LINES = 50
"""Lines of progress about the calls of a period."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what can be said."""
    period_arguments(parser)
    parser.add_argument("--dry-run", action="store_true", help="only say how many calls there are")


def run(chosen: argparse.Namespace) -> int:
    """Finish what is due, or go over a period again."""
    period = Period.chosen(chosen)
    deployed = stacks.find(chosen.stack)
    return _finish(chosen, deployed) if period is None else _go_again(chosen, deployed, period)


def _finish(chosen: argparse.Namespace, deployed: DeployedStack) -> int:
    stored = Calls(deployed.dynamodb(), deployed.outputs["TableName"])
    calls = list(stored.due(EVER))
    handled = failed = 0
    for start in range(0, 0 if chosen.dry_run else len(calls), BATCH):
        batch = calls[start : start + BATCH]
        wrong = len(hand_over(deployed, [{"connection": each[0], "call_id": each[1]} for each in batch]).failed)
        handled, failed = handled + len(batch) - wrong, failed + wrong
        if not chosen.json:
            say(f"  {handled + failed} of {len(calls)}{_failed(failed)}")
    left = sum(1 for _ in stored.due(EVER)) if handled + failed else len(calls)
    if chosen.json:
        say(json.dumps({"calls": len(calls), "handled": handled, "failed": failed, "left": left}))
    elif not calls:
        say("no call owes a decision")
    elif chosen.dry_run:
        say(f"{_calls(len(calls))} without a decision")
    else:
        waiting = f"; {_calls(left)} still open, until the answer or the deadline" if left else ""
        say(f"{_calls(handled)} handled{_see_log(failed)}{waiting}")
    return FOUND_WRONG if failed else DONE


def _go_again(chosen: argparse.Namespace, deployed: DeployedStack, period: Period) -> int:
    past = PastCalls(deployed, period)
    if not chosen.dry_run:
        if not chosen.json:
            say(f"{_calls(past.totals.calls)} from {period.since:%Y-%m-%d %H:%M} to {period.until:%Y-%m-%d %H:%M %z}")
        try:
            _walk(past, quiet=chosen.json)
        except KeyboardInterrupt:
            raise KeyboardInterrupt(f"stopped; {_goes_on(past, period)}") from None
        except Refused as refusal:
            raise Refused(f"{refusal}\n  {_goes_on(past, period)}") from None
    if chosen.json:
        _show_json(past, dry_run=chosen.dry_run)
    elif chosen.dry_run:
        say(f"{_calls(past.totals.calls)} in this period")
    else:
        _end(past, period)
    return FOUND_WRONG if past.totals.failed or past.totals.not_asked else DONE


def _walk(past: PastCalls, *, quiet: bool) -> None:
    """Go over all calls, then ask what is left to ask, and say now and then how far it is."""
    said = 0
    for now in past.settle():
        done = now.handled + now.failed
        if not quiet and (done == now.calls or done - said >= now.calls / MOST_LINES):
            said = done
            say(f"  {done:,} of {now.calls:,}{_failed(now.failed)}; {_owned(now)}")
    if past.totals.not_asked and not quiet:
        say(f"asking PBXs about {past.totals.not_asked:,} more, as slowly as they want to be asked")
    for now in past.ask():
        if not quiet:
            say(f"  {now.not_asked:,} left to ask about; {_owned(now)}")


def _goes_on(past: PastCalls, period: Period) -> str:
    since = past.goes_on_from or period.since
    words = f"--from {since.isoformat(timespec='milliseconds')} --to {period.until.isoformat(timespec='milliseconds')}"
    return f"`firstcall backfill {words}` goes on"


def _end(past: PastCalls, period: Period) -> None:
    totals = past.totals
    made = f", {_contacts(totals.made)} made" if totals.made else ""
    say(f"{_calls(totals.handled)} gone over{_see_log(totals.failed)}: {_owned(totals)}{made}")
    if totals.not_asked:
        say(f"the PBX could not be asked about {_calls(totals.not_asked)}: see the function's log")
    if past.goes_on_from is not None:
        say(f"{_goes_on(past, period)} from the first of them")


def _show_json(past: PastCalls, *, dry_run: bool) -> None:
    totals = past.totals
    since = None if dry_run else past.goes_on_from
    document = {
        "calls": totals.calls,
        "handled": totals.handled,
        "failed": totals.failed,
        "contacts_made": totals.made,
        "contacts_given_a_responsible": totals.owned,
        "not_asked": totals.not_asked,
        "go_on_from": since and since.isoformat(timespec="milliseconds"),
    }
    say(json.dumps(document))


def _owned(totals: Totals) -> str:
    return f"{_contacts(totals.owned)} got a responsible"


def _failed(failed: int) -> str:
    return f", {failed} failed" if failed else ""


def _see_log(failed: int) -> str:
    return f"; {failed} failed, see the function's log" if failed else ""


def _calls(count: int) -> str:
    return "1 call" if count == 1 else f"{count:,} calls"


def _contacts(count: int) -> str:
    return "1 contact" if count == 1 else f"{count:,} contacts"
