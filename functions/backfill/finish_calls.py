"""See that every contact's responsible is decided inside five minutes of its creation (R3), whatever was lost before.

The delayed message brings one call. The sweep (`sweep.py`) brings every call that is still marked as owing a decision:
the guarantee for the message itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from shared.observability import logger
from shared.ownership import NoContact, decide

if TYPE_CHECKING:
    from collections.abc import Callable

    from functions.backfill.ask_history import HistoryAsker
    from shared.calls import Calls
    from shared.companies import Companies
    from shared.contact import Contact
    from shared.contacts import Contacts
    from shared.settlement import Settlement


@dataclass(frozen=True, slots=True)
class Finished:
    """What came of one call."""

    contact: Contact | None
    decided: bool


class WentAgain(NamedTuple):
    """What going over a past call again has brought."""

    made: bool = False  # a contact
    owned: bool = False  # somebody is responsible where nobody was
    ask_later: bool = False  # the PBX could not be asked now, and might know more


class CallFinisher:
    """Finishes calls."""

    def __init__(
        self,
        companies: Companies,
        calls: Calls,
        contacts: Contacts,
        settlement: Settlement,
        asker: HistoryAsker,
        clock: Callable[[], int],
    ) -> None:
        self._companies = companies
        self._calls = calls
        self._contacts = contacts
        self._settlement = settlement
        self._asker = asker
        self._clock = clock

    def begin(self) -> None:
        """Begin a run of the function."""
        self._asker.begin()

    def finish(self, connection_id: str, call_id: str) -> Finished:
        """Decide one call now; a call that is not there any more is finished."""
        record = self._calls.load(connection_id, call_id)
        if record is None:
            return Finished(None, decided=True)
        in_force = self._companies.current()
        connection = in_force.connection(connection_id)
        if connection is None:
            logger.warning("call of a connection that is gone", extra={"connection": connection_id})
            self._calls.settle(record)
            return Finished(None, decided=True)
        learnt = self._asker.learn(in_force.company, connection, record)
        record, contact = self._settlement.settle_afresh(in_force.company, connection, learnt.record)
        decided = contact is None or contact.state != "pending"
        if decided and not learnt.ask_again:
            self._calls.settle(record)
        return Finished(contact, decided)

    def go_again(self, connection_id: str, call_id: str) -> WentAgain:
        """Settle a past call by today's company and by what its PBX still knows. That gives, and takes nothing away.

        A contact that has responsibles keeps them, whatever the company says today (R1, R9, R10), and one that today's
        company would not make stays.
        """
        record = self._calls.load(connection_id, call_id)
        in_force = self._companies.current()
        connection = in_force.connection(connection_id)
        if record is None or connection is None:
            return WentAgain()
        phone = record.derive(connection).phone
        before = self._contacts.of_phone(phone, consistent=True) if phone else None
        if any(member.due for member in record.members):
            return _brought(before, self.finish(connection_id, call_id).contact)  # it is not a past one yet
        if before is not None and (before.manual or before.responsibles):
            return WentAgain()
        learnt = self._asker.learn(in_force.company, connection, record)
        call, now = learnt.record.derive(connection), self._clock()
        wanted = decide(in_force.company, connection, call, created_at=now, due_at=now, now=now)
        if isinstance(wanted, NoContact):
            return WentAgain(ask_later=learnt.put_off)
        _, after = self._settlement.settle_afresh(in_force.company, connection, learnt.record)
        return _brought(before, after, ask_later=learnt.put_off)


def _brought(before: Contact | None, after: Contact | None, *, ask_later: bool = False) -> WentAgain:
    owned = after is not None and bool(after.responsibles) and not (before and before.responsibles)
    return WentAgain(before is None and after is not None, owned, ask_later and not owned)
