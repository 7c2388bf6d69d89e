"""A sweep with more to do than it can: the oldest at once, the rest by the queue, and no call is forgotten (R3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from functions.backfill.oldest_pending import OldestPending
from functions.backfill.sweep import AT_ONCE, SECONDS, Sweeper, SweepIncomplete
from shared.call import to_fact
from shared.calls import Calls
from shared.pbx.protocol import CallEvent
from tests.support.faults import failing
from tests.support.stack import LINE, a_connection

if TYPE_CHECKING:
    from functions.backfill.sweep import Swept
    from tests.support.functions import Functions
    from tests.support.stack import Stack

pytestmark = pytest.mark.rule("R3")

CONNECTION = a_connection()


class Due(NamedTuple):
    """Calls whose decision is owed, and a sweep that finishes few of them itself."""

    functions: Functions
    calls: Calls
    at_once: int = 4

    @property
    def stack(self) -> Stack:
        return self.functions.stack

    def ring(self, count: int) -> list[str]:
        """Let first calls ring, a second after another, of which nothing more is told; give their ids."""
        ids = [f"call-{number:03d}" for number in range(count)]
        for number, call_id in enumerate(ids):
            phone = f"+7917{number:07d}"
            event = CallEvent(
                call_id=call_id, kind="ringing", name="rings", direction="in", phone=phone, line=LINE, ext="701"
            )
            fact, due_at = to_fact(event, CONNECTION, self.stack.clock()), self.stack.clock() + 235_000
            self.calls.record(CONNECTION.id, fact, keep_days=90, due_at=due_at)
            self.stack.clock.tick(1)
        self.stack.clock.tick(236)
        return ids

    def sweep(self, seconds_a_look: float = 0) -> Swept:
        """Sweep, by a watch that moves on by so much whenever it is looked at."""
        stack, watch = self.stack, iter(range(1_000_000))
        return Sweeper(
            self.functions.backfill,
            self.calls,
            OldestPending(stack.dynamodb, stack.table, stack.clock),
            stack.sqs,
            stack.backfill_queue_url,
            stack.clock,
            at_once=self.at_once,
            timer=lambda: next(watch) * seconds_a_look,
        ).sweep()

    @property
    def owed(self) -> list[str]:
        """The ids of the calls without a decision."""
        return [call_id for _, call_id in self.calls.due(self.stack.clock())]

    def messages(self) -> list[str]:
        """Take the messages that wait in the queue."""
        return [each["call_id"] for each in self.stack.messages(self.stack.backfill_queue_url)]


@pytest.fixture
def due(functions: Functions) -> Due:
    return Due(functions, Calls(functions.stack.dynamodb, functions.stack.table))


def test_five_hundred_calls_are_decided_by_one_sweep_and_its_messages(functions: Functions, due: Due) -> None:
    ids = due.ring(500)
    swept = functions.swept()
    assert 0 < swept["swept"] <= AT_ONCE
    assert swept["swept"] + swept["handedOver"] == 500
    assert due.owed == ids[swept["swept"] :]  # a message is no decision: until one is made, the mark stays
    assert functions.deliver()["batchItemFailures"] == []
    assert due.owed == []
    assert due.stack.count("phone#") == 500
    assert OldestPending(due.stack.dynamodb, due.stack.table, due.stack.clock).age_seconds() == 0
    assert functions.swept() == {"swept": 0, "handedOver": 0}


def test_the_call_that_waits_longest_comes_first_whatever_shard_it_is_in(due: Due) -> None:
    ids = due.ring(30)
    assert due.owed == ids
    due.sweep()
    assert due.owed == ids[4:]
    assert due.messages() == ids[4:]


def test_a_message_that_is_lost_is_made_good_by_the_next_sweep(due: Due) -> None:
    ids = due.ring(8)
    due.sweep()
    assert due.messages() == ids[4:]  # taken and lost
    due.stack.clock.tick(60)
    due.sweep()
    assert due.owed == due.messages() == []


def test_a_message_that_comes_twice_changes_nothing(functions: Functions, due: Due) -> None:
    due.ring(8)
    due.sweep()
    due.sweep()  # before the messages of the first are through
    assert functions.deliver()["batchItemFailures"] == []
    before = everything(due.stack)
    due.functions.backfill.finish(CONNECTION.id, "call-007")
    assert everything(due.stack) == before
    assert due.stack.count("phone#") == 8


def everything(stack: Stack) -> str:
    return repr(stack.dynamodb.scan(TableName=stack.table)["Items"])


def test_without_the_queue_the_sweep_goes_on_itself(due: Due) -> None:
    due.ring(30)
    with failing({"SendMessageBatch"}, due.stack.sqs):
        assert due.sweep() == (30, 0)
    assert due.owed == []


def test_what_the_queue_did_not_take_the_sweep_finishes_itself(due: Due) -> None:
    ids = due.ring(24)

    def refuse(parsed: Any, **_: object) -> None:
        parsed["Failed"] = [{"Id": "3", "SenderFault": False, "Code": "InternalError"}]

    due.stack.sqs.meta.events.register("after-call.sqs.SendMessageBatch", refuse)
    assert due.sweep() == (6, 18)
    assert due.owed == [each for each in ids[4:] if each not in {ids[7], ids[17]}]


def test_a_slow_sweep_hands_over_before_it_has_finished_its_number(due: Due) -> None:
    ids = due.ring(30)
    finished, handed_over = due.sweep(seconds_a_look=1.1)
    assert finished < 4
    assert finished + handed_over == 30
    assert due.owed == ids[finished:]


def test_a_sweep_ends_in_time_and_the_next_begins_with_the_oldest(due: Due) -> None:
    ids = due.ring(60)
    with failing({"SendMessageBatch"}, due.stack.sqs), pytest.raises(SweepIncomplete, match="no time for all"):
        due.sweep(seconds_a_look=SECONDS / 20)
    assert 0 < len(due.owed) < 60
    assert due.owed == ids[-len(due.owed) :]
    assert due.sweep() == (4, len(due.owed))


def test_while_no_call_can_be_finished_none_becomes_a_dead_letter(due: Due) -> None:
    ids = due.ring(8)
    with failing({"UpdateItem"}, due.stack.dynamodb), pytest.raises(SweepIncomplete, match="8 of 8 due calls"):
        due.sweep()
    assert due.messages() == []
    assert due.owed == ids


def test_calls_that_always_fail_do_not_keep_the_others_from_being_finished(due: Due) -> None:
    due.ring(30)
    broken = {f"call#{CONNECTION.id}#call-{number:03d}" for number in range(10)}
    for pk in broken:  # a fact that no release ever wrote
        due.stack.dynamodb.update_item(
            TableName=due.stack.table,
            Key={"pk": {"S": pk}, "sk": {"S": "call"}},
            UpdateExpression="SET #fact = :fact",
            ExpressionAttributeNames={"#fact": "f#broken"},
            ExpressionAttributeValues={":fact": {"S": "no JSON"}},
        )
    with pytest.raises(SweepIncomplete, match="due calls could not be finished"):
        due.sweep()
    due.functions.deliver()
    assert len(due.owed) == len(broken)
