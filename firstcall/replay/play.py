"""Plays what was heard to the functions' own code, on a scratch table, at the times it came."""

from __future__ import annotations

import heapq
import io
from contextlib import contextmanager, redirect_stdout, suppress
from typing import TYPE_CHECKING, NamedTuple

from firstcall.scratch import scratch
from functions.admin.documents import call_document, contact_document
from functions.backfill.handle_backfill import build as build_backfill
from functions.backfill.settings import Settings as BackfillSettings
from functions.webhook.record_event import EventRecorder
from shared.calls import Calls
from shared.contacts import Conflict, Contacts
from shared.observability import logger
from shared.ownership import decide_after_ms
from shared.settlement import Settlement

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from firstcall.replay.progress import Progress
    from firstcall.replay.stored import CallKey
    from firstcall.replay.understood import Heard
    from firstcall.scratch import Scratch
    from functions.admin.documents import CallDocument, ContactDocument
    from shared.company import Company, Connection
    from shared.contact import Contact
    from shared.pbx.protocol import CallEvent

BACKFILL_DELAY_SECONDS = 240  # the template's
MINUTE_MS = 60_000
MOST_SWEEPS = 15
"""How often a call is finished anew that another call's contact keeps open; five minutes decide that one."""


class Replayed(NamedTuple):
    """What came of it."""

    contacts: Mapping[str, ContactDocument]  # by number; one without a contact is left out
    calls: Mapping[CallKey, CallDocument]  # by the id each began with


class _Due(NamedTuple):
    """A call that shall be finished."""

    at: int  # ms
    connection: str
    call_id: str
    sweeps: int = 0


class _Clock:
    """A clock that is told the time."""

    now = 0

    def __call__(self) -> int:
        return self.now


class Stage:
    """The functions, wired to a scratch table and to a clock."""

    def __init__(self, company: Company, stores: Scratch) -> None:
        dynamodb, sqs, secretsmanager, table, queue_url = stores
        self._company = company
        self._clock = _Clock()
        self._calls, self._contacts = Calls(dynamodb, table), Contacts(dynamodb, table)
        after_ms = decide_after_ms(BACKFILL_DELAY_SECONDS)
        self._settlement = Settlement(self._calls, self._contacts, self._clock, decide_after_ms=after_ms)
        self._recorder = EventRecorder(
            self._calls, self._contacts, self._settlement, sqs, queue_url, BACKFILL_DELAY_SECONDS, self._clock
        )
        # This company has no secrets, so that no PBX is asked anything.
        settings = BackfillSettings(table, BACKFILL_DELAY_SECONDS, "", queue_url, pbx_api_urls={})
        self._finisher = build_backfill(settings, dynamodb, secretsmanager, self._clock)
        self._due: list[_Due] = []
        self._waiting: set[CallKey] = set()

    def let_pass(self, until: int) -> None:
        """Let time pass: what is due by then is finished when it is due."""
        while self._due and self._due[0].at <= until:
            due = heapq.heappop(self._due)
            self._waiting.discard((due.connection, due.call_id))
            self._clock.now = due.at
            if not self._finisher.finish(due.connection, due.call_id).decided and due.sweeps < MOST_SWEEPS:
                self._wait(due._replace(at=due.at + MINUTE_MS, sweeps=due.sweeps + 1))
        self._clock.now = until

    def put(self, contact: Contact) -> None:
        """Let a contact be there from now on, unless the calls have made one of its number already."""
        with suppress(Conflict):
            self._contacts.renumber(contact._replace(phones=(), revision=0), contact)

    def take(self, connection: Connection, event: CallEvent) -> None:
        """Take in one event, as the webhook does; what goes wrong here is not made good by anybody, so it is raised."""
        recorder = self._recorder
        fact = recorder.fact_of(connection, event)
        contact = recorder.contact_of(self._company, fact)
        record = recorder.store(self._company, connection, fact, contact)
        self._settlement.settle(self._company, connection, record, contact)
        if any(member.due for member in record.members):
            is_open = contact is None or contact.state == "pending"
            after_ms = BACKFILL_DELAY_SECONDS * 1000 if is_open else MINUTE_MS  # the message, or the next sweep
            self._wait(_Due(self._clock.now + after_ms, connection.id, event.call_id))

    def outcome(self, call_ids: Iterable[CallKey], phones: Iterable[str]) -> Replayed:
        """Look at what is there now."""
        found = {each: contact for each in phones if (contact := self._contacts.of_phone(each))}
        calls: dict[CallKey, CallDocument] = {}
        for connection_id, call_id in call_ids:
            record = self._calls.load(connection_id, call_id)
            connection = self._company.connections.get(connection_id)
            if record is not None and connection is not None:
                calls[connection_id, record.call_id] = call_document(record.derive(connection), None)
        return Replayed({phone: contact_document(each) for phone, each in found.items()}, calls)

    def _wait(self, due: _Due) -> None:
        key = due.connection, due.call_id
        if key not in self._waiting:
            self._waiting.add(key)
            heapq.heappush(self._due, due)


class Plan(NamedTuple):
    """What shall be played."""

    company: Company
    heard: Sequence[Heard]
    seeds: Sequence[Contact]  # contacts that come about otherwise, in the order they do
    now: int  # ms: when it was read, and nobody knows what comes then
    call_ids: frozenset[CallKey]
    phones: frozenset[str]


def play(plan: Plan, progress: Progress) -> Replayed:
    """Play it all; nothing of it reaches any account."""
    seeds = list(plan.seeds)
    with scratch(plan.company) as stores, _quiet():
        stage = Stage(plan.company, stores)
        for count, each in enumerate(plan.heard, 1):
            while seeds and seeds[0].created_at <= each.arrived:
                stage.let_pass(seeds[0].created_at)
                stage.put(seeds.pop(0))
            stage.let_pass(each.arrived)
            for event in each.events:
                stage.take(each.connection, event)
            progress.say(f"requests played: {count:,} of {len(plan.heard):,}")
        for seed in seeds:
            stage.let_pass(seed.created_at)
            stage.put(seed)
        stage.let_pass(plan.now)
        return stage.outcome(plan.call_ids, plan.phones)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the functions' log and figures off the terminal; what goes wrong is raised."""
    level = logger.log_level
    logger.setLevel("CRITICAL")
    try:
        with redirect_stdout(io.StringIO()):
            yield
    finally:
        logger.setLevel(level)
