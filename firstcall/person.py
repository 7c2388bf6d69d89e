"""Everything a stack holds on one person, put together from the pages of the admin API."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from firstcall.admin_api import pages

if TYPE_CHECKING:
    from tools.deployed import DeployedStack, Record


def held_on(deployed: DeployedStack, phone: str) -> Record:
    """Read all pages."""
    whole, *more = pages(deployed, "people", {"phone": phone})
    for page in more:
        for name in ("calls", "requests"):
            cast("list[object]", whole[name]).extend(cast("list[object]", page[name]))
    del whole["cursor"]
    return whole
