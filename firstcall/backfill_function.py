"""The backfill function as its operator calls it: with messages such as its queue brings, a batch at a time."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple, cast

from tools.terminal import Refused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tools.deployed import DeployedStack, Record

BATCH = 10
"""As many as a batch of the function's queue: what it is made for."""


class Handled(NamedTuple):
    """What the function said of a batch; messages are named by their place in it."""

    failed: frozenset[int]
    went_again: dict[int, Record]


def hand_over(deployed: DeployedStack, messages: Sequence[Record]) -> Handled:
    """Let the function handle messages; raise Refused where it fails as a whole."""
    records = [{"messageId": str(place), "body": json.dumps(message)} for place, message in enumerate(messages)]
    name = deployed.outputs["BackfillFunctionName"]
    reply = deployed.functions().invoke(FunctionName=name, Payload=json.dumps({"Records": records}).encode())
    text = reply["Payload"].read().decode(errors="replace")
    if reply.get("FunctionError"):
        raise Refused(f"{name} failed: {text[:300]}")
    told = cast("dict[str, list[Record]]", json.loads(text))
    return Handled(
        frozenset(_place(each) for each in told.get("batchItemFailures", [])),
        {_place(each): each for each in told.get("wentAgain", [])},
    )


def _place(told: Record) -> int:
    return int(str(told["itemIdentifier"]))
