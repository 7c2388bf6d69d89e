"""`firstcall backfill`: finishes now every call that still owes a decision, with progress.

The function itself decides, as it does for its delayed messages; a call whose answer may yet come stays pending.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple, cast

from firstcall import stacks
from firstcall.outcome import DONE, FOUND_WRONG
from shared.calls import Calls
from tools.terminal import Refused, say

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from tools.deployed import DeployedStack, Record

HELP = "finish now what still owes a decision"
BATCH = 10
"""As many as a batch of the function's queue: what it is made for."""

EVER = 9_999_999_999_999
"""A time (ms) after every due one."""


class Progress(NamedTuple):
    """How far it is."""

    finished: int
    failed: int
    of: int


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what can be said."""
    parser.add_argument("--dry-run", action="store_true", help="only say how many calls there are")


def run(chosen: argparse.Namespace) -> int:
    """Finish, batch by batch."""
    deployed = stacks.find(chosen.stack)
    calls = list(Calls(deployed.dynamodb(), deployed.outputs["TableName"]).due(EVER))
    if chosen.dry_run or not calls:
        _end(chosen, Progress(0, 0, len(calls)), left=len(calls))
        return DONE
    finished = failed = 0
    for start in range(0, len(calls), BATCH):
        batch = calls[start : start + BATCH]
        wrong = _finish(deployed, batch)
        finished, failed = finished + len(batch) - wrong, failed + wrong
        if not chosen.json:
            say(f"  {finished + failed} of {len(calls)}{f', {failed} failed' if failed else ''}")
    left = sum(1 for _ in Calls(deployed.dynamodb(), deployed.outputs["TableName"]).due(EVER))
    _end(chosen, Progress(finished, failed, len(calls)), left=left)
    return FOUND_WRONG if failed else DONE


def _finish(deployed: DeployedStack, batch: Sequence[tuple[str, str]]) -> int:
    """Let the function handle these calls; say how many it could not."""
    records = [
        {"messageId": str(place), "body": json.dumps({"connection": connection, "call_id": call_id})}
        for place, (connection, call_id) in enumerate(batch)
    ]
    name = deployed.outputs["BackfillFunctionName"]
    reply = deployed.functions().invoke(FunctionName=name, Payload=json.dumps({"Records": records}).encode())
    text = reply["Payload"].read().decode(errors="replace")
    if reply.get("FunctionError"):
        raise Refused(f"{name} failed: {text[:300]}")
    return len(cast("list[Record]", json.loads(text).get("batchItemFailures", [])))


def _end(chosen: argparse.Namespace, progress: Progress, *, left: int) -> None:
    if chosen.json:
        say(json.dumps({"calls": progress.of, "handled": progress.finished, "failed": progress.failed, "left": left}))
        return
    if not progress.of:
        say("no call owes a decision")
    elif chosen.dry_run:
        say(f"{_calls(progress.of)} without a decision")
    else:
        waiting = f"; {_calls(left)} still open, until the answer or the deadline" if left else ""
        failed = f"; {progress.failed} failed, see the function's log" if progress.failed else ""
        say(f"{_calls(progress.finished)} handled{failed}{waiting}")


def _calls(count: int) -> str:
    return "1 call" if count == 1 else f"{count:,} calls"
