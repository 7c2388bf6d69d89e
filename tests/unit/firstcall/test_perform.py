"""How a scenario becomes the requests of one PBX."""

from __future__ import annotations

import ast
from pathlib import Path
from urllib.parse import unquote_plus

import pytest

import firstcall.simulator
from firstcall.simulator.perform import Delivery, cannot, perform
from firstcall.simulator.script import SCENARIOS, Answer, Ring, Scenario, Transfer, scenario_for
from firstcall.simulator.wire import INVOKE, Inexpressible
from shared.pbx.operators import OPERATORS
from tests.unit.firstcall.stages import PHONE, stage_of

ADAPTERS = (
    "shared.pbx.families",
    "shared.pbx.signatures",
    "shared.pbx.forms",
    "shared.pbx.addresses",
    "shared.pbx.dialplan",
)
ONE_EACH = sorted({row.family: row.id for row in reversed(list(OPERATORS.values()))}.values())


def requests_of(operator: str, scenario: str, seed: int = 0) -> tuple[Delivery, ...]:
    return perform(stage_of(operator), SCENARIOS[scenario], PHONE, seed=seed).deliveries


def test_the_simulator_shares_no_code_with_the_adapters() -> None:
    for file in Path(str(firstcall.simulator.__file__)).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [f"{node.module}.{alias.name}" for alias in node.names] if isinstance(node, ast.ImportFrom) else []
            assert not [name for name in names if name.startswith(ADAPTERS)], file.name


@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=lambda scenario: scenario.name)
def test_what_must_come_of_a_scenario_fits_its_steps(scenario: Scenario) -> None:
    for people in (2, 3):
        script = scenario_for(scenario.name, people)
        if script.outcome is None or script.outgoing:
            continue
        rung = [step.who for step in script.steps if isinstance(step, Ring)]
        answers = [step.who for step in script.steps if isinstance(step, Answer)]
        held = answers + [step.to for step in script.steps if isinstance(step, Transfer)]
        assert script.first_directed == (rung[0] if rung else None)
        assert script.answered_by == (answers[0] if answers else None)
        assert script.held_last == (held[-1] if held else None)
        assert script.outcome == ("answered" if answers else "missed")


@pytest.mark.parametrize("operator", ONE_EACH)
def test_every_pbx_can_play_a_direct_and_a_missed_call(operator: str) -> None:
    assert cannot(stage_of(operator), SCENARIOS["direct"]) is None
    assert cannot(stage_of(operator), SCENARIOS["missed"]) is None


@pytest.mark.parametrize("operator", ONE_EACH)
def test_twice_means_every_request_twice(operator: str) -> None:
    once, twice = requests_of(operator, "group"), requests_of(operator, "duplicate")
    assert len(twice) == 2 * len(once)
    assert [each.request for each in twice[::2]] == [each.request for each in twice[1::2]]


@pytest.mark.parametrize("operator", ONE_EACH)
def test_a_shuffle_can_be_repeated_and_loses_nothing(operator: str) -> None:
    def told(seed: int) -> list[str]:
        return [each.request.says for each in requests_of(operator, "reordered", seed=seed)]

    assert told(7) == told(7)
    assert sorted(told(7)) == sorted(each.request.says for each in requests_of(operator, "group"))


@pytest.mark.parametrize("operator", ONE_EACH)
def test_a_forgery_never_knows_both_the_secret_and_the_address(operator: str) -> None:
    stage = stage_of(operator)
    for delivery in requests_of(operator, "forged"):
        request = delivery.request
        sent = "".join((unquote_plus(request.body.decode()), *request.headers.values(), *request.query.values()))
        if delivery.note == "wrong secret":
            assert not [secret for secret in stage.connection.secrets.values() if secret in sent]
            assert delivery.status == 401
        else:
            where = sent if request.method == INVOKE else delivery.url
            assert "the-right-key" not in where
            assert delivery.status == 404


def test_played_fast_a_call_lies_in_the_past_and_played_for_real_it_begins_now() -> None:
    stage, scenario = stage_of("generic"), SCENARIOS["direct"]
    fast, real = perform(stage, scenario, PHONE), perform(stage, scenario, PHONE, real=True)
    assert (real.started - fast.started).total_seconds() == pytest.approx(
        max(each.request.at for each in fast.deliveries), abs=1
    )


def test_a_withheld_call_tells_the_number_nowhere() -> None:
    for operator in ONE_EACH:
        for delivery in requests_of(operator, "withheld"):
            assert PHONE[1:] not in f"{delivery.url}{unquote_plus(delivery.request.body.decode())}", operator


def test_a_pbx_without_words_for_a_step_says_why() -> None:
    assert cannot(stage_of("domru"), SCENARIOS["transfer-blind"]) == "this dialect has no event for a transfer"
    with pytest.raises(Inexpressible):
        requests_of("mango", "lookup-only")


def test_a_scenario_for_more_people_than_there_are_is_refused_in_words() -> None:
    stage = stage_of("generic")
    alone = type(stage)(**{**{name: getattr(stage, name) for name in stage.__slots__}, "people": stage.people[:1]})
    assert cannot(alone, SCENARIOS["group"]) == "group takes 2 employees with a phone on main, there are 1"
    assert scenario_for("hunt", 2).people == 2
