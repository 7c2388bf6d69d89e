"""The one logger: structured lines, numbers masked, no headers, bodies, addresses or keys."""

from __future__ import annotations

from aws_lambda_powertools.logging import Logger

logger = Logger(utc=True, use_rfc3339=True, log_uncaught_exceptions=False)
