"""Take in one event of a call: store it, see that the decision it may bring is owed by somebody, and decide at once."""

from __future__ import annotations

import json
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

from functions.webhook.count_calls import count_if_ended_by
from shared.call import Fact, to_fact
from shared.observability import logger
from shared.ownership import decide_after_ms, may_make_contact

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_sqs import SQSClient

    from shared.calls import CallRecord, Calls
    from shared.company import Company, Connection
    from shared.contact import Contact
    from shared.contacts import Contacts
    from shared.pbx.protocol import CallEvent
    from shared.settlement import Settlement

LATE_CHECK_MS = 30_000
"""A fact that comes after its call was decided is decided here and now; should that fail, a sweep does it soon."""

SEND_SECONDS = 1.0
"""How long a PBX waits for the backfill's message once its event is stored."""


class EventRecorder:
    """Stores events and brings about what they mean."""

    def __init__(
        self,
        calls: Calls,
        contacts: Contacts,
        settlement: Settlement,
        sqs: SQSClient,
        queue_url: str,
        delay_seconds: int,
        clock: Callable[[], int],
    ) -> None:
        self._calls = calls
        self._contacts = contacts
        self._settlement = settlement
        self._sqs = sqs
        self._queue_url = queue_url
        self._delay_seconds = delay_seconds
        self._decide_after = decide_after_ms(delay_seconds)
        self._clock = clock
        self._beside = ThreadPoolExecutor(1, thread_name_prefix="backfill-message")

    def take(self, company: Company, connection: Connection, event: CallEvent) -> None:
        """Store an event and settle its call. Raises only if the event itself could not be stored.

        The contact is read first: it tells whether this call still owes a decision. If it does, the call is marked and
        the delayed message sent, beside the write of the event, before anything is decided: from here on it does not
        matter where this function dies.
        """
        fact = self.fact_of(connection, event)
        contact = self.contact_of(company, fact)
        record = self.store(company, connection, fact, contact)
        count_if_ended_by(fact, connection, record)
        if fact.event.phone is not None:
            self.settle(company, connection, record, contact)
        else:  # whose call it is shows in the call as stored, together with an earlier event
            self._settle_afresh(company, connection, record)

    def fact_of(self, connection: Connection, event: CallEvent) -> Fact:
        """Read an event as it is stored."""
        return to_fact(event, connection, self._clock())

    def contact_of(self, company: Company, fact: Fact) -> Contact | None:
        """Read the contact of the event's number; None where there is none, can be none, or it cannot be read now."""
        phone = fact.event.phone
        if phone is None or fact.event.direction == "internal" or not may_make_contact(company, phone):
            return None
        try:
            return self._contacts.of_phone(phone)
        except Exception:
            # The event can still be stored; treated as a first call, it is marked and the sweep decides it.
            logger.exception("contact not read, going on as with a first call")
            return None

    def store(
        self, company: Company, connection: Connection, fact: Fact, contact: Contact | None, claim: str | None = None
    ) -> CallRecord:
        """Write the event, with the mark and the message where a decision is owed."""
        keep_days = company.retention.calls
        if not _may_decide(connection, fact, contact):
            return self._calls.record(connection.id, fact, keep_days=keep_days, claim=claim)
        sent: Future[None] | None = None
        wait_ms = self._decide_after
        if contact is None:
            # Without the number the caller may have an owner: the mark is enough then, the sweep finds it in time.
            if fact.event.phone is not None:
                sent = self._beside.submit(self._send_message, connection.id, fact.event.call_id)
        elif contact.state != "pending":
            wait_ms = LATE_CHECK_MS
        try:
            due_at = fact.arrived + wait_ms
            return self._calls.record(connection.id, fact, keep_days=keep_days, due_at=due_at, claim=claim)
        finally:
            if sent is not None:
                _warn_unless_sent(sent)

    def settle(self, company: Company, connection: Connection, record: CallRecord, contact: Contact | None) -> None:
        """Decide at once; what fails here is made good by the message or the sweep, the event being stored."""
        try:
            self._settlement.settle(company, connection, record, contact)
        except Exception:
            logger.exception("call not settled now, the backfill will", extra={"connection": connection.id})

    def _settle_afresh(self, company: Company, connection: Connection, record: CallRecord) -> None:
        try:
            self._settlement.settle_afresh(company, connection, record)
        except Exception:
            logger.exception("call not settled now, the sweep will", extra={"connection": connection.id})

    def _send_message(self, connection_id: str, call_id: str) -> None:
        self._sqs.send_message(
            QueueUrl=self._queue_url,
            DelaySeconds=self._delay_seconds,
            MessageBody=json.dumps({"connection": connection_id, "call_id": call_id}),
        )


def _warn_unless_sent(sent: Future[None]) -> None:
    """Wait for the message, but not long: the mark on the call is enough, the sweep finds it in the five minutes."""
    try:
        error = sent.exception(timeout=SEND_SECONDS)
    except TimeoutError as late:
        error = late
    if error is not None:
        logger.warning("backfill message not sent", extra={"error": repr(error)})


def _may_decide(connection: Connection, fact: Fact, contact: Contact | None) -> bool:
    """Whether this event may make or change a contact, so that its call must not be forgotten.

    Some PBXs tell the number with the call's start only, and the phones that ring without it: such an event may, too.
    """
    event = fact.event
    if event.direction == "internal":
        return False
    if event.direction == "out" and connection.outgoing_calls == "ignore":
        return False
    if contact is not None:
        mine = contact.created_by.connection == connection.id and contact.created_by.call_id == event.call_id
        adoptable = connection.adopt_on_later_call and not contact.responsibles
        return (mine or adoptable) and not contact.manual
    return event.kind in ("ended", "transferred") or connection.employee_of(event.ext, event.login) is not None
