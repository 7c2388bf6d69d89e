"""Wires the look-up together: the one place that knows all its parts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from functions.route.answer_lookup import LookupHandler
from shared import aws
from shared.companies import Companies
from shared.lookup import Lookups

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_secretsmanager import SecretsManagerClient

    from functions.route.settings import Settings


def build(
    settings: Settings,
    dynamodb: DynamoDBClient,
    secretsmanager: SecretsManagerClient,
    clock: Callable[[], int] = aws.now_ms,
) -> LookupHandler:
    """Wire the look-up together."""
    companies = Companies(dynamodb, settings.table_name, clock, secretsmanager, settings.connections_secret_arn)
    return LookupHandler(companies, Lookups(dynamodb, settings.table_name, companies, clock))
