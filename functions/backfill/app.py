"""Finishes calls: by the delayed message of each, and by the sweep that comes every minute."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from functions.backfill.handle_backfill import build, build_sweeper, handle, handle_sweep
from functions.backfill.settings import Settings
from shared import aws

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

    from functions.backfill.handle_backfill import BackfillEvent, BackfillResult, SweepResult

_settings, _dynamodb = Settings.read(os.environ), aws.dynamodb()
_finisher = build(_settings, _dynamodb, aws.secretsmanager())
_sweeper = build_sweeper(_settings, _finisher, _dynamodb, aws.sqs())


def handler(event: BackfillEvent, _context: LambdaContext) -> BackfillResult | SweepResult:
    """Handle a batch of messages or a sweep."""
    return handle_sweep(_sweeper) if event.get("sweep") else handle(_finisher, event)
