"""How the suite is shared out between processes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

if TYPE_CHECKING:
    import pytest

ONE_STACK = ("tests/e2e/", "tests/infra/")
"""These build bundles and deploy the template: one process does it, once."""


class Shares(LoadScopeScheduling):  # type: ignore[misc]
    """What is never divided: all that shares the stack; a module of integration tests, which makes some things once."""

    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.partition("::")[0]
        if path.startswith(ONE_STACK):
            return "stack"
        return path if path.startswith("tests/integration/") else nodeid


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> Shares:
    """Share out so. (xdist's own `loadgroup` does nothing with this release of pytest.)"""
    return Shares(config, log)
