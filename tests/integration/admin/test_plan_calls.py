"""What a plan says of the last days' calls: how many would have gone elsewhere by the planned company."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from functions.admin import plan_calls
from shared.call import Fact
from shared.calls import Calls
from shared.contact import Contact, CreatedBy, Evidence, Responsible
from shared.contacts import Contacts
from shared.pbx.protocol import CallEvent
from tests.support.faults import counted
from tests.support.stack import CLIENT

if TYPE_CHECKING:
    from tests.integration.admin.conftest import RawAdmin
    from tests.support.stack import Stack

HOUR_MS = 3_600_000
LINE = "+74951112233"


def ring(stack: Stack, call_id: str, hours_ago: float, phone: str | None = CLIENT, **fields: Any) -> None:
    """Let a call come in; `connection` and whatever else its event says."""
    connection = fields.pop("connection", "megafon-main")
    event = CallEvent(
        call_id, "ringing", "INCOMING", **{"direction": "in", "phone": phone, "line": LINE, "ext": "701", **fields}
    )
    began_at = stack.clock.ms - int(hours_ago * HOUR_MS)
    Calls(stack.dynamodb, stack.table).record(connection, Fact(event, began_at), keep_days=90)


def own(stack: Stack, who: str, phone: str = CLIENT, *, created: CreatedBy | None = None, days_ago: int = 30) -> None:
    Contacts(stack.dynamodb, stack.table).create(
        Contact(
            id=f"c{phone[1:]}",
            kind="person",
            name="Client",
            phones=(phone,),
            template="default",
            created_at=stack.clock.ms - days_ago * 24 * HOUR_MS,
            created_by=created or CreatedBy("megafon-main", "long ago"),
            responsibles=(Responsible(who, "answered", 0, Evidence("ACCEPTED", "megafon-main", "long ago")),),
            state="assigned",
        )
    )


def plan(admin: RawAdmin, document: object) -> list[str]:
    """Plan, and read what is said of calls."""
    answer = admin.send("POST", "company/plan", json.dumps(document))
    assert answer.status == 200, answer.text
    return [each for each in answer.json["effects"] if "incoming call" in each or " instead of " in each]


@pytest.fixture
def working(document: dict[str, Any]) -> dict[str, Any]:
    """Give the example's company, all of it reachable at any hour."""
    for connection in document["connections"].values():
        connection["redirect_to_responsible"] = "always"
        connection.pop("fallback", None)
    for employee in document["employees"].values():
        employee.pop("away", None)
    return document


@pytest.fixture
def admin(admin: RawAdmin, working: dict[str, Any]) -> RawAdmin:
    assert admin.put("company", working).status == 200
    return admin


def test_calls_that_would_go_to_others_or_to_nobody_are_counted_by_where_they_would_go(
    admin: RawAdmin, working: dict[str, Any]
) -> None:
    stack, other = admin.stack, "+79161112233"
    own(stack, "anna")
    own(stack, "boris", other)
    for number in range(3):
        ring(stack, f"to-anna-{number}", 10 * number + 1)
    ring(stack, "to-boris", 5, other)
    ring(stack, "to-boris-on-mango", 6, other, connection="mango-main", ext="13")
    ring(stack, "from-nobody-known", 7, "+79160000099")
    ring(stack, "withheld", 7, None)
    working["employees"]["anna"]["active"] = False
    working["employees"]["boris"]["away"] = [{"from": "2026-01-01", "deputy": "galina"}]
    assert plan(admin, working) == [
        "of 7 incoming calls of the last 7 days 5 would have gone elsewhere",
        "connections.megafon-main: 3 calls to nobody instead of anna",
        "connections.mango-main: 1 call to nobody instead of boris",  # galina has no extension there
        "connections.megafon-main: 1 call to galina instead of boris",
    ]


@pytest.mark.rule("T13")
def test_a_call_is_judged_on_its_line_at_the_moment_it_began(admin: RawAdmin, working: dict[str, Any]) -> None:
    stack = admin.stack
    own(stack, "anna")
    for hours_ago in range(24):
        ring(stack, f"c{hours_ago}", hours_ago)
    ring(stack, "elsewhere", 3, line="+74951112244")
    working["calendars"]["mornings"] = {"weekly": {"mon-sun": ["06:00-12:00"]}}
    working["connections"]["megafon-main"]["lines"][LINE] |= {"hours": "mornings", "closed": "no_opinion"}
    assert plan(admin, working) == [
        "of 25 incoming calls of the last 7 days 18 would have gone elsewhere",
        "connections.megafon-main: 18 calls to nobody instead of anna",
    ]


