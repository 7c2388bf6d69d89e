"""Reads what wakes the backfill: messages of its queue, each on its own, or the schedule's sweep."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, TypedDict

import urllib3

from functions.backfill.ask_history import HistoryAsker
from functions.backfill.finish_calls import CallFinisher
from functions.backfill.oldest_pending import OldestPending
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


class BackfillResult(TypedDict):
    """The messages that shall come again, and how many calls a sweep finished."""

    batchItemFailures: list[_Failure]
    swept: int


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
    return CallFinisher(companies, calls, settlement, asker, OldestPending(dynamodb, table, clock), clock)


def handle(finisher: CallFinisher, event: BackfillEvent) -> BackfillResult:
    """Finish what the event names; a message that fails comes again, alone."""
    finisher.begin()
    if event.get("sweep"):
        swept = finisher.sweep()
        if swept:
            logger.info("swept", extra={"calls": swept})
        return {"batchItemFailures": [], "swept": swept}
    failures: list[_Failure] = []
    for message in event.get("Records", ()):
        try:
            body = json.loads(message["body"])
            finisher.finish(str(body["connection"]), str(body["call_id"]))
        except Exception:
            logger.exception("message not handled, it comes again", extra={"message_id": message["messageId"]})
            failures.append({"itemIdentifier": message["messageId"]})
    return {"batchItemFailures": failures, "swept": 0}
