"""The people of a PBX, read from servers that list them as each vendor does, and merged into a company file."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
import yaml

from firstcall import stacks
from firstcall.cli import main
from firstcall.pull.lists import Person as Listed
from firstcall.pull.merge import merge
from firstcall.pull.names import id_of
from firstcall.pull.written import written
from shared.company_file import read_company
from shared.company_file.yaml_source import load_text
from tests.support.pbx_servers.families import SERVERS
from tests.support.pbx_servers.itoolabs import ItooLabsServer
from tests.support.pbx_servers.server import Person, running
from tools.terminal import Refused

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tests.support.pbx_servers.server import PbxServer

PROOF = {
    "itoolabs": {"crm_token": "proof"},
    "mango": {},
    "zadarma": {},
    "uis": {},
    "binotel": {},
    "telphin": {},
}
OPERATOR = {"itoolabs": "megafon"}
PEOPLE = [Person("701", "Анна Петрова", "11"), Person("702", "Борис Орлов", "12"), Person("705", "Ева Ли", "15")]
FILE = """
version: 1
company: {{time_zone: Europe/Moscow, country: RU}}
calendars:
  office: {{weekly: {{mon-fri: ["09:00-18:00"]}}}}
employees:
  anna:
    name: Анна Петрова
    hours: office
    phones: ["+79160000001"]
    extensions: {{main: {{ext: "701"}}}}
    away: [{{from: 2026-12-01, to: 2026-12-14, deputy: boris}}]
  boris: {{name: Борис Орлов, extensions: {{}}}}
  vera: {{name: Вера Лис, active: false, extensions: {{main: {{ext: "703"}}}}}}
templates:
  default: {{kind: person, name: "{{phone}}"}}
connections:
  main: {{operator: {operator}, template: default, secrets: {secrets}}}
