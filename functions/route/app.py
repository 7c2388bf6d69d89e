"""Answers the look-ups of PBXs that have a look-up address of their own."""

from __future__ import annotations

import gc

gc.disable()  # nothing made while importing is garbage; collecting it costs a third of the start

import os  # noqa: E402
from typing import TYPE_CHECKING  # noqa: E402

from functions.route.answer_lookup import LookupHandler  # noqa: E402
from functions.route.settings import Settings  # noqa: E402
from shared import aws  # noqa: E402
from shared.companies import Companies  # noqa: E402
from shared.http import ApiEvent, ApiResult, result_of  # noqa: E402
from shared.lookup import Lookups  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_lambda_powertools.utilities.typing import LambdaContext
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_secretsmanager import SecretsManagerClient


def build(
    settings: Settings,
    dynamodb: DynamoDBClient,
    secretsmanager: SecretsManagerClient,
    clock: Callable[[], int] = aws.now_ms,
) -> LookupHandler:
    """Wire the look-up together."""
    companies = Companies(dynamodb, settings.table_name, clock, secretsmanager, settings.connections_secret_arn)
    return LookupHandler(companies, Lookups(dynamodb, settings.table_name, companies, clock))


_lookups = build(Settings.read(os.environ), aws.dynamodb(aws.ASKING), aws.secretsmanager(aws.ASKING))
_lookups.prime()
gc.freeze()
gc.enable()


def handler(event: ApiEvent, _context: LambdaContext) -> ApiResult:
    """Answer one look-up."""
    return result_of(_lookups.handle(event))
