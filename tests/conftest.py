"""How the suite is shared out between processes, where it is run in several."""

from __future__ import annotations

from pathlib import Path

import pytest

HERE = Path(__file__).parent
ONE_STACK = {"e2e", "infra"}
"""These build bundles and deploy the template: one process does it, once."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep together what shares a stack, or what a module of integration tests makes once."""
    for item in items:
        part, *_ = item.path.relative_to(HERE).parts
        if part in ONE_STACK:
            item.add_marker(pytest.mark.xdist_group("stack"))
        elif part == "integration":
            item.add_marker(pytest.mark.xdist_group(item.path.name))
