"""`firstcall simulate` where no deployment is needed yet."""

from __future__ import annotations

import json

import pytest

from firstcall.cli import main
from firstcall.simulator.script import SCENARIOS


def test_the_list_explains_every_scenario(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate", "--list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(SCENARIOS)
    assert main(["--json", "simulate", "--list"]) == 0
    assert [row["name"] for row in json.loads(capsys.readouterr().out)] == list(SCENARIOS)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["simulate", "main", "handshake"], "no scenario 'handshake'; there are direct, group"),
        (["simulate", "main"], "name a scenario: direct, group"),
        (["simulate", "main", "withheld", "--phone", "+79161234567"], "a withheld call has no number"),
    ],
)
def test_wrong_use_is_one_line_and_status_2(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 2
    told = capsys.readouterr().err.strip().splitlines()
    assert len(told) == 1
    assert said in told[0]
