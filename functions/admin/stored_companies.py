"""The versions of the company as stored: which is in force, and how another comes into force whole or not at all."""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple
from uuid import uuid4

from botocore.exceptions import ClientError

from functions.admin.company_history import sort_key
from functions.admin.refusal import Refusal
from shared import company_json
from shared.companies import read_secrets, write_secrets
from shared.table import code_of, company_key, number_of, text_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef, PutTypeDef
    from mypy_boto3_secretsmanager import SecretsManagerClient

    from functions.admin.documents import CompanyDocument
    from shared.companies import ConnectionSecrets
    from shared.company import Company
    from shared.table import Item


@dataclass(frozen=True, slots=True)
class InForce:
    """The version in force."""

    version: int
    company: Company | None
    """As compiled; None where an older release wrote what this one does not read."""
    document: CompanyDocument
    secrets: Mapping[str, ConnectionSecrets]


class Following(NamedTuple):
    """The version to come."""

    company: Company
    document: CompanyDocument
    secrets: Mapping[str, ConnectionSecrets]
    before: InForce | None
    by: str | None
    restores: int | None = None


class StoredCompanies:
    """Reads and writes versions."""

    def __init__(
        self,
        dynamodb: DynamoDBClient,
        table: str,
        secretsmanager: SecretsManagerClient,
        secret_arn: str,
        clock: Callable[[], int],
    ) -> None:
        self._dynamodb = dynamodb
        self._table = table
        self._secretsmanager = secretsmanager
        self._secret_arn = secret_arn
        self._clock = clock

    def in_force(self) -> InForce | None:
        """Read the version in force; None before the first is applied."""
        current = self._read("current", "version, secret_version, company")
        version, secret_version = number_of(current, "version"), text_of(current, "secret_version")
        if version is None:
            return None
        stored = self._read(sort_key(version), "document")
        document = json.loads(zlib.decompress(bytes(stored["document"]["B"])))
        text = "{}"
        if secret_version is not None:
            reply = self._secretsmanager.get_secret_value(SecretId=self._secret_arn, VersionId=secret_version)
            text = reply["SecretString"]
        return InForce(version, _compiled(current), document, read_secrets(text))

    def put(self, following: Following) -> None:
        """Put a version in force; raise Refusal where another one came in between."""
        # First the secrets: functions read the version of them that the company names, so that a company that does
        # not come about leaves the old one whole.
        secret_version = self._secretsmanager.put_secret_value(
            SecretId=self._secret_arn,
            ClientRequestToken=str(uuid4()),
            SecretString=write_secrets(following.secrets),
        )["VersionId"]
        self._store(following, secret_version)

    def _store(self, following: Following, secret_version: str) -> None:
        company, before = following.company, following.before
        packed = zlib.compress(json.dumps(following.document, ensure_ascii=False).encode())
        applied: dict[str, AttributeValueTypeDef] = {
            "version": {"N": str(company.version)},
            "applied_at": {"N": str(self._clock())},
            "secret_version": {"S": secret_version},
        }
        if following.by:
            applied["applied_by"] = {"S": following.by}
        if following.restores is not None:
            applied["restores"] = {"N": str(following.restores)}
        self.remember_owners(owner_sets(company))
        in_force: PutTypeDef = {
            "TableName": self._table,
            "Item": {**company_key(), **applied, "company": {"B": company_json.dump(company)}},
            "ConditionExpression": "attribute_not_exists(pk)",
        }
        if before is not None:
            in_force["ConditionExpression"] = "version = :before"
            in_force["ExpressionAttributeValues"] = {":before": {"N": str(before.version)}}
        # Written with what it names, so that a function which sees the number also finds that company.
        number: PutTypeDef = {
            "TableName": self._table,
            "Item": {**company_key("version"), "version": applied["version"]},
        }
        try:
            self._dynamodb.transact_write_items(
                TransactItems=[
                    {
                        "Put": {
                            "TableName": self._table,
                            "Item": {**company_key(sort_key(company.version)), **applied, "document": {"B": packed}},
                            "ConditionExpression": "attribute_not_exists(pk)",
                        }
                    },
                    {"Put": in_force},
                    {"Put": number},
                ]
            )
        except ClientError as error:
            if code_of(error) == "TransactionCanceledException":
                raise Refusal(409, "another company file was applied meanwhile: plan again, then apply again") from None
            raise

    def remember_owners(self, sets: set[str]) -> None:
        """Note sets of responsibles that contacts may have from now on, so that lists by responsible find them."""
        if sets:
            self._dynamodb.update_item(
                TableName=self._table,
                Key=company_key("owners"),
                UpdateExpression="ADD #sets :sets",
                ExpressionAttributeNames={"#sets": "sets"},
                ExpressionAttributeValues={":sets": {"SS": sorted(sets)}},
            )

    def _read(self, sort: str, names: str) -> Item:
        reply = self._dynamodb.get_item(
            TableName=self._table, Key=company_key(sort), ProjectionExpression=names, ConsistentRead=True
        )
        return reply.get("Item", {})


def owner_sets(company: Company) -> set[str]:
    """Name every set of several responsibles that this company's templates give."""
    return {",".join(each.responsibles) for each in company.templates.values() if len(each.responsibles) > 1}


def _compiled(current: Item) -> Company | None:
    try:
        return company_json.load(bytes(current["company"]["B"]))
    except (ValueError, TypeError, KeyError, zlib.error):
        return None
