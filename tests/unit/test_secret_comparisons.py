"""No secret is compared in a way whose time tells how much of a guess was right.

A check of the source by its names, simple on purpose: whatever is called a token, a key, a signature or the like is
compared by `hmac.compare_digest`, in `shared/pbx/signatures.py` and two places more, and never by an operator.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
SECRET = re.compile(r"(?i)secret|token|\bkey\b|_key\b|sign(ature)?\b|digest|password|proof|salt|hmac|bearer|given\b")
"""How a secret, or what somebody brought as one, is called."""

JUDGES = sorted(
    [
        *(ROOT / "shared" / "pbx").rglob("*.py"),
        ROOT / "shared" / "http.py",
        ROOT / "shared" / "contact_flow.py",
        ROOT / "functions" / "admin" / "admin_token.py",
        ROOT / "functions" / "admin" / "access.py",
        ROOT / "functions" / "admin" / "door.py",
    ]
)


def names_in(node: ast.expr) -> Iterator[str]:
    """Name what a side of a comparison is: variables, attributes, fields of a form."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name):
            yield inner.id
        elif isinstance(inner, ast.Attribute):
            yield inner.attr
        elif isinstance(inner, ast.Subscript) and isinstance(inner.slice, ast.Constant):
            yield str(inner.slice.value)
        elif isinstance(inner, ast.Call):
            yield from (str(each.value) for each in inner.args if isinstance(each, ast.Constant))


def suspicious(source: str) -> list[str]:
    """Find the comparisons by an operator in which something is called as a secret is."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Compare) or isinstance(node.ops[0], ast.Is | ast.IsNot):
            continue
        sides = [node.left, *node.comparators]
        # A text that stands in the source is no secret, and how long something is that was sent is known to its sender.
        if any(isinstance(side, ast.Constant) or ast.unparse(side).startswith("len(") for side in sides):
            continue
        if any(SECRET.search(name) for side in sides for name in names_in(side)):
            found.append(f"line {node.lineno}: {ast.unparse(node)}")
    return found


@pytest.mark.parametrize("file", JUDGES, ids=lambda file: str(file.relative_to(ROOT)))
def test_no_secret_is_compared_by_an_operator(file: Path) -> None:
    assert suspicious(file.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "source",
    [
        "given == expected",
        "headers.get('authorization') != token",
        "fields['sign'] == calculated",
        "signature in (one, other)",
        "request.query['key'] == proof.key",
    ],
)
def test_the_check_would_see_one(source: str) -> None:
    assert suspicious(source)


def test_secrets_are_compared_in_constant_time_where_they_are_compared() -> None:
    comparing = {str(file.relative_to(ROOT)) for file in JUDGES if "compare_digest" in file.read_text(encoding="utf-8")}
    assert comparing >= {"shared/http.py", "shared/pbx/signatures.py", "functions/admin/admin_token.py"}