"""


@pytest.fixture(autouse=True)
def no_stack(monkeypatch: pytest.MonkeyPatch) -> None:
    def find(_name: str | None) -> None:
        raise Refused("no local stack is running")

    monkeypatch.setattr(stacks, "find", find)


@contextmanager
def company(tmp_path: Path, family: str, pbx: PbxServer) -> Iterator[list[str]]:
    """Write a company file whose PBX is the test's server; give the command's words."""
    with running(pbx) as url:
        secrets = {**PROOF[family], **pbx.secrets(url)}
        text = FILE.format(operator=OPERATOR.get(family, family), secrets=json.dumps(secrets))
        (tmp_path / "company.yaml").write_text(text, encoding="utf-8")
        yield ["employees", "pull", "main", str(tmp_path / "company.yaml"), "--api-url", url]


def printed(text: str) -> dict[str, dict[str, object]]:
    found = load_text(text, {})["employees"]
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize("family", SERVERS)
def test_every_pbx_that_lists_its_people_is_merged_with_the_file(
    family: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pbx = SERVERS[family]()
    pbx.memory.people = PEOPLE
    with company(tmp_path, family, pbx) as words:
        assert main(words) == 0
    out = capsys.readouterr().out
    employees = printed(out)
    assert pbx.memory.complaints == []
    assert extension(employees["anna"])["ext"] == "701"
    assert employees["anna"]["hours"] == "office"
    assert employees["vera"]["active"] is False
    assert "# gone from main" in out
    if family == "zadarma":  # tells numbers only
        assert {"extension-702", "extension-705"} < employees.keys()
    else:
        assert extension(employees["boris"])["ext"] == "702"  # by his name
        assert employees["eva-li"]["name"] == "Ева Ли"
        assert out.count("# new on main") == 1
    if family in {"itoolabs", "uis"}:
        assert extension(employees["eva-li"]) == {"ext": "705", "login": "15"}


def extension(employee: dict[str, object]) -> dict[str, object]:
    extensions = employee["extensions"]
    assert isinstance(extensions, dict)
    place = extensions["main"]
    assert isinstance(place, dict)
    return place


@pytest.mark.parametrize("family", SERVERS)
def test_what_is_printed_can_take_its_place_in_the_company_file(
    family: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pbx = SERVERS[family]()
    pbx.memory.people = PEOPLE
    with company(tmp_path, family, pbx) as words:
        assert main(words) == 0
        document = load_text((tmp_path / "company.yaml").read_text(encoding="utf-8"), {})
    document["employees"] = printed(capsys.readouterr().out)
    assert len(read_company(document, 1).company.employees) >= 4


def test_a_second_pull_of_the_merged_file_finds_nothing_more(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pbx = ItooLabsServer()
    pbx.memory.people = PEOPLE
    with company(tmp_path, "itoolabs", pbx) as words:
        main(words)
        merged = load_text((tmp_path / "company.yaml").read_text(encoding="utf-8"), {})
        merged["employees"] = printed(capsys.readouterr().out)
        (tmp_path / "company.yaml").write_text(yaml.safe_dump(merged, allow_unicode=True), encoding="utf-8")
        assert main([*words, "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["new"], answer["changed"], answer["gone"]) == ([], {}, ["vera"])


def test_itoolabs_without_v1_lists_its_accounts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pbx = ItooLabsServer(has_v1=False)
    pbx.memory.people = PEOPLE
    with company(tmp_path, "itoolabs", pbx) as words:
        assert main(words) == 0
    assert extension(printed(capsys.readouterr().out)["eva-li"]) == {"ext": "705", "login": "15"}


def test_more_people_than_a_page_holds_are_all_listed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pbx = ItooLabsServer()
    pbx.memory.people = [Person(str(1000 + number), f"Имя {number}", f"user{number}") for number in range(250)]
    with company(tmp_path, "itoolabs", pbx) as words:
        assert main([*words, "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["new"]) == 250


def test_without_secrets_for_asking_it_says_which_are_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "company.yaml"
    file.write_text(FILE.format(operator="megafon", secrets="{crm_token: proof}"), encoding="utf-8")
    assert main(["employees", "pull", "main", str(file)]) == 1
    told = capsys.readouterr().err
    assert "connections.main.secrets" in told
    assert "pbx_url and api_key, or pbx_url and pbx_token" in told


@pytest.mark.parametrize("mood", ["refusing", "failing", "garbage", "empty"])
@pytest.mark.parametrize("family", SERVERS)
def test_a_pbx_in_trouble_is_one_line_without_a_secret(
    family: str, mood: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pbx = SERVERS[family]()
    pbx.memory.mood = mood  # type: ignore[assignment]
    with company(tmp_path, family, pbx) as words:
        assert main(words) == 1
        secrets = [text for name, text in pbx.secrets("").items() if name != "pbx_url"]
    captured = capsys.readouterr()
    assert captured.out == ""
    assert len(captured.err.splitlines()) == 1
    assert not any(secret in captured.err for secret in secrets)


def test_a_pbx_that_lists_nobody_empties_no_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with company(tmp_path, "uis", SERVERS["uis"]()) as words:
        assert main(words) == 1
    assert "lists nobody" in capsys.readouterr().err


def test_wrong_use_says_what_there_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "company.yaml"
    file.write_text(FILE.format(operator="generic", secrets="{token: proof}"), encoding="utf-8")
    assert main(["employees", "pull", "other", str(file)]) == 2
    assert "no connection 'other'; it has main" in capsys.readouterr().err
    assert main(["employees", "pull", "main", str(file)]) == 2
    assert "documents no list" in capsys.readouterr().err
    assert main(["employees", "pull", "main", str(tmp_path / "none.yaml")]) == 1
    assert "cannot be read" in capsys.readouterr().err


A = {"name": "Анна", "extensions": {"main": {"ext": "701", "login": "anna"}}}


@pytest.mark.parametrize(
    ("file", "listed", "new", "changed", "gone"),
    [
        ({"a": A}, Listed("701", "anna", "Анна"), [], {}, []),
        ({"a": A}, Listed("709", "anna", "Анна"), [], {"a": "ext was 701"}, []),
        ({"a": A}, Listed("701", "ANNA", None), [], {}, []),
        ({"a": A}, Listed("701", "petrova", "Анна"), [], {"a": "login was anna"}, []),
        ({"a": {"name": "Анна Ли"}}, Listed("1", None, "ли  АННА"), [], {"a": "is on main too"}, []),
        ({"a": {"name": "Анна"}, "b": {"name": "Анна"}}, Listed("1", None, "Анна"), ["anna"], {}, []),
        ({"a": A}, Listed("702", None, "Борис"), ["boris"], {}, ["a"]),
        ({"a": {"extensions": {"main": {"ext": 701}}}}, Listed("701", None, None), [], {}, []),
        ({}, Listed("101", None, None), ["extension-101"], {}, []),
    ],
)
def test_who_is_who(
    file: Mapping[str, dict[str, object]], listed: Listed, new: list[str], changed: dict[str, str], gone: list[str]
) -> None:
    merged = merge(file, "main", [listed])
    assert (merged.new, merged.changed, merged.gone) == (new, changed, gone)


def test_a_login_counts_before_a_short_number_that_went_to_somebody_else() -> None:
    file: dict[str, dict[str, object]] = {
        "anna": {"name": "Анна", "extensions": {"main": {"ext": "701", "login": "anna"}}},
        "boris": {"name": "Борис", "extensions": {"main": {"ext": "702", "login": "boris"}}},
    }
    merged = merge(file, "main", [Listed("702", "anna", "Анна"), Listed("701", "boris", "Борис")])
    assert merged.changed == {"anna": "ext was 701", "boris": "ext was 702"}
    assert (merged.new, merged.gone) == ([], [])


@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("Анна Петрова", "anna-petrova"),
        ("Щукин Пётр", "shchukin-petr"),
        ("Юлия Цой", "yuliya-tsoy"),
        ("Олександр Їжак", "oleksandr-izhak"),
        ("José Núñez-Straße", "jose-nunez-strasse"),
        ("李小龍", "employee"),
        ("  Sales (2)  ", "sales-2"),
    ],
)
def test_ids_can_be_typed_on_any_keyboard(name: str, made: str) -> None:
    assert id_of(name, ()) == made


def test_an_id_is_never_given_twice() -> None:
    assert id_of("Анна", {"anna", "anna-2"}) == "anna-3"


NASTY = [
    "no",
    "007",
    "22:00",
    "a: b",
    "# x",
    "- y",
    "{z}",
    "'q",
    '"r',
    "ends ",
    "",
    "null",
    "~",
    "1e3",
    "[",
    "x, y",
    "é",
]


def test_every_text_comes_back_as_it_was_written() -> None:
    employees: dict[str, dict[str, object]] = {
        "a": {
            "name": NASTY[0],
            "phones": NASTY,
            "active": False,
            "away": [{"from": "2026-12-01", "deputy": text} for text in NASTY],
            "extensions": {text or "empty": {"ext": text, "login": "007"} for text in NASTY},
        },
        "b": {},
    }
    assert printed(written(merge(employees, "none", []), "none")) == employees
