"""A contact and the people responsible for it: plain data, and its stored text."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Literal, NamedTuple

from shared.company import GROUP_PREFIX

if TYPE_CHECKING:
    from collections.abc import Mapping

Source = Literal["template", "answered", "first_directed", "missed_owner", "manual"]
ContactState = Literal["pending", "assigned", "unowned"]
CONTACT_STATES: tuple[ContactState, ...] = ("pending", "assigned", "unowned")

MOST_PHONES = 20
"""Numbers one contact may have: all its items are written in one transaction, which takes a hundred."""


class Evidence(NamedTuple):
    """The event that made somebody responsible (R13). A person's choice has neither connection nor call."""

    event: str
    connection: str | None = None
    call_id: str | None = None


class Responsible(NamedTuple):
    """An employee ("anna") or group ("group:sales") that owns a contact, and why."""

    who: str
    source: Source
    at: int  # ms
    evidence: Evidence
    late: bool = False  # answered later than the backfill's five minutes (R8)

    @property
    def name(self) -> str:
        """The employee's or the group's id, without the prefix that tells them apart."""
        return self.who.removeprefix(GROUP_PREFIX)

    @property
    def is_group(self) -> bool:
        """Whether a group owns, not one employee."""
        return self.who.startswith(GROUP_PREFIX)


class CreatedBy(NamedTuple):
    """The call that created a contact, and the line it came in on."""

    connection: str
    call_id: str
    line: str | None = None


class Contact(NamedTuple):
    """Somebody outside who called."""

    id: str
    kind: Literal["person", "company"]
    name: str
    phones: tuple[str, ...]  # E.164; each finds the contact, the first one stands for it in the indexes
    template: str
    created_at: int  # ms
    created_by: CreatedBy
    tags: tuple[str, ...] = ()
    fields: Mapping[str, str] = {}
    responsibles: tuple[Responsible, ...] = ()
    state: ContactState = "pending"
    reason: str | None = None
    manual: bool = False  # a person chose the responsibles: the system never touches them again (R9)
    provisional: bool = False  # the call that made it may yet prove that it should not have (C1, C5)
    merged: tuple[str, ...] = ()  # ids of contacts that were merged into this one
    revision: int = 0  # counts the writes; each write names the one it was made from


def dump_contact(contact: Contact) -> str:
    """Write a contact as the text the table holds; its revision stands beside it."""
    return json.dumps(
        {
            "id": contact.id,
            "kind": contact.kind,
            "name": contact.name,
            "phones": contact.phones,
            "template": contact.template,
            "created_at": contact.created_at,
            "created_by": [contact.created_by.connection, contact.created_by.call_id, contact.created_by.line],
            "tags": contact.tags,
            "fields": dict(contact.fields),
            "responsibles": [
                [
                    each.who,
                    each.source,
                    each.at,
                    each.late,
                    each.evidence.event,
                    each.evidence.connection,
                    each.evidence.call_id,
                ]
                for each in contact.responsibles
            ],
            "state": contact.state,
            "reason": contact.reason,
            "manual": contact.manual,
            "provisional": contact.provisional,
            **({"merged": contact.merged} if contact.merged else {}),
        },
        ensure_ascii=False,
        separators=(",", ":"),
    )


def load_contact(text: str, revision: int) -> Contact:
    """Read back what `dump_contact` wrote."""
    data = json.loads(text)
    return Contact(
        id=data["id"],
        kind=data["kind"],
        name=data["name"],
        phones=tuple(data["phones"]),
        template=data["template"],
        created_at=data["created_at"],
        created_by=CreatedBy(*data["created_by"]),
        tags=tuple(data["tags"]),
        fields=data["fields"],
        responsibles=tuple(
            Responsible(who, source, at, Evidence(event, connection, call_id), late)
            for who, source, at, late, event, connection, call_id in data["responsibles"]
        ),
        state=data["state"],
        reason=data["reason"],
        manual=data["manual"],
        provisional=data["provisional"],
        merged=tuple(data.get("merged", ())),
        revision=revision,
    )
