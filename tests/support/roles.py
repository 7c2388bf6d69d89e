"""The roles of the template, enforced on the clients that a test gives to a function."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

import boto3
from botocore.exceptions import ClientError

from tests.support.stack import read_template

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sqs import SQSClient

    from tests.support.stack import Stack

PUT_IN_TRANSACTIONS = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
}

NAMED_OTHERWISE = {"sqs:SendMessageBatch": "sqs:SendMessage"}
"""Operations that are allowed by another's name."""


class Right(NamedTuple):
    """One action on one resource, as the template names it: `Table`, `Table/index/listed`, `BackfillQueue`."""

    action: str
    resource: str

    def __str__(self) -> str:
        return f"{self.action} on {self.resource}"


def rights_of(function: str) -> frozenset[Right]:
    """Read what a function's role allows."""
    role = read_template()["Resources"][f"{function.title()}Role"]["Properties"]
    return frozenset(
        Right(action, resource)
        for policy in role["Policies"]
        for statement in policy["PolicyDocument"]["Statement"]
        for action in statement["Action"]
        for resource in map(_named, statement["Resource"])
    )


def _named(resource: dict[str, str]) -> str:
    [text] = resource.values()
    return re.sub(r"\$\{(\w+)\.\w+\}", r"\1", text).removesuffix(".Arn").removesuffix(".Id")


class Clients(NamedTuple):
    """What a function talks to AWS with."""

    dynamodb: DynamoDBClient
    sqs: SQSClient
    secretsmanager: SecretsManagerClient


def clients_with(rights: frozenset[Right], stack: Stack, secrets: dict[str, str]) -> Clients:
    """Open clients that are refused whatever the rights do not name; `secrets` names those beside the connections'."""
    names = {
        stack.backfill_queue_url: "BackfillQueue",
        stack.command_queue_url: "CommandQueue",
        stack.secret_arn: "ConnectionsSecret",
        **secrets,
    }

    def judge(params: dict[str, Any], model: Any, **_: object) -> None:
        for right in _needed(model.service_model.service_name, model.name, params, names):
            if right not in rights:
                message = f"not authorized to perform: {right}"
                raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": message}}, model.name)

    clients = Clients(boto3.client("dynamodb"), boto3.client("sqs"), boto3.client("secretsmanager"))
    for client in clients:
        client.meta.events.register("before-parameter-build", judge)
    return clients


def action_of(service: str, operation: str) -> str:
    """Name the action that allows an operation."""
    action = f"{service}:{operation}"
    return NAMED_OTHERWISE.get(action, action)


def _needed(service: str, operation: str, params: dict[str, Any], names: dict[str, str]) -> Iterator[Right]:
    if operation == "TransactWriteItems":
        for item in params["TransactItems"]:
            for kind in item:
                yield Right(f"dynamodb:{PUT_IN_TRANSACTIONS[kind]}", "Table")
    elif service == "dynamodb":
        index = f"/index/{params['IndexName']}" if "IndexName" in params else ""
        yield Right(f"dynamodb:{operation}", f"Table{index}")
    else:
        yield Right(action_of(service, operation), names[params.get("QueueUrl") or params["SecretId"]])
