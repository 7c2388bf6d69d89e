"""A backlog: many first calls that nothing more is heard of, whose messages are lost. What one sweep does about it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from load import setting
from load.day import MIDNIGHT, PlannedCall
from load.functions import running
from load.growth import TWO
from load.player import Cost
from load.server import serve
from load.speech import Speaker, crowded
from load.table import Table
from tools.terminal import Refused

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from load.functions import Function
    from load.server import Serving

EMPLOYEES = 40
EVERY_MS = 10
OWED_MS = 240_000
BATCH = 10  # messages that the queue gives to one environment


class Cleared(NamedTuple):
    """What it took."""

    finished: int  # by the sweep itself
    handed_over: int
    sweep: Cost
    messages: Cost  # of all batches


def clear(place: Path, calls: int, done: Callable[[str], None]) -> Cleared:
    """Let calls ring, lose their messages, sweep once, and deliver what the sweep hands over."""
    file = place / "backlog.db"
    setting.store(file, 1, EMPLOYEES, lambda _: None)
    company = setting.read(setting.company_document(EMPLOYEES, TWO))
    table = Table(file, setting.company_items(company), setting.secrets_text(company))
    planned = [PlannedCall(0, "itoolabs", "first", "direct", "once", each, each % EMPLOYEES) for each in range(calls)]
    with serve(table) as serving, running(place, serving.url, "backlog", MIDNIGHT) as functions:
        speaker, now = Speaker(EMPLOYEES, TWO), MIDNIGHT
        for call in crowded(planned, MIDNIGHT, EVERY_MS):
            for said in speaker.say(call):
                now = said.at
                functions[said.function].call(said.event, now)
                if table.take_messages():  # a decision is owed, and its message lost
                    break
        done(f"  {calls:,} phones ring, and nothing more is heard")
        now += OWED_MS
        swept, sweep = _call(functions["backfill"], serving, {"sweep": True}, now)
        waiting, messages = table.take_messages(), Cost()
        done(f"  {swept['swept']:,} finished by the sweep, {len(waiting):,} handed over")
        for start in range(0, len(waiting), BATCH):
            batch = waiting[start : start + BATCH]
            records = [{"messageId": str(number), "body": each.body} for number, each in enumerate(batch)]
            answer, cost = _call(functions["backfill"], serving, {"Records": records}, now)
            if answer["batchItemFailures"]:
                raise Refused(f"the backfill could not handle {json.dumps(records)[:500]}")
            messages.add(cost)
        if table.owing:
            raise Refused(f"{table.owing} calls and contacts still owe a decision after the sweep and its messages")
    return Cleared(swept["swept"], swept["handedOver"], sweep, messages)


def _call(backfill: Function, serving: Serving, event: object, now: int) -> tuple[dict[str, int], Cost]:
    serving.table.look()
    answer = backfill.call(event, now)
    return dict(answer.result), Cost(1, answer.cpu_ns, 0, serving.table.look())
