"""The company as applied: what is written, what stays, what no answer ever shows."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from shared import company_json
from shared.companies import read_secrets
from shared.table import company_key

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shared.companies import ConnectionSecrets
    from tests.integration.admin.conftest import RawAdmin
    from tests.support.stack import Stack


def current(stack: Stack) -> dict[str, Any]:
    return dict(stack.dynamodb.get_item(TableName=stack.table, Key=company_key())["Item"])


def number(stack: Stack) -> dict[str, Any]:
    return dict(stack.dynamodb.get_item(TableName=stack.table, Key=company_key("version"))["Item"])


def secrets_in_force(stack: Stack) -> Mapping[str, ConnectionSecrets]:
    version = current(stack)["secret_version"]["S"]
    reply = stack.secretsmanager.get_secret_value(SecretId=stack.secret_arn, VersionId=version)
    return read_secrets(reply["SecretString"])


def everything_in_the_table(stack: Stack) -> str:
    return repr(stack.dynamodb.scan(TableName=stack.table)["Items"])


def test_every_version_is_kept_masked_and_numbered(admin: RawAdmin, document: dict[str, Any]) -> None:
    for version, name in enumerate(("one", "two", "three"), 1):
        document["employees"]["anna"]["name"] = name
        assert admin.put("company", document).json["version"] == version
    stack = admin.stack
    for version in (1, 2, 3):
        item = stack.dynamodb.get_item(TableName=stack.table, Key=company_key(f"v#{version:08d}"))["Item"]
        assert item["applied_at"] == {"N": str(stack.clock.ms)}
    assert company_json.load(bytes(current(stack)["company"]["B"])).version == 3
    assert number(stack) == {**company_key("version"), "version": {"N": "3"}}


def test_secrets_and_keys_are_in_no_answer_and_not_in_the_table(admin: RawAdmin, document: dict[str, Any]) -> None:
    document["connections"]["megafon-main"]["secrets"]["crm_token"] = "very-secret-indeed"
    answers = [admin.send("POST", "company/plan", json.dumps(document)), admin.put("company", document)]
    document["connections"]["megafon-main"]["secrets"]["crm_token"] = "another-secret-indeed"
    answers += [admin.put("company", document), admin.send("GET", "company")]
    wrong = {**document, "connections": {**document["connections"], "x": {"operator": "megafon"}}}
    answers.append(admin.put("company", wrong))
    shown = "".join(answer.text for answer in answers) + everything_in_the_table(admin.stack)
    hidden = {value for row in secrets_in_force(admin.stack).values() for value in (row.key, *row.secrets.values())}
    for secret in {"very-secret-indeed", *hidden}:
        assert secret not in shown
    assert "connections.megafon-main.secrets.crm_token: changed" in answers[2].json["changes"]


def test_a_new_connection_gets_a_key_that_stays_and_a_removed_ones_is_dropped(
    applied: RawAdmin, document: dict[str, Any]
) -> None:
    first = secrets_in_force(applied.stack)
    site = document["connections"].pop("site")
    document["connections"]["second"] = {**site, "lines": {}}
    for employee in document["employees"].values():
        employee.get("extensions", {}).pop("site", None)
    assert applied.put("company", document).status == 200
    second = secrets_in_force(applied.stack)
    assert "site" not in second
    assert {name: row.key for name, row in second.items() if name in first} == {
        name: row.key for name, row in first.items() if name in second
    }
    keys = [row.key for row in second.values()]
    assert len(set(keys)) == len(keys)
    assert all(len(key) == 32 for key in keys)


def test_a_masked_secret_without_a_stored_one_is_a_mistake(admin: RawAdmin, document: dict[str, Any]) -> None:
    document["connections"]["megafon-main"]["secrets"]["crm_token"] = "***"
    answer = admin.put("company", document)
    assert (answer.status, len(answer.json["mistakes"])) == (422, 1)
    assert answer.json["mistakes"][0].startswith("connections.megafon-main.secrets.crm_token: *** keeps the stored")
    assert admin.send("GET", "company").status == 404


def test_the_same_file_makes_no_version_unless_it_means_something_else_by_now(
    applied: RawAdmin, document: dict[str, Any]
) -> None:
    """Holidays are worked out for some years only: the same file, applied in a later year, must count again."""
    assert applied.put("company", document).json["version"] == 1
    stack = applied.stack
    company = company_json.load(bytes(current(stack)["company"]["B"]))
    years_ago = {name: calendar._replace(dates={}) for name, calendar in company.calendars.items()}
    stack.dynamodb.put_item(
        TableName=stack.table,
        Item={**current(stack), "company": {"B": company_json.dump(company._replace(calendars=years_ago))}},
    )
    planned = applied.send("POST", "company/plan", json.dumps(document)).json["changes"]
    answer = applied.put("company", document).json
    assert (answer["version"], answer["changes"]) == (2, planned)
    assert planned[0].startswith("the file is the same, but worked out anew")
    assert company_json.load(bytes(current(stack)["company"]["B"])) == company._replace(version=2)


def test_a_company_written_by_a_release_that_is_not_understood_can_be_replaced(
    applied: RawAdmin, document: dict[str, Any]
) -> None:
    stack = applied.stack
    stack.dynamodb.put_item(TableName=stack.table, Item={**current(stack), "company": {"B": b"of another time"}})
    assert applied.put("company", document).json["version"] == 2
    assert applied.send("GET", "contacts", query="phone=89161234567").status == 200


def test_more_keys_than_one_secret_holds_are_refused_before_anything_is_written(
    applied: RawAdmin, document: dict[str, Any]
) -> None:
    site = document["connections"]["site"]
    document["connections"] |= {f"s{number}": {**site, "lines": {}} for number in range(900)}
    before = current(applied.stack)
    for method, path in (("PUT", "company"), ("POST", "company/plan")):
        answer = applied.send(method, path, json.dumps(document))
        assert answer.status == 422
        assert "65,536 bytes" in answer.json["mistakes"][0]
    assert current(applied.stack) == before


def test_a_list_of_changes_has_an_end(applied: RawAdmin, document: dict[str, Any]) -> None:
    for number in range(1200):
        document["employees"][f"p{number}"] = {"name": "New", "extensions": {}}
    changes = applied.send("POST", "company/plan", json.dumps(document)).json["changes"]
    assert (len(changes), changes[-1]) == (1001, "and 200 more changes")


@pytest.mark.parametrize("operation", ["PutSecretValue", "TransactWriteItems"])
def test_a_failure_in_the_middle_of_applying_leaves_the_old_company_whole(
    applied: RawAdmin, document: dict[str, Any], operation: str
) -> None:
    stack = applied.stack
    item, small, secrets = current(stack), number(stack), secrets_in_force(stack)

    class Killed(BaseException):
        pass

    def kill(model: Any, **_: object) -> None:
        if model.name == operation:
            raise Killed

    document["connections"]["megafon-main"]["secrets"]["crm_token"] = "changed-secret"
    for client in (stack.dynamodb, stack.secretsmanager):
        client.meta.events.register_first("before-call", kill)
    with pytest.raises(Killed):
        applied.put("company", document)
    for client in (stack.dynamodb, stack.secretsmanager):
        client.meta.events.unregister("before-call", kill)
    assert (current(stack), number(stack), secrets_in_force(stack)) == (item, small, secrets)
    assert applied.put("company", document).json["version"] == 2
    assert secrets_in_force(stack)["megafon-main"].secrets["crm_token"] == "changed-secret"
    assert secrets_in_force(stack)["megafon-main"].key == secrets["megafon-main"].key
