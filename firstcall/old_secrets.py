"""Whether a PBX still proves itself by what is being replaced: its functions log it, each time."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from tools.deployed import DeployedStack

LINE = "proved by the previous secret"
"""As shared/http.py logs it."""

FUNCTIONS = ("WebhookFunctionName", "RouteFunctionName")
SPANS = {"in the last hour": 3600, "in the last 24 hours": 86_400}
NEVER = "none in the last 24 hours"
UNKNOWN = "not known, the functions' logs cannot be read"
MOST_PAGES = 50
"""A busy day's log is long; what is not found in so many pages is not known."""


def last_used(deployed: DeployedStack, connection: str, since: str) -> str:
    """Say in words when what is being replaced since a time (ISO) was last used."""
    begun = datetime.fromisoformat(since).timestamp()
    try:
        for words, seconds in SPANS.items():
            if any(_is_used(deployed, connection, name, max(begun, time.time() - seconds)) for name in FUNCTIONS):
                return words
    except (BotoCoreError, ClientError, KeyError, _TooLong):
        return UNKNOWN
    return NEVER


class _TooLong(Exception):  # noqa: N818
    """The log has more pages than are read."""


def _is_used(deployed: DeployedStack, connection: str, function: str, since: float) -> bool:
    configuration = deployed.functions().get_function_configuration(FunctionName=deployed.outputs[function])
    group = configuration["LoggingConfig"]["LogGroup"]
    pages = deployed.logs().get_paginator("filter_log_events")
    found = pages.paginate(logGroupName=group, startTime=int(since * 1000), filterPattern=f'"{LINE}"')
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
