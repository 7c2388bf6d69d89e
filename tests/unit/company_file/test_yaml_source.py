from __future__ import annotations

from pathlib import Path

import pytest

from shared.company_file import read_company
from shared.company_file.yaml_source import SourceError, load, load_text
from tests.unit.company_file.example import TODAY

EXAMPLE = Path("examples/company.yaml")


def refusal(text: str, **environ: str) -> str:
    with pytest.raises(SourceError) as refused:
        load_text(text, environ, "company.yaml")
    return str(refused.value)


def test_the_example_is_a_company_without_mistakes_and_warnings() -> None:
    result = read_company(load(EXAMPLE, {"MEGAFON_CRM_TOKEN": "from-outside"}), 1, today=TODAY)
    assert result.warnings == ()
    assert result.secrets["megafon-main"] == {"crm_token": "from-outside"}
    assert result.secrets["site"] == {"token": "local-only"}
    redirects = {name: connection.redirect for name, connection in result.company.connections.items()}
    assert redirects == {
        "megafon-main": "always",
        "mango-main": "working_time",
        "zadarma-main": "always",
        "site": "off",
    }


def test_plain_words_stay_what_they_look_like() -> None:
    text = """
a: off
b: NO
c: 22:00
d: 2026-12-31
e: 007
f: 701
g: 1.50
h: true
i:
j: 0x1F
k: 1_000
+74951112233: line
701: ext
2026-12-31: day
"""
    assert load_text(text, {}) == {
        "a": "off",
        "b": "NO",
        "c": "22:00",
        "d": "2026-12-31",
        "e": "007",
        "f": 701,
        "g": "1.50",
        "h": True,
        "i": None,
        "j": "0x1F",
        "k": "1_000",
        "+74951112233": "line",
        "701": "ext",
        "2026-12-31": "day",
    }


def test_variables_come_from_the_environment() -> None:
    text = 'a: "${A}"\nb: ["x${B:-y}z", "${C:-}", "${D:-a-:b}"]'
    assert load_text(text, {"A": "1${A}", "B": ""}) == {"a": "1${A}", "b": ["xyz", "", "a-:b"]}


def test_every_missing_variable_is_named_by_its_path_at_once() -> None:
    text = 'connections: {a: {secrets: {x: "${ONE}"}}}\nb: ["${TWO}"]\nc: "${3}"\nd: "${D"'
    assert refusal(text).splitlines() == [
        "company.yaml: connections.a.secrets.x: the environment has no ONE; set it, or write ${ONE:-default}",
        "company.yaml: b[0]: the environment has no TWO; set it, or write ${TWO:-default}",
        "company.yaml: c: write a variable as ${NAME} or ${NAME:-default}",
        "company.yaml: d: write a variable as ${NAME} or ${NAME:-default}",
    ]


def test_a_key_that_stands_twice_is_refused_with_both_lines() -> None:
    text = "version: 1\nemployees:\n  anna: {name: A}\n  boris: {name: B}\n  anna: {name: C}\n"
    assert refusal(text) == "company.yaml, line 5: the key 'anna' stands in line 3 already"
    assert refusal("a: {b: 1, b: 2}") == "company.yaml, line 1: the key 'b' stands in line 1 already"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "company.yaml: must be a mapping that begins with `version: 1`"),
        ("- a", "company.yaml: must be a mapping that begins with `version: 1`"),
        ("a: 1\nb:\n\tc: 1", "company.yaml, line 3: indent with spaces, not with tabs"),
        ("a: 1\n? [b, c]\n: 1", "company.yaml, line 2: a key must be plain text"),
        ("a: !!timestamp 2026-12-31", "company.yaml: a: write this as text, in quotes"),
        ("a: !!python/object:os.system x", "company.yaml, line 1: could not determine a constructor for the tag"),
        (
            "a: 1\n---\nb: 2",
            "company.yaml, line 2: but found another document (expected a single document in the stream)",
        ),
        ("a: \x00", "company.yaml: character number 4 cannot stand in a text file"),
        ("a: &a [*a]", "company.yaml: is nested too deep, or an alias (*) stands inside its own anchor (&)"),
        ("a: " + "[" * 600, "company.yaml: is nested too deep, or an alias (*) stands inside its own anchor (&)"),
        ("~: 1", "company.yaml: top: has an empty key"),
    ],
)
def test_what_is_no_company_file_is_refused_in_one_line(text: str, message: str) -> None:
    assert refusal(text).startswith(message)
    assert "\n" not in refusal(text)


def test_a_small_file_that_unfolds_without_end_is_refused() -> None:
    lines = ["a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    assert refusal("\n".join(lines)) == "company.yaml: has more than 200,000 values"


def test_anchors_and_merges_work() -> None:
    text = "x: &x {kind: person}\na: {<<: *x, name: n}\nb: *x"
    assert load_text(text, {}) == {
        "x": {"kind": "person"},
        "a": {"kind": "person", "name": "n"},
        "b": {"kind": "person"},
    }


def test_a_syntax_error_does_not_show_the_line_that_may_hold_a_secret() -> None:
    assert "hidden" not in refusal('a: {token: "hidden\\q"}')
    assert "hidden" not in refusal("token: hidden: x")


def test_a_file_that_is_not_there_or_not_utf8_is_told(tmp_path: Path) -> None:
    missing = tmp_path / "company.yaml"
    with pytest.raises(SourceError, match=r"company\.yaml: cannot be read \(No such file or directory\)"):
        load(missing, {})
    missing.write_bytes("version: 1\nname: Анна".encode("cp1251"))
    with pytest.raises(SourceError, match=r"company\.yaml, line 2: the file is not UTF-8; save it as UTF-8"):
        load(missing, {})
    missing.write_bytes(b"\xef\xbb\xbfversion: 1\r\n")
    assert load(missing, {}) == {"version": 1}