def test_first_calls_outgoing_ones_and_old_ones_are_left_out(admin: RawAdmin, working: dict[str, Any]) -> None:
    stack = admin.stack
    own(stack, "anna", created=CreatedBy("megafon-main", "first"), days_ago=3)
    ring(stack, "before the contact was there", 80)
    ring(stack, "first", 71)
    ring(stack, "second", 70)
    ring(stack, "outgoing", 60, direction="out")
    ring(stack, "old", 24 * 7 + 1)
    working["employees"]["anna"]["active"] = False
    assert plan(admin, working)[0] == "of 1 incoming call of the last 7 days 1 would have gone elsewhere"


def test_a_transferred_call_counts_once(admin: RawAdmin, working: dict[str, Any]) -> None:
    stack = admin.stack
    own(stack, "anna")
    ring(stack, "one", 5)
    moved = CallEvent("one", "transferred", "TRANSFERRED", direction="in", phone=CLIENT, second_call_id="two")
    Calls(stack.dynamodb, stack.table).record("megafon-main", Fact(moved, stack.clock.ms), keep_days=90)
    ring(stack, "two", 4, ext="702")
    working["employees"]["anna"]["active"] = False
    assert plan(admin, working)[0].startswith("of 1 incoming call ")


def test_a_connection_that_is_taken_out_answers_no_look_up_any_more(admin: RawAdmin, working: dict[str, Any]) -> None:
    own(admin.stack, "boris")
    ring(admin.stack, "one", 5, connection="mango-main", ext="13")
    del working["connections"]["mango-main"]
    for employee in working["employees"].values():
        employee.get("extensions", {}).pop("mango-main", None)
    assert plan(admin, working)[1] == "connections.mango-main: 1 call to nobody instead of boris"


def test_a_change_that_sends_no_call_elsewhere_says_so_and_a_file_that_changes_nothing_is_not_played(
    admin: RawAdmin, working: dict[str, Any]
) -> None:
    own(admin.stack, "anna")
    ring(admin.stack, "one", 5)
    assert plan(admin, working) == []
    working["employees"]["anna"]["name"] = "Анна Сидорова"
    assert plan(admin, working) == ["none of 1 incoming call of the last 7 days would have gone elsewhere"]


def test_without_any_calls_nothing_is_said_of_them(admin: RawAdmin, working: dict[str, Any]) -> None:
    working["employees"]["anna"]["active"] = False
    assert plan(admin, working) == []


def test_when_there_are_too_many_calls_the_newest_are_looked_at_and_it_is_said_which(
    admin: RawAdmin, working: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    own(admin.stack, "anna")
    for number in range(250):
        ring(admin.stack, f"c{number}", number / 2)
    working["employees"]["anna"]["active"] = False
    monkeypatch.setattr(plan_calls, "MOST_CALLS", 150)
    said = "of 200 incoming calls since 2026-11-14 07:36 UTC (the newest of the last 7 days) 200 would have gone"
    assert plan(admin, working)[0].startswith(said)
    monkeypatch.setattr(plan_calls, "MOST_SECONDS", 0.0)
    assert plan(admin, working)[0].startswith("of 100 incoming calls since ")
    monkeypatch.setattr(plan_calls, "MOST_SECONDS", 60.0)
    monkeypatch.setattr(plan_calls, "MOST_CALLS", 250)
    assert plan(admin, working)[0].startswith("of 250 incoming calls of the last 7 days ")


def test_a_hundred_calls_cost_two_reads_beside_the_lists(admin: RawAdmin, working: dict[str, Any]) -> None:
    own(admin.stack, "anna")
    for number in range(100):
        ring(admin.stack, f"c{number}", number / 2, CLIENT if number % 2 else f"+7916222{number:04d}")
    working["employees"]["anna"]["active"] = False
    with counted(admin.stack.dynamodb) as operations:
        assert plan(admin, working)[0].startswith("of 100 incoming calls ")
    assert operations.count("BatchGetItem") == 2
