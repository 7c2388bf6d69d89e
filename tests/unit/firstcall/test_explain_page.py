"""The page of explanations is what the code prints, and no branch of the decision is missing on it."""

from __future__ import annotations

from typing import get_args

import pytest

from shared.routing import Reason, Verdict
from tests.support.explain_page import CASES, FAIL_OPEN, PAGE, explained, page


@pytest.mark.rule("T14")
def test_the_page_shows_every_explanation_as_it_really_prints() -> None:
    anew = "write it anew with `.venv/bin/python -m tests.support.explain_page`"
    assert PAGE.read_text(encoding="utf-8") == page(), f"docs/explain.md is outdated: {anew}"


@pytest.mark.rule("T14")
def test_every_rule_of_routing_every_verdict_and_every_reason_is_on_the_page() -> None:
    assert {case.rule for case in CASES} | {"T12"} == {f"T{number}" for number in range(1, 15)}
    assert FAIL_OPEN in page()
    explanations = [explained(case) for case in CASES]
    verdicts = {step.verdict for each in explanations for step in each.steps}
    assert set(get_args(Verdict)) - verdicts == set()
    assert {each.reason for each in explanations} | {"error"} == set(get_args(Reason))


def test_every_step_has_words() -> None:
    for case in CASES:
        for step in explained(case).steps:
            assert step.text
            assert "None" not in step.text
