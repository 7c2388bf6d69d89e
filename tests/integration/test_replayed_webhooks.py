"""A genuine request that somebody has kept and sends again, a day later, has no effect (K2).

Most signatures carry no time, so what protects is not the proof but what is stored: a fact is written once. Where a
call is stored no more (it was erased, or is older than the company keeps calls) its events would make it again; a test
below says so, and docs/security.md says what that means.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pytest

from shared.contact import Evidence, Responsible
from shared.contacts import Contacts
from tests.contract.recorded import ALL, Recorded
from tests.integration.test_no_leaks import connection_of, event_of, wire
from tests.support.stack import BORIS, VERA

if TYPE_CHECKING:
    from tests.support.functions import Functions
    from tests.support.stack import Stack

DAY = 86_400


def longest_calls() -> list[list[Recorded]]:
    """Choose of each family the incoming call that has most to say."""
    by_situation = itertools.groupby(
        sorted((each for each in ALL if each.events), key=lambda each: (connection_of(each), each.position)),
        key=connection_of,
    )
    calls: dict[str, list[Recorded]] = {}
    for _, records in by_situation:
        call = list(records)
        phones = {event.phone for each in call for event in each.events if event.phone and event.direction != "out"}
        if phones and "answered" in call[0].situation and len(call) > len(calls.get(call[0].family, [])):
            calls[call[0].family] = call
    return list(calls.values())


def stored(stack: Stack) -> list[Any]:
    """Give what is stored of calls and contacts; requests kept as they came are a diary, which may name one twice."""
    items = stack.dynamodb.scan(TableName=stack.table)["Items"]
    kept = [item for item in items if item["pk"]["S"].startswith(("call#", "phone#")) and "raw#" not in item["sk"]["S"]]
    bookkeeping = {"revision", "claim"}  # how often a call was written, and by whom last with a command in mind
    told = [{name: value for name, value in item.items() if name not in bookkeeping} for item in kept]
    return sorted(told, key=lambda item: (item["pk"]["S"], item["sk"]["S"]))


def play(functions: Functions, call: list[Recorded]) -> None:
    for record in call:
        assert functions.webhook.handle(event_of(record, record.request)).status == 200


def choose(stack: Stack, who: str) -> None:
    """Let a person choose another responsible for every contact."""
    contacts = Contacts(stack.dynamodb, stack.table)
    for item in stored(stack):
        if item["sk"]["S"] == "contact":
            contact = contacts.of_phone(item["pk"]["S"].removeprefix("phone#"), consistent=True)
            assert contact is not None
            chosen = (Responsible(who, "manual", stack.clock(), Evidence("manual")),)
            contacts.revise(contact._replace(responsibles=chosen, state="assigned", reason=None, manual=True))


@pytest.mark.rule("K2", "R9")
@pytest.mark.parametrize("by_hand", [None, BORIS, VERA], ids=["as it was", "given to Boris", "given to Vera"])
@pytest.mark.parametrize("call", longest_calls(), ids=lambda call: str(call[0].family))
def test_a_genuine_request_sent_again_a_day_later_changes_nothing(
    stack: Stack, call: list[Recorded], by_hand: str | None
) -> None:
    functions = wire(stack)
    play(functions, call)
    stack.clock.tick(300)
    functions.deliver()
    functions.sweep()
    assert any(item["sk"]["S"] == "contact" for item in stored(stack))
    if by_hand:
        choose(stack, by_hand)
    before = stored(stack)
    stack.messages(stack.command_queue_url)
    for again in (call, call[::-1], call[-1:]):
        stack.clock.tick(DAY)
        play(functions, again)
        stack.clock.tick(300)
        functions.deliver()
        functions.sweep()
        assert stored(stack) == before
    assert stack.messages(stack.command_queue_url) == []


def test_the_first_event_of_a_call_that_is_forgotten_makes_it_again_for_nothing_tells_it_from_a_new_one(
    stack: Stack,
) -> None:
    [call] = [each for each in longest_calls() if each[0].family == "zadarma"]
    functions = wire(stack)
    play(functions, call)
    for item in stored(stack):
        stack.dynamodb.delete_item(TableName=stack.table, Key={"pk": item["pk"], "sk": item["sk"]})
    play(functions, call)
    assert stored(stack)
