"""The way in for Amazon Connect: its contact flows invoke a function, where every other PBX sends an HTTP request.

The event becomes the request it would have been, and goes the way of all: connection, key, proof, in this order.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, TypedDict, final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from shared.api_gateway import ApiEvent
    from shared.pbx.protocol import PbxResponse


@final
class FlowEvent(TypedDict):
    """What the block "AWS Lambda function" of a contact flow sends."""

    Name: str
    Details: Mapping[str, object]


def answer_flow(event: ApiEvent | FlowEvent, handle: Callable[[ApiEvent], PbxResponse]) -> Mapping[str, str]:
    """Have a handler answer a contact flow; the answer is a flat map of texts, all that a flow reads by default."""
    details = event.get("Details")
    parameters = details.get("Parameters") if isinstance(details, dict) else None
    named = parameters if isinstance(parameters, dict) else {}
    response = handle(
        {
            "pathParameters": {name: str(named.get(name) or "") for name in ("connection", "key")},
            "rawPath": "",
            "rawQueryString": "",
            "headers": {"content-type": "application/json"},
            "body": json.dumps(event),
            "isBase64Encoded": False,
            "requestContext": {"http": {"method": "POST", "sourceIp": ""}},
        }
    )
    answer = json.loads(response.body or "{}")
    return {name: value for name, value in answer.items() if isinstance(value, str)}
