"""A period of the deployed stack, played again on this machine."""

from __future__ import annotations

import json
import secrets
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from firstcall.cli import main
from firstcall.outcome import FOUND_WRONG
from tests.support.deployed import put_in_force
from tools.bootstrap import ROOT
from tools.demo_stage import new_call_id, set_stage

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pytest

    from tools.deployed import DeployedStack

EXAMPLE = ROOT / "examples" / "company.yaml"


def test_what_was_sent_is_played_again_and_only_another_company_makes_another_owner(
    ask: Callable[..., Any], deployed: DeployedStack, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put_in_force(deployed, EXAMPLE)
    stage = set_stage(deployed)
    assert stage is not None
    customer, call_id = f"+7999{secrets.randbelow(10_000_000):07d}", new_call_id()
    began = datetime.now(UTC).isoformat()
    for kind, phone in (("INCOMING", stage.first), ("INCOMING", stage.second), ("ACCEPTED", stage.second)):
        stage.event(kind, phone, customer, call_id)
    stage.history(stage.second, customer, call_id, "20261123T101530Z")
    words = ("replay", "--from", began, "--connection", stage.connection.id)
    played = ask(*words)
    assert (played["requests"], played["calls"], played["contacts"], played["differences"]) == (4, 1, 1, [])

    other = tmp_path / "company.yaml"
    owner = f'    name: "{{phone}}"\n    responsibles: [{stage.first.employee}]\n'
    other.write_text(EXAMPLE.read_text(encoding="utf-8").replace('    name: "{phone}"\n', owner, 1), encoding="utf-8")
    assert main(["--stack", "test", "--json", *words, "--company", str(other)]) == FOUND_WRONG
    [difference] = json.loads(capsys.readouterr().out)["differences"]
    assert (difference["phone"], difference["changes"]["responsibles"]) == (
        customer,
        {"stored": [f"{stage.second.employee} (answered)"], "replayed": [f"{stage.first.employee} (template)"]},
    )
