"""The company file as applied: judged, planned, put in force, brought back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from functions.admin.kept_secrets import carried_on, long_renewals, secrets_for, with_todays_secrets
from functions.admin.refusal import Refusal
from functions.admin.stored_companies import Following, InForce, StoredCompanies
from shared.companies import write_secrets
from shared.company_file import CompanyFile, CompanyMistakes, read_company
from shared.company_file.diff import changes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_secretsmanager import SecretsManagerClient

    from functions.admin.company_history import CompanyHistory
    from functions.admin.documents import CompanyDocument
    from shared.companies import ConnectionSecrets

MOST_CHANGES = 1000
"""More are only counted: nobody reads them, and an answer has a size."""

MOST_SECRET_BYTES = 65_536
"""What Secrets Manager keeps in one secret."""

ANEW = (
    "the file is the same, but worked out anew: by this release, with the holidays known today, it means something else"
)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a company file would change."""

    file: CompanyFile
    before: InForce | None
    changes: tuple[str, ...]
    secrets: Mapping[str, ConnectionSecrets]
    """Keys and secrets that the connections would have."""


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
        self._stored = StoredCompanies(dynamodb, table, secretsmanager, secret_arn, clock)
        self._history = history
        self._clock = clock

    def in_force(self) -> InForce | None:
        """Read the version in force; None before the first is applied."""
        return self._stored.in_force()

    def remember_owners(self, sets: set[str]) -> None:
        """Note sets of responsibles that contacts may have from now on, so that lists by responsible find them."""
        self._stored.remember_owners(sets)

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
        self._stored.put(Following(before.company._replace(version=version), before.document, secrets, before, by))
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
        self._stored.put(Following(file.company, file.document, plan.secrets, plan.before, by, restores))
        return file.company.version, plan


def _check_size(secrets: Mapping[str, ConnectionSecrets]) -> None:
    if len(write_secrets(secrets).encode()) > MOST_SECRET_BYTES:
        error = f"connections: all secrets and keys together have more than {MOST_SECRET_BYTES:,} bytes"
        raise Refusal(422, "this is more than can be kept; nothing is changed", (error,))


def _capped(texts: tuple[str, ...]) -> tuple[str, ...]:
    more = len(texts) - MOST_CHANGES
    return (*texts[:MOST_CHANGES], f"and {more:,} more changes") if more > 0 else texts
