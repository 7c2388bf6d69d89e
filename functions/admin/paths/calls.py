"""The paths of calls: as they are stored, one or many, and who would be rung for another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, NamedTuple
from urllib.parse import quote, unquote

from aws_lambda_powertools.event_handler.openapi.params import Path, Query

from functions.admin.documents import CallDocument, CallPage, ListedCallDocument, call_document, iso
from functions.admin.explain import Explanation, explain
from functions.admin.moments import read_moment, read_period
from functions.admin.refusal import Refusal
from shared.call_lists import page_of
from shared.phones import normalise

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_lambda_powertools.event_handler import APIGatewayHttpResolver

    from shared.call_lists import CallLists, ListedCall
    from shared.calls import CallRecord, Calls
    from shared.companies import Companies
    from shared.company import Company, Connection
    from shared.contacts import Contacts

CALLS = "/admin/calls/"
"""Call ids are the PBX's own text and may hold any character, a slash too."""

PAGE = 25
MOST_DAYS = 366

MAX_KEY = 2048
"""Longest key DynamoDB looks up, in bytes; it refuses a longer one instead of not finding it."""


class CallPaths(NamedTuple):
    """What the paths of calls work with."""

    companies: Companies
    calls: Calls
    call_lists: CallLists
    contacts: Contacts
    clock: Callable[[], int]

    def add_to(self, app: APIGatewayHttpResolver) -> None:
        """Declare the paths."""

        @app.get("/admin/calls", summary="Calls of a number, or of a period", tags=["calls"])
        def calls(
            phone: Annotated[str | None, Query(description="A number in any spelling", max_length=100)] = None,
            since: Annotated[
                str | None, Query(alias="from", description="ISO time with offset", max_length=100)
            ] = None,
            until: Annotated[str | None, Query(alias="to", description="The same; default now", max_length=100)] = None,
            cursor: Annotated[str | None, Query(description="From the page before", pattern=r"^[0-9]{13}$")] = None,
        ) -> CallPage:
            return self._list(phone, since, until, int(cursor) if cursor else None)

        @app.get(CALLS + "<connection>/<call_id>", summary="One call, by any of its ids", tags=["calls"])
        def call(
            connection: Annotated[str, Path(max_length=100)],
            call_id: Annotated[str, Path(description="The PBX's own id, percent-encoded")],
        ) -> CallDocument:
            return self._call(connection, unquote(call_id))

        @app.get("/admin/explain", summary="Who would be rung for a call, and why", tags=["calls"])
        def explain_call(
            connection: Annotated[str, Query(max_length=100)],
            phone: Annotated[str | None, Query(description="A number in any spelling", max_length=100)] = None,
            line: Annotated[str | None, Query(description="The company's number dialled", max_length=100)] = None,
            at: Annotated[str | None, Query(description="ISO time with offset; default now", max_length=100)] = None,
            called: Annotated[str | None, Query(description="The extension ringing already", max_length=100)] = None,
        ) -> Explanation:
            return self._explain(connection, phone=phone, line=line, at=at, called=called)

    def _list(self, phone: str | None, since: str | None, until: str | None, before: int | None) -> CallPage:
        if (phone is None) == (since is None):
            raise Refusal(400, "give either phone, or from and perhaps to")
        company = self.companies.current().company
        if phone is not None:
            if until is not None:
                raise Refusal(400, "to: it goes with from")
            number = normalise(phone, company.country)
            if number is None:
                raise Refusal(400, "phone: it cannot be read as a number")
            listed = self.call_lists.of_phone(number, before)
        else:
            first, last = read_period(since, until, self.clock(), MOST_DAYS)
            listed = self.call_lists.between(first, min(last, before or last), newest_first=True)
        page, position = page_of(listed, PAGE)
        items = [found for each in page if (found := self.listed(company, each))]
        return CallPage(items=items, cursor=None if position is None else f"{position:013d}")

    def listed(self, company: Company, listed: ListedCall) -> ListedCallDocument | None:
        """Show a call of a list; None for the second id of a transferred one, which stands there under its first."""
        connection = company.connections.get(listed.connection)
        record = self.calls.load(listed.connection, listed.call_id) if connection else None
        if connection is None or record is None or record.call_id != listed.call_id:
            return None
        shown = self._shown(record, connection)
        return ListedCallDocument(**shown.model_dump(), began_at=iso(listed.began_at))

    def _explain(
        self, connection_id: str, *, phone: str | None, line: str | None, at: str | None, called: str | None
    ) -> Explanation:
        company = self.companies.current().company
        connection = company.connections.get(connection_id)
        if connection is None:
            raise Refusal(404, f"no connection {connection_id!r}")
        moment = read_moment(at, self.clock())
        number = normalise(phone, connection.country)
        contact = self.contacts.of_phone(number, consistent=True) if number else None
        return explain(company, connection, contact, phone=number, line=line, called=called, moment=moment)

    def _call(self, connection_id: str, call_id: str) -> CallDocument:
        connection = self.companies.current().connection(connection_id)
        # API Gateway may have decoded the id or not, and a PBX's own id may look encoded: as it came counts first.
        ids = dict.fromkeys((call_id, unquote(call_id))) if connection else ()
        record = next((found for each in ids if (found := self._load(connection_id, each))), None)
        if connection is None or record is None:
            raise Refusal(404, f"no call {call_id[:200]!r} on connection {connection_id!r}")
        return self._shown(record, connection)

    def _shown(self, record: CallRecord, connection: Connection) -> CallDocument:
        call = record.derive(connection)
        contact = self.contacts.of_phone(call.phone, consistent=True) if call.phone else None
        return call_document(call, contact.id if contact else None)

    def _load(self, connection_id: str, call_id: str) -> CallRecord | None:
        if not call_id or len(f"call#{connection_id}#{call_id}".encode(errors="replace")) > MAX_KEY:
            return None
        return self.calls.load(connection_id, call_id)


def with_whole_call_id(event: dict[str, Any]) -> dict[str, Any]:
    """Encode a call id once more, so that it is one part of the path whatever stands in it."""
    path = str(event.get("rawPath", ""))
    if not path.startswith(CALLS):
        return event
    connection, slash, call_id = path.removeprefix(CALLS).partition("/")
    return {**event, "rawPath": f"{CALLS}{connection}{slash}{quote(call_id, safe='', errors='replace')}"}
