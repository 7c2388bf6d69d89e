"""The admin's commands against the deployed stack, with the rights its roles have."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from tools.bootstrap import ROOT
from tools.demo_stage import new_call_id, set_stage

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tools.deployed import DeployedStack

EXAMPLE = ROOT / "examples" / "company.yaml"


def test_a_company_is_planned_applied_looked_back_at_and_rolled_back(
    ask: Callable[..., Any], deployed: DeployedStack, tmp_path: Path
) -> None:
    ask("apply", EXAMPLE)
    stage = set_stage(deployed)
    assert stage is not None
    customer, call_id = f"+7999{secrets.randbelow(10_000_000):07d}", new_call_id()
    stage.event("INCOMING", stage.first, customer, call_id)
    stage.event("ACCEPTED", stage.first, customer, call_id)
    owner = stage.first.employee
    without = tmp_path / "company.yaml"
    text = EXAMPLE.read_text(encoding="utf-8").replace(f"  {owner}:\n", f"  {owner}:\n    active: false\n", 1)
    without.write_text(text, encoding="utf-8")

    effects = ask("plan", without)["effects"]
    assert any(each.startswith(f"employees.{owner}: ") and "last responsible" in each for each in effects)
    before = ask("history")[0]["version"]
    assert ask("apply", without)["version"] == before + 1
    assert ask("diff", EXAMPLE)["changes"] == [f"employees.{owner}.active: removed"]
    assert ask("rollback", before)["version"] == before + 2
    newest = ask("history", "--limit", 1)[0]
    assert (newest["restores"], bool(newest["applied_by"])) == (before, True)
    assert ask("diff", EXAMPLE)["changes"] == []
    assert ask("export", "--version", before) == ask("export")

    [contact] = ask("contacts", "--phone", customer)
    assert [each["employee"] for each in contact["responsibles"]] == [owner]
    assert ask("calls", stage.connection.id, call_id)["contact_id"] == contact["id"]
    assert ask("explain", stage.connection.id, "--phone", customer)["targets"][0]["employee"] == owner
    assert ask("hours", owner)["rows"][0]["name"] == owner


def test_the_contacts_of_somebody_who_leaves_are_handed_over_and_back(
    ask: Callable[..., Any], deployed: DeployedStack
) -> None:
    ask("apply", EXAMPLE)
    stage = set_stage(deployed)
    assert stage is not None
    customer, call_id = f"+7999{secrets.randbelow(10_000_000):07d}", new_call_id()
    stage.event("INCOMING", stage.first, customer, call_id)
    stage.event("ACCEPTED", stage.first, customer, call_id)
    owner = stage.first.employee
    [before] = ask("contacts", "--phone", customer)

    planned = ask("handover", owner, "--to", "spread:support", "--dry-run")
    assert planned["contacts"] >= 1
    done = ask("handover", owner, "--to", "spread:support")
    assert (done["state"], done["handed_over"]) == ("done", planned["contacts"])
    [contact] = ask("contacts", "--phone", customer)
    [responsible] = contact["responsibles"]
    assert responsible["employee"] in {"galina", "denis", "elena"}
    assert (responsible["source"], responsible["evidence"]["event"]) == ("manual", "handover")
    undone = ask("handover", "--undo", done["id"])
    assert (undone["state"], undone["restored"]) == ("undone", done["handed_over"])
    assert ask("contacts", "--phone", customer) == [before]
    assert ask("handover", "--list")[0]["id"] == done["id"]


def test_what_still_owes_a_decision_is_handled_now(ask: Callable[..., Any], deployed: DeployedStack) -> None:
    ask("apply", EXAMPLE)
    stage = set_stage(deployed)
    assert stage is not None
    done = {}
    for _ in range(5):  # the function's own message may be quicker: it comes after three seconds
        stage.event("INCOMING", stage.first, f"+7999{secrets.randbelow(10_000_000):07d}", new_call_id())
        done = ask("backfill")
        if done["handled"]:
            break
    assert (done["handled"] >= 1, done["failed"]) == (True, 0)
