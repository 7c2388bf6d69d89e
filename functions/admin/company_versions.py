"""The company file as applied: judged, planned, and put in force in one step that happens whole or not at all."""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple
from uuid import uuid4

from botocore.exceptions import ClientError

from functions.admin.company_history import sort_key
from functions.admin.kept_secrets import carried_on, long_renewals, secrets_for, with_todays_secrets
from functions.admin.refusal import Refusal
from shared import company_json
from shared.companies import read_secrets, write_secrets
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
    from shared.companies import ConnectionSecrets
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
    secrets: Mapping[str, ConnectionSecrets]
    """Keys and secrets that the connections would have."""


class _Next(NamedTuple):
    """The version to come."""

    company: Company
    document: CompanyDocument
    secrets: Mapping[str, ConnectionSecrets]
    before: InForce | None
    by: str | None
    restores: int | None = None


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

    def put_secrets(self, before: InForce, secrets: Mapping[str, ConnectionSecrets], by: str | None) -> int:
        """Put other keys and secrets of the same company in force, as a new version."""
        if before.company is None:
            raise Refusal(409, "an older release applied the company in force: apply its file again first")
        _check_size(secrets)
        version = before.version + 1
        self._put(_Next(before.company._replace(version=version), before.document, secrets, before, by))
        return version

    def _plan(self, document: CompanyDocument, before: InForce | None, known: Mapping[str, ConnectionSecrets]) -> Plan:
        document, warnings = with_todays_secrets(document, known)
        stored = {name: row.secrets for name, row in known.items()}
        try:
            file = read_company(document, (before.version if before else 0) + 1, stored)
        except CompanyMistakes as mistakes:
            raise Refusal(422, "the company file has mistakes; nothing is changed", mistakes.mistakes) from None
        told = changes(before.document if before else None, document, stored)
        secrets = {name: carried_on(known.get(name), row) for name, row in file.secrets.items()}
        _check_size(secrets)
        warnings = (*file.warnings, *warnings, *long_renewals(secrets, self._clock()))
        plan = Plan(replace(file, warnings=warnings), before, _capped(told), secrets)
        if before is not None and not plan.changes and before.company != file.company._replace(version=before.version):
            return replace(plan, changes=(ANEW,))
        return plan

    def _apply(self, plan: Plan, by: str | None, restores: int | None) -> tuple[int, Plan]:
        if plan.before is not None and not plan.changes:
            return plan.before.version, plan
        file = plan.file
        self._put(_Next(file.company, file.document, plan.secrets, plan.before, by, restores))
        return file.company.version, plan

    def _put(self, following: _Next) -> None:
        # First the secrets: functions read the version of them that the company names, so that a company that does
        # not come about leaves the old one whole.
        secret_version = self._secretsmanager.put_secret_value(
            SecretId=self._secret_arn,
            ClientRequestToken=str(uuid4()),
            SecretString=write_secrets(following.secrets),
        )["VersionId"]
        self._store(following, secret_version)

    def _store(self, following: _Next, secret_version: str) -> None:
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


def _check_size(secrets: Mapping[str, ConnectionSecrets]) -> None:
    if len(write_secrets(secrets).encode()) > MOST_SECRET_BYTES:
        error = f"connections: all secrets and keys together have more than {MOST_SECRET_BYTES:,} bytes"
        raise Refusal(422, "this is more than can be kept; nothing is changed", (error,))


def _compiled(current: Item) -> Company | None:
    try:
        return company_json.load(bytes(current["company"]["B"]))
    except (ValueError, TypeError, KeyError, zlib.error):
        return None


def _capped(texts: tuple[str, ...]) -> tuple[str, ...]:
    more = len(texts) - MOST_CHANGES
    return (*texts[:MOST_CHANGES], f"and {more:,} more changes") if more > 0 else texts
