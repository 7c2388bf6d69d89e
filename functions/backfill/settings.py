"""The backfill's settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.pbx.api import read_urls
from shared.settings import required, whole_number

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Settings:
    """What the backfill needs to know of its stack."""

    table_name: str
    backfill_delay_seconds: int
    connections_secret_arn: str
    backfill_queue_url: str
    pbx_api_urls: Mapping[str, str]

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> Settings:
        """Read the environment; raise MissingSetting."""
        return cls(
            table_name=required(environ, "TABLE_NAME"),
            backfill_delay_seconds=whole_number(environ, "BACKFILL_DELAY_SECONDS"),
            connections_secret_arn=required(environ, "CONNECTIONS_SECRET_ARN"),
            backfill_queue_url=required(environ, "BACKFILL_QUEUE_URL"),
            pbx_api_urls=read_urls(required(environ, "PBX_API_URLS")),
        )
