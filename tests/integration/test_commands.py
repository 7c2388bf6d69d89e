"""The admin's commands against the real admin function over HTTP, its stores on moto."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from firstcall.outcome import DONE, FOUND_WRONG, WRONG_USE
from shared.company_file.yaml_source import load
from shared.contact import Contact, CreatedBy, Evidence, Responsible
from shared.contacts import Contacts
from tests.support.stack import CLIENT
from tests.support.terminal import at_work

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.stack import Stack
    from tests.support.terminal import Terminal

EXAMPLE = Path(__file__).parents[2] / "examples" / "company.yaml"


@pytest.fixture
def terminal(stack: Stack, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Terminal]:
    with at_work(stack, capsys, monkeypatch) as terminal:
        yield terminal


@pytest.fixture
def changed(tmp_path: Path) -> Path:
    """Write the example with another name of Anna and without Galina's phone."""
    text = EXAMPLE.read_text(encoding="utf-8").replace("name: Анна Петрова", "name: Анна Сидорова")
    text = text.replace('    extensions:\n      megafon-main: {ext: "703", login: galina}\n', "")
    file = tmp_path / "changed.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def own(stack: Stack, who: str) -> None:
    Contacts(stack.dynamodb, stack.table).create(
        Contact(
            id="c1",
            kind="person",
            name="Client",
            phones=(CLIENT,),
            template="default",
            created_at=stack.clock.ms,
            created_by=CreatedBy("megafon-main", "1"),
            responsibles=(Responsible(who, "answered", 0, Evidence("ACCEPTED", "megafon-main", "1")),),
            state="assigned",
        )
    )


def test_a_plan_says_what_changes_and_what_that_does_and_applies_nothing(
    terminal: Terminal, stack: Stack, changed: Path
) -> None:
    terminal.done("apply", EXAMPLE)
    own(stack, "galina")
    planned = terminal.done("plan", changed)
    assert "  employees.anna.name: Анна Петрова -> Анна Сидорова\n" in planned
    assert "  employees.galina: 1 contact loses its last responsible who can be rung\n" in planned
    assert "  employees.galina: has no extension on any connection" in planned
    assert terminal.done("plan", EXAMPLE).startswith("no changes: this is the company in force\n")
    assert set(terminal.json("plan", changed)) == {"changes", "warnings", "effects"}
    assert terminal.json("history")[0]["version"] == 1


def test_apply_history_and_rollback_tell_who_and_when(terminal: Terminal, changed: Path) -> None:
    assert "version 1 is in force" in terminal.done("apply", EXAMPLE)
    assert "nothing changes: version 1 stays in force" in terminal.done("apply", EXAMPLE)
    assert terminal.json("apply", changed)["version"] == 2
    assert "version 3 is in force" in terminal.done("rollback", "1")
    lines = terminal.done("history").splitlines()
    assert [line.split()[0] for line in lines] == ["3", "2", "1"]
    assert lines[0].endswith("in force, version 1 again")
    assert lines[1].endswith("  moto")  # the user of the credentials
    assert len(terminal.json("history", "--limit", "2")) == 2


