"""The admin API's own description, made from the declared paths."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.event_handler.openapi.models import APIKey, APIKeyIn, HTTPBearer

from functions.admin.documents import RefusalDocument

if TYPE_CHECKING:
    from aws_lambda_powertools.event_handler import APIGatewayHttpResolver

    from functions.admin.access import Way

ABOUT = """Contacts, calls, and the company in force.

Every request needs to prove itself. A reader may ask (GET, and POST /admin/company/plan), whatever changes something
needs an editor and leaves an audit record. A refusal says what is wrong, and `mistakes` names each by its path."""

PROOFS: dict[Way, HTTPBearer | APIKey] = {
    "token": HTTPBearer(bearerFormat="opaque"),
    "jwt": HTTPBearer(bearerFormat="JWT"),
    "iam": APIKey(name="Authorization", in_=APIKeyIn.header, description="AWS Signature Version 4, execute-api"),
}


def describe(app: APIGatewayHttpResolver, way: Way) -> dict[str, Any]:
    """Give the OpenAPI document."""
    text = app.get_openapi_json_schema(
        title="Firstcall admin API",
        version="1",
        description=ABOUT,
        security_schemes={way: PROOFS[way]},
        security=[{way: []}],
    )
    document: dict[str, Any] = json.loads(text)
    # The resolver describes refusals of its own making, which this API never sends.
    schemas = document["components"]["schemas"]
    for unused in ("HTTPValidationError", "ResponseValidationError", "ValidationError"):
        schemas.pop(unused, None)
    schemas["Refusal"] = RefusalDocument.model_json_schema()
    refused = {
        "description": "Refused",
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Refusal"}}},
    }
    for operations in document["paths"].values():
        for operation in operations.values():
            operation["responses"].pop("422", None)
            operation["responses"]["4XX"] = refused
    return document
