"""`firstcall backfill` against the real function: what is due is finished, a period is gone over again."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from firstcall import past_calls
from firstcall.backfill_function import hand_over
from firstcall.outcome import FOUND_WRONG, WRONG_USE
from functions.backfill.handle_backfill import handle
from shared.table import call_key
from tests.support.histories import asked_at, rung_and_lost
from tests.support.lambda_server import invocable
from tests.support.pbx import ItooLabs
from tests.support.pbx_servers.server import PastCall, Person, Talk
from tests.support.pbx_servers.zadarma import ZadarmaServer
from tests.support.stack import CLIENT, LINE, a_company, a_connection
from tests.support.terminal import at_work

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.functions import Functions
    from tests.support.stack import Stack
    from tests.support.terminal import Terminal

DAY = 24 * 3600


class Invoked:
    """The function as Lambda runs it; a test may have it do something else."""

    def __init__(self, functions: Functions) -> None:
        self.functions = functions
        self.events: list[Any] = []
        self.before: Callable[[], None] = lambda: None

    def __call__(self, event: Any) -> object:
        self.events.append(event)
        self.before()
        return handle(self.functions.backfill, event)


@pytest.fixture
def invoked(functions: Functions) -> Invoked:
    return Invoked(functions)


@pytest.fixture
def terminal(
    stack: Stack, invoked: Invoked, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Terminal]:
    with invocable(invoked) as url, at_work(stack, capsys, monkeypatch, BackfillFunctionName="backfill") as terminal:
        monkeypatch.setenv("AWS_ENDPOINT_URL_LAMBDA", url)
        monkeypatch.setattr(past_calls, "ASK_EVERY_SECONDS", 0.0)
        yield terminal


def told(printed: str) -> list[str]:
    """Take what was said to a person; the function's log and figures come out of the same process."""
    return [line for line in printed.splitlines() if not line.startswith("{")]


def document(printed: str) -> Any:
    """Take the command's own JSON, its last line."""
    return json.loads(printed.splitlines()[-1])


def iso(moment: int) -> str:
    return datetime.fromtimestamp(moment / 1000, UTC).isoformat(timespec="milliseconds")


def local(moment: int) -> str:
    return datetime.fromtimestamp(moment / 1000).astimezone().isoformat(timespec="milliseconds")


def answered_by_strangers(functions: Functions, count: int) -> tuple[str, str]:
    """Let so many new customers be answered on an extension that is nobody's, an hour apart; say from when to when."""
    clock = functions.stack.clock
    began_at = clock.ms
    for number in range(count):
        pbx = ItooLabs(functions.webhook, call_id=f"CALL{number}", phone=f"7916000{1000 + number}")
        pbx.event("INCOMING", "anna")
        pbx.event("ACCEPTED", "", ext="799")
        pbx.history("Success", "", ext="799")
        clock.tick(3600)
    functions.deliver()
    functions.sweep()
    clock.tick(3 * DAY)
    return iso(began_at), iso(clock.ms)


def map_strangers(functions: Functions) -> None:
    before = a_connection()
    functions.apply(a_company(before._replace(employees_by_ext={**before.employees_by_ext, "799": "boris"})))


@pytest.mark.rule("R12")
def test_a_period_is_gone_over_oldest_first_with_progress_and_totals(
    terminal: Terminal, functions: Functions, invoked: Invoked, stack: Stack
) -> None:
    since, until = answered_by_strangers(functions, 13)
    assert told(terminal.done("backfill", "--from", since, "--to", until, "--dry-run")) == ["13 calls in this period"]
    assert invoked.events == []
    map_strangers(functions)
    first, *progress, end = told(terminal.done("backfill", "--from", since, "--to", until))
    assert re.fullmatch(r"13 calls from 2026-11-\d\d \d\d:\d\d to 2026-11-\d\d \d\d:\d\d [+-]\d{4}", first)
    assert progress == [
        "  10 of 13; 10 contacts got a responsible",
        "  13 of 13; 13 contacts got a responsible",
    ]
    assert end == "13 calls gone over: 13 contacts got a responsible"
    sent = [json.loads(each["body"])["call_id"] for event in invoked.events for each in event["Records"]]
    assert sent == [f"CALL{number}" for number in range(13)]
    contact = stack.contact("+79160001005")
    assert contact is not None
    assert [each.who for each in contact.responsibles] == ["boris"]
    assert document(terminal.done("--json", "backfill", "--from", since, "--to", until)) == {
        "calls": 13,
        "handled": 13,
        "failed": 0,
        "contacts_made": 0,
        "contacts_given_a_responsible": 0,
        "not_asked": 0,
        "go_on_from": None,
    }


def test_only_the_calls_of_the_period_are_gone_over(terminal: Terminal, functions: Functions) -> None:
    answered_by_strangers(functions, 6)
    began_at = functions.stack.clock.ms - (3 * DAY + 6 * 3600) * 1000
    map_strangers(functions)
    since, until = iso(began_at + 2 * 3_600_000), iso(began_at + 4 * 3_600_000)
    assert document(terminal.done("--json", "backfill", "--from", since, "--to", until))["calls"] == 2
    assert document(terminal.done("--json", "backfill", "--from", until))["calls"] == 2


