"""A reader may ask, an editor may change, by whichever way they prove who they are."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from functions.admin.access import ONLY_ASKS, READING, TOLD_TO_EDITORS
from functions.admin.door import MAY_ONLY_READ
from functions.admin.settings import Settings
from functions.admin.wiring import build
from shared.settings import MissingSetting
from tests.integration.admin.conftest import ADMIN_TOKEN
from tests.unit.admin.test_access import by_iam, by_jwt

if TYPE_CHECKING:
    from functions.admin.access import Way
    from tests.integration.admin.conftest import RawAdmin
    from tests.support.stack import Stack

READER_TOKEN = "the-reader-token"
READER = f"Bearer {READER_TOKEN}"


@pytest.fixture
def with_reader(applied: RawAdmin) -> RawAdmin:
    """Give an API that knows both tokens, with a company in force."""
    return replace(applied, door=door(applied.stack, "token"))


def door(stack: Stack, way: Way) -> Any:
    reader = stack.secretsmanager.create_secret(Name="reader", SecretString=READER_TOKEN)["ARN"]
    settings = Settings(stack.table, stack.secret_arn, "admin", reader, auth=way)
    return build(settings, stack.dynamodb, stack.secretsmanager, stack.clock)


def operations(admin: RawAdmin) -> list[tuple[str, str]]:
    """List every operation of the API, as it describes itself."""
    paths = admin.send("GET", "openapi.json").json["paths"]
    return [(method.upper(), path) for path, methods in paths.items() for method in methods]


def test_a_reader_may_ask_everything_that_is_asked_with_get_but_what_pbxs_sent(with_reader: RawAdmin) -> None:
    for method, path in operations(with_reader):
        if method == "GET":
            answer = with_reader.send(method, path.removeprefix("/admin/"), authorization=READER)
            assert (answer.status == 403) == (path in TOLD_TO_EDITORS), path
            assert answer.status != 401, path


def test_a_reader_may_change_nothing_whatever_stands_in_the_request(with_reader: RawAdmin) -> None:
    changing = [each for each in operations(with_reader) if each[0] not in READING and each not in ONLY_ASKS]
    assert len(changing) >= 3
    for method, path in changing:
        for body in (None, "{", "{}", b"\xff"):
            answer = with_reader.send(method, path.removeprefix("/admin/"), body, authorization=READER)
            assert (answer.status, answer.json) == (403, {"error": MAY_ONLY_READ}), path


def test_a_reader_may_plan(with_reader: RawAdmin, document: dict[str, Any]) -> None:
    plan = with_reader.send("POST", "company/plan", json.dumps(document), authorization=READER)
    assert (plan.status, plan.json["changes"]) == (200, [])


def test_every_path_that_only_asks_is_one_of_the_api(with_reader: RawAdmin) -> None:
    assert set(operations(with_reader)) >= ONLY_ASKS


def test_a_change_that_a_reader_tried_leaves_nothing_changed_and_no_record(with_reader: RawAdmin) -> None:
    before = with_reader.stack.count("")
    assert with_reader.send("POST", "company/rollback", '{"version": 1}', authorization=READER).status == 403
    assert with_reader.stack.count("") == before


@pytest.mark.parametrize(
    "authorization", [READER_TOKEN, f"Basic {READER_TOKEN}", f"{READER}x", "Bearer", f"{READER} x"]
)
def test_a_readers_token_that_is_not_quite_one_is_401(with_reader: RawAdmin, authorization: str) -> None:
    assert with_reader.send("GET", "company", authorization=authorization).status == 401


def test_the_readers_token_is_not_the_editors(with_reader: RawAdmin) -> None:
    assert with_reader.send("POST", "company/rollback", "{", authorization=f"Bearer {ADMIN_TOKEN}").status == 400
    assert with_reader.send("POST", "company/rollback", "{", authorization=READER).status == 403


def test_without_a_readers_token_there_is_no_empty_one(applied: RawAdmin) -> None:
    assert applied.send("GET", "company", authorization="Bearer ").status == 401


def asked(admin: RawAdmin, event: dict[str, Any], method: str = "GET", path: str = "company", body: str = "") -> Any:
    """Send what API Gateway sends after it has proven who asks; a token of ours says nothing here."""
    http = {"method": method, "path": f"/admin/{path}", "sourceIp": "127.0.0.1"}
    context = {"http": http, "stage": "$default", "requestId": "1", **event.get("requestContext", {})}
    headers = {"authorization": f"Bearer {ADMIN_TOKEN}", "x-firstcall-user": "somebody else"}
    return admin.door.handle(
        {
            "version": "2.0",
            "rawPath": f"/admin/{path}",
            "headers": headers,
            "requestContext": context,
            "body": body,
            "isBase64Encoded": False,
        },
        None,
    )


@pytest.mark.parametrize("way", ["jwt", "iam"])
def test_where_api_gateway_proves_who_asks_a_token_of_ours_opens_nothing(applied: RawAdmin, way: Way) -> None:
    admin = replace(applied, door=door(applied.stack, way))
    refused = asked(admin, {})
    assert refused["statusCode"] == 401
    assert ("www-authenticate" in refused["headers"]) is (way == "jwt")


def test_a_json_web_token_reads_and_with_its_scope_changes(applied: RawAdmin, document: dict[str, Any]) -> None:
    admin = replace(applied, door=door(applied.stack, "jwt"))
    applied.stack.clock.tick(1)
    reader, editor = by_jwt(sub="u1"), by_jwt(sub="u2", email="anna@example.com", scope="openid firstcall.edit")
    changed = json.dumps({**document, "groups": {**document["groups"], "night": ["galina"]}})
    assert asked(admin, reader)["statusCode"] == 200
    assert asked(admin, reader, "PUT", body=changed)["statusCode"] == 403
    assert asked(admin, editor, "PUT", body=changed)["statusCode"] == 200
    [version, _] = json.loads(asked(admin, reader, path="company/versions")["body"])["items"]
    assert version["applied_by"] == "anna@example.com (u2)"
    [record, _] = json.loads(asked(admin, reader, path="audit")["body"])["items"]
    assert (record["way"], record["by"]) == ("jwt", "anna@example.com (u2)")


def test_a_signature_changes_because_the_accounts_policies_have_let_it_through(
    applied: RawAdmin, document: dict[str, Any]
) -> None:
    admin = replace(applied, door=door(applied.stack, "iam"))
    applied.stack.clock.tick(1)
    anna = by_iam("arn:aws:sts::123456789012:assumed-role/Admin/anna")
    changed = json.dumps({**document, "groups": {**document["groups"], "night": ["galina"]}})
    assert asked(admin, anna, "PUT", body=changed)["statusCode"] == 200
    [record, _] = json.loads(asked(admin, anna, path="audit")["body"])["items"]
    assert (record["way"], record["by"]) == ("iam", "123456789012:assumed-role/Admin/anna")


@pytest.mark.parametrize(("way", "kind"), [("token", "http"), ("jwt", "http"), ("iam", "apiKey")])
def test_the_description_says_how_to_prove_oneself(applied: RawAdmin, way: Way, kind: str) -> None:
    admin = replace(applied, door=door(applied.stack, way))
    event = {"token": {}, "jwt": by_jwt(sub="u1"), "iam": by_iam("arn:aws:iam::123456789012:user/anna")}[way]
    described = json.loads(asked(admin, event, path="openapi.json")["body"])
    assert described["security"] == [{way: []}]
    assert described["components"]["securitySchemes"][way]["type"] == kind


def test_a_way_of_proving_that_does_not_exist_stops_the_function_at_its_start() -> None:
    environ = {
        "TABLE_NAME": "t",
        "CONNECTIONS_SECRET_ARN": "c",
        "ADMIN_TOKEN_SECRET_ARN": "a",
        "READER_TOKEN_SECRET_ARN": "r",
        "ADMIN_AUTH": "password",
        "EDIT_SCOPE": "firstcall.edit",
        "AUDIT_RETENTION_DAYS": "400",
    }
    with pytest.raises(MissingSetting, match="ADMIN_AUTH is 'password'; it may be token, jwt, iam"):
        Settings.read(environ)
    assert Settings.read({**environ, "ADMIN_AUTH": "jwt"}).auth == "jwt"
