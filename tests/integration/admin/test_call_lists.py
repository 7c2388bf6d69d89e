"""Calls listed by their outside number, or by when they began."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest

from shared.call import Fact
from shared.call_lists import CallLists
from shared.calls import Calls
from shared.pbx.protocol import CallEvent
from tests.support.stack import CLIENT

if TYPE_CHECKING:
    from tests.integration.admin.conftest import RawAdmin
    from tests.support.stack import Stack

DAY_MS = 86_400_000


def ring(stack: Stack, call_id: str, began_at: int, **fields: Any) -> None:
    event = CallEvent(call_id, "ringing", "INCOMING", direction="in", **{"phone": CLIENT, "ext": "701", **fields})
    Calls(stack.dynamodb, stack.table).record("megafon-main", Fact(event, began_at), keep_days=90)


def iso(moment: int) -> str:
    return datetime.fromtimestamp(moment / 1000, UTC).isoformat()


def listed(admin: RawAdmin, **query: str) -> list[str]:
    """Walk all pages."""
    found: list[str] = []
    while True:
        answer = admin.send("GET", "calls", query=urlencode(query))
        assert answer.status == 200, answer.text
        found += [each["call_id"] for each in answer.json["items"]]
        if answer.json["cursor"] is None:
            return found
        query["cursor"] = answer.json["cursor"]


def test_calls_of_a_number_come_newest_first_and_no_others(applied: RawAdmin) -> None:
    now = applied.stack.clock.ms
    for number in range(60):
        ring(applied.stack, f"c{number}", now - number * DAY_MS // 10)
    ring(applied.stack, "other", now, phone="+79160009999")
    assert listed(applied, phone="8 916 123-45-67") == [f"c{number}" for number in range(60)]


def test_calls_of_a_period_come_newest_first_over_days_and_shards(applied: RawAdmin) -> None:
    now = applied.stack.clock.ms
    for number in range(60):
        ring(applied.stack, f"c{number}", now - number * DAY_MS // 10)
    found = listed(applied, **{"from": iso(now - 4 * DAY_MS), "to": iso(now)})
    assert found == [f"c{number}" for number in range(1, 41)]  # the end is exclusive, the start is not


def test_calls_of_one_moment_are_not_lost_between_two_pages(applied: RawAdmin) -> None:
    now = applied.stack.clock.ms
    for number in range(40):
        ring(applied.stack, f"c{number}", now - 5)
    assert sorted(listed(applied, **{"from": iso(now - 10)})) == sorted(f"c{number}" for number in range(40))


def test_a_call_is_listed_where_it_began_however_many_events_follow_and_in_whatever_order(stack: Stack) -> None:
    lists = CallLists(stack.dynamodb, stack.table)
    now = stack.clock.ms
    ring(stack, "c", now, phone=None)
    ring(stack, "c", now + DAY_MS)
    ring(stack, "c", now + 2 * DAY_MS, ext="702")
    assert [each.began_at for each in lists.between(now - DAY_MS, now + 3 * DAY_MS)] == [now]
    assert [each.call_id for each in lists.of_phone(CLIENT)] == ["c"]


def test_a_transferred_call_is_listed_once_under_the_id_it_began_with(applied: RawAdmin) -> None:
    stack, now = applied.stack, applied.stack.clock.ms
    ring(stack, "first", now - 10)
    ring(stack, "second", now - 5)
    event = CallEvent("first", "transferred", "TRANSFERRED", direction="in", phone=CLIENT, second_call_id="second")
    Calls(stack.dynamodb, stack.table).record("megafon-main", Fact(event, now), keep_days=90)
    assert listed(applied, phone=CLIENT) == ["first"]


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({}, "either phone, or from"),
        ({"phone": CLIENT, "from": "2026-11-25T10:00:00Z"}, "either phone, or from"),
        ({"phone": CLIENT, "to": "2026-11-25T10:00:00Z"}, "to: it goes with from"),
        ({"phone": "what"}, "phone: it cannot be read"),
        ({"from": "yesterday"}, "from: 'yesterday' is no ISO 8601 time"),
        ({"from": "2026-11-25T10:00:00"}, "has no offset"),
        ({"from": "2020-11-25T10:00:00Z"}, "at most 366 days at once"),
    ],
)
def test_a_question_that_is_none_is_refused_in_words(applied: RawAdmin, query: dict[str, str], words: str) -> None:
    answer = applied.send("GET", "calls", query=urlencode(query))
    assert (answer.status, words in answer.json["error"]) == (400, True), answer.json


def test_a_list_goes_by_the_company_that_another_environment_has_put_in_force(
    applied: RawAdmin, another: RawAdmin, document: dict[str, Any]
) -> None:
    stack = applied.stack
    ring(stack, "c", stack.clock.ms - 5)
    query = urlencode({"from": iso(stack.clock.ms - 10)})

    def reached() -> str | None:
        [call] = applied.send("GET", "calls", query=query).json["items"]
        employee: str | None = call["legs"][0]["employee"]
        return employee

    assert reached() == "anna"
    people = document["employees"]
    people["anna"]["extensions"]["megafon-main"] = {"ext": "799"}
    people["boris"]["extensions"]["megafon-main"] = {"ext": "701"}
    assert another.put("company", document).status == 200
    assert reached() == "boris"
