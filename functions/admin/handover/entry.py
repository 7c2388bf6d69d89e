"""What a handover does to one contact: plain data, and its stored text. It holds no number, only the contact's id."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from shared.contact import Contact, ContactState, Evidence, Responsible
from shared.table import number_of, text_of

if TYPE_CHECKING:
    from functions.admin.handover.jobs import Handover
    from shared.table import Item, Key

CONTACT = "contact#"


class Owned(NamedTuple):
    """All that a contact says of who owns it."""

    responsibles: tuple[Responsible, ...]
    state: ContactState
    reason: str | None
    manual: bool

    @classmethod
    def of(cls, contact: Contact) -> Owned:
        """Read it from a contact."""
        return cls(contact.responsibles, contact.state, contact.reason, contact.manual)

    def put_on(self, contact: Contact) -> Contact:
        """Give a contact these owners."""
        return contact._replace(**self._asdict())


class Entry(NamedTuple):
    """One contact of a handover."""

    contact_id: str
    recipient: str
    before: Owned
    after: Owned
    revision: int  # of the contact once it is handed over


def dump_entry(entry: Entry, key: Key, job: Handover) -> Item:
    """Write an entry as its item."""
    return {
        **key,
        "recipient": {"S": entry.recipient},
        "before": {"S": _dump(entry.before)},
        "after": {"S": _dump(entry.after)},
        "revision": {"N": str(entry.revision)},
        "expires_at": {"N": str(job.expires_at)},
    }


def load_entry(item: Item) -> Entry:
    """Read back what `dump_entry` wrote."""
    return Entry(
        contact_id=(text_of(item, "sk") or "").removeprefix(CONTACT),
        recipient=text_of(item, "recipient") or "",
        before=_load(text_of(item, "before") or ""),
        after=_load(text_of(item, "after") or ""),
        revision=number_of(item, "revision") or 0,
    )


def _dump(owned: Owned) -> str:
    return json.dumps(owned, ensure_ascii=False, separators=(",", ":"))


def _load(text: str) -> Owned:
    rows, state, reason, manual = json.loads(text)
    responsibles = tuple(
        Responsible(who, source, at, Evidence(*evidence), late) for who, source, at, evidence, late in rows
    )
    return Owned(responsibles, state, reason, manual)
