"""The guarantee: whatever is lost or killed, the right responsible stands inside five minutes (R3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from shared.contact import Evidence, Responsible
from shared.contacts import Contacts
from tests.support.faults import BESIDE, Killed, counted, failing, killed_before_write
from tests.support.pbx import Generic, ItooLabs
from tests.support.stack import CLIENT, Stack, a_company, a_connection

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.functions import Functions

pytestmark = pytest.mark.rule("R3")


def owners(stack: Stack) -> list[str]:
    contact = stack.contact(CLIENT)
    assert contact is not None
    return [each.who for each in contact.responsibles]


@pytest.fixture
def pbx(functions: Functions) -> ItooLabs:
    return ItooLabs(functions.webhook)


def test_the_first_ring_sends_one_delayed_message(pbx: ItooLabs, stack: Stack) -> None:
    pbx.event("INCOMING", "anna")
    assert stack.messages(stack.backfill_queue_url) == [{"connection": "megafon-main", "call_id": pbx.call_id}]


def test_a_known_callers_call_owes_no_decision(functions: Functions, stack: Stack) -> None:
    first = ItooLabs(functions.webhook)
    first.event("INCOMING", "anna")
    first.event("ACCEPTED", "anna")
    stack.messages(stack.backfill_queue_url)
    with counted(stack.dynamodb, stack.sqs, but=BESIDE) as operations:
        ItooLabs(functions.webhook, call_id="LATER").event("INCOMING", "anna")
    assert operations == ["GetItem", "UpdateItem"]


def test_the_first_ring_costs_two_writes_and_one_send(pbx: ItooLabs, stack: Stack) -> None:
    with counted(stack.dynamodb, stack.sqs, but=BESIDE) as operations:
        pbx.event("INCOMING", "anna")
    assert sorted(operations) == ["GetItem", "SendMessage", "UpdateItem", "UpdateItem"]


def test_the_deadline_leaves_an_unanswered_contact_unowned(functions: Functions, pbx: ItooLabs, stack: Stack) -> None:
    pbx.event("INCOMING", "anna")
    stack.clock.tick(100)
    assert functions.sweep() == 0
    stack.clock.tick(140)
    assert functions.deliver()["batchItemFailures"] == []
    contact = stack.contact(CLIENT)
    assert contact is not None
    assert (contact.state, contact.reason) == ("unowned", "nobody_answered")


def test_a_lost_message_is_made_good_by_the_sweep_inside_the_five_minutes(
    functions: Functions, pbx: ItooLabs, stack: Stack
) -> None:
    pbx.event("INCOMING", "anna")
    stack.messages(stack.backfill_queue_url)  # taken and lost
    swept_at = None
    for second in range(0, 300, 60):
        functions.sweep()
        contact = stack.contact(CLIENT)
        assert contact is not None
        if contact.state != "pending" and swept_at is None:
            swept_at = second
        stack.clock.tick(60)
    assert swept_at is not None
    assert functions.sweep() == 0  # decided, so it is not looked at again


@pytest.mark.parametrize("offset", [0, 1, 30, 59])
def test_wherever_the_schedules_minute_falls_the_sweep_decides_before_the_five_minutes(
    functions: Functions, pbx: ItooLabs, stack: Stack, offset: int
) -> None:
    pbx.event("INCOMING", "anna")
    stack.messages(stack.backfill_queue_url)
    stack.clock.tick(offset)
    while offset <= 300:
        functions.sweep()
        offset += 60
        if offset <= 300:
            stack.clock.tick(60)
    contact = stack.contact(CLIENT)
    assert contact is not None
    assert contact.state == "unowned"


STEPS: list[Callable[[ItooLabs], object]] = [
    lambda pbx: pbx.event("INCOMING", "anna"),
    lambda pbx: pbx.event("INCOMING", "boris"),
    lambda pbx: pbx.event("ACCEPTED", "boris"),
    lambda pbx: pbx.event("CANCELLED", "anna"),
    lambda pbx: pbx.event("COMPLETED", "boris"),
    lambda pbx: pbx.history("Success", "boris"),
]


@pytest.mark.parametrize("step", range(len(STEPS)))
@pytest.mark.parametrize("write", [1, 2, 3])
def test_killed_between_any_two_writes_of_any_event_the_right_owner_stands(
    functions: Functions, stack: Stack, step: int, write: int
) -> None:
    """The event during which the function dies is not repeated, and its message is lost too."""
    for number, send in enumerate(STEPS):
        pbx = ItooLabs(functions.webhook)
        if number != step:
            send(pbx)
            continue
        try:
            with killed_before_write(write, stack.dynamodb, stack.sqs, but=BESIDE):
                send(pbx)
        except Killed:
            functions.webhook = functions.new_webhook()
    stack.messages(stack.backfill_queue_url)
    stack.clock.tick(239)
    functions.sweep()
    assert owners(stack) == ["boris"]
    assert stack.count("phone#") == 1


@pytest.mark.parametrize("write", [2, 3])
def test_killed_after_the_only_event_that_ever_came_the_contact_is_made_by_the_sweep(
    functions: Functions, stack: Stack, write: int
) -> None:
    pbx = ItooLabs(functions.webhook)
    try:
        with killed_before_write(write, stack.dynamodb, but=BESIDE):
            pbx.history("Success", "boris", ext="702")
    except Killed:
        pass
    stack.messages(stack.backfill_queue_url)
    stack.clock.tick(239)
    functions.sweep()
    assert owners(stack) == ["boris"]


def test_an_event_that_cannot_be_stored_is_refused_with_503_and_counts_when_repeated(
    pbx: ItooLabs, stack: Stack
) -> None:
    with failing({"UpdateItem"}, stack.dynamodb):
        assert pbx.event("INCOMING", "anna").status == 503
    assert stack.contact(CLIENT) is None
    assert pbx.event("INCOMING", "anna").status == 200
    assert stack.contact(CLIENT) is not None


def test_a_message_that_cannot_be_sent_does_not_lose_the_event(
    functions: Functions, pbx: ItooLabs, stack: Stack
) -> None:
    with failing({"SendMessage"}, stack.sqs):
        assert pbx.event("INCOMING", "anna").status == 200
    stack.clock.tick(239)
    functions.sweep()
    contact = stack.contact(CLIENT)
    assert contact is not None
    assert contact.state == "unowned"


def test_a_contact_that_cannot_be_read_does_not_lose_the_event(pbx: ItooLabs, stack: Stack) -> None:
    with failing({"GetItem"}, stack.dynamodb):
        assert pbx.event("ACCEPTED", "anna").status == 200
    assert owners(stack) == ["anna"]


def test_a_message_delivered_twice_changes_nothing(functions: Functions, pbx: ItooLabs, stack: Stack) -> None:
    pbx.event("INCOMING", "anna")
    pbx.event("ACCEPTED", "anna")
    stack.clock.tick(240)
    functions.backfill.finish("megafon-main", pbx.call_id)
    before = stack.contact(CLIENT)
    functions.backfill.finish("megafon-main", pbx.call_id)
    assert stack.contact(CLIENT) == before


def test_a_poison_message_comes_back_alone(functions: Functions, pbx: ItooLabs, stack: Stack) -> None:
    pbx.event("INCOMING", "anna")
    stack.sqs.send_message(QueueUrl=stack.backfill_queue_url, MessageBody='{"connection": 7}')
    stack.clock.tick(240)
    assert len(functions.deliver()["batchItemFailures"]) == 1
    contact = stack.contact(CLIENT)
    assert contact is not None
    assert contact.state == "unowned"


@pytest.mark.rule("R9")
def test_a_persons_choice_is_never_overwritten(functions: Functions, pbx: ItooLabs, stack: Stack) -> None:
    pbx.event("INCOMING", "anna")
    contact = stack.contact(CLIENT)
    assert contact is not None
    chosen = contact._replace(
        responsibles=(Responsible("anna", "manual", stack.clock(), Evidence("manual")),),
        state="assigned",
        manual=True,
    )
    Contacts(stack.dynamodb, stack.table).revise(chosen)
    pbx.event("ACCEPTED", "boris")
    pbx.history("Success", "boris")
    stack.clock.tick(240)
    functions.deliver()
    functions.sweep()
    contact = stack.contact(CLIENT)
    assert contact is not None
    assert [(each.who, each.source) for each in contact.responsibles] == [("anna", "manual")]


@pytest.mark.parametrize("lost_at", [1, 2])
def test_a_call_whose_legs_are_told_without_the_number_is_decided_though_nothing_more_comes(
    functions: Functions, stack: Stack, lost_at: int
) -> None:
    # As of Twilio, Vonage and Yeastar: the number stands in the call's start, the phones that ring are told without it.
    functions.apply(a_company(a_connection("site", "generic"), version=2))
    start = Generic(functions.webhook)
    start.event("ringing")
    leg = Generic(functions.webhook, phone="")
    leg.event("ringing", ext="702")
    if lost_at > 1:
        with failing({"GetItem"}, stack.dynamodb):  # stored, and not settled
            assert leg.event("answered", ext="702").status == 200
    stack.messages(stack.backfill_queue_url)  # no message comes
    stack.clock.tick(240)
    assert functions.sweep() == 1
    contact = stack.contact(CLIENT)
    assert contact is not None
    assert (contact.state, owners(stack)) == (("unowned", []) if lost_at == 1 else ("assigned", ["boris"]))
    assert functions.sweep() == 0


def test_a_leg_told_without_the_number_costs_a_known_caller_no_failed_write(functions: Functions, stack: Stack) -> None:
    functions.apply(a_company(a_connection("site", "generic"), version=2))
    Generic(functions.webhook, call_id="first").event("ringing", ext="702")
    later = Generic(functions.webhook, call_id="later")
    later.event("ringing")
    with counted(stack.dynamodb, stack.sqs, but=BESIDE) as operations:
        Generic(functions.webhook, call_id="later", phone="").event("ringing", ext="702")
    assert operations == ["UpdateItem", "GetItem", "GetItem"]
