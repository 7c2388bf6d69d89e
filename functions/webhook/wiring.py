"""Wires the webhook together: the one place that knows all its parts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from functions.webhook.handle_webhook import WebhookHandler
from functions.webhook.keep_raw import RawKeeper
from functions.webhook.record_event import EventRecorder
from functions.webhook.send_command import CommandSender
from shared import aws
from shared.calls import Calls
from shared.companies import Companies
from shared.contacts import Contacts
from shared.lookup import Lookups
from shared.ownership import decide_after_ms
from shared.raw_events import RawEvents
from shared.settlement import Clock, Settlement

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sqs import SQSClient

    from functions.webhook.settings import Settings


def build(
    settings: Settings,
    dynamodb: DynamoDBClient,
    sqs: SQSClient,
    secretsmanager: SecretsManagerClient,
    clock: Clock = aws.now_ms,
) -> WebhookHandler:
    """Wire the webhook together."""
    table = settings.table_name
    companies = Companies(dynamodb, table, clock, secretsmanager, settings.connections_secret_arn)
    calls = Calls(dynamodb, table)
    contacts = Contacts(dynamodb, table)
    recorder = EventRecorder(
        calls,
        contacts,
        Settlement(calls, contacts, clock, decide_after_ms=decide_after_ms(settings.backfill_delay_seconds)),
        sqs,
        settings.backfill_queue_url,
        settings.backfill_delay_seconds,
        clock,
    )
    commands = CommandSender(dynamodb, table, sqs, settings.command_queue_url, clock)
    raw_keeper = RawKeeper(RawEvents(dynamodb, table), clock)
    return WebhookHandler(companies, Lookups(dynamodb, table, companies, clock), recorder, commands, raw_keeper)
