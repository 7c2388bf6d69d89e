"""Everything a stack holds on one person, put together from the pages of the admin API."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast
from urllib.parse import urlencode

from firstcall.admin_api import ask

if TYPE_CHECKING:
    from tools.deployed import DeployedStack, Record


def held_on(deployed: DeployedStack, phone: str) -> Record:
    """Read all pages."""
    whole = ask(deployed, "GET", f"people?{urlencode({'phone': phone})}")
    cursor = whole.pop("cursor")
    while cursor is not None:
        page = ask(deployed, "GET", f"people?{urlencode({'phone': phone, 'cursor': str(cursor)})}")
        for name in ("calls", "requests"):
            cast("list[object]", whole[name]).extend(cast("list[object]", page[name]))
        cursor = page["cursor"]
    return whole
