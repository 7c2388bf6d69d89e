"""One request at a connection's webhook address: let in, store its events, answer its look-up."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING
from uuid import uuid4

from functions.webhook.count_calls import count_if_ended_by
from functions.webhook.send_command import can_be_commanded
from shared.companies import NoCompany
from shared.http import NOT_FOUND, Admitted, admit, connection_id_of
from shared.lookup import Deadline
from shared.metrics import count, measure
from shared.observability import logger
from shared.pbx.protocol import NO_OPINION, PbxResponse
from shared.phones import mask

if TYPE_CHECKING:
    from functions.webhook.keep_raw import RawKeeper
    from functions.webhook.record_event import EventRecorder
    from functions.webhook.send_command import CommandSender
    from shared.api_gateway import ApiEvent
    from shared.companies import Companies, CompanyInForce
    from shared.company import Company
    from shared.lookup import Lookups
    from shared.pbx.protocol import CallEvent, Command, Lookup

UNAVAILABLE = PbxResponse(503, '{"error": "Try again"}')

LOAD_SECONDS = 2.0
"""How long a request waits for the company in an environment that has none yet; then the PBX is asked to try again."""

MAX_CALL_ID = 512
"""Longest call id stored, in bytes; the longest documented one has 128."""


class WebhookHandler:
    """Handles requests of PBXs."""

    def __init__(
        self,
        companies: Companies,
        lookups: Lookups,
        recorder: EventRecorder,
        commands: CommandSender,
        raw_keeper: RawKeeper,
    ) -> None:
        self._companies = companies
        self._lookups = lookups
        self._recorder = recorder
        self._commands = commands
        self._raw_keeper = raw_keeper

    def prime(self) -> None:
        """Load the company while the function starts, when nobody waits; a failure is met by the first request."""
        try:
            self._in_force(Deadline())
        except NoCompany:
            logger.warning("no company file has been applied yet")
        except Exception:
            logger.exception("company not loaded at start")

    def handle(self, event: ApiEvent) -> PbxResponse:
        """Give the answer to one request."""
        deadline = Deadline()
        try:
            in_force = self._in_force(deadline)
        except NoCompany:
            return NOT_FOUND
        except Exception:
            # Without the company nobody can tell a question from an event, which must not be acknowledged unstored.
            logger.exception("company not loaded")
            count("EventsNotStored")
            return UNAVAILABLE
        admitted = admit(event, in_force)
        if isinstance(admitted, PbxResponse):
            logger.info("turned away", extra={"connection": connection_id_of(event)[:64], "status": admitted.status})
            if admitted.status >= HTTPStatus.BAD_REQUEST:  # a handshake is none of them
                count("RequestsRefused", status=str(admitted.status))
            return admitted
        response = self._handle(in_force, admitted, deadline)
        parsed = admitted.parsed
        logger.info(
            "handled",
            extra={
                "connection": admitted.connection.id,
                "events": [each.name for each in parsed.events],
                "call_id": next((_shown_id(each) for each in parsed.events), None),
                "phone": next((mask(each.phone) for each in parsed.events if each.phone), None),
                "lookup": parsed.lookup is not None,
                "status": response.status,
            },
        )
        return response

    def _in_force(self, deadline: Deadline) -> CompanyInForce:
        """Give the company; neither its load nor the check for a newer one may hold a caller up for long."""
        companies = self._companies
        if companies.is_fresh:
            return companies.current()
        if not companies.is_loaded:
            return deadline.start(companies.current).result(timeout=LOAD_SECONDS)
        try:
            return deadline.run(companies.current)
        except TimeoutError:
            logger.warning("company not checked in time, version %s goes on", companies.held().company.version)
            return companies.held()

    def _handle(self, in_force: CompanyInForce, admitted: Admitted, deadline: Deadline) -> PbxResponse:
        """Answer a request, and keep it beside."""
        parsed = admitted.parsed
        if parsed.reply is not None:
            return parsed.reply
        if not all(_is_call_id(each.call_id) and _is_call_id(each.second_call_id or "-") for each in parsed.events):
            return admitted.family.refuse(400)
        keeping = self._raw_keeper.begin(in_force, admitted)
        try:
            if parsed.lookup is not None:
                return self._answer(in_force.company, admitted, parsed.lookup, deadline)
            return self._store(in_force.company, admitted)
        finally:
            self._raw_keeper.end(keeping, admitted)

    def _store(self, company: Company, admitted: Admitted) -> PbxResponse:
        parsed = admitted.parsed
        try:
            for event in parsed.events:
                if parsed.command is None:
                    self._recorder.take(company, admitted.connection, event)
                else:
                    self._take_with_command(company, admitted, event, parsed.command)
        except Exception:
            # Answered 200 only when every event is stored (K2 makes the repetition harmless).
            logger.exception("event not stored, the PBX is asked to repeat it")
            count("EventsNotStored")
            return admitted.family.refuse(503)
        return admitted.family.acknowledge(admitted.request)

    def _take_with_command(self, company: Company, admitted: Admitted, event: CallEvent, command: Command) -> None:
        """Store the event of a leg that waits and, if its caller has somebody, have the PBX ring him, once a call."""
        connection, recorder = admitted.connection, self._recorder
        fact = recorder.fact_of(connection, event)
        contact = recorder.contact_of(company, fact)
        decision = self._lookups.judge(company, connection, contact, command.lookup)
        claim = uuid4().hex if can_be_commanded(decision) else None
        record = recorder.store(company, connection, fact, contact, claim)
        count_if_ended_by(fact, connection, record)
        recorder.settle(company, connection, record, contact)
        if claim is None or not record.claimed_by(claim):
            return
        if record.derive(connection).state == "ended":
            return  # the event came late, or somebody sends it again: nobody waits, and a PBX locks out who bothers it
        try:
            if self._commands.send(connection, event.call_id, command.leg_id, decision):
                count("Commands", fate="queued")
            else:
                count("Commands", fate="left_out")
                logger.warning("command left out, too many calls wait", extra={"connection": connection.id})
        except Exception:
            count("Commands", fate="not_queued")
            logger.exception("command not queued, the PBX's own plan runs", extra={"connection": connection.id})

    def _answer(self, company: Company, admitted: Admitted, lookup: Lookup, deadline: Deadline) -> PbxResponse:
        """Answer a look-up in time, whatever becomes of the event that came with it (T12)."""
        connection = admitted.connection
        take = partial(self._recorder.take, company, connection)
        storing = [deadline.start(partial(take, event)) for event in admitted.parsed.events]
        answer = NO_OPINION
        try:
            answer = deadline.run(lambda: self._lookups.decide(connection.id, lookup)).answer()
        except Exception:
            logger.exception("look-up failed, no opinion given", extra={"connection": connection.id})
        measure("LookupTime", deadline.spent_ms, "Milliseconds", reason=answer.reason)
        for each in storing:
            try:
                deadline.wait(each)
            except Exception:
                logger.exception("event of a look-up not stored", extra={"connection": connection.id})
                count("EventsNotStored")
        return admitted.family.answer(answer._replace(request=admitted.request))


def _shown_id(event: CallEvent) -> str:
    """Give a call's id for the log: where a PBX knows none, 3CX, it is made of the caller's number."""
    return event.call_id.replace(event.phone, mask(event.phone)) if event.phone else event.call_id


def _is_call_id(text: str) -> bool:
    return 0 < len(text.encode("utf-8", "surrogatepass")) <= MAX_CALL_ID
