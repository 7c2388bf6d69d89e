"""Calls that have been, on the deployed stack: what a plan says of them, and what going over them again brings."""

from __future__ import annotations

import secrets
import time
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.deployed import put_in_force
from tools.bootstrap import ROOT
from tools.demo_stage import Phone, new_call_id, set_stage

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mypy_boto3_sqs.literals import QueueAttributeFilterType

    from tools.deployed import DeployedStack

EXAMPLE = ROOT / "examples" / "company.yaml"


def a_number() -> str:
    return f"+7999{secrets.randbelow(10_000_000):07d}"


def outwait_messages(deployed: DeployedStack) -> None:
    """Wait until the backfill's queue is empty, of delayed messages too."""
    kinds: list[QueueAttributeFilterType] = [
        "ApproximateNumberOfMessages",
        "ApproximateNumberOfMessagesDelayed",
        "ApproximateNumberOfMessagesNotVisible",
    ]
    ends = time.monotonic() + 60
    while time.monotonic() < ends:
        found = deployed.sqs().get_queue_attributes(QueueUrl=deployed.outputs["BackfillQueueUrl"], AttributeNames=kinds)
        if not any(int(count) for count in found["Attributes"].values()):
            return
        time.sleep(0.5)
    pytest.fail("messages of the backfill's queue are not taken")


def test_a_plan_says_which_of_the_last_calls_would_have_gone_elsewhere(
    ask: Callable[..., Any], deployed: DeployedStack, tmp_path: Path
) -> None:
    put_in_force(deployed, EXAMPLE)
    stage = set_stage(deployed)
    assert stage is not None
    customer, connection = a_number(), f"connections.{stage.connection.id}"
    for call_id in (new_call_id(), new_call_id()):
        stage.event("INCOMING", stage.first, customer, call_id)
        stage.event("ACCEPTED", stage.first, customer, call_id)
    without = tmp_path / "company.yaml"
    owner = f"  {stage.first.employee}:\n"
    text = EXAMPLE.read_text(encoding="utf-8").replace(owner, f"{owner}    active: false\n", 1)
    without.write_text(text, encoding="utf-8")
    effects = ask("plan", without)["effects"]
    assert any(" of the last 7 days " in each and each.endswith(" would have gone elsewhere") for each in effects)
    moved = [each for each in effects if each.startswith(connection) and "instead of" in each]
    assert any(each.partition("instead of ")[2] == stage.first.employee for each in moved), effects


@pytest.mark.rule("R12")
def test_an_extension_that_is_mapped_later_gets_the_contacts_it_answered(
    ask: Callable[..., Any], deployed: DeployedStack, tmp_path: Path
) -> None:
    put_in_force(deployed, EXAMPLE)
    stage = set_stage(deployed)
    assert stage is not None
    since, customer, call_id = datetime.now().astimezone(), a_number(), new_call_id()
    stranger = Phone("nobody", "Nobody", "799", "stranger")
    stage.event("INCOMING", stage.first, customer, call_id)
    stage.event("ACCEPTED", stranger, customer, call_id)
    stage.history(stranger, customer, call_id, since.strftime("%Y%m%dT%H%M%SZ"))
    # Else the call's own message, or a sweep, may settle it by the company to come before the command does.
    outwait_messages(deployed)
    assert ask("backfill")["left"] == 0
    [contact] = ask("contacts", "--phone", customer)
    assert (contact["state"], contact["reason"]) == ("unowned", "answerer_unmapped")

    mapped = tmp_path / "company.yaml"
    text = EXAMPLE.read_text(encoding="utf-8").replace('{ext: "703", login: galina}', '{ext: "799", login: stranger}')
    mapped.write_text(text, encoding="utf-8")
    put_in_force(deployed, mapped)
    period = ("--from", since.isoformat())
    assert ask("backfill", *period, "--dry-run")["calls"] >= 1
    done = ask("backfill", *period)
    assert (done["contacts_given_a_responsible"] >= 1, done["failed"], done["go_on_from"]) == (True, 0, None)
    [contact] = ask("contacts", "--phone", customer)
    assert [(each["employee"], each["source"]) for each in contact["responsibles"]] == [("galina", "answered")]
    put_in_force(deployed, EXAMPLE)
