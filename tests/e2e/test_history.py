"""The deployed backfill asks a PBX's history with exactly the rights it has, and the command line its people."""

from __future__ import annotations

import json
import secrets
import time
from typing import TYPE_CHECKING, cast
from urllib.parse import quote, urlencode

import pytest

from firstcall import stacks
from firstcall.cli import main
from tests.support.deployed import put_in_force
from tests.support.pbx_servers.itoolabs import ItooLabsServer
from tests.support.pbx_servers.server import PastCall, Person, Talk, running
from tools.bootstrap import ROOT
from tools.web import send

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tools.deployed import DeployedStack, Record

LINE = "+74951112233"
ANNA, BORIS = Person("701", "Анна Петрова", "anna"), Person("702", "Борис Орлов", "boris")


@pytest.fixture
def pbx(deployed: DeployedStack, tmp_path: Path) -> Iterator[ItooLabsServer]:
    """Put the example company in force, with a MegaFon that can be asked."""
    pbx = ItooLabsServer()
    with running(pbx) as url:
        example = (ROOT / "examples" / "company.yaml").read_text(encoding="utf-8")
        asked = json.dumps(pbx.secrets(url)).strip("{}")
        ours = example.replace('"${MEGAFON_CRM_TOKEN:-local-only}"', f"proof, {asked}")
        assert ours != example
        file = tmp_path / "company.yaml"
        file.write_text(ours, encoding="utf-8")
        put_in_force(deployed, file)
        yield pbx


@pytest.mark.rule("R3", "K8")
def test_a_lost_answer_comes_from_the_history(deployed: DeployedStack, pbx: ItooLabsServer) -> None:
    customer, call_id = f"+7999{secrets.randbelow(10_000_000):07d}", secrets.token_hex(8)
    now = int(time.time())
    pbx.memory.calls = [PastCall(call_id, customer, LINE, now, (Talk(ANNA, None), Talk(BORIS, now + 1)))]
    connection = deployed.connections()["megafon-main"]
    for person in (ANNA, BORIS):
        fields = {
            "cmd": "event", "type": "INCOMING", "direction": "in", "phone": customer[1:], "diversion": LINE[1:],
            "callid": call_id, "user": person.login, "ext": person.ext, "crm_token": "proof",
        }  # fmt: skip
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        assert send("POST", connection.webhook_url, urlencode(fields).encode(), form).status == 200
    contact = wait_until_decided(deployed, customer)
    (owner,) = cast("list[Record]", contact["responsibles"])
    assert (owner["employee"], owner["source"], owner["late"]) == ("boris", "answered", False)
    assert cast("Record", owner["evidence"])["event"] == "history (asked)"
    assert pbx.memory.complaints == []


def wait_until_decided(deployed: DeployedStack, customer: str) -> Record:
    until = time.monotonic() + 30
    while time.monotonic() < until:
        items = cast("list[Record]", deployed.record(f"contacts?phone={quote(customer)}")["items"])
        if items and items[0]["state"] != "pending":
            return items[0]
        time.sleep(0.3)
    raise AssertionError("not decided in 30 s")


def test_the_people_of_the_pbx_are_read_with_the_stacks_own_secrets(
    deployed: DeployedStack, pbx: ItooLabsServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(stacks, "find", lambda _name: deployed)
    pbx.memory.people = [ANNA, BORIS, Person("705", "Ева Ли", "eva")]
    assert main(["employees", "pull", "megafon-main", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["new"] == ["eva-li"]
