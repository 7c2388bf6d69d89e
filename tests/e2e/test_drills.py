"""A few of the fault drills, on a stack of their own, so that the rest stays honest; `make drills` runs them all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from drills.catalogue import CATALOGUE
from drills.company import write_company
from drills.drill import GROUP, Drill, Field, Played
from drills.faults import Fault
from drills.run import make_field
from drills.under import under
from drills.verdict import play_once
from shared.table import call_key
from tests.support.deployed import put_in_force

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tools.deployed import DeployedStack
    from tools.local_cloud import LocalCloud

DELAY_SECONDS = 2

FEW = (
    "DynamoDB throttles two writes of each kind",
    "DynamoDB answers 500, the PBX repeats",
    "a stored contact's answer is lost every time",
    "SQS fails, contacts cannot be written: the sweep is left",
    "webhook killed at the first ring, after its event is stored",
    "backfill killed after it has stored the contact",
    "every PBX falls silent after the first ring",
    "ring and answer arrive at the same instant",
    "poison among the messages",
)


@pytest.fixture(scope="module")
def field(
    cloud: LocalCloud, deploy_stack: Callable[..., DeployedStack], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Field]:
    deployed = deploy_stack(BackfillDelaySeconds=DELAY_SECONDS)
    put_in_force(deployed, write_company(tmp_path_factory.mktemp("company")))
    field = make_field(cloud, deployed, DELAY_SECONDS)
    yield field
    field.ground.release()


@pytest.mark.rule("C2")
@pytest.mark.rule("K2")
@pytest.mark.rule("R3")
@pytest.mark.rule("T12")
@pytest.mark.parametrize("name", FEW)
def test_every_promise_is_kept_when(name: str, field: Field) -> None:
    [drill] = [each for each in CATALOGUE if each.name == name]
    verdict = play_once(drill, field)  # a busy machine may take any time; `make drills` judges that, too
    assert verdict.mistakes == []


def test_a_drill_that_loses_what_was_acknowledged_says_so(field: Field) -> None:
    honest = under("megafon", Fault("slow"), asking=())

    def losing(field: Field) -> Played:
        played = honest(field)
        [talk] = played.conversations
        key = call_key(talk.stage.connection.id, talk.call.id)
        field.ground.deployed.dynamodb().delete_item(TableName=field.ground.deployed.outputs["TableName"], Key=key)
        return played

    verdict = play_once(Drill("a call is lost", losing), field)
    assert verdict.lost == verdict.acknowledged - 1  # the question says nothing to be kept
    assert len(verdict.mistakes) == verdict.lost


def test_a_drill_whose_fault_met_nobody_proves_nothing(field: Field) -> None:
    verdict = play_once(Drill("nothing met", under("megafon", Fault("slow", item="nobody"), scenario=GROUP)), field)
    assert verdict.mistakes == ["no request met the fault: this drill proves nothing"]
