"""Receives what a PBX reports, and answers the look-ups of a PBX that has one address for everything."""

from __future__ import annotations

import gc

gc.disable()  # nothing made while importing is garbage; collecting it costs a third of the start

import os  # noqa: E402
from typing import TYPE_CHECKING  # noqa: E402

from functions.webhook.handle_webhook import WebhookHandler  # noqa: E402
from functions.webhook.record_event import EventRecorder  # noqa: E402
from functions.webhook.send_command import CommandSender  # noqa: E402
from functions.webhook.settings import Settings  # noqa: E402
from shared import aws  # noqa: E402
from shared.calls import Calls  # noqa: E402
from shared.companies import Companies  # noqa: E402
from shared.contacts import Contacts  # noqa: E402
from shared.http import ApiEvent, ApiResult, result_of  # noqa: E402
from shared.lookup import Lookups  # noqa: E402
from shared.settlement import Clock, Settlement  # noqa: E402

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sqs import SQSClient


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
    calls = Calls(dynamodb, table, settings.call_retention_days)
    contacts = Contacts(dynamodb, table)
    recorder = EventRecorder(
        calls,
        contacts,
        Settlement(calls, contacts, clock),
        sqs,
        settings.backfill_queue_url,
        settings.backfill_delay_seconds,
        clock,
    )
    commands = CommandSender(dynamodb, table, sqs, settings.command_queue_url, clock)
    return WebhookHandler(companies, Lookups(dynamodb, table, companies, clock), recorder, commands)


_webhook = build(Settings.read(os.environ), aws.dynamodb(), aws.sqs(), aws.secretsmanager())
_webhook.prime()
gc.freeze()
gc.enable()


def handler(event: ApiEvent, _context: LambdaContext) -> ApiResult:
    """Handle one request of a PBX."""
    return result_of(_webhook.handle(event))
