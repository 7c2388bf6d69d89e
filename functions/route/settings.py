"""The look-up's settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from shared.settings import required

if TYPE_CHECKING:
    from collections.abc import Mapping


class Settings(NamedTuple):
    """What the look-up needs to know of its stack."""

    table_name: str
    connections_secret_arn: str

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> Settings:
        """Read the environment; raise MissingSetting."""
        return cls(
            table_name=required(environ, "TABLE_NAME"),
            connections_secret_arn=required(environ, "CONNECTIONS_SECRET_ARN"),
        )
