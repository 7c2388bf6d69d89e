"""Every scenario of every PBX the simulator can be, against a deployed stack: the outcome is the same for all."""

from __future__ import annotations

import json
import secrets
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, cast

import pytest

from firstcall.simulator.dialects import DIALECTS
from firstcall.simulator.expect import owner_of
from firstcall.simulator.play import Result, play
from firstcall.simulator.script import SCENARIOS
from firstcall.simulator.stage import caller, set_stage
from firstcall.simulator.wire import Inexpressible
from shared.pbx.operators import OPERATORS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from firstcall.simulator.stage import Stage
    from tools.deployed import DeployedStack, Record

THREADS = 8

PEOPLE = {"anna": "701", "boris": "702", "denis": "704"}

# Beside one connection for each family: brands whose dialect differs, and accounts that speak another protocol.
MORE: Mapping[str, Mapping[str, object]] = {
    "domru": {"operator": "domru"},
    "moldcell": {"operator": "moldcell"},
    "callgear": {"operator": "callgear"},
    "novofon": {"operator": "novofon"},
    "novofon-2": {"operator": "novofon", "protocol": "uis"},
    "gravitel-old": {"operator": "gravitel", "protocol": "itoolabs"},
}

CALL = ("direction", "state", "outcome", "answered_by", "last_held_by")

CANNOT = {
    ("domru", "transfer-blind"),
    ("domru", "transfer-attended"),
    ("mango", "lookup-only"),
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


@pytest.fixture(scope="module")
def stages(deploy_stack: Callable[..., DeployedStack], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Stage]:
    """Put a company in force that has all these PBXs, on a stack of its own: no other test changes its company."""
    deployed = deploy_stack(BackfillDelaySeconds=4)
    file = tmp_path_factory.mktemp("company") / "company.yaml"
    file.write_text(json.dumps(company(), ensure_ascii=False))  # JSON is YAML
    deployed.apply(file, {})
    return {name: set_stage(deployed, name) for name in company_connections()}


def company() -> dict[str, object]:
    connections = company_connections()
    return {
        "version": 1,
        "company": {"time_zone": "Europe/Moscow", "country": "RU"},
        "employees": {
            who: {
                "name": who.capitalize(),
                "extensions": {name: {"ext": ext, "login": f"1{ext}"} for name in connections},
            }
            for who, ext in PEOPLE.items()
        },
        "templates": {"default": {"kind": "person", "name": "{phone}"}},
        "connections": connections,
    }


def company_connections() -> dict[str, dict[str, object]]:
    """Write one connection a family, and `MORE`; all of them take the answerer's word, so that all can be compared."""
    usual = {row.family: {"operator": row.id} for row in reversed(list(OPERATORS.values())) if row.family in DIALECTS}
    rows = {str(row["operator"]): row for row in usual.values()}
    rows |= {name: dict(row) for name, row in MORE.items()}
    made: dict[str, dict[str, object]] = {}
    for place, (name, row) in enumerate(sorted(rows.items())):
        family = str(row.get("protocol") or OPERATORS[str(row["operator"])].family)
        proof = {secret: f"{secret}-of-{name}" for secret in DIALECTS[family].PROOF}
        line = {f"+7495111{place:04d}": {"name": name}}
        made[name] = {**row, "secrets": proof, "template": "default", "answerer": "reported", "lines": line}
    return {**made, "first-directed": {**made["generic"], "answerer": "first_directed", "lines": {}}}


def what_became_of_it(result: Result) -> Mapping[str, object]:
    """Give what must be the same for every PBX."""
    contact, call = result.contact, result.call
    person = next(iter(cast("list[Record]", contact["responsibles"])), None) if contact else None
    return {
        "contact": contact and {name: contact[name] for name in ("kind", "state", "reason", "template")},
        "responsible": person and (owner_of(person), person["source"], person["late"]),
        "call": call and {name: call[name] for name in CALL},
        "second call": second_call(result),
    }  # fmt: skip


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
    scenario = SCENARIOS[name]

    def run(stage: Stage) -> Result | None:
        try:
            return play(stage, scenario, caller(stage, None), seed=secrets.randbelow(2**16))
        except Inexpressible:
            return None

    with ThreadPoolExecutor(THREADS) as pool:
        results = dict(zip(stages, pool.map(run, stages.values()), strict=True))
    assert {pbx: result.mistakes for pbx, result in results.items() if result and result.mistakes} == {}
    assert {(pbx, name) for pbx, result in results.items() if result is None} == {
        (pbx, each) for pbx, each in CANNOT if each == name
    }
    compared = {pbx: what_became_of_it(result) for pbx, result in results.items() if result}
    # This one goes by whom the call was first sent to: another owner, everything else is the same.
    del compared["first-directed"]
    if name == "lookup-only":
        # Where the question is also the first event of a call, that call is stored.
        compared = {pbx: {**outcome, "call": None} for pbx, outcome in compared.items()}
    expected = next(iter(compared.values()))
    assert {pbx: outcome for pbx, outcome in compared.items() if outcome != expected} == {}
