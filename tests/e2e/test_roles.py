"""Least privilege, seen at work: what a role does not allow is refused, and whoever asked is told.

That each right is needed, one by one, is proven in tests/integration/test_least_privilege.py.
"""

from __future__ import annotations

import json
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


def test_a_look_up_that_may_not_read_gives_no_opinion(
    deployed: DeployedStack, stage: Stage, without_action: Callable[..., AbstractContextManager[None]]
) -> None:
    customer, call_id = f"+7999{secrets.randbelow(10_000_000):07d}", new_call_id()
    stage.event("INCOMING", stage.first, customer, call_id)
    stage.event("ACCEPTED", stage.first, customer, call_id)
    assert "responsible" in stage.lookup(customer)
    with without_action(deployed, "WebhookRole", "dynamodb:GetItem", "dynamodb:BatchGetItem"):
        assert json.loads(stage.lookup(customer)) == {}


@pytest.mark.usefixtures("stage")
def test_an_admin_function_that_may_not_write_its_audit_changes_nothing(
    deployed: DeployedStack, without_action: Callable[..., AbstractContextManager[None]]
) -> None:
    before = deployed.in_force()
    with without_action(deployed, "AdminRole", "dynamodb:PutItem"):
        reply = deployed.admin("POST", "company/rollback", {"version": 1})
    assert (reply.status, "audit record cannot be written" in reply.text) == (503, True)
    assert deployed.in_force() == before


def test_a_sweep_that_may_not_ask_the_index_fails_where_an_alarm_sees_it(
    deployed: DeployedStack, without_action: Callable[..., AbstractContextManager[None]]
) -> None:
    function = deployed.outputs["BackfillFunctionName"]
    sweep = json.dumps({"sweep": True}).encode()
    with without_action(deployed, "BackfillRole", "dynamodb:Query"):
        assert "FunctionError" in deployed.functions().invoke(FunctionName=function, Payload=sweep)
    assert "FunctionError" not in deployed.functions().invoke(FunctionName=function, Payload=sweep)


def test_a_reader_asks_and_may_change_nothing(deployed: DeployedStack, monkeypatch: pytest.MonkeyPatch) -> None:
    put_in_force(deployed, ROOT / "examples" / "company.yaml")
    monkeypatch.setenv("FIRSTCALL_TOKEN", deployed.reader_token())
    assert deployed.admin("GET", "company").status == 200
    assert deployed.admin("POST", "company/rollback", {"version": 1}).status == 403
    assert deployed.record("audit")["items"]
