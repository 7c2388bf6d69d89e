"""No order of arrival and no repetition changes what a call, its contact and its responsible become (K2)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.functions import Functions
from tests.support.pbx import Generic, ItooLabs
from tests.support.stack import CLIENT, VIP_LINE, Stack, a_connection

if TYPE_CHECKING:
    from shared.call import Call
    from shared.contact import Contact

pytestmark = pytest.mark.rule("K2")

Send = Callable[[Functions, str], object]


def itoolabs(action: Callable[[ItooLabs], object], **fields: str) -> Send:
    return lambda functions, call: action(ItooLabs(functions.webhook, **{"call_id": call, **fields}))  # type: ignore[arg-type]


def leg(suffix: str, action: Callable[[ItooLabs], object]) -> Send:
    return lambda functions, call: action(ItooLabs(functions.webhook, call + suffix))


def generic(kind: str, **fields: str) -> Send:
    return lambda functions, call: Generic(functions.webhook, call).event(kind, **fields)


CALLS: dict[str, list[Send]] = {
    "direct": [
        itoolabs(lambda pbx: pbx.event("INCOMING", "anna")),
        itoolabs(lambda pbx: pbx.event("ACCEPTED", "anna")),
        itoolabs(lambda pbx: pbx.event("COMPLETED", "anna")),
        itoolabs(lambda pbx: pbx.history("Success", "anna")),
    ],
    "group": [
        itoolabs(lambda pbx: pbx.event("INCOMING", "anna")),
        itoolabs(lambda pbx: pbx.event("INCOMING", "boris")),
        itoolabs(lambda pbx: pbx.event("CANCELLED", "anna")),
        itoolabs(lambda pbx: pbx.event("ACCEPTED", "boris")),
        itoolabs(lambda pbx: pbx.event("COMPLETED", "boris")),
        itoolabs(lambda pbx: pbx.history("Success", "boris")),
    ],
    "missed": [
        itoolabs(lambda pbx: pbx.event("INCOMING", "anna")),
        itoolabs(lambda pbx: pbx.event("CANCELLED", "anna")),
        itoolabs(lambda pbx: pbx.history("missed", "pbx")),
    ],
    "strangers only": [
        itoolabs(lambda pbx: pbx.event("INCOMING", "guard", ext="999")),
        itoolabs(lambda pbx: pbx.event("CANCELLED", "guard", ext="999")),
        itoolabs(lambda pbx: pbx.history("missed", "pbx")),
    ],
    "transfer under one id": [
        itoolabs(lambda pbx: pbx.event("INCOMING", "boris")),
        itoolabs(lambda pbx: pbx.event("ACCEPTED", "boris")),
        itoolabs(lambda pbx: pbx.event("ACCEPTED", "anna")),
        itoolabs(lambda pbx: pbx.event("COMPLETED", "anna")),
        itoolabs(lambda pbx: pbx.history("Success", "anna")),
    ],
    "transfer under two ids": [
        leg("-a", lambda pbx: pbx.event("INCOMING", "boris")),
        leg("-a", lambda pbx: pbx.event("ACCEPTED", "boris")),
        leg("-b", lambda pbx: pbx.event("ACCEPTED", "anna")),
        leg("-a", lambda pbx: pbx.event("TRANSFERRED", "boris", second_callid=pbx.call_id.replace("-a", "-b"))),
        leg("-b", lambda pbx: pbx.event("COMPLETED", "anna")),
        leg("-b", lambda pbx: pbx.history("Success", "anna")),
    ],
    "the line is told late": [
        itoolabs(lambda pbx: pbx.event("INCOMING", "anna", diversion="")),
        itoolabs(lambda pbx: pbx.event("ACCEPTED", "anna", diversion="")),
        itoolabs(lambda pbx: pbx.history("Success", "anna"), line=VIP_LINE),
    ],
    "no direction in the events": [
        itoolabs(lambda pbx: pbx.event("INCOMING", "anna", direction="")),
        itoolabs(lambda pbx: pbx.event("ACCEPTED", "anna", direction="")),
        itoolabs(lambda pbx: pbx.history("Success", "anna")),
    ],
    "outgoing": [
        itoolabs(lambda pbx: pbx.event("OUTGOING", "anna", direction="")),
        itoolabs(lambda pbx: pbx.event("ACCEPTED", "anna", direction="")),
        itoolabs(lambda pbx: pbx.history("Success", "anna", type="out")),
    ],
    "generic with times": [
        generic("ringing", ext="702", at="2026-11-23T10:15:30Z"),
        generic("ringing", ext="701", at="2026-11-23T10:15:30Z"),
        generic("answered", ext="702", at="2026-11-23T10:15:40Z"),
        generic("ended", ext="702", status="answered", at="2026-11-23T10:16:40Z"),
    ],
    "generic outgoing": [
        generic("outgoing", ext="702"),
        generic("answered", ext="702"),
        generic("ended", ext="702", status="answered"),
    ],
}


def outcome(stack: Stack, call_id: str, connection: str) -> tuple[Contact | None, Call | None]:
    contact = stack.contact(CLIENT)
    family = {"megafon-main": "itoolabs", "site": "generic"}[connection]
    call = stack.call(a_connection(connection, family), call_id)
    return contact, call


@pytest.mark.parametrize("name", CALLS)
@given(data=st.data())
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_order_and_any_repetition_ends_the_same(functions: Functions, name: str, data: st.DataObject) -> None:
    events = CALLS[name]
    stack = functions.stack
    connection = "site" if name.startswith("generic") else "megafon-main"
    order = data.draw(st.permutations(range(len(events))))
    repeated = data.draw(st.lists(st.sampled_from(range(len(events))), max_size=4))
    results = []
    for sequence in (list(range(len(events))), [*order, *repeated]):
        call_id = uuid4().hex
        for each in sequence:
            events[each](functions, call_id)
        shown = f"{call_id}-a" if "two ids" in name else call_id
        contact, call = outcome(stack, shown, connection)
        results.append(_told(contact, call, call_id))
        _forget(stack)
    assert results[1] == results[0]


def _told(contact: Contact | None, call: Call | None, call_id: str) -> tuple[object, ...]:
    """Say all that is stored, but for what is random: the contact's id, and the id this play of the call has."""
    assert call is not None
    people = contact and [
        (each.who, each.source, each.at, each.late, each.evidence.event) for each in contact.responsibles
    ]
    about = contact and (
        contact.name,
        contact.template,
        contact.state,
        contact.reason,
        contact.created_by.line,
        contact.created_by.call_id.replace(call_id, ""),
        contact.created_at,
    )
    answers = [proof and proof.leg.employee for proof in (call.first_answer, call.last_answer)]
    return (people, about, call.state, call.outcome, call.direction, call.phone, call.line, call.legs, answers)


def _forget(stack: Stack) -> None:
    stack.dynamodb.delete_item(TableName=stack.table, Key={"pk": {"S": f"phone#{CLIENT}"}, "sk": {"S": "contact"}})
