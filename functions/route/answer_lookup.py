"""One question at a connection's look-up address: who is responsible for this caller."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from shared.companies import NoCompany
from shared.http import NOT_FOUND, admit, connection_id_of
from shared.lookup import Deadline
from shared.metrics import count, measure
from shared.observability import logger
from shared.pbx.protocol import NO_OPINION, PbxResponse

if TYPE_CHECKING:
    from shared.api_gateway import ApiEvent
    from shared.companies import Companies, CompanyInForce
    from shared.lookup import Lookups
    from shared.pbx.protocol import Lookup
    from shared.routing import Decision

NO_OPINION_OF_ANY_FAMILY = PbxResponse(200, "{}")
"""What is said when not even the company could be read: an empty answer leaves a PBX to its own plan.

Nothing is known then but the connection's id, which does not name its family, and to guess one from the headers would
let whoever asks choose the words. A PBX that reads XML finds none here and does what it does when we cannot be reached.
"""


class LookupHandler:
    """Answers look-ups; it writes nothing."""

    def __init__(self, companies: Companies, lookups: Lookups) -> None:
        self._companies = companies
        self._lookups = lookups

    def prime(self) -> None:
        """Load the company while the function starts, when nobody waits; a failure is met by the first request."""
        try:
            self._companies.current()
        except NoCompany:
            logger.warning("no company file has been applied yet")
        except Exception:
            logger.exception("company not loaded at start")

    def handle(self, event: ApiEvent) -> PbxResponse:
        """Give the answer to one request; whatever goes wrong inside is "no opinion" (T12)."""
        deadline = Deadline()
        try:
            admitted = admit(event, self._in_force(deadline))
            if isinstance(admitted, PbxResponse) and not self._companies.is_fresh:
                # Turned away by a company that may be outdated: the connection or its secret may be new.
                admitted = admit(event, deadline.run(self._companies.current))
        except NoCompany:
            return NOT_FOUND
        except Exception:
            logger.exception("look-up not read, no opinion given", extra={"connection": connection_id_of(event)[:64]})
            measure("LookupTime", deadline.spent_ms, "Milliseconds", reason=NO_OPINION.reason)
            return NO_OPINION_OF_ANY_FAMILY
        if isinstance(admitted, PbxResponse):
            logger.info("turned away", extra={"connection": connection_id_of(event)[:64], "status": admitted.status})
            if admitted.status >= HTTPStatus.BAD_REQUEST:  # a handshake is none of them
                count("RequestsRefused", status=str(admitted.status))
            return admitted
        connection, lookup = admitted.connection, admitted.parsed.lookup
        if admitted.parsed.reply is not None:
            return admitted.parsed.reply
        if lookup is None:
            # Nothing is stored here: an event must not be acknowledged, or it would be lost without a word.
            logger.warning(
                "event sent to the look-up address, see the webhook address", extra={"connection": connection.id}
            )
            return admitted.family.refuse(400)
        try:
            answer = self._decide(connection.id, lookup, deadline).answer()
        except Exception:
            logger.exception("look-up failed, no opinion given", extra={"connection": connection.id})
            answer = NO_OPINION
        spent_ms = deadline.spent_ms
        measure("LookupTime", spent_ms, "Milliseconds", reason=answer.reason)
        logger.info(
            "answered",
            extra={
                "connection": connection.id,
                "reason": answer.reason,
                "targets": len(answer.targets),
                "duration_ms": spent_ms,
            },
        )
        return admitted.family.answer(answer._replace(request=admitted.request))

    def _decide(self, connection_id: str, lookup: Lookup, deadline: Deadline) -> Decision:
        """Decide within the deadline: one request ends in time by its own time-outs, more are watched from beside."""
        if self._companies.is_fresh:
            return self._lookups.decide(connection_id, lookup)
        return deadline.run(lambda: self._lookups.decide(connection_id, lookup))

    def _in_force(self, deadline: Deadline) -> CompanyInForce:
        """Give the company the function has; where it has none yet, that must be loaded in time, too."""
        return self._companies.held() if self._companies.is_loaded else deadline.run(self._companies.held)
