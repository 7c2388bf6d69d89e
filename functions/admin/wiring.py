"""Wires the admin API together: the one place that knows all its parts."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from functions.admin.admin_token import AdminToken
from functions.admin.api import AdminApi
from functions.admin.choose_responsibles import ResponsiblesChooser
from functions.admin.company_history import CompanyHistory
from functions.admin.company_versions import CompanyVersions
from functions.admin.contact_lists import ContactLists
from functions.admin.handovers import Handovers
from functions.admin.paths.calls import CallPaths
from functions.admin.paths.company import CompanyPaths
from functions.admin.paths.contacts import ContactPaths
from functions.admin.paths.handovers import HandoverPaths
from functions.admin.paths.secrets import SecretPaths
from functions.admin.read_request import read_request
from functions.admin.refusal import Refusal
from functions.admin.rotate_secrets import SecretRotator
from shared import aws
from shared.calls import Calls
from shared.companies import Companies
from shared.contacts import Contacts
from shared.observability import logger

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_secretsmanager import SecretsManagerClient

    from functions.admin.settings import Settings


class AdminDoor:
    """Lets authorised requests that can be read through to the API."""

    def __init__(self, token: AdminToken, api: AdminApi) -> None:
        self._token = token
        self._api = api

    def handle(self, event: dict[str, Any], context: object) -> dict[str, Any]:
        """Answer one request."""
        result = self._answer(event, context)
        # No more of the path: numbers and call ids may stand further on.
        part = "/".join(str(event.get("rawPath", "")).split("/")[:3])[:50]
        method = event.get("requestContext", {}).get("http", {}).get("method")
        logger.info("handled", extra={"method": method, "path": part, "status": result["statusCode"]})
        return result

    def _answer(self, event: dict[str, Any], context: object) -> dict[str, Any]:
        # The token first: without it nothing is told, not even what is wrong with the request.
        if not self._token.admits(event.get("headers") or {}):
            error = "the admin API needs `Authorization: Bearer <admin token>`"
            return _refused(401, error, {"www-authenticate": "Bearer"})
        try:
            readable = read_request(event)
        except Refusal as refusal:
            return _refused(refusal.status, refusal.error)
        return self._api.handle(readable, context)


def build(
    settings: Settings,
    dynamodb: DynamoDBClient,
    secretsmanager: SecretsManagerClient,
    clock: Callable[[], int] = aws.now_ms,
) -> AdminDoor:
    """Wire the admin API together."""
    table = settings.table_name
    contacts, lists = Contacts(dynamodb, table), ContactLists(dynamodb, table)
    history = CompanyHistory(dynamodb, table, secretsmanager, settings.connections_secret_arn)
    versions = CompanyVersions(dynamodb, table, secretsmanager, settings.connections_secret_arn, history, clock)
    # It must see at once what it has just applied itself.
    companies = Companies(dynamodb, table, clock, check_after_ms=0)
    api = AdminApi(
        [
            ContactPaths(companies, contacts, lists, ResponsiblesChooser(lists, contacts, versions, clock)),
            CallPaths(companies, Calls(dynamodb, table), contacts, clock),
            CompanyPaths(versions, history, lists),
            SecretPaths(SecretRotator(versions, clock)),
            HandoverPaths(Handovers(dynamodb, table, companies, lists, contacts, versions, clock)),
        ]
    )
    return AdminDoor(AdminToken(secretsmanager, settings.admin_token_secret_arn, clock), api)


def _refused(status: int, error: str, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
    return {
        "statusCode": status,
        "headers": {"content-type": "application/json", **(headers or {})},
        "body": json.dumps({"error": error}, ensure_ascii=False),
    }
