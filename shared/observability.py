"""The one logger: structured lines, numbers masked, no headers, bodies, addresses or keys."""

from __future__ import annotations

import logging

from aws_lambda_powertools.logging import Logger

logger = Logger(utc=True, use_rfc3339=True, log_uncaught_exceptions=False)

# At DEBUG these write whole requests and answers: secrets, callers' numbers, what opens a PBX. Lambda sets the level of
# all loggers to the template's LogLevel.
for _talkative in ("aws_lambda_powertools", "botocore", "urllib3"):
    logging.getLogger(_talkative).setLevel(logging.INFO)
