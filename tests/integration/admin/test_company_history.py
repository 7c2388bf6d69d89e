"""Every version of the company: who applied it and when, what it said, and going back to it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from functions.admin import company_history
from functions.admin.applied_by import applied_by
from shared.companies import read_secrets
from shared.table import company_key

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shared.companies import ConnectionSecrets
    from tests.integration.admin.conftest import Answer, RawAdmin


def put(admin: RawAdmin, document: object, user: str | None = None) -> Answer:
    headers = {} if user is None else {"X-Firstcall-User": user}
    return admin.send("PUT", "company", json.dumps(document), headers=headers)


def roll_back(admin: RawAdmin, version: object, user: str = "boris") -> Answer:
    body = json.dumps({"version": version})
    return admin.send("POST", "company/rollback", body, headers={"X-Firstcall-User": user})


def secrets_in_force(admin: RawAdmin) -> Mapping[str, ConnectionSecrets]:
    stack = admin.stack
    current = stack.dynamodb.get_item(TableName=stack.table, Key=company_key())["Item"]
    version = current["secret_version"]["S"]
    return read_secrets(
        stack.secretsmanager.get_secret_value(SecretId=stack.secret_arn, VersionId=version)["SecretString"]
    )


def without_site(document: dict[str, Any]) -> dict[str, Any]:
    less: dict[str, Any] = json.loads(json.dumps(document))
    del less["connections"]["site"]
    for employee in less["employees"].values():
        employee.get("extensions", {}).pop("site", None)
    return less


def forget_first_secrets(admin: RawAdmin) -> None:
    """Let Secrets Manager have dropped what no label holds any more, as it does in time."""
    stack = admin.stack
    first = stack.dynamodb.get_item(TableName=stack.table, Key=company_key("v#00000001"))["Item"]
    gone = {**first, "secret_version": {"S": "00000000-0000-0000-0000-000000000000"}}
    stack.dynamodb.put_item(TableName=stack.table, Item=gone)


def test_the_history_names_each_version_when_and_by_whom_the_newest_first(
    admin: RawAdmin, document: dict[str, Any]
) -> None:
    assert put(admin, document, "anna").status == 200
    admin.stack.clock.tick(60)
    document["employees"]["anna"]["name"] = "Another"
    assert put(admin, document).status == 200
    answer = admin.send("GET", "company/versions").json
    assert answer["cursor"] is None
    assert [(each["version"], each["applied_by"], each["restores"]) for each in answer["items"]] == [
        (2, None, None),
        (1, "anna", None),
    ]
    assert [each["applied_at"][-1] for each in answer["items"]] == ["Z", "Z"]
    assert answer["items"][0]["applied_at"] > answer["items"][1]["applied_at"]


def test_before_the_first_company_the_history_is_empty(admin: RawAdmin) -> None:
    assert admin.send("GET", "company/versions").json == {"items": [], "cursor": None}
    assert admin.send("GET", "company/versions/1").status == 404
    assert roll_back(admin, 1).status == 404


def test_a_long_history_comes_in_pages(
    admin: RawAdmin, document: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(company_history, "PAGE", 2)
    for name in "abcde":
        document["employees"]["anna"]["name"] = name
        assert put(admin, document).status == 200
    seen, query = [], ""
    for _ in range(3):
        page = admin.send("GET", "company/versions", query=query).json
        seen.append([each["version"] for each in page["items"]])
        query = f"cursor={page['cursor']}"
    assert query == "cursor=None"
    assert seen == [[5, 4], [3, 2], [1]]
    assert admin.send("GET", "company/versions", query="cursor=x").status == 422


def test_an_old_version_is_shown_as_it_was_secrets_masked(applied: RawAdmin, document: dict[str, Any]) -> None:
    before = applied.send("GET", "company").json
    document["employees"]["anna"]["name"] = "Another"
    assert put(applied, document).status == 200
    assert applied.send("GET", "company/versions/1").json == before
    assert before["connections"]["megafon-main"]["secrets"] == {"crm_token": "***"}
    for wrong, status in (("9", 404), ("0", 422), ("x", 422), ("999999999", 422)):
        assert applied.send("GET", f"company/versions/{wrong}").status == status


def test_a_rollback_makes_a_new_version_with_the_old_document(applied: RawAdmin, document: dict[str, Any]) -> None:
    before = applied.send("GET", "company").json
    document["employees"]["anna"]["name"] = "Another"
    put(applied, document)
    answer = roll_back(applied, 1)
    assert (answer.status, answer.json["version"]) == (200, 3)
    assert answer.json["changes"] == ["employees.anna.name: Another -> Анна Петрова"]
    assert applied.send("GET", "company").json == before
    newest = applied.send("GET", "company/versions").json["items"][0]
    assert (newest["version"], newest["applied_by"], newest["restores"]) == (3, "boris", 1)


def test_a_rollback_to_what_is_in_force_makes_no_version(applied: RawAdmin) -> None:
    answer = roll_back(applied, 1)
    assert (answer.status, answer.json["version"], answer.json["changes"]) == (200, 1, [])


def test_a_connection_that_still_exists_keeps_the_secret_and_the_key_of_today(
    applied: RawAdmin, document: dict[str, Any]
) -> None:
    key = secrets_in_force(applied)["megafon-main"].key
    document["connections"]["megafon-main"]["secrets"]["crm_token"] = "renewed-after-a-leak"
    document["employees"]["anna"]["name"] = "Another"
    put(applied, document)
    assert roll_back(applied, 1).status == 200
    assert secrets_in_force(applied)["megafon-main"].secrets == {"crm_token": "renewed-after-a-leak"}
    assert secrets_in_force(applied)["megafon-main"].key == key


def test_a_connection_that_comes_back_gets_its_old_secrets_and_addresses(
    applied: RawAdmin, document: dict[str, Any]
) -> None:
    before = secrets_in_force(applied)["site"]
    assert put(applied, without_site(document)).status == 200
    assert "site" not in secrets_in_force(applied)
    assert roll_back(applied, 1).status == 200
    assert secrets_in_force(applied)["site"] == before


def test_a_secret_that_nobody_keeps_any_more_is_named_and_nothing_changes(
    applied: RawAdmin, document: dict[str, Any]
) -> None:
    put(applied, without_site(document))
    forget_first_secrets(applied)
    answer = roll_back(applied, 1)
    assert answer.status == 422
    assert answer.json["error"] == "version 1 cannot be put in force again; nothing is changed"
    [mistake] = answer.json["mistakes"]
    assert mistake.startswith("connections.site.secrets.token: is not kept any more")
    assert applied.send("GET", "company/versions").json["items"][0]["version"] == 2


def test_a_secret_that_the_connection_no_longer_has_comes_from_the_old_version(
    applied: RawAdmin, document: dict[str, Any]
) -> None:
    document["connections"]["megafon-main"]["secrets"]["pbx_token"] = "for-asking"
    put(applied, document)
    del document["connections"]["megafon-main"]["secrets"]["pbx_token"]
    document["connections"]["megafon-main"]["secrets"]["crm_token"] = "renewed"
    put(applied, document)
    assert roll_back(applied, 2).status == 200
    assert secrets_in_force(applied)["megafon-main"].secrets == {"crm_token": "renewed", "pbx_token": "for-asking"}


@pytest.mark.parametrize("version", [0, -1, "1", 1.5, None, 10**9])
def test_a_rollback_to_what_is_no_version_is_refused(applied: RawAdmin, version: object) -> None:
    assert roll_back(applied, version).status == 422
    assert applied.send("POST", "company/rollback", "{}").status == 422
    assert applied.send("POST", "company/rollback", '{"version": 1, "force": true}').status == 422


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("anna", "anna"),
        ("  ", None),
        ("%D0%90%D0%BD%D0%BD%D0%B0", "Анна"),
        ("a\x00b%0Ac", "abc"),
        ("x" * 500, "x" * 100),
        ("%FF", "\ufffd"),
    ],
)
def test_who_applied_is_bounded_and_fit_to_be_printed(given: str, kept: str | None) -> None:
    assert applied_by({"X-Firstcall-User": given}) == kept
    assert applied_by({}) is None
