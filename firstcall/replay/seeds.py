"""Contacts that were there already, or came about through calls that are not played: as they were, not as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from firstcall.replay.stored import moment
from functions.admin.documents import EmployeeOwner
from shared.company import GROUP_PREFIX
from shared.contact import Contact, CreatedBy, Evidence, Responsible

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Set as AbstractSet

    from firstcall.replay.stored import CallKey
    from functions.admin.documents import ContactDocument, GroupOwner


class Played(NamedTuple):
    """Which calls are played, and until when their period lasts."""

    call_ids: AbstractSet[CallKey]
    until: int  # ms

    def made(self, contact: ContactDocument) -> bool:
        """Whether one of these calls made this contact."""
        return (contact.created_by.connection, contact.created_by.call_id) in self.call_ids

    def gave(self, owner: EmployeeOwner | GroupOwner) -> bool:
        """Whether one of these calls made somebody responsible."""
        proof = owner.evidence
        return (proof.connection or "", proof.call_id or "") in self.call_ids

    def came_later(self, contact: ContactDocument) -> bool:
        """Whether a contact came about behind the period."""
        return not self.made(contact) and moment(contact.created_at) >= self.until

    def owned_otherwise(self, contact: ContactDocument) -> bool:
        """Whether a call gave a contact its responsibles that is not played, and came after those that are."""
        owners = contact.responsibles
        if not owners or chosen(contact) or any(map(self.gave, owners)):
            return False
        return self.made(contact) or any(moment(each.at) >= self.until for each in owners)


def chosen(contact: ContactDocument) -> bool:
    """Whether a person chose the responsibles: no call did."""
    return contact.reason == "manual" or any(each.evidence.call_id is None for each in contact.responsibles)


def seeds(contacts: Iterable[ContactDocument], played: Played) -> list[Contact]:
    """Give the contacts that the calls find, in the order they came about."""
    found = {each.id: _seed(each, played) for each in contacts if not played.made(each) and not played.came_later(each)}
    return sorted(found.values(), key=lambda each: each.created_at)


def _seed(contact: ContactDocument, played: Played) -> Contact:
    """Make a contact as it was before these calls: what they gave it is theirs to give again."""
    by = contact.created_by
    is_taken_back = any(map(played.gave, contact.responsibles)) or played.owned_otherwise(contact)
    return Contact(
        id=contact.id,
        kind=contact.kind,
        name=contact.name,
        phones=tuple(contact.phones),
        template=contact.template,
        created_at=moment(contact.created_at),
        created_by=CreatedBy(by.connection, by.call_id, by.line),
        tags=tuple(contact.tags),
        fields=contact.fields,
        responsibles=() if is_taken_back else tuple(map(_responsible, contact.responsibles)),
        state="unowned" if is_taken_back else contact.state,
        reason=contact.reason,
        manual=chosen(contact),
    )


def _responsible(owner: EmployeeOwner | GroupOwner) -> Responsible:
    proof = owner.evidence
    who = owner.employee if isinstance(owner, EmployeeOwner) else f"{GROUP_PREFIX}{owner.group}"
    return Responsible(
        who, owner.source, moment(owner.at), Evidence(proof.event, proof.connection, proof.call_id), owner.late
    )
