"""Carries queued commands to PBXs that can be told but cannot ask."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, TypedDict

import urllib3

from functions.command.send_to_mango import CommandCarrier, MangoApi
from functions.command.settings import Settings
from shared import aws
from shared.companies import Companies
from shared.pbx.api import url_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_lambda_powertools.utilities.typing import LambdaContext


class _Message(TypedDict):
    body: str


class CommandEvent(TypedDict):
    """Messages of the command queue."""

    Records: Sequence[_Message]


_settings = Settings.read(os.environ)
_companies = Companies(
    aws.dynamodb(), _settings.table_name, aws.now_ms, aws.secretsmanager(), _settings.connections_secret_arn
)
_mango = MangoApi(url_of("mango", "mango", _settings.pbx_api_urls), urllib3.PoolManager())
_carrier = CommandCarrier(_companies, _mango)


def handler(event: CommandEvent, _context: LambdaContext) -> dict[str, list[dict[str, str]]]:
    """Carry each command out once; a bug fails the batch and shows as an error."""
    for message in event["Records"]:
        _carrier.carry(message["body"])
    return {"batchItemFailures": []}
