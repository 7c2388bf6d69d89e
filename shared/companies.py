"""The company in force, with its secrets, kept in the warm function and checked for a newer version in passing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from shared import company_json
from shared.observability import logger
from shared.table import company_key, number_of, text_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_secretsmanager import SecretsManagerClient

    from shared.company import Company, Connection

CHECK_AFTER_MS = 10_000
"""How long a warm function may go on with the version it has before it asks whether there is a newer one."""


class ConnectionSecrets(NamedTuple):
    """What proves a connection: the key of its addresses, and the PBX's own secrets.

    While these are being renewed the previous ones count as well, until the PBX's cabinet has been changed.
    """

    key: str
    secrets: Mapping[str, str]
    previous_key: str | None = None
    previous_secrets: Mapping[str, str] | None = None  # all of them, as they were: some prove only together
    rotating_since: int | None = None  # ms; None: nothing is being renewed


class CompanyInForce(NamedTuple):
    """One version of the company, and the secrets that belong to it."""

    company: Company
    secrets: Mapping[str, ConnectionSecrets]

    def connection(self, connection_id: str) -> Connection | None:
        """Find a connection."""
        return self.company.connections.get(connection_id)


class NoCompany(Exception):  # noqa: N818
    """No company file has been applied to this stack yet."""


class Companies:
    """Loads the company in force."""

    def __init__(
        self,
        dynamodb: DynamoDBClient,
        table: str,
        clock: Callable[[], int],
        secretsmanager: SecretsManagerClient | None = None,
        secret_arn: str = "",
        check_after_ms: int = CHECK_AFTER_MS,
    ) -> None:
        """Without a Secrets Manager client the company comes without its secrets (the backfill needs none)."""
        self._check_after = check_after_ms
        self._dynamodb = dynamodb
        self._table = table
        self._clock = clock
        self._secretsmanager = secretsmanager
        self._secret_arn = secret_arn
        self._loaded: CompanyInForce | None = None
        self._checked_at = 0

    @property
    def is_loaded(self) -> bool:
        """Whether any version is held."""
        return self._loaded is not None

    @property
    def is_fresh(self) -> bool:
        """Whether the version held needs no check now."""
        return self._loaded is not None and self._clock() - self._checked_at < self._check_after

    def current(self) -> CompanyInForce:
        """Give the company in force, checked a moment ago; raise NoCompany.

        Where the check fails the version held goes on: an old company knows the caller better than an error does.
        """
        if self._loaded is None:
            return self._load()
        if self.is_fresh:
            return self._loaded
        try:
            reply = self._dynamodb.get_item(TableName=self._table, Key=company_key("version"), ConsistentRead=True)
            return self.confirmed(number_of(reply.get("Item", {}), "version"))
        except (BotoCoreError, ClientError):
            logger.exception("company not checked, version %s goes on", self._loaded.company.version)
            return self._loaded

    def held(self) -> CompanyInForce:
        """Give the version held without asking, for a caller that learns the newest version in passing."""
        return self._loaded if self._loaded is not None else self._load()

    def confirmed(self, version: int | None) -> CompanyInForce:
        """Take note of the version found in the table; load it where it is another. None found: it goes on as it is."""
        held = self._loaded
        if held is None:
            return self._load()
        if version in {None, held.company.version}:
            self._checked_at = self._clock()
            return held
        try:
            return self._load()
        except (BotoCoreError, ClientError):
            logger.exception("company version %s not loaded, version %s goes on", version, held.company.version)
            return held

    def _load(self) -> CompanyInForce:
        checked_at = self._clock()
        item = self._dynamodb.get_item(TableName=self._table, Key=company_key(), ConsistentRead=True).get("Item")
        if item is None:
            raise NoCompany
        company = company_json.load(bytes(item["company"]["B"]))
        self._loaded = CompanyInForce(company, self._load_secrets(text_of(item, "secret_version")))
        self._checked_at = checked_at
        return self._loaded

    def _load_secrets(self, version: str | None) -> Mapping[str, ConnectionSecrets]:
        if self._secretsmanager is None or version is None:
            return {}
        reply = self._secretsmanager.get_secret_value(SecretId=self._secret_arn, VersionId=version)
        return read_secrets(reply["SecretString"])


def read_secrets(text: str) -> Mapping[str, ConnectionSecrets]:
    """Read the connections' secrets: `{"connections": {id: {"key": …, "secrets": {…}}}}`, and what they replace."""
    connections = json.loads(text).get("connections", {})
    return {name: _read_row(row) for name, row in connections.items()}


def _read_row(row: Mapping[str, Any]) -> ConnectionSecrets:
    previous = row.get("previous_key"), row.get("previous_secrets"), row.get("rotating_since")
    return ConnectionSecrets(row["key"], row["secrets"], *previous)


def write_secrets(secrets: Mapping[str, ConnectionSecrets]) -> str:
    """Write what `read_secrets` reads."""
    rows = {
        name: {field: value for field, value in row._asdict().items() if value is not None}
        for name, row in secrets.items()
    }
    return json.dumps({"connections": rows}, ensure_ascii=False)
