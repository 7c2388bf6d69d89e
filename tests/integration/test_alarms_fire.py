"""Every alarm goes off by what the real functions, queues and stores do, and is silent on a day when all is well.

An alarm is judged by its own definition in the template, over the figures the functions print: rename one of either and
it stays silent here.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import urllib3

from functions.admin.settings import Settings as AdminSettings
from functions.backfill.handle_backfill import handle
from functions.backfill.settings import Settings as BackfillSettings
from functions.command.send_to_mango import CommandCarrier, MangoApi
from functions.command.settings import Settings as CommandSettings
from functions.route.settings import Settings as RouteSettings
from functions.webhook.settings import Settings as WebhookSettings
from shared.companies import Companies
from tests.support.faults import failing, slow
from tests.support.figures import Figure, Figures, alarms, figure, fires, invocation, out_of_capacity
from tests.support.pbx import ItooLabs, api_event
from tests.support.stack import read_template

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.functions import Functions
    from tests.support.stack import Stack

SETTINGS: dict[str, Callable[[dict[str, str]], object]] = {
    "admin": AdminSettings.read,
    "backfill": BackfillSettings.read,
    "command": CommandSettings.read,
    "route": RouteSettings.read,
    "webhook": WebhookSettings.read,
}


@pytest.fixture
def figures(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Figures:
    return Figures(monkeypatch, capsys)


def fired(figures: list[Figure]) -> set[str]:
    """Name the alarms that these figures set off; the one for missing sweeps only where one was measured."""
    swept = any(each.name == "OldestPendingContact" for each in figures)
    return {name for name, alarm in alarms().items() if fires(alarm, figures)} - (set() if swept else {"SweepMissing"})


def test_a_day_on_which_all_is_well_sets_off_nothing(functions: Functions, stack: Stack, figures: Figures) -> None:
    pbx = ItooLabs(functions.webhook)
    figures.run_as("webhook")
    pbx.event("INCOMING", "anna")
    pbx.event("ACCEPTED", "anna")
    pbx.history("Success", "anna")
    pbx.ask()
    figures.run_as("route")
    ItooLabs(functions.route).ask()
    figures.run_as("backfill")
    stack.clock.tick(240)
    functions.deliver()
    functions.sweep()
    assert fired(figures.read()) == set()


@pytest.mark.parametrize("function", sorted(SETTINGS))
def test_a_function_that_fails_is_told(function: str) -> None:
    measured = invocation(function, lambda: SETTINGS[function]({}))
    assert fired(measured) == {f"{function.title()}Errors"}


def test_a_sweep_that_leaves_calls_undone_is_told(functions: Functions, stack: Stack, figures: Figures) -> None:
    ItooLabs(functions.webhook).event("INCOMING", "anna")
    stack.clock.tick(236)
    figures.run_as("backfill")
    figures.read()
    with failing({"UpdateItem"}, stack.dynamodb):
        measured = invocation("backfill", functions.sweep)
    assert fired([*measured, *figures.read()]) == {"BackfillErrors"}


def test_an_event_that_cannot_be_stored_is_told_by_the_apis_5xx(functions: Functions, stack: Stack) -> None:
    with failing({"UpdateItem"}, stack.dynamodb):
        response = ItooLabs(functions.webhook).event("INCOMING", "anna")
    assert fired([figure("AWS/ApiGateway", "5xx", response.status // 500, ApiId="Api")]) == {"ApiServerErrors"}


@pytest.mark.parametrize("function", ["route", "webhook"])
def test_a_pbx_with_the_wrong_secret_is_told_a_stranger_is_not(
    functions: Functions, figures: Figures, function: str
) -> None:
    handler = getattr(functions, function)
    figures.run_as(function)
    for _ in range(20):
        assert handler.handle(api_event("megafon-main", key="guessed")).status == 404
    assert fired(figures.read()) == set()
    for _ in range(5):
        assert ItooLabs(handler, common={"crm_token": "old"}).event("INCOMING", "anna").status == 401
    assert fired(figures.read()) == {"PbxTurnedAway"}


@pytest.mark.rule("T12")
@pytest.mark.parametrize("function", ["route", "webhook"])
def test_look_ups_that_fail_open_are_told_when_it_is_not_just_one(
    functions: Functions, stack: Stack, figures: Figures, function: str
) -> None:
    pbx = ItooLabs(getattr(functions, function))
    figures.run_as(function)
    with failing({"GetItem", "BatchGetItem"}, stack.dynamodb):
        pbx.ask()
        one = figures.read()
        pbx.ask()
        pbx.ask()
    assert fired(one) == set()
    assert fired([*one, *figures.read()]) == {"LookupsFailed"}


@pytest.mark.parametrize("function", ["route", "webhook"])
def test_look_ups_that_come_near_the_deadline_are_told(
    functions: Functions, stack: Stack, figures: Figures, function: str
) -> None:
    pbx = ItooLabs(getattr(functions, function))
    figures.run_as(function)
    with slow(stack.dynamodb, 0.52):
        pbx.ask()
    assert fired(figures.read()) == {f"Slow{function.title()}Lookups"}


def test_a_contact_pending_for_more_than_five_minutes_is_told(
    functions: Functions, stack: Stack, figures: Figures
) -> None:
    ItooLabs(functions.webhook).event("INCOMING", "anna")
    stack.clock.tick(301)
    figures.run_as("backfill")
    figures.read()
    with failing({"UpdateItem"}, stack.dynamodb):
        invocation("backfill", functions.sweep)
    assert fired(figures.read()) == {"ContactsPendingTooLong"}
    functions.sweep()
    assert fired(figures.read()) == set()


def test_a_contact_that_no_call_answers_for_any_more_is_told_too(
    functions: Functions, stack: Stack, figures: Figures
) -> None:
    pbx = ItooLabs(functions.webhook)
    pbx.event("INCOMING", "anna")
    stack.dynamodb.delete_item(
        TableName=stack.table, Key={"pk": {"S": f"call#megafon-main#{pbx.call_id}"}, "sk": {"S": "call"}}
    )
    stack.clock.tick(301)
    figures.run_as("backfill")
    functions.sweep()
    assert fired(figures.read()) == {"ContactsPendingTooLong"}


def test_a_sweep_that_does_not_come_is_told(functions: Functions, figures: Figures) -> None:
    missing = alarms()["SweepMissing"]
    figures.run_as("backfill")
    assert fires(missing, figures.read())
    functions.sweep()
    assert not fires(missing, figures.read())


def test_a_sweep_that_cannot_even_look_counts_as_missing(functions: Functions, stack: Stack, figures: Figures) -> None:
    figures.run_as("backfill")
    with failing({"Query"}, stack.dynamodb):
        measured = invocation("backfill", functions.sweep)
    everything = [*measured, *figures.read()]
    assert fires(alarms()["SweepMissing"], everything)
    assert fires(alarms()["BackfillErrors"], everything)


def backfill_of(functions: Functions) -> Callable[[str], bool]:
    def run(body: str) -> bool:
        return not handle(functions.backfill, {"Records": [{"messageId": "1", "body": body}]})["batchItemFailures"]

    return run


def command_of(functions: Functions) -> Callable[[str], bool]:
    stack = functions.stack
    companies = Companies(stack.dynamodb, stack.table, stack.clock, stack.secretsmanager, stack.secret_arn)
    carrier = CommandCarrier(companies, MangoApi("http://127.0.0.1:9", urllib3.PoolManager()), stack.clock)

    def run(body: str) -> bool:
        try:
            carrier.carry(body)
        except ValueError:
            return False
        return True

    return run


@pytest.mark.parametrize(("queue", "consumer"), [("Backfill", backfill_of), ("Command", command_of)])
def test_a_message_that_failed_every_time_is_told(
    functions: Functions, stack: Stack, queue: str, consumer: Callable[[Functions], Callable[[str], bool]]
) -> None:
    redrive: dict[str, Any] = read_template()["Resources"][f"{queue}Queue"]["Properties"]["RedrivePolicy"]
    dead = stack.sqs.create_queue(QueueName="dead")["QueueUrl"]
    arn = stack.sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": redrive["maxReceiveCount"]})
    source = stack.sqs.create_queue(QueueName="poisoned", Attributes={"RedrivePolicy": policy})["QueueUrl"]
    stack.sqs.send_message(QueueUrl=source, MessageBody="no JSON")
    handled, tried = consumer(functions), 0

    def waiting() -> list[Figure]:
        attributes = stack.sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["ApproximateNumberOfMessages"])
        visible = float(attributes["Attributes"]["ApproximateNumberOfMessages"])
        name = "ApproximateNumberOfMessagesVisible"
        return [figure("AWS/SQS", name, visible, QueueName=f"{queue}DeadLetters.QueueName")]

    assert fired(waiting()) == set()
    while messages := stack.sqs.receive_message(QueueUrl=source, VisibilityTimeout=0).get("Messages"):
        assert not handled(messages[0]["Body"])
        tried += 1
    assert tried == redrive["maxReceiveCount"]
    assert fired(waiting()) == {f"{queue}DeadLettersWaiting"}


@pytest.mark.parametrize("function", ["webhook", "route", "backfill", "command"])
def test_a_function_that_lambda_refuses_to_run_is_told(function: str) -> None:
    # Nothing of ours runs then; Lambda alone counts it.
    refused = figure("AWS/Lambda", "Throttles", 1, FunctionName=f"{function.title()}Function")
    assert fired([refused]) == {f"{function.title()}Throttled"}


@pytest.mark.parametrize(
    ("operation", "alarm"), [("GetItem", "TableReadsThrottled"), ("UpdateItem", "TableWritesThrottled")]
)
def test_a_table_that_refuses_for_want_of_capacity_is_told(
    functions: Functions, stack: Stack, operation: str, alarm: str
) -> None:
    with out_of_capacity(stack.dynamodb, operation) as measured:
        ItooLabs(functions.webhook).event("INCOMING", "anna")
    assert fired(measured) == {alarm}
