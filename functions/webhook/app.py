"""Receives what a PBX reports, and answers the look-ups of a PBX that has one address for everything."""

from __future__ import annotations

import gc

gc.disable()  # nothing made while importing is garbage; collecting it costs a third of the start

import os  # noqa: E402
from typing import TYPE_CHECKING  # noqa: E402

from functions.webhook.settings import Settings  # noqa: E402
from functions.webhook.wiring import build  # noqa: E402
from shared import aws  # noqa: E402
from shared.http import result_of  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_lambda_powertools.utilities.typing import LambdaContext

    from shared.api_gateway import ApiEvent, ApiResult
    from shared.contact_flow import FlowEvent

_webhook = build(Settings.read(os.environ), aws.dynamodb(), aws.sqs(), aws.secretsmanager())
_webhook.prime()
gc.freeze()
gc.enable()


def handler(event: ApiEvent | FlowEvent, _context: LambdaContext) -> ApiResult | Mapping[str, str]:
    """Handle one request of a PBX."""
    if "Details" in event:
        from shared.contact_flow import answer_flow  # only Amazon Connect invokes us itself

        return answer_flow(event, _webhook.handle)
    return result_of(_webhook.handle(event))
