"""The commands about one customer, as a person reads them: numbers, calls, all that is held, erasure."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest

from firstcall import dead_letters
from firstcall.outcome import FOUND_WRONG, WRONG_USE
from functions.admin import people
from tests.support.pbx import ItooLabs
from tests.support.post import Post
from tests.support.stack import CLIENT
from tests.support.terminal import at_work

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.functions import Functions
    from tests.support.stack import Stack
    from tests.support.terminal import Terminal

SECOND = "+79167654321"
CALLS = {CLIENT: "Q7ZK2MTR9X00001C", SECOND: "Q7ZK2MTR9X00002C"}


@pytest.fixture
def post(stack: Stack) -> Post:
    return Post(stack)


@pytest.fixture
def terminal(
    functions: Functions, post: Post, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Terminal]:
    """Sit down where two numbers have called, and Boris answered both."""
    for phone, call_id in CALLS.items():
        pbx = ItooLabs(functions.webhook, call_id=call_id, phone=phone.removeprefix("+"))
        pbx.event("INCOMING", "boris")
        pbx.event("ACCEPTED", "boris")
    monkeypatch.setattr(dead_letters, "WAIT_SECONDS", 0)  # here there is one server only
    with at_work(functions.stack, capsys, monkeypatch, **post.outputs) as terminal:
        yield terminal


@pytest.mark.rule("C9")
def test_numbers_are_given_taken_and_merged_in_any_spelling(terminal: Terminal) -> None:
    given = terminal.done("contacts", "--phone", CLIENT, "--add-phone", "8 (999) 000-11-22")
    assert given.startswith(f"{CLIENT}, +79990001122  assigned  since ")
    merged = terminal.done("contacts", "--phone", "+79990001122", "--merge", "8 916 765-43-21")
    assert merged.startswith(f"{CLIENT}, +79990001122, {SECOND}  assigned")
    assert terminal.done("contacts", "--phone", SECOND) == merged
    taken = terminal.done("contacts", "--phone", SECOND, "--drop-phone", "+7 999 000-11-22")
    assert taken.startswith(f"{CLIENT}, {SECOND}  assigned")
    assert terminal.done("contacts", "--phone", "+79990001122") == "no such contact\n"


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["--state", "assigned", "--merge", SECOND], WRONG_USE, "say which contact is changed: --phone or --id"),
        (["--phone", CLIENT, "--drop-phone", "+79990001122"], FOUND_WRONG, "it does not have +79990001122"),
        (["--phone", CLIENT, "--merge", "+79990001122"], FOUND_WRONG, "+79990001122 has no contact"),
        (["--phone", CLIENT, "--add-phone", SECOND], FOUND_WRONG, f"{SECOND} is a number of contact"),
    ],
)
def test_a_change_that_cannot_be_is_refused_in_words(
    terminal: Terminal, words: list[str], status: int, said: str
) -> None:
    done = terminal.run("contacts", *words)
    assert (done[0], said in done[2], "Traceback" in done[2]) == (status, True, False)


def test_calls_are_listed_by_number_with_when_they_began(terminal: Terminal) -> None:
    listed = terminal.done("calls", "--phone", "8 916 123-45-67")
    assert f"{CALLS[CLIENT]} on megafon-main: incoming, {CLIENT}" in listed
    assert listed.splitlines()[0][:10].count("-") == 2
    assert CALLS[SECOND] not in listed
    assert terminal.done("calls", "--phone", "+79990001122") == "no calls are kept of that\n"
    assert terminal.run("calls")[0] == WRONG_USE


def test_all_that_is_held_is_printed_as_json(terminal: Terminal) -> None:
    held = json.loads(terminal.done("export", "--phone", CLIENT))
    assert (held["phones"], [each["call_id"] for each in held["calls"]]) == ([CLIENT], [CALLS[CLIENT]])
    assert len(held["requests"]) == 2


def test_an_erasure_is_told_first_and_needs_a_yes(
    terminal: Terminal, stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = f"{CLIENT}: contact '{CLIENT}', 1 calls, 2 requests of PBXs as they came\n"
    assert terminal.done("erase", CLIENT, "--dry-run") == told
    monkeypatch.setattr(sys.stdin, "isatty", lambda: False, raising=False)
    status, out, err = terminal.run("erase", CLIENT)
    assert (status, out) == (FOUND_WRONG, told)
    assert "nothing is erased: say --yes" in err
    assert stack.contact(CLIENT) is not None


def test_the_receipt_says_what_is_gone_and_what_stays(terminal: Terminal, post: Post, stack: Stack) -> None:
    message = {"connection": "megafon-main", "call_id": CALLS[CLIENT]}
    post.put("backfill", message)
    post.put("backfill", {**message, "call_id": CALLS[SECOND]})
    receipt = terminal.done("erase", CLIENT, "--yes").splitlines()[1:]
    assert receipt[0].startswith("Erased at ")
    assert receipt[0].endswith(f" UTC: {CLIENT}")
    assert receipt[2:5] == [
        "  calls: 1, requests of PBXs as they came: 2",
        f"      {CALLS[CLIENT]} on megafon-main",
        "  dead letters: 1",
    ]
    assert receipt[5] == "What stays for a while:"
    assert stack.contact(CLIENT) is None
    assert [json.loads(body)["call_id"] for body in post.waiting(post.dead["backfill"])] == [CALLS[SECOND]]


def test_an_erasure_that_takes_several_requests_goes_on_to_its_end(
    terminal: Terminal, stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal.done("contacts", "--phone", CLIENT, "--merge", SECOND)
    monkeypatch.setattr(people, "SECONDS", 0.0)  # one call a request
    told = terminal.done("erase", CLIENT, "--yes").splitlines()
    assert told[1:3] == ["  1 calls erased", "  2 calls erased"]
    assert {line.split()[0] for line in told if " on megafon-main" in line} == set(CALLS.values())
    assert stack.contact(SECOND) is None
