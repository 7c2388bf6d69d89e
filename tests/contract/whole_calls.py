"""The recorded events of a call put together, as they came or in any order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.call import Call, derive, to_fact
from tests.contract.recorded import ALL
from tests.support.stack import ANNA, BORIS, a_connection

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from shared.company import Connection
    from shared.pbx.protocol import CallEvent

WIRE = "0671234567"
"""Anna's ordinary phone, which Binotel names in place of her short number."""

CONNECTIONS = {
    "binotel": a_connection(
        "binotel-main",
        "binotel",
        country="UA",
        employees_by_ext={"901": ANNA, "902": BORIS},
        employees_by_login={WIRE: ANNA},
    ),
    "gravitel": a_connection("gravitel-main", "gravitel", employees_by_login={}),
    "mango": a_connection("mango-main", "mango", employees_by_login={}),
    "telphin": a_connection(
        "telphin-main", "telphin", employees_by_ext={"101": ANNA, "102": BORIS}, employees_by_login={}
    ),
    "uis": a_connection("uis-main", "uis", employees_by_login={"2340011": ANNA, "2340012": BORIS}, employees_by_ext={}),
    "zadarma": a_connection("zadarma-main", "zadarma", employees_by_login={}),
}
"""One connection of each family, with its employees as the fixtures name them."""


def recorded(family: str, situation: str) -> list[CallEvent]:
    """Give the events of a situation, in the order of the fixture, as the family's own operator sends them."""
    events = [
        event
        for record in ALL
        if (record.family, record.operator, record.situation) == (family, family, situation)
        for event in record.events
    ]
    assert events, f"{family} has no fixture of {situation}"
    return events


def played(connection: Connection, events: Sequence[CallEvent]) -> Call:
    """Derive the call; all arrive at once, so that only what they say can tell them apart."""
    return derive(connection, events[0].call_id, [to_fact(event, connection, 1000) for event in events])


def in_any_order(connection: Connection, events: list[CallEvent], check: Callable[[Call], None]) -> None:
    """Check the call that the events make in many orders, two of them sent twice."""

    @given(order=st.permutations(events))
    @settings(max_examples=30, deadline=None)
    def in_this_order(order: list[CallEvent]) -> None:
        check(played(connection, [*order, *order[:2]]))

    in_this_order()


def who(call: Call) -> tuple[str | None, str | None]:
    """Name who answered first, and who held the call last."""
    first, last = call.first_answer, call.last_answer
    return (first.leg.employee if first else None, last.leg.employee if last else None)
