"""Whatever is sent, the answer is a company or a list of mistakes."""

from __future__ import annotations

import copy
import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from shared import company_json
from shared.company_file import CompanyFile, CompanyMistakes, read_company
from shared.company_file.diff import changes
from tests.unit.company_file.example import COMPANY, TODAY

WORDS = st.sampled_from(
    [
        "anna",
        "group:sales",
        "office",
        "default",
        "mango",
        "off",
        "***",
        "09:00-18:00",
        "2026-12-31",
        "+7",
        "RU",
        "-",
        "",
    ]
)
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | WORDS | st.text(max_size=20)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS | st.text(max_size=9), inner, max_size=3),
    max_leaves=8,
)
HIDDEN = "Zq9hidden"


def read(document: object) -> CompanyFile | tuple[str, ...]:
    try:
        return read_company(document, 1, {}, today=TODAY)
    except CompanyMistakes as refused:
        return refused.mistakes


def is_readable(found: tuple[str, ...]) -> bool:
    return bool(found) and all(mistake.isprintable() and len(mistake) < 2000 for mistake in found)


def hide_secrets(document: Any) -> None:
    for connection in document["connections"].values():
        for name in connection["secrets"]:
            connection["secrets"][name] = HIDDEN


@st.composite
def broken_companies(draw: st.DrawFn) -> Any:
    """Take the example and put anything into up to three places of it."""
    document: Any = copy.deepcopy(COMPANY)
    hide_secrets(document)
    for _ in range(draw(st.integers(0, 3))):
        here = document
        while True:
            keys = list(here) if isinstance(here, dict) else list(range(len(here)))
            if not keys:
                break
            key = draw(st.sampled_from(keys))
            if isinstance(here[key], dict | list) and here[key] and draw(st.integers(0, 4)):
                here = here[key]
                continue
            change = draw(st.sampled_from(["replace", "remove", "add"]))
            if change == "remove":
                del here[key]
            elif change == "add" and isinstance(here, dict):
                here[draw(WORDS | st.text(max_size=9))] = draw(VALUES)
            else:
                here[key] = draw(VALUES)
            break
    return document


@settings(deadline=None)
@given(VALUES | st.dictionaries(st.sampled_from(list(COMPANY)), VALUES))
def test_any_json_gives_a_company_or_mistakes(document: Any) -> None:
    result = read(document)
    assert isinstance(result, CompanyFile) or is_readable(result)


@settings(deadline=None)
@given(broken_companies())
def test_any_broken_company_gives_a_company_or_mistakes_and_never_its_secrets(document: Any) -> None:
    result = read(document)
    if isinstance(result, CompanyFile):
        assert HIDDEN not in json.dumps(result.document)
        assert HIDDEN not in repr(result.company)
        assert HIDDEN not in "".join(result.warnings)
        assert company_json.load(company_json.dump(result.company)) == result.company
        again = read_company(result.document, 1, result.secrets, today=TODAY)
        assert again == result
        assert changes(result.document, document, result.secrets) == ()
        assert HIDDEN not in "".join(changes({}, document))
    else:
        assert is_readable(result)
        assert HIDDEN not in "".join(result)