def test_what_fails_is_counted_and_it_is_said_from_where_to_go_on(
    terminal: Terminal, functions: Functions, stack: Stack
) -> None:
    since, until = answered_by_strangers(functions, 12)
    map_strangers(functions)
    stored = stack.dynamodb.get_item(TableName=stack.table, Key=call_key("megafon-main", "CALL10"))["Item"]
    stack.dynamodb.put_item(TableName=stack.table, Item={**stored, "f#broken": {"S": "no fact"}})
    status, out, _ = terminal.run("backfill", "--from", since, "--to", until)
    assert status == FOUND_WRONG
    *_, summary, on = told(out)
    assert summary == "11 calls gone over; 1 failed, see the function's log: 11 contacts got a responsible"
    again = re.fullmatch(r"`firstcall (backfill --from \S+ --to \S+)` goes on from the first of them", on)
    assert again
    stack.dynamodb.put_item(TableName=stack.table, Item=stored)
    rest = document(terminal.done("--json", *again[1].split()))
    assert (rest["calls"], rest["handled"], rest["contacts_given_a_responsible"]) == (2, 2, 1)


@pytest.mark.parametrize("how", ["interrupted", "the function failed"])
def test_whatever_stops_it_it_says_how_to_go_on_and_nothing_is_lost(
    terminal: Terminal, functions: Functions, invoked: Invoked, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    since, until = answered_by_strangers(functions, 13)
    map_strangers(functions)
    real = hand_over

    def stops_at_the_second(*words: Any) -> Any:
        if len(invoked.events) == 1:
            if how == "interrupted":
                raise KeyboardInterrupt
            monkeypatch.setattr(functions, "backfill", None)
        return real(*words)

    monkeypatch.setattr("firstcall.past_calls.hand_over", stops_at_the_second)
    backfill = functions.backfill
    status, _, err = terminal.run("backfill", "--from", since, "--to", until)
    assert status == (130 if how == "interrupted" else FOUND_WRONG)
    assert err.startswith("error: stopped; " if how == "interrupted" else "error: backfill failed: ")
    again = re.search(r"`firstcall (backfill --from \S+ --to \S+)` goes on\n", err)
    assert again
    monkeypatch.setattr(functions, "backfill", backfill)
    monkeypatch.setattr("firstcall.past_calls.hand_over", real)
    rest = document(terminal.done("--json", *again[1].split()))
    assert (rest["calls"], rest["contacts_given_a_responsible"]) == (3, 3)


def test_pbxs_are_asked_at_their_pace_until_nothing_is_left_to_ask(
    terminal: Terminal, functions: Functions, invoked: Invoked, stack: Stack
) -> None:
    pbx, connection = ZadarmaServer(), a_connection("the-pbx", "zadarma", adopt_on_later_call=True)
    with asked_at(functions, connection, pbx):
        since = stack.clock.ms
        for number in range(4):
            rung_and_lost(functions, connection, f"in_{number}")
        stack.clock.tick(240)
        while functions.sweep():
            stack.clock.tick(60)
        stack.clock.tick(DAY)
        talk = Talk(Person("702"), since // 1000 + 9)
        pbx.memory.calls = [PastCall("in_3", CLIENT, LINE, since // 1000, (talk,))]
        invoked.before = lambda: stack.clock.tick(20)
        pbx.memory.asked.clear()
        out = told(terminal.done("backfill", "--from", iso(since), "--to", iso(stack.clock.ms)))
    assert out[2:] == [
        "asking PBXs about 3 more, as slowly as they want to be asked",
        "  2 left to ask about; 0 contacts got a responsible",
        "  1 left to ask about; 0 contacts got a responsible",
        "  0 left to ask about; 1 contact got a responsible",
        "4 calls gone over: 1 contact got a responsible",
    ]
    assert [each.path for each in pbx.memory.asked].count("/v1/statistics/pbx/") == 4


def test_a_pbx_in_trouble_is_given_up_and_its_calls_are_named_as_not_asked(
    terminal: Terminal, functions: Functions, invoked: Invoked, stack: Stack
) -> None:
    pbx, connection = ZadarmaServer(), a_connection("the-pbx", "zadarma")
    with asked_at(functions, connection, pbx):
        since = stack.clock.ms
        rung_and_lost(functions, connection, "in_1")
        pbx.memory.mood = "failing"
        stack.clock.tick(240)
        while functions.sweep():
            stack.clock.tick(60)
        stack.clock.tick(DAY)
        invoked.before = lambda: stack.clock.tick(20)
        until = stack.clock.ms
        status, out, _ = terminal.run("backfill", "--from", iso(since), "--to", iso(until))
        assert status == FOUND_WRONG
        assert len(invoked.events) == 1 + past_calls.MOST_IDLE_ROUNDS
    goes_on = f"`firstcall backfill --from {local(since)} --to {local(until)}` goes on from the first of them"
    assert told(out)[-2:] == [
        "the PBX could not be asked about 1 call: see the function's log",
        goes_on,
    ]


def test_without_a_period_what_is_due_is_finished(terminal: Terminal, functions: Functions, stack: Stack) -> None:
    assert told(terminal.done("backfill")) == ["no call owes a decision"]
    ItooLabs(functions.webhook).event("INCOMING", "anna")
    assert told(terminal.done("backfill", "--dry-run")) == ["1 call without a decision"]
    out = told(terminal.done("backfill"))
    assert out == ["  1 of 1", "1 call handled; 1 call still open, until the answer or the deadline"]
    stack.clock.tick(240)
    assert document(terminal.done("--json", "backfill")) == {"calls": 1, "handled": 1, "failed": 0, "left": 0}


@pytest.mark.parametrize(
    "words",
    [
        ["--to", "2026-11-24"],
        ["--from", "yesterday"],
        ["--from", "2026-11-24", "--to", "2026-11-23"],
    ],
)
def test_a_period_that_is_none_is_wrong_use(terminal: Terminal, words: list[str]) -> None:
    assert terminal.run("backfill", *words)[0] == WRONG_USE
