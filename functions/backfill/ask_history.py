"""Before a call is decided unanswered, ask the PBX's own history who answered it (R3, K8).

What it says is stored as facts of the call, like any event; all else follows from them as always. The asking never
holds the decision up: it has a few seconds, and what could not be asked now is asked again by the next sweeps.
"""

from __future__ import annotations

import time
import traceback
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, NamedTuple

from functions.backfill.history import Question, history_of
from shared.call import to_fact
from shared.metrics import count
from shared.observability import logger
from shared.ownership import may_make_contact, template_of
from shared.pbx.api import PbxApi, Unanswered, url_of
from shared.settlement import is_of_call
from shared.table import pace_key

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import urllib3

    from functions.backfill.history import History
    from shared.call import Call
    from shared.calls import CallRecord, Calls
    from shared.companies import Companies
    from shared.company import Company, Connection
    from shared.contacts import Contacts
    from shared.pace import Pace
    from shared.pbx.protocol import CallEvent

SECONDS_A_RUN = 12.0
"""All asking of one run of the function together; deciding and writing need the rest of its time."""

SECONDS_A_CALL = 9.0
REST_SECONDS = 30.0
"""How long a PBX that did not answer is left alone."""

ASK_FOR_MS = 10 * 60_000
"""How old a call may be and still be asked about again by the sweeps.

Whoever goes over a period again may ask about calls of any age. That is safe: it is not the age that protects a PBX
but its pace, which all askers share, and the rest that one in trouble is left.
"""

_LEAD_MS = 10 * 60_000  # a caller may have waited that long in a queue before the first event of his call
_LONGEST_MS = 6 * 3_600_000  # after the last event known a call cannot have gone on that long
_PATIENCE_MS = 2_000


class Learnt(NamedTuple):
    """The call with what the PBX said, whether to ask again later, and whether it could not be asked at all now."""

    record: CallRecord
    ask_again: bool
    put_off: bool = False


class HistoryAsker:
    """Asks PBXs about calls whose answerer is not proven."""

    def __init__(
        self,
        companies: Companies,
        calls: Calls,
        contacts: Contacts,
        pace: Pace,
        http: urllib3.PoolManager,
        urls: Mapping[str, str],
        *,
        clock: Callable[[], int],
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Take `companies` that come with their secrets; the deciding itself does not depend on them."""
        self._companies = companies
        self._calls = calls
        self._contacts = contacts
        self._pace = pace
        self._http = http
        self._urls = urls
        self._clock = clock
        self._sleep = sleep
        self._ends_at = 0.0
        self._resting: dict[str, float] = {}

    def begin(self) -> None:
        """Begin a run of the function."""
        self._ends_at = time.monotonic() + SECONDS_A_RUN

    def learn(self, company: Company, connection: Connection, record: CallRecord) -> Learnt:
        """Ask about a call if that can change its decision. Never raises: then it is decided as it stands."""
        try:
            return self._learn(company, connection, record)
        except Exception as error:  # noqa: BLE001 -- whatever a PBX answers must not stop the decision
            _complain(connection, error)
            return Learnt(record, self._is_young(record), put_off=True)

    def _learn(self, company: Company, connection: Connection, record: CallRecord) -> Learnt:
        history = history_of(connection.family)
        call = record.derive(connection)
        if history is None or call.phone is None or not self._owes_an_answerer(company, connection, record, call):
            return Learnt(record, ask_again=False)
        held = self._companies.current().secrets.get(connection.id)
        secrets = held.secrets if held else {}
        if not any(all(secrets.get(name) for name in names) for names in history.NEEDS):
            return Learnt(record, ask_again=False)
        events = self._ask(connection, history, secrets, self._question(record, call.phone))
        for event in events or ():
            fact = to_fact(event, connection, self._clock())
            record = self._calls.record(connection.id, fact, keep_days=company.retention.calls)
        if events:
            logger.info("learnt from the PBX's history", extra={"connection": connection.id, "events": len(events)})
        proven = _is_proven(record.derive(connection))
        return Learnt(record, not proven and self._is_young(record), put_off=events is None)

    def _owes_an_answerer(self, company: Company, connection: Connection, record: CallRecord, call: Call) -> bool:
        """Whether who answered is unknown, and would make somebody responsible."""
        if connection.answerer != "reported" or _is_proven(call) or call.direction in {"out", "internal"}:
            return False
        if not may_make_contact(company, call.phone) or template_of(company, connection, call.line).responsibles:
            return False
        contact = self._contacts.of_phone(call.phone, consistent=True) if call.phone else None
        if contact is None:
            return True
        mine = is_of_call(contact, record) or connection.adopt_on_later_call
        return mine and not contact.manual and not contact.responsibles

    def _ask(
        self, connection: Connection, history: History, secrets: Mapping[str, str], question: Question
    ) -> tuple[CallEvent, ...] | None:
        """Ask once, in the vendor's pace and no longer than there is time; nothing learnt is `()`, not asked None."""
        left = min(SECONDS_A_CALL, self._ends_at - time.monotonic())
        if left <= 1 or self._resting.get(connection.id, 0.0) > time.monotonic():
            return None
        slot = self._pace.next_slot(pace_key(connection.id, "asking"), self._clock(), history.PACE_MS, _PATIENCE_MS)
        if slot is None:
            return None
        if (early := (slot - self._clock()) / 1000) > 0:
            self._sleep(early)
        api = PbxApi(url_of(connection.family, connection.operator, self._urls), self._http, left, sleep=self._sleep)
        try:
            events = _within(left, lambda: history.ask(question, secrets, api))
        except Exception:
            count("HistoryAsked", answer="failed")
            self._resting[connection.id] = time.monotonic() + REST_SECONDS
            raise
        count("HistoryAsked", answer="learnt" if events else "nothing")
        return events

    def _question(self, record: CallRecord, phone: str) -> Question:
        ids = tuple(member.call_id for member in record.members)
        times = [fact.happened for member in record.members for fact in member.facts]
        until = min(self._clock(), max(times, default=0) + _LONGEST_MS)
        return Question(ids, phone, _first(record) - _LEAD_MS, until)

    def _is_young(self, record: CallRecord) -> bool:
        return self._clock() - _first(record) < ASK_FOR_MS


def _is_proven(call: Call) -> bool:
    return call.first_answer is not None or call.last_record is not None


def _first(record: CallRecord) -> int:
    return min((fact.happened for member in record.members for fact in member.facts), default=0)


def _within(seconds: float, work: Callable[[], tuple[CallEvent, ...]]) -> tuple[CallEvent, ...]:
    """Do it, but wait no longer: a PBX that sends a byte a second defeats every time-out of the socket."""
    box: SimpleQueue[tuple[CallEvent, ...] | Exception] = SimpleQueue()

    def run() -> None:
        try:
            box.put(work())
        except Exception as error:  # noqa: BLE001 -- it is raised again where it is waited for
            box.put(error)

    Thread(target=run, daemon=True, name="ask-history").start()
    with suppress(Empty):
        outcome = box.get(timeout=seconds)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome
    raise Unanswered(f"no answer in {seconds:.0f} s")


def _complain(connection: Connection, error: Exception) -> None:
    """Log what went wrong; of an unexpected error only its kind and place, since its text may quote an answer."""
    if isinstance(error, Unanswered):
        reason = str(error)
    else:
        place = traceback.extract_tb(error.__traceback__)[-1]
        reason = f"{type(error).__name__} in {place.name}, line {place.lineno}"
    logger.warning("PBX's history not read", extra={"connection": connection.id, "reason": reason})
