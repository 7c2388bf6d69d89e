"""What is slow behind a PBX's request does not keep it waiting (T12), and an event is no less safe for it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from tests.support.faults import failing, silent
from tests.support.pbx import Generic, ItooLabs, api_event
from tests.support.stack import CLIENT, Stack

if TYPE_CHECKING:
    from tests.support.functions import Functions

SILENCE = 3.0


@pytest.mark.rule("T12")
def test_a_look_up_at_the_webhook_address_does_not_wait_for_the_check_of_the_company(
    functions: Functions, stack: Stack
) -> None:
    pbx = Generic(functions.webhook)
    pbx.ask()
    stack.clock.tick(11)
    with silent(SILENCE, "GetItem", stack.dynamodb, about=b'"company"'):
        began = time.monotonic()
        pbx.ask()
        assert time.monotonic() - began < 0.5 * SILENCE


@pytest.mark.rule("T12")
def test_a_look_up_goes_by_the_company_held_where_a_newer_one_cannot_be_loaded(
    functions: Functions, stack: Stack
) -> None:
    pbx = ItooLabs(functions.webhook)
    pbx.event("INCOMING", "boris")
    pbx.event("ACCEPTED", "boris")
    asker = ItooLabs(functions.route, call_id="later")
    assert functions.company is not None
    stack.apply(functions.company._replace(version=2), {name: row.secrets for name, row in stack.secrets.items()})
    stack.clock.tick(11)
    with failing({"GetItem"}, stack.dynamodb):
        assert asker.ask()["responsible"] == "boris"


def test_an_event_is_stored_by_the_company_held_where_the_check_does_not_answer(
    functions: Functions, stack: Stack
) -> None:
    stack.clock.tick(11)
    with silent(SILENCE, "GetItem", stack.dynamodb, about=b'"company"'):
        assert ItooLabs(functions.webhook).event("INCOMING", "boris").status == 200
    assert stack.contact(CLIENT) is not None


def test_a_fresh_environment_without_a_company_asks_the_pbx_to_try_again_and_does_not_hold_it(
    functions: Functions, stack: Stack
) -> None:
    with failing({"GetItem", "BatchGetItem"}, stack.dynamodb):
        fresh = functions.new_webhook()
        assert ItooLabs(fresh).event("INCOMING", "boris").status == 503
    with silent(SILENCE, "GetItem", stack.dynamodb, about=b'"company"'):
        began = time.monotonic()
        assert fresh.handle(api_event("megafon-main")).status == 503
        assert time.monotonic() - began < SILENCE
    assert ItooLabs(fresh).event("INCOMING", "boris").status == 200


def test_an_event_is_acknowledged_while_the_queue_says_nothing(functions: Functions, stack: Stack) -> None:
    with silent(SILENCE, "SendMessage", stack.sqs):
        began = time.monotonic()
        assert ItooLabs(functions.webhook).event("INCOMING", "boris").status == 200
        assert time.monotonic() - began < SILENCE
    stack.clock.tick(240)
    assert functions.sweep() == 1
