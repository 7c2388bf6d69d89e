"""A company file put in force on the deployed stack, and waited for until every function goes by it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from shared.companies import CHECK_AFTER_MS
from tools.terminal import Refused

if TYPE_CHECKING:
    from pathlib import Path

    from tools.deployed import DeployedStack


def put_in_force(deployed: DeployedStack, file: Path) -> None:
    """Apply a file; where it changed anything, outwait the functions that still hold what another test applied."""
    before = _in_force(deployed)
    deployed.apply(file, {})
    if _in_force(deployed) != before:
        time.sleep(CHECK_AFTER_MS / 1000 + 0.5)


def _in_force(deployed: DeployedStack) -> object:
    try:
        return deployed.record("company"), deployed.connections()
    except Refused:  # nothing is applied yet
        return None
