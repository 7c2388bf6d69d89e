"""Contacts and calls at their edges: moved numbers, odd ids, changes at the same moment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from shared.call import Fact
from shared.calls import Calls
from shared.contact import Contact, CreatedBy
from shared.contacts import Contacts
from shared.pbx.protocol import CallEvent
from tests.support.stack import CLIENT

if TYPE_CHECKING:
    from tests.integration.admin.conftest import RawAdmin
    from tests.support.stack import Stack


def stored(stack: Stack, **changes: Any) -> Contact:
    blank = Contact("a" * 32, "person", "New", (CLIENT,), "default", stack.clock.ms, CreatedBy("megafon-main", "1"))
    return Contacts(stack.dynamodb, stack.table).create(blank._replace(**changes))


def ring(stack: Stack, call_id: str) -> None:
    event = CallEvent(call_id, "ringing", "INCOMING", direction="in", phone=CLIENT, ext="701")
    Calls(stack.dynamodb, stack.table).record("megafon-main", Fact(event, stack.clock.ms), keep_days=90)


@pytest.mark.rule("C3")
@pytest.mark.parametrize("written", ["89161234567", "%2B7%20(916)%20123-45-67", "+79161234567", "tel:+79161234567"])
def test_a_number_is_found_in_every_spelling_also_with_a_plus_that_nobody_encoded(
    applied: RawAdmin, written: str
) -> None:
    contact = stored(applied.stack)
    (found,) = applied.send("GET", "contacts", query=f"phone={written}").json["items"]
    assert found["id"] == contact.id


def test_an_id_that_the_index_still_names_after_its_contact_was_taken_back_is_404(applied: RawAdmin) -> None:
    stack = applied.stack
    contact = stored(stack)
    # The index lags: the number has a new contact already, and the index still leads the old id to it.
    stack.dynamodb.update_item(
        TableName=stack.table,
        Key={"pk": {"S": f"phone#{CLIENT}"}, "sk": {"S": "contact"}},
        UpdateExpression="SET contact_id = :old",
        ExpressionAttributeValues={":old": {"S": "b" * 32}},
    )
    assert applied.send("GET", f"contacts/{'b' * 32}").status == 404
    assert applied.put(f"contacts/{'b' * 32}/responsibles", {"responsibles": ["anna"]}).status == 404
    assert Contacts(stack.dynamodb, stack.table).of_phone(CLIENT, consistent=True) == contact


@pytest.mark.rule("R9")
def test_a_choice_made_while_the_contact_changes_is_made_on_what_it_has_become(applied: RawAdmin) -> None:
    stack = applied.stack
    contact = stored(stack)
    contacts = Contacts(stack.dynamodb, stack.table)
    done: list[Contact] = []

    def meanwhile(model: Any, **_: object) -> None:
        if model.name == "UpdateItem" and not done:
            done.append(contact)
            done.append(contacts.revise(contact._replace(name="Changed meanwhile")))

    stack.dynamodb.meta.events.register_first("before-call", meanwhile)
    answer = applied.put(f"contacts/{contact.id}/responsibles", {"responsibles": ["boris"]})
    stack.dynamodb.meta.events.unregister("before-call", meanwhile)
    assert (answer.status, len(done)) == (200, 2)
    assert (answer.json["name"], answer.json["responsibles"][0]["employee"]) == ("Changed meanwhile", "boris")


@pytest.mark.rule("R13")
def test_a_persons_choice_says_so_and_names_no_call(applied: RawAdmin) -> None:
    contact = stored(applied.stack)
    chosen = applied.put(f"contacts/{contact.id}/responsibles", {"responsibles": ["anna"]}).json["responsibles"]
    assert chosen[0]["source"] == "manual"
    assert chosen[0]["evidence"] == {"connection": None, "call_id": None, "event": "manual"}


@pytest.mark.rule("K1")
@pytest.mark.parametrize("call_id", ["MjY4Nzg2ODQwMTo4MQ==", "a/b", "a%2Fb", "100%", "ключ ?#&+", "//", "a%252Fb", '"'])
def test_a_call_is_found_by_any_id_whether_api_gateway_decodes_paths_or_not(applied: RawAdmin, call_id: str) -> None:
    ring(applied.stack, call_id)
    for path in (call_id, quote(call_id, safe="")):
        answer = applied.send("GET", f"calls/megafon-main/{path}")
        assert (answer.status, answer.json.get("call_id")) == (200, call_id)


def test_an_id_that_looks_encoded_does_not_lead_to_another_call(applied: RawAdmin) -> None:
    for call_id in ("a/b", "a%2Fb"):
        ring(applied.stack, call_id)
    assert applied.send("GET", "calls/megafon-main/a%252Fb").json["call_id"] == "a%2Fb"
    assert applied.send("GET", "calls/megafon-main/a/b").json["call_id"] == "a/b"
