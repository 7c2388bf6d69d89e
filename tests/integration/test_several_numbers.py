"""Calls from any number of one customer: one contact, one owner, one look-up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from shared.contacts import Contacts
from tests.support.pbx import ItooLabs
from tests.support.stack import BORIS, CLIENT

if TYPE_CHECKING:
    from tests.support.functions import Functions
    from tests.support.stack import Stack

SECOND = "+79167654321"


@pytest.mark.rule("C9")
@pytest.mark.rule("T1")
def test_a_call_from_a_second_number_is_sent_to_the_responsible_and_makes_no_contact(
    functions: Functions, stack: Stack
) -> None:
    first = ItooLabs(functions.webhook)
    first.event("INCOMING", "boris")
    first.event("ACCEPTED", "boris")
    contact = stack.contact(CLIENT)
    assert contact is not None
    both = contact._replace(phones=(CLIENT, SECOND))
    Contacts(stack.dynamodb, stack.table).renumber(contact, both)
    second = ItooLabs(functions.webhook, phone=SECOND.removeprefix("+"), call_id="Q7ZK2MTR9X00099C")
    assert second.ask()["responsible"] == BORIS
    second.event("INCOMING", "anna")
    second.event("ACCEPTED", "anna")
    assert stack.count("phone#") == 2
    found = stack.contact(SECOND)
    assert found is not None
    assert (found.id, [each.who for each in found.responsibles]) == (contact.id, [BORIS])


@pytest.mark.rule("C9")
@pytest.mark.rule("R2")
def test_the_call_that_made_a_contact_decides_its_owner_under_every_number(functions: Functions, stack: Stack) -> None:
    pbx = ItooLabs(functions.webhook)
    pbx.event("INCOMING", "boris")
    contact = stack.contact(CLIENT)
    assert contact is not None
    # The admin gives it the customer's other number, as the first one, while the phone still rings.
    Contacts(stack.dynamodb, stack.table).renumber(contact, contact._replace(phones=(SECOND, CLIENT)))
    pbx.event("ACCEPTED", "boris")
    for phone in (CLIENT, SECOND):
        found = stack.contact(phone)
        assert found is not None
        assert ([each.who for each in found.responsibles], found.state) == ([BORIS], "assigned")


@pytest.mark.rule("C9")
def test_a_contact_given_another_number_is_not_taken_back_by_its_call(functions: Functions, stack: Stack) -> None:
    pbx = ItooLabs(functions.webhook)
    pbx.history("missed", "pbx")
    contact = stack.contact(CLIENT)
    assert contact is not None
    Contacts(stack.dynamodb, stack.table).renumber(contact, contact._replace(phones=(CLIENT, SECOND)))
    pbx.event("INCOMING", "guard", ext="999")
    assert stack.contact(CLIENT) is not None
    assert stack.contact(SECOND) is not None
