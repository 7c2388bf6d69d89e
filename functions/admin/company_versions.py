"""The company file as applied: judged, planned, and put in force in one step that happens whole or not at all."""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from uuid import uuid4

from botocore.exceptions import ClientError

from functions.admin.company_history import sort_key
from functions.admin.kept_secrets import new_key, secrets_for
from functions.admin.refusal import Refusal
from shared import company_json
from shared.companies import ConnectionSecrets, read_secrets, write_secrets
from shared.company_file import CompanyFile, CompanyMistakes, read_company
from shared.company_file.diff import changes
from shared.table import code_of, company_key, number_of, text_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef, PutTypeDef
    from mypy_boto3_secretsmanager import SecretsManagerClient

    from functions.admin.company_history import CompanyHistory
    from functions.admin.documents import CompanyDocument
    from shared.company import Company
    from shared.table import Item

MOST_CHANGES = 1000
"""More are only counted: nobody reads them, and an answer has a size."""

MOST_SECRET_BYTES = 65_536
"""What Secrets Manager keeps in one secret."""

ANEW = (
    "the file is the same, but worked out anew: by this release, with the holidays known today, it means something else"
)


@dataclass(frozen=True, slots=True)
class InForce:
    """The version in force."""

    version: int
    company: Company | None
    """As compiled; None where an older release wrote what this one does not read."""
    document: CompanyDocument
    secrets: Mapping[str, ConnectionSecrets]


@dataclass(frozen=True, slots=True)
class Plan:
    """What a company file would change."""

    file: CompanyFile
    before: InForce | None
    changes: tuple[str, ...]
    known: Mapping[str, ConnectionSecrets]
    """Keys and secrets that the connections keep."""


class CompanyVersions:
    """Keeps every version of the company that was ever in force."""

    def __init__(
        self,
        dynamodb: DynamoDBClient,
        table: str,
        secretsmanager: SecretsManagerClient,
        secret_arn: str,
        history: CompanyHistory,
        clock: Callable[[], int],
    ) -> None:
        self._history = history
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

    def plan(self, document: CompanyDocument) -> Plan:
        """Judge a company file and say what it would change; raise Refusal with every mistake in it."""
        before = self.in_force()
        return self._plan(document, before, before.secrets if before else {})

    def apply(self, document: CompanyDocument, by: str | None = None) -> tuple[int, Plan]:
        """Put a company file in force and give its version; a file that changes nothing makes none."""
        return self._apply(self.plan(document), by, None)

    def roll_back(self, version: int, by: str | None = None) -> tuple[int, Plan]:
        """Put an old version in force again, as a new one; what the connections of today prove themselves by stays."""
        old, before = self._history.version(version), self.in_force()
        known = secrets_for(old, dict(before.secrets) if before else {}, self._history.secrets)
        return self._apply(self._plan(old.document, before, known), by, version)

    def _plan(self, document: CompanyDocument, before: InForce | None, known: Mapping[str, ConnectionSecrets]) -> Plan:
        stored = {name: row.secrets for name, row in known.items()}
        try:
            file = read_company(document, (before.version if before else 0) + 1, stored)
        except CompanyMistakes as mistakes:
            raise Refusal(422, "the company file has mistakes; nothing is changed", mistakes.mistakes) from None
        told = changes(before.document if before else None, document, stored)
        plan = Plan(file, before, _capped(told), known)
        if len(write_secrets(_with_keys(plan)).encode()) > MOST_SECRET_BYTES:
            error = f"connections: all secrets and keys together have more than {MOST_SECRET_BYTES:,} bytes"
            raise Refusal(422, "the company file is too large; nothing is changed", (error,))
        if before is not None and not plan.changes and before.company != file.company._replace(version=before.version):
            return replace(plan, changes=(ANEW,))
        return plan

    def _apply(self, plan: Plan, by: str | None, restores: int | None) -> tuple[int, Plan]:
        if plan.before is not None and not plan.changes:
            return plan.before.version, plan
        # First the secrets: functions read the version of them that the company names, so that a company that does
        # not come about leaves the old one whole.
        secret_version = self._secretsmanager.put_secret_value(
            SecretId=self._secret_arn, ClientRequestToken=str(uuid4()), SecretString=write_secrets(_with_keys(plan))
        )["VersionId"]
        self._store(plan, secret_version, by, restores)
        return plan.file.company.version, plan

    def _store(self, plan: Plan, secret_version: str, by: str | None, restores: int | None) -> None:
        company, document = plan.file.company, plan.file.document
        packed = zlib.compress(json.dumps(document, ensure_ascii=False).encode())
        applied: dict[str, AttributeValueTypeDef] = {
            "version": {"N": str(company.version)},
            "applied_at": {"N": str(self._clock())},
            "secret_version": {"S": secret_version},
        }
        if by:
            applied["applied_by"] = {"S": by}
        if restores is not None:
            applied["restores"] = {"N": str(restores)}
        self.remember_owners(owner_sets(company))
        in_force: PutTypeDef = {
            "TableName": self._table,
            "Item": {**company_key(), **applied, "company": {"B": company_json.dump(company)}},
            "ConditionExpression": "attribute_not_exists(pk)",
        }
        if plan.before is not None:
            in_force["ConditionExpression"] = "version = :before"
            in_force["ExpressionAttributeValues"] = {":before": {"N": str(plan.before.version)}}
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


def _with_keys(plan: Plan) -> dict[str, ConnectionSecrets]:
    """Put the keys of the addresses to the secrets: a connection keeps its own, a new one gets one."""
    return {
        name: ConnectionSecrets(plan.known[name].key if name in plan.known else new_key(), row)
        for name, row in plan.file.secrets.items()
    }


def _compiled(current: Item) -> Company | None:
    try:
        return company_json.load(bytes(current["company"]["B"]))
    except (ValueError, TypeError, KeyError, zlib.error):
        return None


def _capped(texts: tuple[str, ...]) -> tuple[str, ...]:
    more = len(texts) - MOST_CHANGES
    return (*texts[:MOST_CHANGES], f"and {more:,} more changes") if more > 0 else texts
