"""Bring the stored contact in line with what its call proves.

Both the webhook and the backfill do it, any number of times, in any order, at the same moment: the contact is read
before the call's facts and written only if nobody wrote it since, so whoever writes last has seen the most.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING
from uuid import uuid4

from shared.contact import Contact, CreatedBy
from shared.contacts import Conflict, Contacts
from shared.metrics import count_contact
from shared.ownership import NoContact, Ownership, Wanted, adopted, decide

if TYPE_CHECKING:
    from shared.call import Call
    from shared.calls import CallRecord, Calls
    from shared.company import Company, Connection
    from shared.contact import Responsible

_MAX_TURNS = 8
_DISPROVED = frozenset({"unmapped_extension", "outgoing", "internal"})

Clock = Callable[[], int]
"""Now, in ms since 1970."""


class Contended(Exception):  # noqa: N818
    """So many wrote the same contact at once that this writer gave up; the sweep finishes it."""


class Settlement:
    """Decides and stores what one call means for its contact."""

    def __init__(self, calls: Calls, contacts: Contacts, clock: Clock, *, decide_after_ms: int) -> None:
        self._calls = calls
        self._contacts = contacts
        self._clock = clock
        self._decide_after = decide_after_ms

    def settle(
        self, company: Company, connection: Connection, record: CallRecord, seen: Contact | None
    ) -> Contact | None:
        """Bring the contact about; `seen` is the contact as read before the record was."""
        for _ in range(_MAX_TURNS):
            call = record.derive(connection)
            if call.phone is None or (seen is not None and call.phone not in seen.phones):
                seen = None
            try:
                contact = self._bring_about(company, connection, record, call, seen)
            except Conflict:
                record, seen = self._read_again(record, call.phone)
                continue
            if contact is not seen:  # written just now, by us
                count_contact(seen, contact)
            return contact
        raise Contended(f"connection {record.connection}, call {record.call_id}")

    def settle_afresh(
        self, company: Company, connection: Connection, record: CallRecord
    ) -> tuple[CallRecord, Contact | None]:
        """Bring the contact about from a record of a moment ago: contact and call are read again, in this order."""
        record, seen = self._read_again(record, record.derive(connection).phone)
        return record, self.settle(company, connection, record, seen)

    def _read_again(self, record: CallRecord, phone: str | None) -> tuple[CallRecord, Contact | None]:
        seen = self._contacts.of_phone(phone, consistent=True) if phone else None
        again = self._calls.load(record.connection, record.call_id)
        return self._calls.link(again) if again else record, seen

    def _bring_about(
        self, company: Company, connection: Connection, record: CallRecord, call: Call, seen: Contact | None
    ) -> Contact | None:
        if seen is None:
            now = self._clock()
            created_at = min(now, call.created_by.arrived) if call.created_by else now
            wanted = self._decide(company, connection, call, created_at)
            if isinstance(wanted, NoContact):
                return None
            return self._contacts.create(_new_contact(record, call, wanted, created_at))
        if seen.manual:
            return seen
        if not is_of_call(seen, record):
            return self._adopt(company, connection, record, call, seen)
        wanted = self._decide(company, connection, call, seen.created_at)
        if isinstance(wanted, NoContact):
            if seen.provisional and wanted.reason in _DISPROVED and len(seen.phones) == 1:
                # Late news: the call had reached strangers only (C5), or it was an outgoing one. A contact that a
                # person gave another number is somebody all the same.
                self._contacts.retract(seen)
                return None
            return seen
        return self._store_if_new(seen, _revised(seen, record, call, wanted))

    def _adopt(
        self, company: Company, connection: Connection, record: CallRecord, call: Call, seen: Contact
    ) -> Contact:
        """Let the answerer of a later call own a contact that has nobody, where the connection wants that (R10)."""
        if seen.responsibles and not _is_adopted_by(seen, record):
            return seen
        ownership = adopted(company, connection, call)
        return seen if ownership is None else self._store_if_new(seen, _with(seen, ownership))

    def _store_if_new(self, seen: Contact, revised: Contact) -> Contact:
        return seen if revised == seen else self._contacts.revise(revised)

    def _decide(self, company: Company, connection: Connection, call: Call, created_at: int) -> Wanted | NoContact:
        due_at = created_at + self._decide_after
        return decide(company, connection, call, created_at=created_at, due_at=due_at, now=self._clock())


def is_of_call(contact: Contact, record: CallRecord) -> bool:
    """Whether this call created the contact: only then may it say who owns it (R10)."""
    by = contact.created_by
    return by.connection == record.connection and by.call_id in record.call_ids


def _is_adopted_by(contact: Contact, record: CallRecord) -> bool:
    return all(
        each.evidence.connection == record.connection and each.evidence.call_id in record.call_ids
        for each in contact.responsibles
    )


def _new_contact(record: CallRecord, call: Call, wanted: Wanted, created_at: int) -> Contact:
    blank = Contact(
        id=uuid4().hex,
        kind=wanted.template.kind,
        name="",
        phones=(wanted.phone,),
        template="",
        created_at=created_at,
        created_by=CreatedBy(record.connection, record.call_id),
    )
    return _revised(blank, record, call, wanted)


def _revised(contact: Contact, record: CallRecord, call: Call, wanted: Wanted) -> Contact:
    created_by = CreatedBy(record.connection, record.call_id, wanted.line)
    revised = contact._replace(created_by=created_by, provisional=_is_provisional(call))
    same_template = contact.template == wanted.template.id and contact.created_by.line == wanted.line
    if not same_template:
        # The line became known only now (a later event named it): the contact is made from its template after all.
        template = wanted.template
        revised = revised._replace(
            template=template.id,
            kind=template.kind,
            name=_name(template.name, wanted, record.connection),
            tags=template.tags,
            fields=template.fields,
        )
    ownership = wanted.ownership
    if same_template and _given_by_template(contact) and _names(contact.responsibles) != _names(ownership.responsibles):
        # Given once, at creation: a company file applied since does not reach back (R1).
        ownership = Ownership(contact.responsibles, contact.state, contact.reason)
    if contact.responsibles and not ownership.responsibles and not _is_adopted_by(contact, record):
        return revised  # a later call has given the contact an owner since; this one has nobody better to offer
    return _with(revised, ownership)


def _with(contact: Contact, ownership: Ownership) -> Contact:
    return contact._replace(responsibles=ownership.responsibles, state=ownership.state, reason=ownership.reason)


def _is_provisional(call: Call) -> bool:
    """Whether events still to come may prove that this call makes no contact: whom it reached, which way it went."""
    return not call.legs or not call.direction_stated


def _given_by_template(contact: Contact) -> bool:
    return bool(contact.responsibles) and all(each.source == "template" for each in contact.responsibles)


def _names(responsibles: tuple[Responsible, ...]) -> list[str]:
    return [each.who for each in responsibles]


def _name(pattern: str, wanted: Wanted, connection: str) -> str:
    name = pattern.replace("{phone}", wanted.phone).replace("{connection}", connection)
    return name.replace("{line}", wanted.line or "").replace("{line_name}", wanted.line_name or "").strip()
