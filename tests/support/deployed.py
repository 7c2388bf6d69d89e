"""A company file put in force on the deployed stack, and waited for until every function goes by it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tools.deployed import outwait_old_company

if TYPE_CHECKING:
    from pathlib import Path

    from tools.deployed import DeployedStack


def put_in_force(deployed: DeployedStack, file: Path) -> None:
    """Apply a file; where it changed anything, outwait the functions that still hold what another test applied."""
    before = deployed.in_force()
    deployed.apply(file, {})
    if deployed.in_force() != before:
        outwait_old_company()
