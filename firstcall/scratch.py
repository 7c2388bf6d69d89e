"""Stores for trying things out, made in this process from the real template: nothing is created in any account.

moto stands in for AWS. Whatever is asked within `scratch()` stays in this process: its clients carry credentials that
open nothing and AWS's own addresses, whatever the environment says, and moto answers for those addresses.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import uuid4

import boto3
import yaml

from shared import company_json
from shared.table import company_key
from tools.bootstrap import ROOT
from tools.terminal import Refused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sqs import SQSClient

    from shared.company import Company

TEMPLATE = ROOT / "infra" / "template.yaml"
_REGION = "us-east-1"


class _CloudFormationLoader(yaml.SafeLoader):
    """Reads `!Ref` and its like as plain data."""


def _intrinsic(loader: yaml.Loader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    if isinstance(node, yaml.ScalarNode):
        return {suffix: loader.construct_scalar(node)}
    if isinstance(node, yaml.SequenceNode):
        return {suffix: loader.construct_sequence(node, deep=True)}
    assert isinstance(node, yaml.MappingNode)  # noqa: S101 -- YAML has no other
    return {suffix: loader.construct_mapping(node, deep=True)}


_CloudFormationLoader.add_multi_constructor("!", _intrinsic)


class Scratch(NamedTuple):
    """A table like the stack's, empty but for a company, a queue whose messages nobody reads, and no secrets."""

    dynamodb: DynamoDBClient
    sqs: SQSClient
    secretsmanager: SecretsManagerClient
    table: str
    queue_url: str


@contextmanager
def scratch(company: Company) -> Iterator[Scratch]:
    """Make the stores, with a company in force; they are gone at the end."""
    try:
        from moto import mock_aws  # it comes with the development environment, and takes long to load
    except ImportError:
        raise Refused("this needs the development environment, which `make test` installs") from None

    name = f"scratch-{uuid4().hex}"
    with mock_aws():
        session = boto3.session.Session("scratch", "scratch", region_name=_REGION)
        dynamodb = session.client("dynamodb", endpoint_url=_address("dynamodb"))
        sqs = session.client("sqs", endpoint_url=_address("sqs"))
        secretsmanager = session.client("secretsmanager", endpoint_url=_address("secretsmanager"))
        create_table(dynamodb, name)
        put_in_force(dynamodb, name, company)
        yield Scratch(dynamodb, sqs, secretsmanager, name, sqs.create_queue(QueueName=name)["QueueUrl"])


def _address(service: str) -> str:
    return f"https://{service}.{_REGION}.amazonaws.com"


def read_template() -> dict[str, Any]:
    """Read infra/template.yaml."""
    found: dict[str, Any] = yaml.load(TEMPLATE.read_text(encoding="utf-8"), Loader=_CloudFormationLoader)  # noqa: S506 -- a SafeLoader
    return found


def create_table(dynamodb: DynamoDBClient, name: str) -> None:
    """Make the table that the template describes."""
    described = read_template()["Resources"]["Table"]["Properties"]
    dynamodb.create_table(
        TableName=name,
        AttributeDefinitions=described["AttributeDefinitions"],
        KeySchema=described["KeySchema"],
        GlobalSecondaryIndexes=described["GlobalSecondaryIndexes"],
        BillingMode="PAY_PER_REQUEST",
    )


def put_in_force(dynamodb: DynamoDBClient, table: str, company: Company) -> None:
    """Put a company in force that has no secrets: nobody proves himself here, and no PBX is asked."""
    version, packed = {"N": str(company.version)}, {"B": company_json.dump(company)}
    dynamodb.put_item(TableName=table, Item={**company_key(), "version": version, "company": packed})
