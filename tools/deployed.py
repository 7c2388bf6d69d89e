"""A deployed stack as its operator sees it: outputs, admin token, company, and the addresses for the PBXs."""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias, cast

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from shared.companies import CHECK_AFTER_MS
from shared.company_file.yaml_source import SourceError, load
from shared.table import company_key
from tools.admin_login import signed_in
from tools.terminal import Refused
from tools.user import user_header, user_of
from tools.web import Reply, send

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_scheduler import EventBridgeSchedulerClient
    from mypy_boto3_secretsmanager.type_defs import GetSecretValueRequestTypeDef
    from mypy_boto3_sqs import SQSClient

    from tools.local_cloud import LocalCloud

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"
Record = dict[str, Json]


@dataclass(frozen=True, slots=True)
class Connection:
    """A PBX's addresses and what proves it; the webhook and the route address carry the key."""

    id: str
    operator: str
    webhook_url: str
    route_url: str
    secrets: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class DeployedStack:
    """One deployed stack."""

    session: boto3.session.Session
    outputs: Mapping[str, str]
    api_url: str
    endpoint: str | None = None  # of the local cloud; None: AWS

    def admin_token(self) -> str:
        """Read the admin token with the operator's own credentials."""
        return self._secret("AdminTokenSecretArn")

    def reader_token(self) -> str:
        """Read the token that may only read."""
        return self._secret("ReaderTokenSecretArn")

    def admin(self, method: str, path: str, body: object = None, *, user: str | None = None) -> Reply:
        """Call the admin API."""
        headers = {"Content-Type": "application/json", **user_header(user)}
        data = None if body is None else json.dumps(body, ensure_ascii=False).encode()
        url = f"{self.api_url}/admin/{path}"
        return send(method, url, data, signed_in(self, method, url, data, headers))

    def record(self, path: str) -> Record:
        """Read one JSON object from the admin API."""
        reply = self.admin("GET", path)
        found = reply.json()
        if reply.status != 200 or not isinstance(found, dict):  # noqa: PLR2004
            raise Refused(f"GET /admin/{path.split('?', maxsplit=1)[0]} answered {reply.status}: {reply.text[:300]}")
        return cast("Record", found)

    def apply(self, file: Path, environ: Mapping[str, str]) -> list[str]:
        """Put a company file in force; give the warnings, and what it leaves to do."""
        try:
            document = load(file, environ)
        except SourceError as error:
            raise Refused(str(error)) from None
        reply = self.admin("PUT", "company", document, user=user_of(self))
        answer = reply.json()
        told = cast("Record", answer) if isinstance(answer, dict) else {}
        if reply.status == 200:  # noqa: PLR2004
            return [*texts(told.get("warnings")), *texts(told.get("effects"))]
        mistakes = texts(told.get("mistakes")) or texts(told.get("errors"))
        if mistakes:
            raise Refused("\n  ".join([f"{file} is not applied, nothing has changed:", *mistakes]))
        raise Refused(f"{file} is not applied: the admin API answered {reply.status}: {reply.text[:500]}")

    def in_force(self) -> object:
        """Give what tells one company in force from another, secrets included; None before the first."""
        try:
            return self.record("company"), self.connections()
        except Refused:
            return None

    def connections(self) -> dict[str, Connection]:
        """Give the PBXs' addresses; keys and secrets come from Secrets Manager, the API never shows them."""
        company = cast("Record", self.record("company").get("connections") or {})
        stored = cast("Record", json.loads(self._secret("ConnectionsSecretArn", self._version()))).get("connections")
        found = {}
        for name, row in cast("dict[str, Record]", stored or {}).items():
            described = company.get(name)
            if isinstance(described, dict):
                operator, key = str(described["operator"]), str(row["key"])
                webhook, route = (f"{self.api_url}/{kind}/{name}/{key}" for kind in ("webhook", "route"))
                found[name] = Connection(name, operator, webhook, route, cast("dict[str, str]", row["secrets"]))
        return found

    def dynamodb(self) -> DynamoDBClient:
        """Open the stack's DynamoDB as its operator."""
        return self.session.client("dynamodb", endpoint_url=self.endpoint)

    def sqs(self) -> SQSClient:
        """Open SQS."""
        return self.session.client("sqs", endpoint_url=self.endpoint)

    def functions(self) -> LambdaClient:
        """Open Lambda."""
        return self.session.client("lambda", endpoint_url=self.endpoint)

    def iam(self) -> IAMClient:
        """Open IAM."""
        return self.session.client("iam", endpoint_url=self.endpoint)

    def scheduler(self) -> EventBridgeSchedulerClient:
        """Open the schedules."""
        return self.session.client("scheduler", endpoint_url=self.endpoint)

    def logs(self) -> CloudWatchLogsClient:
        """Open the functions' logs."""
        return self.session.client("logs", endpoint_url=self.endpoint)

    def _version(self) -> str:
        """Find which version of the connections' secrets is in force; the newest may belong to a refused company."""
        table = self.outputs["TableName"]
        return self.dynamodb().get_item(TableName=table, Key=company_key())["Item"]["secret_version"]["S"]

    def _secret(self, output: str, version: str | None = None) -> str:
        client = self.session.client("secretsmanager", endpoint_url=self.endpoint)
        chosen: GetSecretValueRequestTypeDef = {"SecretId": self.outputs[output]}
        if version is not None:
            chosen["VersionId"] = version
        return client.get_secret_value(**chosen)["SecretString"]


def outwait_old_company() -> None:
    """Wait until no warm function goes by the company that was in force before."""
    time.sleep(CHECK_AFTER_MS / 1000 + 0.5)


def texts(value: Json) -> list[str]:
    """Take a list of messages, whatever else may stand in their place."""
    if not isinstance(value, list):
        return []
    return [each if isinstance(each, str) else json.dumps(each, ensure_ascii=False) for each in value]


def find_local(cloud: LocalCloud, name: str) -> DeployedStack:
    """Find a stack on the local cloud."""
    session = boto3.session.Session(
        aws_access_key_id=cloud.environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=cloud.environment["AWS_SECRET_ACCESS_KEY"],
        region_name=cloud.environment["AWS_REGION"],
    )
    outputs = outputs_of(session, name, cloud.endpoint)
    return DeployedStack(session, outputs, cloud.api_url(outputs["ApiId"]), cloud.endpoint)


def aws_session() -> boto3.session.Session:
    """Open AWS with the operator's own credentials; boto3 itself does not read AWS_REGION."""
    session = boto3.session.Session(region_name=os.environ.get("AWS_REGION"))
    if session.region_name is None:
        raise Refused("no AWS region is set: export AWS_REGION, or choose a profile with AWS_PROFILE")
    return session


def find_on_aws(name: str) -> DeployedStack:
    """Find a stack on AWS."""
    session = aws_session()
    outputs = outputs_of(session, name, None)
    return DeployedStack(session, outputs, outputs["ApiUrl"])


def outputs_of(session: boto3.session.Session, name: str, endpoint: str | None) -> dict[str, str]:
    """Read a stack's outputs."""
    try:
        client = session.client("cloudformation", endpoint_url=endpoint)
        outputs = client.describe_stacks(StackName=name)["Stacks"][0].get("Outputs", [])
    except (BotoCoreError, ClientError) as error:
        raise Refused(f"stack {name} cannot be read: {error}") from None
    return {output["OutputKey"]: output["OutputValue"] for output in outputs}
