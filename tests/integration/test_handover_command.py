"""`firstcall handover` against the real admin function over HTTP: progress, interruption, and who did it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from firstcall.admin_api import ask
from firstcall.outcome import DONE, FOUND_WRONG, WRONG_USE
from functions.admin.handover import run as handover_run
from tests.support.handovers import own, owners
from tests.support.terminal import Terminal, at_work
from tools import apply as make_apply
from tools.bootstrap import ROOT
from tools.terminal import Refused

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.stack import Stack

EXAMPLE = ROOT / "examples" / "company.yaml"


@pytest.fixture
def terminal(stack: Stack, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Terminal]:
    """Sit down where Galina owns five contacts, of which a request moves two."""
    monkeypatch.setattr(handover_run, "MOST_CONTACTS", 2)
    with at_work(stack, capsys, monkeypatch) as terminal:
        terminal.done("apply", EXAMPLE)
        for number in range(5):
            own(stack, "galina", number=number)
        yield terminal


def without_galina(tmp_path: Path) -> Path:
    file = tmp_path / "company.yaml"
    text = EXAMPLE.read_text(encoding="utf-8").replace("  galina:\n", "  galina:\n    active: false\n", 1)
    file.write_text(text, encoding="utf-8")
    return file


@pytest.mark.rule("R14")
def test_plan_and_apply_say_whose_contacts_are_left_behind_and_how_to_hand_them_over(
    terminal: Terminal, tmp_path: Path
) -> None:
    left_behind = "employees.galina: 5 contacts are left behind; `firstcall handover galina --to WHO` hands them over"
    assert left_behind in terminal.done("plan", without_galina(tmp_path))
    assert left_behind in terminal.done("apply", without_galina(tmp_path))


@pytest.mark.rule("R14")
def test_a_handover_shows_how_far_it_is_and_how_it_is_undone(terminal: Terminal, stack: Stack) -> None:
    assert terminal.done("handover", "galina", "--to", "spread:sales", "--dry-run") == (
        "5 contacts of galina go to anna and boris in turns\n"
    )
    told = terminal.done("handover", "galina", "--to", "spread:sales").splitlines()
    job = told[1].split()[1].rstrip(":")
    assert told == [
        "5 contacts of galina go to anna and boris in turns",
        f"handover {job}: `firstcall handover --resume {job}` goes on if this is stopped",
        "  2 of 5",
        "  4 of 5",
        "  5 of 5",
        "done: 5 contacts handed over (anna 3, boris 2)",
        f"`firstcall handover --undo {job}` takes them back",
    ]
    listed = terminal.done("handover", "--list")
    assert listed.startswith(f"{job}  ")
    assert "galina to spread:sales: 5 of 5 contacts, done  moto" in listed
    assert terminal.done("handover", "galina", "--to", "anna") == (
        "galina has no contacts: there is nothing to hand over\n"
    )

    terminal.done("handover", "anna", "--to", "denis")
    told = terminal.done("handover", "--undo", job).splitlines()
    assert told[1:5] == ["  2 of 5", "  4 of 5", "  5 of 5", "undone: 2 contacts with their former owners again"]
    assert told[5] == "3 contacts changed since the handover, and left alone:"
    assert len(told) == 9
    assert {owners(stack, own_of(stack, number))[0] for number in range(5)} == {"galina", "denis"}
    status, out, _ = terminal.run("handover", "--resume", job)
    assert (status, out.splitlines()[-1]) == (
        FOUND_WRONG,
        f"handover {job} is undone: it cannot go on, only `firstcall handover --undo` can",
    )


def own_of(stack: Stack, number: int) -> Any:
    contact = stack.contact(f"+7999{number:07d}")
    assert contact is not None
    return contact


def test_in_json_it_is_one_document(terminal: Terminal) -> None:
    assert terminal.json("handover", "galina", "--to", "boris", "--dry-run")["recipients"] == ["boris"]
    job = terminal.json("handover", "galina", "--to", "boris")
    assert (job["state"], job["received"]) == ("done", {"boris": 5})
    assert terminal.json("handover", "--undo", job["id"])["restored"] == 5
    assert [each["state"] for each in terminal.json("handover", "--list")] == ["undone"]


@pytest.mark.parametrize(
    ("stop", "status", "said"),
    [
        (KeyboardInterrupt(), 130, "error: stopped at 2; `firstcall handover --resume {}` goes on\n"),
        (
            Refused("no answer from http://127.0.0.1"),
            FOUND_WRONG,
            "error: no answer from http://127.0.0.1\n  `firstcall handover --resume {}` goes on\n",
        ),
    ],
)
def test_whatever_stops_it_in_the_middle_it_says_how_to_go_on_and_that_goes_on(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, stop: BaseException, status: int, said: str
) -> None:
    sent: list[str] = []

    def stopped(deployed: Any, method: str, path: str, *rest: Any, **named: Any) -> Any:
        sent.append(path)
        if sum(each.endswith("/continue") for each in sent) == 2:
            raise stop
        return ask(deployed, method, path, *rest, **named)

    with monkeypatch.context() as context:
        context.setattr("firstcall.commands.handover.ask", stopped)
        ended, out, err = terminal.run("handover", "galina", "--to", "boris")
    job = out.splitlines()[1].split()[1].rstrip(":")
    assert (ended, err) == (status, said.format(job))
    # Asked for again it is the same handover, not a second one.
    assert terminal.json("handover", "galina", "--to", "boris")["id"] == job
    assert terminal.json("handover", "--resume", job)["handed_over"] == 5


def test_what_is_refused_is_said_in_a_line(terminal: Terminal) -> None:
    status, out, err = terminal.run("handover", "galina", "--to", "borys")
    assert (status, out) == (FOUND_WRONG, "")
    assert err == (
        "error: this handover cannot be; nothing is changed\n  to: no employee 'borys'; did you mean 'boris'?\n"
    )
    assert terminal.run("handover", "--undo", "nope/x")[0] == FOUND_WRONG
    assert terminal.done("handover", "--list") == "no handovers\n"


@pytest.mark.parametrize(
    "words",
    [[], ["galina"], ["--to", "anna"], ["galina", "--to", "anna", "--undo", "x"], ["--list", "--dry-run"]],
)
def test_half_a_handover_is_wrong_use(terminal: Terminal, words: list[str]) -> None:
    assert terminal.run("handover", *words)[0] == WRONG_USE


def test_make_apply_says_who_and_what_is_left_behind(
    terminal: Terminal, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_apply.apply(terminal.deployed, without_galina(tmp_path))
    assert "warning: employees.galina: 5 contacts are left behind" in capsys.readouterr().out
    status, out, _ = terminal.run("history", "--limit", "1")
    assert (status, out.split()[0], out.split()[4]) == (DONE, "2", "moto")
