"""The admin API: the company file, contacts, calls, a person's choice of responsibles."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from functions.admin.settings import Settings
from functions.admin.wiring import build
from shared import aws

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

_admin = build(Settings.read(os.environ), aws.dynamodb(), aws.secretsmanager())


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one request of an admin."""
    return _admin.handle(event, context)
