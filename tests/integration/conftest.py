"""Stores on moto and the functions wired to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from moto import mock_aws

from tests.support.functions import Functions
from tests.support.stack import Stack, a_company, a_connection

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    """Make the stores of a stack; AWS clients get a region and credentials that open nothing."""
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    with mock_aws():
        yield Stack.make()


@pytest.fixture
def functions(stack: Stack) -> Functions:
    """Wire the functions to the stores, with the tests' company in force."""
    functions = Functions(stack)
    functions.apply(
        a_company(
            a_connection(),
            a_connection("site", "generic", answerer="first_directed"),
            a_connection("zadarma-main", "zadarma"),
            a_connection("mango-main", "mango"),
        )
    )
    return functions
