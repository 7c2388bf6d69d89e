"""The pages of docs/operators say what the rows and the modules do."""

from __future__ import annotations

import json
import re
import shlex
from urllib.parse import parse_qsl

import pytest
import yaml

from functions.backfill.history import HISTORIES
from shared.company_file import read_company
from shared.pbx import family
from shared.pbx.families import generic
from shared.pbx.operators import OPERATORS, Operator
from shared.pbx.protocol import Answer, Parsed, PbxRequest, Target
from tests.contract.recorded import ALL, ROOT, SIGNED

PAGES = ROOT / "docs" / "operators"
TABLE = (PAGES / "README.md").read_text(encoding="utf-8")

BEARERS = {
    "itoolabs": "a token in the body",
    "generic": "a token in a header",
    "gravitel": "a token in a header",
    "ringcentral": "a token in a header",
    "planfix_api": "a token in the body",
    "asterisk": "a token in the body or a header",
    "freepbx": "a token in the body or a header",
}
"""Where families that sign nothing carry their secret."""

NO_PROOF = "the key of the address"
"""What families without a secret of their own have."""


def asks(name: str) -> str:
    """Whether the PBX asks who is to be rung, or is told, by its family's fixtures."""
    mine = [each for each in ALL if each.family == name]
    return "look-up" if any(each.lookup for each in mine) else "command" if any(each.command for each in mine) else "no"


def targets(name: str) -> str:
    """How many employees one answer names; a command (Mango's `to_number`) names one."""
    if asks(name) == "no":
        return "none"
    rung = (Target("anna", "701", "anna", 20), Target("boris", "702", "boris", 20))
    body = family(name).answer(Answer("c-1", "Olga", rung, "responsible")).body
    return "all" if "701" in body and "702" in body else "one"


def proof(name: str) -> str:
    return "signature" if name in SIGNED else BEARERS.get(name, NO_PROOF).removeprefix("a ")


def history(name: str) -> str:
    """Whether the PBX can be asked who answered, when its own word on it was lost."""
    return "asked" if name in HISTORIES else "no"


def brands() -> str:
    """List every brand by family, as the front page shows them."""
    families: dict[str, list[str]] = {}
    for each in OPERATORS.values():
        families.setdefault(each.family, []).append(f"[{each.title}](docs/operators/{each.id}.md)")
    rows = "".join(f"| {name} | {', '.join(links)} |\n" for name, links in families.items())
    return f"| protocol | PBXs |\n|---|---|\n{rows}"


def test_the_front_page_lists_every_brand() -> None:
    assert brands() in (ROOT / "README.md").read_text(encoding="utf-8")


def capabilities(operator: Operator, name: str) -> str:
    """Word what a row can do as its page has to, once for each family it speaks."""
    asked = {
        "look-up": "look-up while the phone rings",
        "command": "no look-up, told by a command",
        "no": "no look-up",
    }[asks(name)]
    many = {"one": "one target per answer", "all": "all targets in every answer", "none": "no target"}[targets(name)]
    if asks(name) == "command":
        many = "one target per command"
    proved = "signed" if name in SIGNED else f"not signed, {BEARERS.get(name, NO_PROOF)}"
    past = "its history is asked" if name in HISTORIES else "no history"
    parts = (f"answerer {operator.answerer}", asked, many, proved, past, f"evidence {operator.evidence}")
    chosen = "" if name == operator.family else f" with `protocol: {name}`"
    return f"Capabilities{chosen}: {' · '.join(parts)}"


def table_row(operator: Operator) -> str:
    cells = (
        f"[{operator.id}]({operator.id}.md)",
        operator.title,
        " or ".join(operator.families),
        operator.answerer,
        *(" or ".join(dict.fromkeys(map(tell, operator.families))) for tell in (asks, targets, proof, history)),
        operator.evidence,
    )
    return f"| {' | '.join(cells)} |"


each_operator = pytest.mark.parametrize("operator", OPERATORS.values(), ids=OPERATORS)


@each_operator
def test_every_operator_has_a_page_that_tells_what_its_row_can_do(operator: Operator) -> None:
    page = (PAGES / f"{operator.id}.md").read_text(encoding="utf-8")
    assert f"# {operator.title}\n" in page
    assert {capabilities(operator, name) for name in operator.families} <= set(page.splitlines())
    assert "Not known" in page
    assert re.search(r"^Sources?: ", page, re.MULTILINE)


@each_operator
def test_what_a_page_shows_of_a_company_file_can_be_applied(operator: Operator) -> None:
    page = (PAGES / f"{operator.id}.md").read_text(encoding="utf-8")
    snippets = re.findall(r"^```yaml\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    assert snippets
    for snippet in snippets:
        document = yaml.safe_load(snippet)
        read_company(
            {
                "version": 1,
                "company": {"time_zone": "Europe/Moscow", "country": "RU"},
                "templates": {"default": {}},
                "employees": {"anna": {"name": "Anna", "extensions": {}}},
                **document,
            },
            1,
        )
        assert {each["operator"] for each in document["connections"].values()} == {operator.id}


def test_the_table_has_every_operator_as_its_row_says() -> None:
    rows = [line for line in TABLE.splitlines() if line.startswith("| [")]
    assert rows == [table_row(operator) for operator in OPERATORS.values()]


def test_there_is_no_page_without_an_operator() -> None:
    assert {file.stem for file in PAGES.glob("*.md")} - {"README"} == set(OPERATORS)


def test_every_request_shown_for_a_script_of_ones_own_is_understood() -> None:
    page = (PAGES / "generic.md").read_text(encoding="utf-8")
    commands = [line for line in page.splitlines() if line.startswith("curl ")]
    read = [read_as_curl_sends(line) for line in commands]
    kinds = [each.kind for parsed in read for each in parsed.events]
    assert kinds == ["ringing", "answered", "leg_ended", "ended", "ended", "started"]
    asked = read[-1].lookup
    assert asked is not None
    assert (asked.phone, asked.line, asked.call_id, asked.called) == ("+79161234567", "+74951112233", "17", "702")


def test_the_answer_shown_for_a_script_of_ones_own_is_the_one_given() -> None:
    page = (PAGES / "generic.md").read_text(encoding="utf-8")
    (shown,) = re.findall(r"^```json\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    given = generic.answer(Answer("...", "...", (Target("anna", "701", None, 20),), "responsible"))
    assert json.loads(shown) == json.loads(given.body)


def read_as_curl_sends(line: str) -> Parsed:
    """Read a printed command as the request curl would make of it, a bearer token required."""
    words = shlex.split(line)
    headers = {"authorization": words[words.index("-H") + 1].partition(": ")[2].replace("$TOKEN", "t0ken")}
    data = [words[place + 1] for place, word in enumerate(words) if word in {"-d", "--data-urlencode"}]
    if "-G" in words:
        query = dict(parse_qsl("&".join(data).replace("+", "%2B")))
        request = PbxRequest("GET", "", query, headers, b"")
    else:
        headers["content-type"] = "application/x-www-form-urlencoded"
        request = PbxRequest("POST", "", {}, headers, "&".join(data).encode())
    generic.authenticate(request, {"token": "t0ken"})
    return generic.parse(request)
