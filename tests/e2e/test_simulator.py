"""Every scenario of every PBX the simulator can be, against a deployed stack: the outcome is the same for all."""

from __future__ import annotations

import json
import os
import secrets
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, cast

import pytest

from firstcall.simulator.dialects import DIALECTS
from firstcall.simulator.expect import owner_of
from firstcall.simulator.play import Result, play
from firstcall.simulator.script import SCENARIOS
from firstcall.simulator.stage import set_stage
from firstcall.simulator.wire import Inexpressible
from shared.pbx.operators import OPERATORS
from tests.support.deployed import put_in_force

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from firstcall.simulator.stage import Stage
    from tools.deployed import DeployedStack, Record

THREADS = 8
PATIENCE = 20
BY_ALL = "group"
"""The scenario that every brand plays; the others are played once for each dialect, since brands differ in rows only.

`EVERY_BRAND=1` in the environment has every brand play every scenario: some minutes more.
"""

PEOPLE = {"anna": "701", "boris": "702", "denis": "704"}

NO_ASKING = {"mango", "ringcentral", "sipuni"}
NO_TRANSFER = {"3cx", "domru", "exolve", "planfix-api"}
CANNOT = {
    ("asterisk", "queue"),
    ("exolve", "outgoing"),
    *((pbx, "lookup-only") for pbx in NO_ASKING),
    *((pbx, f"transfer-{kind}") for pbx in NO_TRANSFER for kind in ("blind", "attended")),
}
"""What a PBX has no words for."""

SCENARIO_RULES = {
    "direct": ("R2", "T1"),
    "group": ("K3", "R2"),
    "missed": ("C6", "R7"),
    "never-reached": ("C1",),
    "transfer-blind": ("K7", "R11"),
    "transfer-attended": ("K7", "R11"),
    "ivr": ("K4",),
    "voicemail": ("K4",),
    "outgoing": ("C7", "K5"),
    "withheld": ("C4",),
    "duplicate": ("K2",),
    "reordered": ("K2",),
    "lookup-only": ("T12",),
}

CALL = ("direction", "state", "outcome", "answered_by", "last_held_by")


@pytest.fixture(scope="module")
def stages(deploy_stack: Callable[..., DeployedStack], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Stage]:
    """Put a company in force that has all these PBXs, on a stack of its own: no other test changes its company."""
    deployed = deploy_stack(BackfillDelaySeconds=4)
    file = tmp_path_factory.mktemp("company") / "company.yaml"
    file.write_text(json.dumps(company(), ensure_ascii=False))  # JSON is YAML
    put_in_force(deployed, file)
    return {name: set_stage(deployed, name) for name in connections()}


def company() -> dict[str, object]:
    places = {who: {name: {"ext": ext, "login": f"1{ext}"} for name in connections()} for who, ext in PEOPLE.items()}
    return {
        "version": 1,
        "company": {"time_zone": "Europe/Moscow", "country": "RU"},
        "employees": {who: {"name": who.capitalize(), "extensions": places[who]} for who in PEOPLE},
        "templates": {"default": {"kind": "person", "name": "{phone}"}},
        "connections": connections(),
    }


def connections() -> dict[str, dict[str, object]]:
    """Write one connection for each brand and protocol; all take the answerer's word, so that all can be compared."""
    made: dict[str, dict[str, object]] = {}
    for row in OPERATORS.values():
        for family in row.families:
            name = row.id if family == row.family else f"{row.id}-{family}"
            proof = {secret: f"{secret}-of-{name}" for secret in DIALECTS[family].PROOF}
            line = {f"+7495111{len(made):04d}": {"name": name}}
            made[name] = {"operator": row.id, "template": "default", "answerer": "reported"}
            made[name] |= {"secrets": proof, "lines": line} | ({} if family == row.family else {"protocol": family})
    return {**made, "first-directed": {**made["generic"], "answerer": "first_directed", "lines": {}}}


def chosen(scenario: str) -> list[str]:
    """Choose who plays a scenario: every brand, or one for each dialect, whose words differ."""
    if scenario == BY_ALL or os.environ.get("EVERY_BRAND"):
        return list(connections())
    usual = {row.family: row.id for row in reversed(list(OPERATORS.values()))}
    return sorted({*usual.values(), "megafon", "domru", "moldcell", "callgear", "first-directed"})


def what_became_of_it(result: Result) -> Mapping[str, object]:
    """Give what must be the same for every PBX."""
    contact, call = decided(result), result.call
    person = next(iter(cast("list[Record]", contact["responsibles"])), None) if contact else None
    return {
        "contact": contact and {name: contact[name] for name in ("kind", "state", "reason", "template")},
        "responsible": person and (owner_of(person), person["source"], person["late"]),
        # Where the look-up is also the first event of a call, that call is stored.
        "call": call and result.scenario.outcome and {name: call[name] for name in CALL},
        "second call": second_call(result),
    }


def decided(result: Result) -> Record | None:
    """Wait for the deadline where a PBX's last record does not say that a call was missed."""
    until = time.monotonic() + PATIENCE
    while (contact := result.stage.contact_of(result.phone)) and contact["state"] == "pending":
        assert time.monotonic() < until, contact
        time.sleep(0.5)
    return contact


def second_call(result: Result) -> object:
    if result.second is not None:
        assert result.second.opinion is not None
        names = {result.stage.dialect.named(person): person.employee for person in result.stage.people}
        return [names[each] for each in result.second.opinion.targets[:1]]
    return [target["employee"] for target in cast("list[Record]", (result.decision or {}).get("targets") or [])[:1]]


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=[pytest.mark.rule(rule) for rule in SCENARIO_RULES.get(name, ())]) for name in SCENARIOS],
)
def test_every_pbx_that_can_play_it_brings_about_the_same(stages: dict[str, Stage], name: str) -> None:
    scenario, who = SCENARIOS[name], chosen(name)

    def run(pbx: str) -> Result | None:
        try:
            return play(stages[pbx], scenario, f"+7999{secrets.randbelow(10**7):07d}", seed=secrets.randbelow(2**16))
        except Inexpressible:
            return None

    with ThreadPoolExecutor(THREADS) as pool:
        results = dict(zip(who, pool.map(run, who), strict=True))
    assert {pbx: result.mistakes for pbx, result in results.items() if result and result.mistakes} == {}
    assert {(pbx, name) for pbx, result in results.items() if result is None} == {
        (pbx, each) for pbx, each in CANNOT if each == name
    }
    played = {pbx: result for pbx, result in results.items() if result}
    with ThreadPoolExecutor(THREADS) as pool:
        compared = dict(zip(played, pool.map(what_became_of_it, played.values()), strict=True))
    # This one goes by whom the call was first sent to: another owner, everything else is the same.
    del compared["first-directed"]
    expected = next(iter(compared.values()))
    assert {pbx: outcome for pbx, outcome in compared.items() if outcome != expected} == {}


def test_every_family_can_be_played() -> None:
    assert {family for row in OPERATORS.values() for family in row.families} <= set(DIALECTS)
