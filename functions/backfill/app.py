"""Finishes calls: by the delayed message of each, and by the sweep that comes every minute."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from functions.backfill.handle_backfill import BackfillEvent, BackfillResult, build, handle
from functions.backfill.settings import Settings
from shared import aws

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

_finisher = build(Settings.read(os.environ), aws.dynamodb(), aws.secretsmanager())


def handler(event: BackfillEvent, _context: LambdaContext) -> BackfillResult:
    """Handle a batch of messages or a sweep."""
    return handle(_finisher, event)
