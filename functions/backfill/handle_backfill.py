"""Reads what wakes the backfill: messages of its queue, each on its own, or the schedule that wants a sweep."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, TypedDict

import urllib3

from functions.backfill.ask_history import HistoryAsker
from functions.backfill.finish_calls import CallFinisher
from functions.backfill.oldest_pending import OldestPending
from functions.backfill.sweep import AT_ONCE, Sweeper
from shared import aws
from shared.calls import Calls
from shared.companies import Companies
from shared.contacts import Contacts
from shared.observability import logger
from shared.ownership import decide_after_ms
from shared.pace import Pace
from shared.settlement import Clock, Settlement

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sqs import SQSClient

    from functions.backfill.settings import Settings


class _Message(TypedDict):
    messageId: str
    body: str


class BackfillEvent(TypedDict, total=False):
    """Messages of the queue, or the schedule's own input."""

    Records: Sequence[_Message]
    sweep: bool


class _Failure(TypedDict):
    itemIdentifier: str


class _WentAgain(TypedDict):
    itemIdentifier: str
    made: bool
    owned: bool
    askLater: bool


class BackfillResult(TypedDict):
    """The messages that shall come again, and what going again over past calls brought."""

    batchItemFailures: list[_Failure]
    wentAgain: list[_WentAgain]


class SweepResult(TypedDict):
    """How many calls a sweep finished itself, and how many it handed to the queue."""

    swept: int
    handedOver: int


def build(
    settings: Settings, dynamodb: DynamoDBClient, secretsmanager: SecretsManagerClient, clock: Clock = aws.now_ms
) -> CallFinisher:
    """Wire the backfill together."""
    table = settings.table_name
    calls = Calls(dynamodb, table)
    contacts = Contacts(dynamodb, table)
    companies = Companies(dynamodb, table, clock)
    settlement = Settlement(calls, contacts, clock, decide_after_ms=decide_after_ms(settings.backfill_delay_seconds))
    # Secrets are read apart, and only to ask a PBX: the deciding goes on without Secrets Manager.
    asking = Companies(dynamodb, table, clock, secretsmanager, settings.connections_secret_arn)
    asker = HistoryAsker(
        asking, calls, contacts, Pace(dynamodb, table), urllib3.PoolManager(), settings.pbx_api_urls, clock=clock
    )
    return CallFinisher(companies, calls, contacts, settlement, asker, clock)


def build_sweeper(
    settings: Settings,
    finisher: CallFinisher,
    dynamodb: DynamoDBClient,
    sqs: SQSClient,
    clock: Clock = aws.now_ms,
    *,
    at_once: int = AT_ONCE,
) -> Sweeper:
    """Wire the sweep together."""
    calls = Calls(dynamodb, settings.table_name)
    pending = OldestPending(dynamodb, settings.table_name, clock)
    return Sweeper(finisher, calls, pending, sqs, settings.backfill_queue_url, clock, at_once=at_once)


def handle(finisher: CallFinisher, event: BackfillEvent) -> BackfillResult:
    """Finish the calls that messages name; a message that fails comes again, alone.

    A message with `"again": true` is of a past call: an operator sends it, who goes over a period again.
    """
    finisher.begin()
    result: BackfillResult = {"batchItemFailures": [], "wentAgain": []}
    for message in event.get("Records", ()):
        name = message["messageId"]
        try:
            body = json.loads(message["body"])
            connection, call_id = str(body["connection"]), str(body["call_id"])
            if body.get("again") is True:
                made, owned, ask_later = finisher.go_again(connection, call_id)
                told: _WentAgain = {"itemIdentifier": name, "made": made, "owned": owned, "askLater": ask_later}
                result["wentAgain"].append(told)
            else:
                finisher.finish(connection, call_id)
        except Exception:
            logger.exception("message not handled, it comes again", extra={"message_id": name})
            result["batchItemFailures"].append({"itemIdentifier": name})
    return result


def handle_sweep(sweeper: Sweeper) -> SweepResult:
    """Sweep, and say what came of it."""
    finished, handed_over = sweeper.sweep()
    if finished or handed_over:
        logger.info("swept", extra={"calls": finished, "handed_over": handed_over})
    return {"swept": finished, "handedOver": handed_over}
