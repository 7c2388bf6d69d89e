"""The benchmark's stub counts what the real stores would be asked, and a missed gate is told."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import boto3
import pytest
from moto import mock_aws

from bench import fixtures
from bench.gates import Gates
from bench.stub import INDEXES, Server, Stub
from shared import company_json
from shared.table import company_key
from tests.support.faults import counted
from tests.support.functions import Functions
from tests.support.stack import Stack, read_template

if TYPE_CHECKING:
    from collections.abc import Iterator

CREDENTIALS = {"AWS_ACCESS_KEY_ID": "k", "AWS_SECRET_ACCESS_KEY": "s", "AWS_DEFAULT_REGION": "eu-central-1"}

EVENTS = (
    fixtures.ringing(fixtures.UNKNOWN, "call-1"),
    fixtures.ringing(fixtures.UNKNOWN, "call-1"),
    fixtures.answered(fixtures.UNKNOWN, "call-1"),
    fixtures.ended(fixtures.UNKNOWN, "call-1"),
    fixtures.ringing(fixtures.UNKNOWN, "call-2"),
    fixtures.ringing(fixtures.KNOWN, "call-3"),
)


@pytest.fixture(autouse=True)
def _credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def stub_stack() -> Iterator[Stack]:
    with Server(Stub(fixtures.SMALL)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_address[1]}"
        yield Stack(
            boto3.client("dynamodb", endpoint_url=url),
            boto3.client("sqs", endpoint_url=url),
            boto3.client("secretsmanager", endpoint_url=url),
            fixtures.TABLE,
            "arn:aws:secretsmanager:eu-central-1:123456789012:secret:connections",
            f"{url}/backfill",
            f"{url}/commands",
        )
        server.shutdown()


def asked_by(stack: Stack) -> list[list[str]]:
    functions = Functions(stack)
    asked = []
    for event in EVENTS:
        with counted(stack.dynamodb, stack.sqs) as operations:
            assert functions.webhook.handle(event).status == 200
        asked.append(sorted(operations))
    return asked


def test_the_stub_is_asked_what_the_real_stores_are(stub_stack: Stack) -> None:
    of_stub = asked_by(stub_stack)
    with mock_aws():
        stack = Stack.make()
        secret = stack.secretsmanager.put_secret_value(SecretId=stack.secret_arn, SecretString=fixtures.SECRETS)
        stack.dynamodb.put_item(
            TableName=stack.table,
            Item={
                **company_key(),
                "version": {"N": "7"},
                "secret_version": {"S": secret["VersionId"]},
                "company": {"B": company_json.dump(fixtures.company(fixtures.SMALL))},
            },
        )
        stack.dynamodb.put_item(TableName=stack.table, Item={**company_key("version"), "version": {"N": "7"}})
        stack.dynamodb.put_item(TableName=stack.table, Item=fixtures.contact_item())
        of_moto = asked_by(stack)
    assert of_stub == of_moto
    assert of_stub[0] == ["GetItem", "PutItem", "SendMessage", "UpdateItem", "UpdateItem"]


def test_the_stub_knows_the_indexes_of_the_table() -> None:
    table = read_template()["Resources"]["Table"]["Properties"]
    indexes = table["GlobalSecondaryIndexes"]
    assert {each["IndexName"]: tuple(key["AttributeName"] for key in each["KeySchema"]) for each in indexes} == INDEXES
    assert {each["Projection"]["ProjectionType"] for each in indexes} == {"KEYS_ONLY"}


def test_a_missed_gate_is_told_with_its_figures() -> None:
    gates = Gates()
    assert gates.at_most("the start", 0.8, 0.8) == "ok"
    assert gates.at_most("the start", 0.81, 0.8) == "MISSED"
    assert gates.exactly("reads", 2, 1) == "MISSED"
    assert gates.missed == ["the start is 0.81, at most 0.80 is allowed", "reads: 2, not 1"]
