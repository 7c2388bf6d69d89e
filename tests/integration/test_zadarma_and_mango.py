"""PBXs with one address for everything (Zadarma), and one that is told instead of asking (Mango)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

import pytest
import urllib3

from functions.command.send_to_mango import CommandCarrier, MangoApi
from shared.companies import Companies
from tests.support.faults import failing
from tests.support.loopback import Answering, on_loopback
from tests.support.pbx import Mango, Zadarma
from tests.support.stack import CLIENT, Stack

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.functions import Functions


def owners(stack: Stack) -> list[str]:
    contact = stack.contact(CLIENT)
    assert contact is not None
    return [each.who for each in contact.responsibles]


@pytest.mark.rule("T1")
@pytest.mark.rule("T10")
def test_zadarma_is_told_the_owner_in_the_answer_to_its_first_event(functions: Functions, stack: Stack) -> None:
    first = Zadarma(functions.webhook)
    assert json.loads(first.notify("NOTIFY_START").body) == {}
    assert stack.contact(CLIENT) is None
    first.notify("NOTIFY_INTERNAL", internal="701")
    first.notify("NOTIFY_ANSWER", destination="701", internal="701")
    first.notify("NOTIFY_END", internal="701", disposition="answered", duration="47", status_code="16", is_recorded="0")
    assert owners(stack) == ["anna"]
    second = Zadarma(functions.webhook, call_id="in_second")
    answer = json.loads(second.notify("NOTIFY_START").body)
    assert answer == {"redirect": "701", "return_timeout": 20, "caller_name": CLIENT}


@pytest.mark.rule("T12")
def test_zadarmas_look_up_is_answered_also_when_nothing_can_be_stored(functions: Functions, stack: Stack) -> None:
    with failing({"UpdateItem"}, stack.dynamodb):
        response = Zadarma(functions.webhook).notify("NOTIFY_START")
    assert (response.status, json.loads(response.body)) == (200, {})


def test_a_forged_zadarma_signature_is_401(functions: Functions, stack: Stack) -> None:
    assert Zadarma(functions.webhook, secret="guessed").notify("NOTIFY_INTERNAL", internal="701").status == 401
    assert stack.count("call#") == 0


@pytest.mark.rule("R2")
@pytest.mark.rule("K4")
def test_in_mangos_menu_and_queue_nobody_answers(functions: Functions, stack: Stack) -> None:
    pbx = Mango(functions.webhook)
    pbx.leg("ivr-leg", 1, "Appeared", "ivr")
    pbx.leg("ivr-leg", 2, "Connected", "ivr")
    assert stack.contact(CLIENT) is None
    pbx.leg("A", 1, "Appeared", "abonent", "701")
    pbx.leg("B", 1, "Appeared", "abonent", "702")
    pbx.leg("B", 2, "Connected", "abonent", "702")
    pbx.leg("A", 2, "Disconnected", "abonent", "701", disconnect_reason=1183)
    assert owners(stack) == ["boris"]


@pytest.mark.rule("K8")
def test_mangos_summary_proves_the_answerer(functions: Functions, stack: Stack) -> None:
    pbx = Mango(functions.webhook)
    pbx.leg("A", 1, "Appeared", "abonent", "701")
    pbx.summary("701", answered=True)
    assert owners(stack) == ["anna"]


def known_caller(functions: Functions) -> None:
    pbx = Mango(functions.webhook, call_id="first")
    pbx.leg("first-A", 1, "Appeared", "abonent", "701")
    pbx.leg("first-A", 2, "Connected", "abonent", "701")
    functions.stack.messages(functions.stack.command_queue_url)


@pytest.mark.rule("T1")
def test_mango_is_told_once_whom_to_ring_while_the_caller_waits_in_the_menu(functions: Functions, stack: Stack) -> None:
    known_caller(functions)
    pbx = Mango(functions.webhook)
    for _ in range(2):
        pbx.leg("ivr-leg", 1, "Appeared", "ivr")
    pbx.leg("queue-leg", 1, "Appeared", "queue")
    (command,) = stack.messages(stack.command_queue_url)
    assert (command["leg_id"], command["to_number"], command["contact_name"]) == ("ivr-leg", "701", CLIENT)


def test_mango_is_not_told_about_an_unknown_caller(functions: Functions, stack: Stack) -> None:
    Mango(functions.webhook).leg("ivr-leg", 1, "Appeared", "ivr")
    assert stack.messages(stack.command_queue_url) == []


def test_commands_to_one_mango_product_keep_two_seconds_apart_and_stop_when_callers_would_be_gone(
    functions: Functions, stack: Stack
) -> None:
    known_caller(functions)
    stack.clock.tick(60)
    for number in range(10):
        Mango(functions.webhook, call_id=f"call-{number}").leg(f"leg-{number}", 1, "Appeared", "ivr")
    attributes = stack.sqs.get_queue_attributes(
        QueueUrl=stack.command_queue_url,
        AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesDelayed"],
    )["Attributes"]
    assert (attributes["ApproximateNumberOfMessages"], attributes["ApproximateNumberOfMessagesDelayed"]) == ("1", "4")


@pytest.fixture
def mango_server() -> Iterator[tuple[str, list[tuple[str, dict[str, list[str]]]]]]:
    seen: list[tuple[str, dict[str, list[str]]]] = []

    class Handler(Answering):
        def answer(self) -> None:
            seen.append((self.path, parse_qs(self.sent().decode())))
            self.tell(200, b'{"result": 1000}')

        do_POST = answer  # noqa: N815 -- as http.server names it

    with on_loopback(Handler) as url:
        yield url, seen


def carrier(functions: Functions, url: str) -> CommandCarrier:
    stack = functions.stack
    companies = Companies(stack.dynamodb, stack.table, stack.clock, stack.secretsmanager, stack.secret_arn)
    return CommandCarrier(companies, MangoApi(url, urllib3.PoolManager()), stack.clock)


def test_the_command_reaches_mango_signed(
    functions: Functions, stack: Stack, mango_server: tuple[str, list[tuple[str, dict[str, list[str]]]]]
) -> None:
    known_caller(functions)
    Mango(functions.webhook).leg("ivr-leg", 1, "Appeared", "ivr")
    (command,) = stack.messages(stack.command_queue_url)
    url, seen = mango_server
    assert carrier(functions, url).carry(json.dumps(command)) is True
    ((path, form),) = seen
    assert path == "/commands/route"
    document = json.loads(form["json"][0])
    assert (document["call_id"], document["to_number"]) == ("ivr-leg", "701")
    assert set(form) == {"vpbx_api_key", "sign", "json"}


def test_a_command_that_comes_too_late_or_cannot_be_delivered_is_dropped(functions: Functions, stack: Stack) -> None:
    known_caller(functions)
    Mango(functions.webhook).leg("ivr-leg", 1, "Appeared", "ivr")
    (command,) = stack.messages(stack.command_queue_url)
    assert carrier(functions, "http://127.0.0.1:9").carry(json.dumps(command)) is False
    stack.clock.tick(11)
    assert carrier(functions, "http://127.0.0.1:9").carry(json.dumps(command)) is False
