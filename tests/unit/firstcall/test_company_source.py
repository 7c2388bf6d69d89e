"""A company file as the commands write it reads back the same."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firstcall.company_source import as_yaml, compiled, read
from shared.company_file.yaml_source import load_text
from tools.terminal import Refused

EXAMPLE = Path(__file__).parents[3] / "examples" / "company.yaml"

TEXTS = st.sampled_from(
    ["off", "NO", "yes", "22:00", "007", "701", "2026-12-31", "1e3", "0x1F", "null", "~", "", "+79160000001", "a: b",
     "# no comment", "- x", "{phone}", "'", '"', "***", "=", "<<", "1_000", ".5", "Анна 😀", " padded ", "@x", "%y"]
) | st.text(max_size=12).filter(lambda text: "${" not in text)  # fmt: skip
VALUES = st.recursive(
    TEXTS | st.integers(0, 10**6) | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["version", "company", "employees", "groups"]), VALUES, min_size=1))
@settings(max_examples=200, deadline=None)
def test_whatever_a_company_says_reads_back_the_same(document: dict[str, object]) -> None:
    assert load_text(as_yaml(document), {}) == document


def test_an_export_reads_like_the_example() -> None:
    text = as_yaml(read(EXAMPLE))
    assert "  sales: [anna, boris]\n" in text
    assert "      megafon-main: {ext: '701', login: anna}\n" in text
    assert text.startswith("version: 1\n\ncompany:\n")


def test_a_document_is_compiled_without_its_secrets_and_refused_with_its_mistakes() -> None:
    document = read(EXAMPLE, with_secrets=False)
    assert list(compiled(document, "it").connections) == ["megafon-main", "mango-main", "zadarma-main", "site"]
    for wrong in ({"connections": {"x": None}}, {"connections": 1}, {"version": 1}):
        with pytest.raises(Refused, match="it has mistakes"):
            compiled(wrong, "it")
