"""What PBXs sent in a period, as an editor reads it: whole, in order, each request once."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest

from functions.admin.door import EDITORS_ONLY
from functions.admin.paths import raw_events
from functions.admin.settings import Settings
from functions.admin.wiring import build
from shared.call import Fact
from shared.calls import Calls
from shared.pbx.protocol import CallEvent, PbxRequest
from shared.raw_events import RawEvent, RawEvents
from tests.support.stack import CLIENT

if TYPE_CHECKING:
    from tests.integration.admin.conftest import RawAdmin
    from tests.support.stack import Stack

HOUR_MS = 3_600_000
SITE = "site"


def iso(moment: int) -> str:
    return datetime.fromtimestamp(moment / 1000, UTC).isoformat()


def came(stack: Stack, call_id: str | None, *moments: int, connection: str = SITE, body: bytes = b"") -> None:
    """Keep requests as the webhook does, with the call they are about."""
    for moment in moments:
        if call_id is not None:
            event = CallEvent(call_id, "ringing", "ringing", direction="in", phone=CLIENT, ext="21")
            Calls(stack.dynamodb, stack.table).record(connection, Fact(event, moment), keep_days=90)
        request = PbxRequest("POST", "events/call", {"a": "б"}, {"x": "y"}, body or f"{call_id} {moment}".encode())
        RawEvents(stack.dynamodb, stack.table).keep(connection, call_id, RawEvent(moment, request), (), 7)


def pages(admin: RawAdmin, **query: str) -> list[list[dict[str, Any]]]:
    """Walk all pages."""
    found = []
    query = {"from": iso(admin.stack.clock.ms - 24 * HOUR_MS), **query}
    while True:
        answer = admin.send("GET", "raw-events", query=urlencode(query))
        assert answer.status == 200, answer.text
        found.append(answer.json["items"])
        if answer.json["cursor"] is None:
            return found
        query["cursor"] = answer.json["cursor"]


def bodies(admin: RawAdmin, **query: str) -> list[str]:
    return [each["body"] for page in pages(admin, **query) for each in page]


def test_requests_come_call_by_call_the_oldest_first_with_those_that_named_none(applied: RawAdmin) -> None:
    start = applied.stack.clock.ms - 2 * HOUR_MS
    came(applied.stack, "first", start, start + 500)
    came(applied.stack, None, start + 50)
    came(applied.stack, "second", start + 100)
    came(applied.stack, None, start + 200, connection="mango-main")
    found = [each["call_id"] for page in pages(applied) for each in page]
    assert found == ["first", "first", None, "second", None]
    assert {each["connection"] for page in pages(applied, connection="mango-main") for each in page} == {"mango-main"}


def test_a_request_reads_as_it_came_without_its_headers(applied: RawAdmin) -> None:
    stack = applied.stack
    came(stack, "text", stack.clock.ms - HOUR_MS, body="тело & \n".encode())
    came(stack, "bytes", stack.clock.ms - HOUR_MS + 1, body=b"\x00\xff")
    text, other = (each for page in pages(applied) for each in page)
    assert text == {
        "connection": SITE,
        "call_id": "text",
        "arrived_at": text["arrived_at"],
        "method": "POST",
        "suffix": "events/call",
        "query": {"a": "б"},
        "body": "тело & \n",
        "body_is_base64": False,
    }
    assert (other["body_is_base64"], base64.b64decode(other["body"])) == (True, b"\x00\xff")


def test_of_a_period_the_calls_that_began_in_it_are_whole_and_others_are_not_there(applied: RawAdmin) -> None:
    now = applied.stack.clock.ms
    start, end = now - 3 * HOUR_MS, now - 2 * HOUR_MS
    came(applied.stack, "before", start - 1, start + 1)
    came(applied.stack, "within", start, end + 1)
    came(applied.stack, "after", end)
    came(applied.stack, None, start - 1, start, end - 1, end)
    period = {"from": iso(start), "to": iso(end)}
    expected = [f"within {start}", f"within {end + 1}", f"None {start}", f"None {end - 1}"]
    assert sorted(bodies(applied, **period)) == sorted(expected)
    assert bodies(applied, **{"from": iso(end), "to": iso(start)}) == []


def test_no_request_is_lost_or_told_twice_between_pages(applied: RawAdmin, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(raw_events, "PAGE", 3)
    monkeypatch.setattr(raw_events, "MOST_CALLS", 2)
    start = applied.stack.clock.ms - 2 * HOUR_MS
    expected = []
    for number in range(7):  # several calls begin in one moment
        moments = [start + number // 3 * 10 + after for after in range(number)] or [start]
        came(applied.stack, f"c{number}", *moments)
        expected += [f"c{number} {moment}" for moment in moments]
    came(applied.stack, None, start, start + 10, start + 11)
    expected += [f"None {start + after}" for after in (0, 10, 11)]
    event = CallEvent("nothing kept", "ringing", "ringing", direction="in", phone=CLIENT, ext="21")
    Calls(applied.stack.dynamodb, applied.stack.table).record(SITE, Fact(event, start), keep_days=90)
    found = pages(applied)
    assert sorted(each["body"] for page in found for each in page) == sorted(expected)
    assert max(map(len, found)) <= 3


def test_a_page_ends_before_it_is_longer_than_an_answer_may_be(applied: RawAdmin) -> None:
    start = applied.stack.clock.ms - HOUR_MS
    for number in range(5):
        came(applied.stack, "long", start + number, body=bytes([97 + number]) * 250_000)
    assert [len(page) for page in pages(applied)] == [2, 2, 1]


def test_a_reader_is_told_that_this_is_for_editors(applied: RawAdmin) -> None:
    stack = applied.stack
    reader = stack.secretsmanager.create_secret(Name="reader", SecretString="the-reader-token")["ARN"]
    door = build(Settings(stack.table, stack.secret_arn, "admin", reader), stack.dynamodb, stack.secretsmanager)
    applied.door = door
    query = urlencode({"from": iso(stack.clock.ms)})
    answer = applied.send("GET", "raw-events", query=query, authorization="Bearer the-reader-token")
    assert (answer.status, answer.json) == (403, {"error": EDITORS_ONLY})
    assert applied.send("GET", "raw-events", query=query).status == 200


def encoded(position: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(position).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    ("query", "status", "words"),
    [
        ({}, 422, "from"),
        ({"from": "yesterday"}, 400, "from: 'yesterday' is no ISO 8601 time"),
        ({"from": "2026-09-25T10:00:00Z"}, 400, "at most 31 days at once"),
        ({"from": "2026-11-23T10:00:00Z", "cursor": "x"}, 400, "cursor: it is none"),
        ({"from": "2026-11-23T10:00:00Z", "cursor": encoded([1, "site", "c"])}, 400, "cursor: it is none"),
        ({"from": "2026-11-23T10:00:00Z", "cursor": encoded([-1, "site", "c", 1])}, 400, "cursor: it is none"),
        ({"from": "2026-11-23T10:00:00Z", "cursor": encoded([1, "site", None, 1])}, 400, "cursor: it is none"),
        ({"from": "2026-11-23T10:00:00Z", "cursor": encoded({"a": 1, "b": 2, "c": 3, "d": 4})}, 400, "cursor: it is"),
    ],
)
def test_a_question_that_is_none_is_refused_in_words(
    applied: RawAdmin, query: dict[str, str], status: int, words: str
) -> None:
    answer = applied.send("GET", "raw-events", query=urlencode(query))
    assert (answer.status, words in answer.text) == (status, True), answer.text
