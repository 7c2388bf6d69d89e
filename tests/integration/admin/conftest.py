"""The admin API as API Gateway calls it, down to the bytes of the event."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import pytest

from functions.admin.settings import Settings
from functions.admin.wiring import build
from shared.company_file.yaml_source import load
from tests.support.pbx import TOKEN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from functions.admin.door import AdminDoor
    from tests.support.stack import Stack

EXAMPLE = Path(__file__).parents[3] / "examples" / "company.yaml"
ADMIN_TOKEN = "the-admin-token"


@dataclass(frozen=True, slots=True)
class Answer:
    """What API Gateway gets back."""

    status: int
    json: Any
    headers: Mapping[str, str] = field(default_factory=dict)
    text: str = ""


@dataclass(slots=True)
class RawAdmin:
    """An admin who sends whatever he likes, with the right token unless told otherwise."""

    door: AdminDoor
    stack: Stack

    def send(
        self,
        method: str,
        path: str,
        body: bytes | str | None = None,
        *,
        query: str = "",
        headers: Mapping[str, str] | None = None,
        authorization: str | None = f"Bearer {ADMIN_TOKEN}",
    ) -> Answer:
        """Send one request; bytes go in base64, as API Gateway sends what it does not take for text."""
        encoded = isinstance(body, bytes)
        event = {
            "version": "2.0",
            "rawPath": f"/admin/{path}",
            "rawQueryString": query,
            "headers": {
                **({} if authorization is None else {"authorization": authorization}),
                "content-type": "application/json",
                **(headers or {}),
            },
            "requestContext": {
                "http": {"method": method, "path": f"/admin/{path}", "sourceIp": "127.0.0.1"},
                "stage": "$default",
                "requestId": "1",
            },
            "isBase64Encoded": encoded,
        }
        if query:
            event["queryStringParameters"] = dict(parse_qsl(query, keep_blank_values=True))
        if body is not None:
            event["body"] = base64.b64encode(body).decode() if isinstance(body, bytes) else body
        result = self.door.handle(event, None)
        text = result.get("body") or "null"
        return Answer(result["statusCode"], json.loads(text), result.get("headers", {}), text)

    def put(self, path: str, body: object) -> Answer:
        """Put a document."""
        return self.send("PUT", path, json.dumps(body))


@pytest.fixture
def settings(stack: Stack) -> Settings:
    token = stack.secretsmanager.create_secret(Name="admin", SecretString=ADMIN_TOKEN)["ARN"]
    return Settings(stack.table, stack.secret_arn, token)


@pytest.fixture
def admin(stack: Stack, settings: Settings) -> RawAdmin:
    return RawAdmin(build(settings, stack.dynamodb, stack.secretsmanager, stack.clock), stack)


@pytest.fixture
def another(stack: Stack, settings: Settings) -> RawAdmin:
    """Start another environment of the function."""
    return RawAdmin(build(settings, stack.dynamodb, stack.secretsmanager, stack.clock), stack)


@pytest.fixture
def document() -> dict[str, Any]:
    return load(EXAMPLE, {"MEGAFON_CRM_TOKEN": TOKEN})


@pytest.fixture
def applied(admin: RawAdmin, document: dict[str, Any]) -> RawAdmin:
    """Give an admin of a company that is in force."""
    assert admin.put("company", document).status == 200
    return admin
