"""The check that no rule goes without a test."""

from __future__ import annotations

import pytest

from tools.rules import by_number, rules_in
from tools.terminal import Refused


def test_a_span_stands_for_each_of_its_rules() -> None:
    assert list(rules_in("K1-3 C8, R12  # R13 comes later")) == ["K1", "K2", "K3", "C8", "R12"]


def test_a_word_that_is_no_rule_is_named() -> None:
    with pytest.raises(Refused, match="'K1-x' is no rule number"):
        list(rules_in("K1-x"))


def test_rules_sort_by_number() -> None:
    assert sorted(["K10", "K2", "C9"], key=by_number) == ["C9", "K2", "K10"]
