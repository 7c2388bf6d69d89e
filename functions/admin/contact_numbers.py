"""A person sets a contact's numbers, or merges two contacts of one customer: each number then finds the one (C9)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from functions.admin.refusal import Refusal
from shared.contact import MOST_PHONES, Contact
from shared.contacts import Conflict, Contacts
from shared.ownership import excluded
from shared.phones import normalise

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from functions.admin.contact_lists import ContactLists
    from shared.company import Company

_MAX_TURNS = 8

NEVER_A_CONTACT = {
    "blocked": "is blocked in the company file",
    "employee": "is an employee's own number",
    "own_line": "is a line of the company",
}


class ContactNumbers:
    """Changes which numbers lead to a contact."""

    def __init__(self, lists: ContactLists, contacts: Contacts) -> None:
        self._lists = lists
        self._contacts = contacts

    def set(self, company: Company, contact_id: str, texts: Sequence[str]) -> Contact:
        """Give a contact exactly these numbers; raise Refusal where one is wrong or another contact's."""
        phones = read_phones(company, texts)
        return self._until_unhindered(lambda: self._set(self._find(contact_id), phones))

    def merge(self, contact_id: str, other_id: str) -> Contact:
        """Make one contact of two: it keeps its own name and responsibles, and has all numbers, tags and fields.

        One that nobody is responsible for takes the other's responsibles, by that person's choice (R9).
        """
        return self._until_unhindered(lambda: self._merge(self._find(contact_id), self._find(other_id)))

    def _set(self, contact: Contact, phones: tuple[str, ...]) -> Contact:
        if phones == contact.phones:
            return contact
        for phone in phones:
            other = self._contacts.of_phone(phone, consistent=True)
            if other is not None and other.id != contact.id:
                raise Refusal(409, f"{phone} is a number of contact {other.id}: merge the two, or take it away there")
        return self._contacts.renumber(contact, contact._replace(phones=phones))

    def _merge(self, contact: Contact, other: Contact) -> Contact:
        if contact.id == other.id:
            return contact  # merged already
        for each in (contact, other):
            if each.state == "pending":
                why = "its call is still being decided, five minutes from its creation at the latest: merge then"
                raise Refusal(409, f"contact {each.id}: {why}")
        merged = merged_contact(contact, other)
        if len(merged.phones) > MOST_PHONES:
            raise Refusal(422, f"together they have {len(merged.phones)} numbers; at most {MOST_PHONES} can be kept")
        return self._contacts.renumber(contact, merged, absorbed=other)

    def _find(self, contact_id: str) -> Contact:
        contact = self._lists.of_id(contact_id)
        if contact is None:
            raise Refusal(404, f"no contact {contact_id!r}")
        return contact

    def _until_unhindered(self, change: Callable[[], Contact]) -> Contact:
        for _ in range(_MAX_TURNS):
            try:
                return change()
            except Conflict:
                continue
        raise Refusal(409, "the contact is being changed by many at once; try again")


def read_phones(company: Company, texts: Sequence[str]) -> tuple[str, ...]:
    """Read numbers in any spelling; raise Refusal with every mistake."""
    mistakes = []
    phones: list[str] = []
    for place, text in enumerate(texts):
        phone = normalise(text, company.country)
        if phone is None:
            mistakes.append(f"phones[{place}]: {text[:40]!r} cannot be read as a number")
        elif phone in phones:
            mistakes.append(f"phones[{place}]: {phone} is given twice")
        elif why := excluded(company, phone):
            mistakes.append(f"phones[{place}]: {phone} {NEVER_A_CONTACT[why]}")
        else:
            phones.append(phone)
    if mistakes:
        raise Refusal(422, "these numbers cannot be set; nothing is changed", tuple(mistakes))
    return tuple(phones)


def merged_contact(contact: Contact, other: Contact) -> Contact:
    """Say what comes of two contacts."""
    merged = contact._replace(
        phones=tuple(dict.fromkeys((*contact.phones, *other.phones))),
        tags=tuple(dict.fromkeys((*contact.tags, *other.tags))),
        fields={**other.fields, **contact.fields},
        merged=(*contact.merged, other.id, *other.merged),
        # Neither call that made one of the two may take the whole back.
        provisional=False,
    )
    if contact.responsibles or not other.responsibles:
        return merged
    return merged._replace(responsibles=other.responsibles, state=other.state, reason=other.reason, manual=True)
