"""Whether a PBX still proves itself by what is being replaced: its functions log it, each time."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from tools.deployed import DeployedStack

LINE = "proved by the previous secret"
"""As shared/http.py logs it."""

FUNCTIONS = ("WebhookFunctionName", "RouteFunctionName")
SPANS = {"in the last hour": 3600, "in the last 24 hours": 86_400}
NEVER = "not in the last 24 hours"
UNKNOWN = "nobody knows when: the functions' logs cannot be read"
MOST_PAGES = 50
"""A busy day's log is long; what is not found in so many pages is not known."""


def last_used(deployed: DeployedStack, connection: str) -> str:
    """Say in words when the old was last used."""
    try:
        for words, seconds in SPANS.items():
            if any(_is_used(deployed, connection, name, seconds) for name in FUNCTIONS):
                return words
    except (BotoCoreError, ClientError, KeyError, _TooLong):
        return UNKNOWN
    return NEVER


class _TooLong(Exception):  # noqa: N818
    """The log has more pages than are read."""


def _is_used(deployed: DeployedStack, connection: str, function: str, seconds: int) -> bool:
    configuration = deployed.functions().get_function_configuration(FunctionName=deployed.outputs[function])
    group, begin = configuration["LoggingConfig"]["LogGroup"], int((time.time() - seconds) * 1000)
    pages = deployed.logs().get_paginator("filter_log_events")
    found = pages.paginate(logGroupName=group, startTime=begin, filterPattern=f'"{LINE}"')
    for number, page in enumerate(found, 1):
        if any(_names(event.get("message", ""), connection) for event in page["events"]):
            return True
        if number == MOST_PAGES:
            raise _TooLong
    return False


def _names(line: str, connection: str) -> bool:
    with suppress(ValueError):
        found = json.loads(line)
        return isinstance(found, dict) and found.get("message") == LINE and found.get("connection") == connection
    return False