@pytest.mark.usefixtures("stack")
def test_what_is_refused_is_said_with_every_mistake_and_without_a_trace(terminal: Terminal, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(EXAMPLE.read_text(encoding="utf-8").replace("hours: office", "hours: offce"), encoding="utf-8")
    for command in ("plan", "apply"):
        status, out, err = terminal.run(command, wrong)
        assert (status, out) == (FOUND_WRONG, "")
        assert "error: the company file has mistakes; nothing is changed\n  employees.anna.hours: no calendar" in err
        status, out, err = terminal.run("--json", command, wrong)
        assert (status, err) == (FOUND_WRONG, "")
        assert len(json.loads(out)["mistakes"]) == 3
    assert terminal.run("export")[2] == "error: no company file has been applied yet\n"
    assert terminal.run("rollback", "7")[0] == FOUND_WRONG
    assert terminal.done("history") == "no company file has been applied yet\n"
    status, _, err = terminal.run("plan", tmp_path / "nowhere.yaml")
    assert (status, err.startswith(f"error: {tmp_path}/nowhere.yaml: cannot be read")) == (FOUND_WRONG, True)


def test_what_is_exported_applies_again_and_changes_nothing(terminal: Terminal, tmp_path: Path, changed: Path) -> None:
    terminal.done("apply", EXAMPLE)
    exported = tmp_path / "exported.yaml"
    exported.write_text(terminal.done("export"), encoding="utf-8")
    assert "local-only" not in exported.read_text(encoding="utf-8")
    assert "nothing changes" in terminal.done("apply", exported)
    assert load(exported, {}) == terminal.json("export")
    terminal.done("apply", changed)
    assert "Анна Петрова" in terminal.done("export", "--version", "1")


def test_a_difference_is_shown_from_the_stack_to_a_file_and_from_file_to_file(
    terminal: Terminal, changed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal.done("apply", EXAMPLE)
    assert terminal.done("diff", EXAMPLE) == "no differences\n"
    name = "employees.anna.name: Анна Петрова -> Анна Сидорова"
    assert name in terminal.done("diff", changed).splitlines()
    assert name in terminal.json("diff", EXAMPLE, changed)["changes"]
    assert terminal.run("diff", EXAMPLE, changed, "--exit-code")[0] == FOUND_WRONG
    assert terminal.run("diff", EXAMPLE, "--exit-code")[0] == DONE
    monkeypatch.setenv("MEGAFON_CRM_TOKEN", "another")
    assert terminal.done("diff", EXAMPLE) == "connections.megafon-main.secrets.crm_token: changed\n"


def test_a_variable_that_is_not_set_is_no_difference(terminal: Terminal, tmp_path: Path) -> None:
    terminal.done("apply", EXAMPLE)
    file = tmp_path / "company.yaml"
    file.write_text(EXAMPLE.read_text(encoding="utf-8").replace(":-local-only}", "}"), encoding="utf-8")
    assert terminal.done("diff", file) == "no differences\n"
    assert "the environment has no MEGAFON_CRM_TOKEN" in terminal.run("apply", file)[2]


@pytest.mark.rule("R13")
def test_contacts_say_whose_they_are_and_what_made_them_so(terminal: Terminal, stack: Stack) -> None:
    terminal.done("apply", EXAMPLE)
    own(stack, "boris")
    for asked in (("--phone", "8 916 123-45-67"), ("--responsible", "boris"), ("--state", "assigned")):
        told = terminal.done("contacts", *asked)
        assert told.startswith(f"{CLIENT}  Client  assigned  since ")
        assert "    boris: answered, by ACCEPTED of call 1 on megafon-main\n" in told
    assert terminal.json("contacts", "--state", "assigned")[0]["id"] == "c1"
    assert terminal.done("contacts", "--state", "pending") == "no contacts\n"
    assert terminal.done("contacts", "--phone", "89990000000") == "no such contact\n"
    assert terminal.run("contacts", "--phone", "no number")[0] == FOUND_WRONG


def test_a_call_that_is_not_there_is_told_in_a_line(terminal: Terminal) -> None:
    terminal.done("apply", EXAMPLE)
    status, _, err = terminal.run("calls", "megafon-main", "a/b")
    assert (status, err) == (FOUND_WRONG, "error: no call 'a/b' on connection 'megafon-main'\n")


@pytest.mark.rule("T14")
def test_explain_prints_the_decision_for_any_moment(terminal: Terminal, stack: Stack) -> None:
    terminal.done("apply", EXAMPLE)
    own(stack, "boris")
    told = terminal.done("explain", "mango-main", "--phone", CLIENT, "--at", "2026-11-24T10:00:00+03:00")
    assert "rings:   boris on 13 for 20 s\n" in told
    assert f"{CLIENT} calls mango-main, 2026-11-24 07:00 UTC\n" in told
    answer = terminal.json("explain", "mango-main", "--phone", CLIENT, "--at", "2026-11-24T23:00:00+03:00")
    assert answer["reason"] == "nobody_available"
    assert "2026-12-31T18:30:00+03:00" in terminal.run("explain", "mango-main", "--at", "soon")[2]
    assert terminal.run("explain", "nowhere")[0] == FOUND_WRONG


def test_hours_draws_the_company_in_force_as_it_draws_its_file(terminal: Terminal) -> None:
    terminal.done("apply", EXAMPLE)
    week = ("--week", "2026-12-01")
    assert terminal.done("hours", *week) == terminal.done("hours", *week, "--file", EXAMPLE)


@pytest.mark.parametrize(
    "words",
    [
        ["plan"],
        ["contacts"],
        ["contacts", "--phone", "1", "--state", "pending"],
        ["rollback", "x"],
        ["contacts", "--state", "pending", "--limit", "0"],
        ["history", "--limit", "0"],
        ["hours", "--week", "soon", "--file", str(EXAMPLE)],
        ["hours", "nobody", "--file", str(EXAMPLE)],
        ["nonsense"],
    ],
)
def test_wrong_use_is_status_2(terminal: Terminal, words: list[str]) -> None:
    try:
        status, _, err = terminal.run(*words)
    except SystemExit as end:
        status, err = int(str(end.code)), "-"
    assert status == WRONG_USE
    assert err
