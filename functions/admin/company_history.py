"""Every version of the company that was ever in force: which there are, and what is left of an old one."""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from functions.admin.refusal import Refusal
from shared.companies import read_secrets
from shared.table import code_of, company_key, number_of, text_of

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import QueryInputTypeDef
    from mypy_boto3_secretsmanager import SecretsManagerClient

    from functions.admin.documents import CompanyDocument
    from shared.companies import ConnectionSecrets
    from shared.table import Item

PAGE = 100
LAST_VERSION = 99_999_999
"""Versions sort as text of eight digits."""

_PREFIX = "v#"


@dataclass(frozen=True, slots=True)
class Applied:
    """One version: when it came into force and by whom."""

    version: int
    applied_at: int  # ms
    applied_by: str | None
    restores: int | None  # the version that a rollback brought back


@dataclass(frozen=True, slots=True)
class OldVersion:
    """What a version said, and where its secrets are, if they still are."""

    version: int
    document: CompanyDocument
    secret_version: str | None


class CompanyHistory:
    """Reads versions."""

    def __init__(
        self, dynamodb: DynamoDBClient, table: str, secretsmanager: SecretsManagerClient, secret_arn: str
    ) -> None:
        self._dynamodb = dynamodb
        self._table = table
        self._secretsmanager = secretsmanager
        self._secret_arn = secret_arn

    def page(self, below: int | None) -> tuple[tuple[Applied, ...], int | None]:
        """List versions, the newest first, and below which one to go on."""
        found: list[Applied] = []
        request: QueryInputTypeDef = {
            "TableName": self._table,
            "KeyConditionExpression": "pk = :pk AND sk BETWEEN :first AND :last",
            "ExpressionAttributeValues": {
                ":pk": company_key()["pk"],
                ":first": {"S": sort_key(0)},
                ":last": {"S": sort_key(LAST_VERSION if below is None else below - 1)},
            },
            "ProjectionExpression": "version, applied_at, applied_by, restores",
            "ScanIndexForward": False,
            "ConsistentRead": True,
            "Limit": PAGE + 1,
        }
        # DynamoDB counts the whole items it walks over, documents too, so that one of its pages may be short.
        while len(found) <= PAGE:
            reply = self._dynamodb.query(**request)
            found += [_applied(item) for item in reply["Items"]]
            if "LastEvaluatedKey" not in reply:
                break
            request["ExclusiveStartKey"] = reply["LastEvaluatedKey"]
        return tuple(found[:PAGE]), found[PAGE - 1].version if len(found) > PAGE else None

    def version(self, version: int) -> OldVersion:
        """Read one version; raise Refusal where there is none."""
        found: Item = {}
        if 0 < version <= LAST_VERSION:
            key = company_key(sort_key(version))
            found = self._dynamodb.get_item(TableName=self._table, Key=key, ConsistentRead=True).get("Item", {})
        if "document" not in found:
            raise Refusal(404, f"no version {version} of the company; GET /admin/company/versions lists them")
        document = json.loads(zlib.decompress(bytes(found["document"]["B"])))
        return OldVersion(version, document, text_of(found, "secret_version"))

    def secrets(self, secret_version: str | None) -> dict[str, ConnectionSecrets]:
        """Read a version's secrets; none where Secrets Manager has dropped them, as it does with old ones in time."""
        if secret_version is None:
            return {}
        try:
            reply = self._secretsmanager.get_secret_value(SecretId=self._secret_arn, VersionId=secret_version)
        except ClientError as error:
            if code_of(error) in {"ResourceNotFoundException", "InvalidRequestException"}:
                return {}
            raise
        return dict(read_secrets(reply["SecretString"]))


def sort_key(version: int) -> str:
    """Sort key of a version."""
    return f"{_PREFIX}{version:08d}"


def _applied(item: Item) -> Applied:
    version, applied_at = number_of(item, "version") or 0, number_of(item, "applied_at") or 0
    return Applied(version, applied_at, text_of(item, "applied_by"), number_of(item, "restores"))
