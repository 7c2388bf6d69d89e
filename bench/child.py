"""One fresh process, measured from outside: `child.py FOLDER KIND CALLS`.

The events come as one line of JSON on standard input. It imports nothing of the project but what is measured. Its times
are of the monotonic clock, which parent and child share. It leaves without tearing the interpreter down, as a function
on Lambda never does.
"""

from __future__ import annotations

import time

STARTED = time.monotonic_ns()

import json  # noqa: E402
import os  # noqa: E402
import sys  # noqa: E402

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    Call = Callable[[int], object]

KEY = {"pk": {"S": "phone#+79160000077"}, "sk": {"S": "contact"}}


def main() -> None:
    """Get ready, make the first call, then the rest; say on standard error how long each took."""
    folder, kind, calls = sys.argv[1:]
    sys.path.insert(0, folder)
    call = _KINDS.get(kind, function)(kind)
    ready = time.monotonic_ns()
    call(0)
    answered = time.monotonic_ns()
    for number in range(1, int(calls)):
        call(number)
    say({"started": STARTED, "ready": ready, "answered": answered})
    os._exit(0)


def floor(_kind: str) -> Call:
    """Do what nobody can do without: boto3, one client, one read."""
    import boto3

    client = boto3.client("dynamodb")
    return lambda _: client.get_item(TableName="firstcall", Key=KEY)


def bare(_kind: str) -> Call:
    """Read with the time-outs of the look-up's own client, and nothing else."""
    import boto3
    from botocore.config import Config

    client = boto3.client("dynamodb", config=Config(**json.loads(sys.stdin.readline())["events"][0]))
    return lambda _: client.get_item(TableName="firstcall", Key=KEY)


def frozen(kind: str) -> Call:
    """Do the same, with all that was made at the start kept from the collector, as the functions do."""
    import gc

    call = bare(kind)
    call(0)
    gc.freeze()
    return call


def function(kind: str) -> Call:
    """Call a function's handler with each event in turn.

    The clock of the company's check stands still, so that a slow run asks no oftener than a quick one; an event may
    come as `{"after": seconds, "event": …}` and moves it. With "steps" the parent looks at the stub between the calls.
    """
    from importlib import import_module

    moment = [time.time_ns()]
    time.time_ns = lambda: moment[0]
    given = json.loads(sys.stdin.readline())
    handler = import_module(f"functions.{kind}.app").handler
    events = given["events"]
    if given["steps"]:
        step({"modules": sorted(sys.modules)})

    def call(number: int) -> object:
        event = events[number % len(events)]
        moment[0] += event.get("after", 0) * 1_000_000_000
        result: dict[str, object] = handler(event.get("event", event), None)
        if result["statusCode"] != 200:  # noqa: PLR2004
            say({"refused": result})
            os._exit(1)
        if given["steps"]:
            step({})
        return result

    return call


def step(report: dict[str, object]) -> None:
    """Tell the parent that something is done, and wait until it has looked."""
    say(report)
    sys.stdin.readline()


def say(report: dict[str, object]) -> None:
    """Write one line to the parent; standard output is the function's log."""
    sys.stderr.write(f"@{json.dumps(report)}\n")
    sys.stderr.flush()


_KINDS = {"floor": floor, "bare": bare, "frozen": frozen}

if __name__ == "__main__":
    main()
