"""Least privilege, seen at work: what a role does not allow is refused, and the PBX is told to try again."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from tests.support.deployed import put_in_force
from tools.bootstrap import ROOT
from tools.demo_stage import Stage, new_call_id, set_stage
from tools.terminal import Refused

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from tools.deployed import DeployedStack


@pytest.fixture
def stage(deployed: DeployedStack) -> Stage:
    put_in_force(deployed, ROOT / "examples" / "company.yaml")
    stage = set_stage(deployed)
    assert stage is not None
    return stage


def test_a_webhook_that_may_not_write_says_503_and_takes_the_event_when_it_is_sent_again(
    deployed: DeployedStack, stage: Stage, without_action: Callable[..., AbstractContextManager[None]]
) -> None:
    customer, call_id = f"+7999{secrets.randbelow(10_000_000):07d}", new_call_id()
    with without_action(deployed, "WebhookRole", "dynamodb:UpdateItem"), pytest.raises(Refused, match="answered 503"):
        stage.event("INCOMING", stage.first, customer, call_id)
    assert deployed.record(f"contacts?phone={quote(customer)}")["items"] == []
    stage.event("INCOMING", stage.first, customer, call_id)
    assert deployed.record(f"contacts?phone={quote(customer)}")["items"] != []
