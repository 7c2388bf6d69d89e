"""The admin API's settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.settings import required

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Settings:
    """What the admin API needs to know of its stack."""

    table_name: str
    connections_secret_arn: str
    admin_token_secret_arn: str

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> Settings:
        """Read the environment; raise MissingSetting."""
        return cls(
            table_name=required(environ, "TABLE_NAME"),
            connections_secret_arn=required(environ, "CONNECTIONS_SECRET_ARN"),
            admin_token_secret_arn=required(environ, "ADMIN_TOKEN_SECRET_ARN"),
        )
