"""Wires the admin API together: the one place that knows all its parts."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

from functions.admin.admin_token import AdminToken
from functions.admin.api import AdminApi
from functions.admin.choose_responsibles import ResponsiblesChooser
from functions.admin.company_versions import CompanyVersions
from functions.admin.contact_lists import ContactLists
from shared import aws
from shared.calls import Calls
from shared.companies import Companies
from shared.contacts import Contacts

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_secretsmanager import SecretsManagerClient

    from functions.admin.settings import Settings

MAX_BODY = 2_000_000
"""Longest body read, in bytes; the company file's own limit is lower and says more."""


class AdminDoor:
    """Lets authorised requests of a readable size through to the API."""

    def __init__(self, token: AdminToken, api: AdminApi) -> None:
        self._token = token
        self._api = api

    def handle(self, event: dict[str, Any], context: object) -> dict[str, Any]:
        """Check the token before anything else is looked at."""
        if not self._token.admits(event.get("headers") or {}):
            return _refused(401, "the admin API needs `Authorization: Bearer <admin token>`")
        body = event.get("body") or ""
        if len(body) > MAX_BODY:
            return _refused(413, f"the body is longer than {MAX_BODY:,} bytes")
        if body and not _is_json(body, encoded=bool(event.get("isBase64Encoded"))):
            return _refused(400, "the body is not JSON")
        return self._api.handle(event, context)


def build(
    settings: Settings,
    dynamodb: DynamoDBClient,
    secretsmanager: SecretsManagerClient,
    clock: Callable[[], int] = aws.now_ms,
) -> AdminDoor:
    """Wire the admin API together."""
    table = settings.table_name
    contacts, lists = Contacts(dynamodb, table), ContactLists(dynamodb, table)
    versions = CompanyVersions(dynamodb, table, secretsmanager, settings.connections_secret_arn, clock)
    api = AdminApi(
        # It must see at once what it has just applied itself.
        Companies(dynamodb, table, clock, check_after_ms=0),
        versions,
        Calls(dynamodb, table),
        contacts,
        lists,
        ResponsiblesChooser(lists, contacts, versions, clock),
        clock,
    )
    return AdminDoor(AdminToken(secretsmanager, settings.admin_token_secret_arn, clock), api)


def _is_json(body: str, *, encoded: bool) -> bool:
    try:
        json.loads(base64.b64decode(body) if encoded else body)
    except (ValueError, RecursionError):
        return False
    return True


def _refused(status: int, error: str) -> dict[str, Any]:
    return {"statusCode": status, "headers": {"content-type": "application/json"}, "body": json.dumps({"error": error})}
