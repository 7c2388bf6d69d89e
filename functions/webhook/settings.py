"""The webhook's settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from shared.settings import required, whole_number

if TYPE_CHECKING:
    from collections.abc import Mapping


class Settings(NamedTuple):
    """What the webhook needs to know of its stack."""

    table_name: str
    connections_secret_arn: str
    backfill_queue_url: str
    command_queue_url: str
    backfill_delay_seconds: int

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> Settings:
        """Read the environment; raise MissingSetting."""
        return cls(
            table_name=required(environ, "TABLE_NAME"),
            connections_secret_arn=required(environ, "CONNECTIONS_SECRET_ARN"),
            backfill_queue_url=required(environ, "BACKFILL_QUEUE_URL"),
            command_queue_url=required(environ, "COMMAND_QUEUE_URL"),
            backfill_delay_seconds=whole_number(environ, "BACKFILL_DELAY_SECONDS"),
        )
