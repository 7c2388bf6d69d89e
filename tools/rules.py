"""Checks that every rule the product keeps so far has a test that carries its number, and that no test invents one."""

import ast
import re
from collections.abc import Iterator

from tools.bootstrap import ROOT
from tools.terminal import Refused, command, say

KEPT = ROOT / "tests" / "rules.txt"
SPAN = re.compile(r"([A-Z])(\d+)(?:-(\d+))?")


def main() -> None:
    """Compare the list with the marks."""
    kept = set(rules_in(KEPT.read_text(encoding="utf-8")))
    marked = set(marks())
    missing = sorted(kept - marked, key=by_number)
    if missing:
        raise Refused(f'no test carries rule {", ".join(missing)}: mark one with @pytest.mark.rule("{missing[0]}")')
    unknown = sorted(rule for rule in marked if SPAN.fullmatch(rule) is None)
    if unknown:
        raise Refused(f"tests carry {', '.join(unknown)}, which are no rule numbers")
    say(f"{len(kept)} rules, each with a test")


def rules_in(text: str) -> Iterator[str]:
    """Read rule numbers and spans such as `K1-8`; `#` begins a comment."""
    for line in text.splitlines():
        for word in line.partition("#")[0].replace(",", " ").split():
            match = SPAN.fullmatch(word)
            if match is None:
                raise Refused(f"{KEPT.relative_to(ROOT)}: {word!r} is no rule number and no span such as K1-8")
            letter, first, last = match.groups()
            yield from (f"{letter}{number}" for number in range(int(first), int(last or first) + 1))


def marks() -> Iterator[str]:
    """Find the numbers in `pytest.mark.rule(...)` of every test."""
    for file in (ROOT / "tests").rglob("test_*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "rule":
                yield from (str(each.value) for each in node.args if isinstance(each, ast.Constant))


def by_number(rule: str) -> tuple[str, int]:
    """Sort K2 before K10."""
    return rule[0], int(rule[1:])


if __name__ == "__main__":
    command(main)
