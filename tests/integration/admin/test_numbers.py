"""A contact's numbers (C9): each finds it with one read; two contacts of one customer become one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from shared.contact import Contact, CreatedBy, Evidence, Responsible
from shared.contacts import Conflict, Contacts
from tests.support.faults import Killed, counted, killed_before_write
from tests.support.stack import ANNA, BORIS, CLIENT

if TYPE_CHECKING:
    from tests.integration.admin.conftest import Answer, RawAdmin
    from tests.support.stack import Stack

pytestmark = pytest.mark.rule("C9")

SECOND, THIRD = "+79167654321", "+74957654321"


def owned_by(*who: str) -> dict[str, Any]:
    owners = tuple(Responsible(each, "answered", 1, Evidence("ACCEPTED", "megafon-main", "1")) for each in who)
    return {"responsibles": owners, "state": "assigned" if who else "unowned", "reason": None if who else "missed"}


def stored(stack: Stack, phone: str, letter: str, **changes: Any) -> Contact:
    by = CreatedBy("megafon-main", letter)
    blank = Contact(letter * 32, "person", letter, (phone,), "default", stack.clock.ms, by, state="unowned")
    return Contacts(stack.dynamodb, stack.table).create(blank._replace(**changes))


def contacts_of(stack: Stack) -> Contacts:
    return Contacts(stack.dynamodb, stack.table)


def merge(admin: RawAdmin, contact: Contact, other: Contact) -> Answer:
    return admin.send("POST", f"contacts/{contact.id}/merge", json.dumps({"contact": other.id}))


def test_each_number_of_a_contact_finds_it_with_one_read(applied: RawAdmin) -> None:
    stack = applied.stack
    contact = stored(stack, CLIENT, "a", **owned_by(ANNA))
    answer = applied.put(f"contacts/{contact.id}/phones", {"phones": [CLIENT, "8 916 765-43-21", THIRD]})
    assert (answer.status, answer.json["phones"]) == (200, [CLIENT, SECOND, THIRD])
    for phone in (CLIENT, SECOND, THIRD):
        with counted(stack.dynamodb) as operations:
            found = contacts_of(stack).of_phone(phone)
        assert (found and found.id, operations) == (contact.id, ["GetItem"])


def test_what_changes_later_is_seen_under_every_number(applied: RawAdmin) -> None:
    stack = applied.stack
    contact = stored(stack, CLIENT, "a", **owned_by(ANNA))
    applied.put(f"contacts/{contact.id}/phones", {"phones": [CLIENT, SECOND]})
    applied.put(f"contacts/{contact.id}/responsibles", {"responsibles": [BORIS]})
    for phone in (CLIENT, SECOND):
        found = stack.contact(phone)
        assert found is not None
        assert [each.who for each in found.responsibles] == [BORIS]


def test_a_contact_with_several_numbers_is_listed_once(applied: RawAdmin) -> None:
    contact = stored(applied.stack, CLIENT, "a", **owned_by(ANNA))
    applied.put(f"contacts/{contact.id}/phones", {"phones": [CLIENT, SECOND, THIRD]})
    for query in ("responsible=anna", "state=assigned"):
        assert [each["id"] for each in applied.send("GET", "contacts", query=query).json["items"]] == [contact.id]


def test_a_number_taken_away_is_unknown_again_also_the_first_one(applied: RawAdmin) -> None:
    stack = applied.stack
    contact = stored(stack, CLIENT, "a", **owned_by(ANNA))
    applied.put(f"contacts/{contact.id}/phones", {"phones": [CLIENT, SECOND]})
    answer = applied.put(f"contacts/{contact.id}/phones", {"phones": [SECOND]})
    assert (answer.status, answer.json["phones"]) == (200, [SECOND])
    assert stack.contact(CLIENT) is None
    assert [each["id"] for each in applied.send("GET", "contacts", query="responsible=anna").json["items"]] == [
        contact.id
    ]
    assert applied.send("GET", f"contacts/{contact.id}").json["phones"] == [SECOND]


@pytest.mark.parametrize(
    ("phones", "mistake"),
    [
        (["what"], "phones[0]: 'what' cannot be read as a number"),
        ([CLIENT, "8 916 123-45-67"], f"phones[1]: {CLIENT} is given twice"),
        (["+74990000000"], "phones[0]: +74990000000 is blocked in the company file"),
        (["+79160000001"], "phones[0]: +79160000001 is an employee's own number"),
        (["+74951112233"], "phones[0]: +74951112233 is a line of the company"),
    ],
)
def test_a_number_that_can_be_no_contact_is_refused(applied: RawAdmin, phones: list[str], mistake: str) -> None:
    contact = stored(applied.stack, CLIENT, "a")
    answer = applied.put(f"contacts/{contact.id}/phones", {"phones": phones})
    assert (answer.status, answer.json["mistakes"]) == (422, [mistake])
    assert applied.stack.contact(CLIENT) == contact


def test_a_number_of_another_contact_is_not_taken_from_it(applied: RawAdmin) -> None:
    contact, other = stored(applied.stack, CLIENT, "a"), stored(applied.stack, SECOND, "b")
    answer = applied.put(f"contacts/{contact.id}/phones", {"phones": [CLIENT, SECOND]})
    assert answer.status == 409
    assert other.id in answer.json["error"]
    assert applied.stack.contact(SECOND) == other


def test_merging_keeps_all_numbers_tags_and_fields_of_both(applied: RawAdmin) -> None:
    stack = applied.stack
    contact = stored(stack, CLIENT, "a", tags=("vip", "old"), fields={"level": "gold"}, **owned_by(ANNA))
    other = stored(stack, SECOND, "b", tags=("old", "new"), fields={"level": "iron", "town": "Perm"}, **owned_by(BORIS))
    answer = merge(applied, contact, other)
    assert answer.status == 200
    assert (answer.json["phones"], answer.json["tags"]) == ([CLIENT, SECOND], ["vip", "old", "new"])
    assert answer.json["fields"] == {"level": "gold", "town": "Perm"}
    assert [each["employee"] for each in answer.json["responsibles"]] == [ANNA]
    assert stack.contact(SECOND) == stack.contact(CLIENT)
    assert applied.send("GET", "contacts", query="responsible=boris").json["items"] == []


def test_the_id_of_a_merged_contact_leads_to_the_one_it_became_part_of(applied: RawAdmin) -> None:
    contact, other = stored(applied.stack, CLIENT, "a"), stored(applied.stack, SECOND, "b")
    merge(applied, contact, other)
    assert applied.send("GET", f"contacts/{other.id}").json["id"] == contact.id
    assert merge(applied, contact, other).status == 200  # again: it is so already


def test_a_contact_without_responsibles_takes_those_of_the_merged_one_for_good(applied: RawAdmin) -> None:
    contact, other = stored(applied.stack, CLIENT, "a"), stored(applied.stack, SECOND, "b", **owned_by(BORIS))
    merge(applied, contact, other)
    found = applied.stack.contact(CLIENT)
    assert found is not None
    assert ([each.who for each in found.responsibles], found.state, found.manual) == ([BORIS], "assigned", True)


def test_a_contact_that_is_still_being_decided_is_not_merged(applied: RawAdmin) -> None:
    contact, other = stored(applied.stack, CLIENT, "a"), stored(applied.stack, SECOND, "b", state="pending")
    for answer in (merge(applied, contact, other), merge(applied, other, contact)):
        assert (answer.status, other.id in answer.json["error"]) == (409, True)


def test_more_numbers_than_one_transaction_can_keep_are_refused(applied: RawAdmin) -> None:
    contact, other = stored(applied.stack, CLIENT, "a"), stored(applied.stack, SECOND, "b")
    for each, ten in ((contact, 7), (other, 8)):
        phones = [each.phones[0], *(f"+7916{ten}{number:06d}" for number in range(12))]
        assert applied.put(f"contacts/{each.id}/phones", {"phones": phones}).status == 200
    answer = merge(applied, contact, other)
    assert (answer.status, "26 numbers" in answer.json["error"]) == (422, True)


def test_whoever_read_a_contact_before_it_was_merged_writes_nothing(applied: RawAdmin) -> None:
    contact, other = stored(applied.stack, CLIENT, "a"), stored(applied.stack, SECOND, "b")
    merge(applied, contact, other)
    for outdated in (contact, other):
        with pytest.raises(Conflict):
            contacts_of(applied.stack).revise(outdated._replace(name="outdated"))


def test_a_merge_that_dies_is_not_begun(applied: RawAdmin) -> None:
    stack = applied.stack
    contact, other = stored(stack, CLIENT, "a"), stored(stack, SECOND, "b")
    with pytest.raises(Killed), killed_before_write(1, stack.dynamodb):
        merge(applied, contact, other)
    assert (stack.contact(CLIENT), stack.contact(SECOND)) == (contact, other)


def test_a_first_call_that_comes_while_its_number_is_given_to_a_contact_wins(applied: RawAdmin) -> None:
    stack = applied.stack
    contact = stored(stack, CLIENT, "a")
    made: list[Contact] = []

    def meanwhile(model: Any, **_: object) -> None:
        if model.name == "TransactWriteItems" and not made:
            made.append(stored(stack, SECOND, "b"))

    stack.dynamodb.meta.events.register_first("before-call", meanwhile)
    answer = applied.put(f"contacts/{contact.id}/phones", {"phones": [CLIENT, SECOND]})
    stack.dynamodb.meta.events.unregister("before-call", meanwhile)
    assert (answer.status, made[0].id in answer.json["error"]) == (409, True)
    assert (stack.contact(CLIENT), stack.contact(SECOND)) == (contact, made[0])
