"""`firstcall dead-letters` on queues with letters of every kind: read in words, sent again, thrown away."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from firstcall import dead_letters
from firstcall.outcome import DONE, FOUND_WRONG, WRONG_USE
from tests.support.pbx import ItooLabs
from tests.support.post import TRIES, Post
from tests.support.stack import CLIENT
from tests.support.terminal import at_work

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.functions import Functions
    from tests.support.stack import Stack
    from tests.support.terminal import Terminal


@pytest.fixture
def post(stack: Stack) -> Post:
    return Post(stack)


@pytest.fixture
def terminal(
    stack: Stack, post: Post, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Terminal]:
    monkeypatch.setattr(dead_letters, "WAIT_SECONDS", 0)  # here there is one server only
    with at_work(stack, capsys, monkeypatch, **post.outputs) as terminal:
        yield terminal


def first_call(functions: Functions) -> dict[str, str]:
    """Play a call whose decision is owed; give its backfill message."""
    pbx = ItooLabs(functions.webhook)
    pbx.event("INCOMING", "anna")
    functions.stack.messages(functions.stack.backfill_queue_url)
    return {"connection": "megafon-main", "call_id": pbx.call_id}


def test_no_dead_letter_is_said_too(terminal: Terminal) -> None:
    assert terminal.done("dead-letters") == "no dead letter in both queues\n"
    assert terminal.done("dead-letters", "--queue", "command") == "no dead letter in the command queue\n"
    assert terminal.json("dead-letters") == []


def test_a_letter_is_told_in_words_with_its_number_masked(terminal: Terminal, post: Post, functions: Functions) -> None:
    message = first_call(functions)
    name = post.put("backfill", message)
    told = terminal.done("dead-letters")
    first, second, third, last = told.splitlines()
    assert first.startswith(f"{name}  backfill, sent 20")
    assert first.endswith(f" UTC, failed {TRIES} times")
    assert second == f"  decide who is responsible after call {message['call_id']} of +7916***67 on megafon-main"
    assert third == "  it is not decided yet: redrive it"
    assert last == "1 dead letter in both queues"
    assert CLIENT not in told


def test_of_a_call_that_the_sweep_has_decided_there_is_nothing_to_do(
    terminal: Terminal, post: Post, functions: Functions
) -> None:
    post.put("backfill", first_call(functions))
    functions.stack.clock.tick(300)
    assert functions.sweep() == 1
    post.put("backfill", {"connection": "megafon-main", "call_id": "long-gone"})
    assert sorted((each["why"], each["advice"]) for each in terminal.json("dead-letters")) == [
        ("it has been decided meanwhile", "drop"),
        ("the call is not stored any more", "drop"),
    ]


def test_a_command_is_worth_something_only_while_the_caller_waits(terminal: Terminal, post: Post) -> None:
    post.put("command", post.command(-50))
    post.put("command", post.command(50))
    assert sorted((each["about"], each["why"], each["advice"]) for each in terminal.json("dead-letters")) == [
        ("ring 12 for call call-1 of an unknown caller on mango-main", "the caller has gone on", "drop"),
        ("ring 12 for call call-1 of an unknown caller on mango-main", "the caller still waits", "redrive"),
    ]


POISON = (
    "no JSON at all, of +79161234567",
    "[" * 5000,
    "[]",
    '{"connection": "megafon-main"}',
    '{"connection": "\\ud800", "call_id": "1"}',
    json.dumps({"connection": "megafon-main", "call_id": "x" * 3000}),
    '{"connection": "", "call_id": ""}',
)


@pytest.mark.parametrize("queue", ["backfill", "command"])
def test_what_is_no_message_of_ours_is_shown_as_such_and_never_sent_again(
    terminal: Terminal, post: Post, queue: str
) -> None:
    names = {post.put(queue, body) for body in POISON}
    told = terminal.done("dead-letters")
    assert told.count("  no message of ours: ") == told.count("it can never be read: drop it") == len(POISON)
    assert CLIENT not in told
    status, out, err = terminal.run("dead-letters", "redrive", "--all")
    assert (status, err) == (FOUND_WRONG, "")
    assert {line.removeprefix("left: ").partition(",")[0] for line in out.splitlines()[: len(POISON)]} == names
    assert sorted(post.waiting(post.dead[queue])) == sorted(POISON)
    assert post.waiting(post.sources[queue]) == []


def test_looking_takes_nothing_away_and_hides_nothing(terminal: Terminal, post: Post) -> None:
    for number in range(25):
        post.put("backfill", {"connection": "megafon-main", "call_id": str(number)})
    for _ in range(2):
        assert len(terminal.json("dead-letters", "--queue", "backfill")) == 25
    assert len(post.waiting(post.dead["backfill"])) == 10  # as many as one reading gives


def test_one_letter_is_sent_again_by_the_beginning_of_its_id_and_the_others_stay(
    terminal: Terminal, post: Post, functions: Functions
) -> None:
    message = first_call(functions)
    name = post.put("backfill", message)
    other = post.put("backfill", {"connection": "megafon-main", "call_id": "other"})
    assert terminal.done("dead-letters", "redrive", "--id", name[:8]) == "1 dead letter sent again\n"
    assert [json.loads(each) for each in post.waiting(post.sources["backfill"])] == [message]
    assert [each["id"] for each in terminal.json("dead-letters")] == [other]
    functions.stack.clock.tick(240)
    assert functions.deliver()["batchItemFailures"] == []
    assert functions.stack.contact(CLIENT) is not None


def test_all_are_sent_again_but_not_those_whose_caller_has_gone_on(terminal: Terminal, post: Post) -> None:
    late = post.put("command", post.command(-50))
    post.put("command", post.command(50))
    post.put("backfill", {"connection": "megafon-main", "call_id": "1"})
    status, out, _ = terminal.run("--json", "dead-letters", "redrive", "--all")
    done = json.loads(out)
    assert (status, len(done["done"]), [each["id"] for each in done["left"]]) == (FOUND_WRONG, 2, [late])
    assert [len(post.waiting(url)) for url in (*post.sources.values(), *post.dead.values())] == [1, 1, 0, 1]


def test_dropping_asks_first_and_yes_answers_beforehand(
    terminal: Terminal, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    post.put("command", post.command(-50))
    post.put("backfill", {"connection": "megafon-main", "call_id": "1"})
    status, _, err = terminal.run("dead-letters", "drop", "--all")
    assert (status, "add --yes, there is nobody to ask" in err) == (WRONG_USE, True)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    answers = iter(["", "y"])
    monkeypatch.setattr("builtins.input", lambda _question: next(answers))
    status, out, _ = terminal.run("dead-letters", "drop", "--all", "--queue", "command")
    assert (status, out.splitlines()[-1]) == (FOUND_WRONG, "nothing is dropped")
    assert len(terminal.json("dead-letters")) == 2
    assert terminal.done("dead-letters", "drop", "--all", "--queue", "command").endswith("1 dead letter dropped\n")
    assert terminal.done("dead-letters", "drop", "--all", "--yes") == "1 dead letter dropped\n"
    assert [post.waiting(url) for url in (*post.sources.values(), *post.dead.values())] == [[], [], [], []]


@pytest.mark.parametrize(
    "words",
    [
        ["redrive"],
        ["drop", "--yes"],
        ["redrive", "--all", "--id", "abcd"],
        ["list", "--all"],
        ["redrive", "--id", "0000"],
        ["redrive", "--id", ""],
    ],
)
def test_what_makes_no_sense_is_status_2_and_touches_nothing(terminal: Terminal, post: Post, words: list[str]) -> None:
    post.put("command", "poison")
    status, out, err = terminal.run("dead-letters", *words)
    assert (status, out) == (WRONG_USE, "")
    assert err.startswith("error: ")
    assert len(post.waiting(post.dead["command"])) == 1


def test_with_many_letters_the_reading_shows_how_far_it_is(
    terminal: Terminal, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("firstcall.commands.dead_letters.TELL_EVERY", 10)
    for number in range(20):
        post.put("backfill", {"connection": "megafon-main", "call_id": str(number)})
    told = terminal.done("dead-letters", "redrive", "--all", "--queue", "backfill")
    assert told.splitlines() == [
        "  10 read of the backfill queue",
        "  20 read of the backfill queue",
        "  10 of 20",
        "  20 of 20",
        "20 dead letters sent again",
    ]


def test_a_letter_that_comes_round_again_while_many_are_read_ends_the_reading(
    terminal: Terminal, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dead_letters, "HOLD_SECONDS", 0)
    post.put("backfill", {"connection": "megafon-main", "call_id": "1"})
    status, out, _ = terminal.run("--json", "dead-letters")
    assert (status, len(json.loads(out))) == (DONE, 1)
