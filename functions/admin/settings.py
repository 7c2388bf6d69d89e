"""The admin API's settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from functions.admin.access import WAYS
from shared.settings import MissingSetting, required, whole_number

if TYPE_CHECKING:
    from collections.abc import Mapping

    from functions.admin.access import Way


@dataclass(frozen=True, slots=True)
class Settings:
    """What the admin API needs to know of its stack."""

    table_name: str
    connections_secret_arn: str
    admin_token_secret_arn: str
    reader_token_secret_arn: str = ""
    auth: Way = "token"
    edit_scope: str = "firstcall.edit"
    audit_retention_days: int = 400

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> Settings:
        """Read the environment; raise MissingSetting."""
        return cls(
            table_name=required(environ, "TABLE_NAME"),
            connections_secret_arn=required(environ, "CONNECTIONS_SECRET_ARN"),
            admin_token_secret_arn=required(environ, "ADMIN_TOKEN_SECRET_ARN"),
            reader_token_secret_arn=required(environ, "READER_TOKEN_SECRET_ARN"),
            auth=_way(required(environ, "ADMIN_AUTH")),
            edit_scope=required(environ, "EDIT_SCOPE"),
            audit_retention_days=whole_number(environ, "AUDIT_RETENTION_DAYS"),
        )


def _way(text: str) -> Way:
    for way in WAYS:
        if text == way:
            return way
    raise MissingSetting(f"ADMIN_AUTH is {text!r}; it may be {', '.join(WAYS)}")
