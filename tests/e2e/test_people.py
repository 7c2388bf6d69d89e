"""A customer's numbers, calls and erasure, by the commands, on the deployed stack with the rights its roles have."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from tests.support.deployed import put_in_force
from tools.bootstrap import ROOT
from tools.demo_stage import new_call_id, set_stage

if TYPE_CHECKING:
    from collections.abc import Callable

    from tools.deployed import DeployedStack

EXAMPLE = ROOT / "examples" / "company.yaml"


def a_number() -> str:
    return f"+7999{secrets.randbelow(10_000_000):07d}"


def test_two_numbers_become_one_customer_whose_calls_are_listed_and_who_is_erased_whole(
    ask: Callable[..., Any], deployed: DeployedStack
) -> None:
    put_in_force(deployed, EXAMPLE)
    stage = set_stage(deployed)
    assert stage is not None
    first, second, third = a_number(), a_number(), a_number()
    calls = {}
    for number in (first, second):
        calls[number] = new_call_id()
        stage.event("INCOMING", stage.first, number, calls[number])
        stage.event("ACCEPTED", stage.first, number, calls[number])
    yesterday = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    [merged] = ask("contacts", "--phone", first, "--merge", second)
    assert merged["phones"] == [first, second]
    [contact] = ask("contacts", "--id", merged["id"], "--add-phone", third, "--drop-phone", f"8 {first[2:]}")
    assert contact["phones"] == [second, third]
    assert ask("contacts", "--phone", first) == []
    assert [each["id"] for each in ask("contacts", "--phone", third)] == [merged["id"]]

    assert [each["call_id"] for each in ask("calls", "--phone", second)] == [calls[second]]
    today = [each["call_id"] for each in ask("calls", "--from", yesterday, "--limit", 500)]
    assert set(calls.values()) <= set(today)

    held = ask("export", "--phone", third)
    assert (held["contact"]["id"], [each["call_id"] for each in held["calls"]]) == (merged["id"], [calls[second]])
    assert len(held["requests"]) == 2
    receipt = ask("erase", third, "--yes")
    assert (receipt["contacts"][0], receipt["requests"]) == (merged["id"], 2)
    assert ask("export", "--phone", second)["calls"] == []
    assert ask("contacts", "--phone", second) == []
    assert ask("audit")[0]["path"] == "/admin/people/erase"
