"""The path of raw events: what PBXs sent in a period, as they sent it, so that it can be played again."""

from __future__ import annotations

import base64
import heapq
from collections.abc import Callable, Iterable
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING, Annotated, NamedTuple

from aws_lambda_powertools.event_handler.openapi.params import Query
from pydantic import BaseModel, Field

from functions.admin.cursors import UNKNOWN, read_cursor, write_cursor
from functions.admin.documents import iso
from functions.admin.moments import read_period
from functions.admin.refusal import Refusal
from shared.raw_events import LAST_MOMENT, RawEvent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aws_lambda_powertools.event_handler import APIGatewayHttpResolver

    from shared.call_lists import CallLists
    from shared.companies import Companies
    from shared.raw_events import RawEvents

PAGE = 200
MOST_BYTES = 400_000
"""Of bodies in one page: text in JSON may grow sixfold, and an answer holds six megabytes."""

MOST_CALLS = 100
"""Looked at for one page: those whose requests are kept no more cost time and give nothing."""

MOST_DAYS = 31


class RawEventDocument(BaseModel):
    """One request of a PBX, without its headers; secrets as `***`."""

    connection: str
    call_id: str | None = Field(description="The call it was kept with; null where it named none")
    arrived_at: str
    method: str
    suffix: str = Field(description="What followed the key in the address")
    query: dict[str, str]
    body: str
    body_is_base64: bool = Field(description="Where the body is no plain text")


class RawEventPage(BaseModel):
    """Some requests, and where to go on."""

    items: list[RawEventDocument]
    cursor: str | None


class _Place(NamedTuple):
    """Where requests stand in the list: a call's at its beginning, one that named no call at its arrival."""

    at: int  # ms
    connection: str
    call_id: str  # "": no call is named


class _Position(NamedTuple):
    """Behind which request a page goes on."""

    place: _Place
    arrived: int  # ms; LAST_MOMENT: behind all of this place


_Read = Callable[[int], Iterable[RawEvent]]
"""Reads the requests of a place that came from a moment (ms) on."""


class RawEventPaths(NamedTuple):
    """What the path of raw events works with."""

    companies: Companies
    call_lists: CallLists
    raw_events: RawEvents
    clock: Callable[[], int]

    def add_to(self, app: APIGatewayHttpResolver) -> None:
        """Declare the path."""

        @app.get("/admin/raw-events", summary="What PBXs sent in a period, call by call; for editors", tags=["calls"])
        def raw_events(
            since: Annotated[str, Query(alias="from", description="ISO time with offset", max_length=100)],
            until: Annotated[str | None, Query(alias="to", description="The same; default now", max_length=100)] = None,
            connection: Annotated[str | None, Query(description="Only of this one", max_length=100)] = None,
            cursor: Annotated[str | None, Query(description="From the page before", max_length=2000)] = None,
        ) -> RawEventPage:
            return self._page(since, until, connection, cursor)

    def _page(self, since: str, until: str | None, connection: str | None, cursor: str | None) -> RawEventPage:
        first, last = read_period(since, until, self.clock(), MOST_DAYS)
        behind = _read_position(cursor)
        start = max(first, behind.place.at) if behind else first
        items: list[RawEventDocument] = []
        looked_at, size = 0, 0
        here = behind
        for place, read in self._places(start, last, connection):
            if behind and (place < behind.place or behind == _Position(place, LAST_MOMENT)):
                continue
            if looked_at >= MOST_CALLS:
                return RawEventPage(items=items, cursor=_written(here))
            looked_at += 1
            for event in read(behind.arrived + 1 if behind and place == behind.place else 0):
                now = _Position(place, event.arrived)
                # Requests of one moment stay together, so that the position tells them from the next.
                if (len(items) >= PAGE or size >= MOST_BYTES) and now != here:
                    return RawEventPage(items=items, cursor=_written(here))
                items.append(raw_event_document(place.connection, place.call_id or None, event))
                size += len(event.request.body)
                here = now
            here = _Position(place, LAST_MOMENT)
        return RawEventPage(items=items, cursor=None)

    def _places(self, first: int, last: int, connection: str | None) -> Iterator[tuple[_Place, _Read]]:
        """Give what is to be read, the oldest first."""
        if first >= last:
            return
        known = self.companies.current().company.connections
        wanted = [each for each in sorted(known) if connection in (None, each)]
        unnamed = [self._unnamed(each, first, last) for each in wanted]
        yield from heapq.merge(self._calls(first, last, connection), *unnamed, key=lambda found: found[0])

    def _calls(self, first: int, last: int, connection: str | None) -> Iterator[tuple[_Place, _Read]]:
        # The index leaves open how calls of one moment follow each other; here the order is always the same.
        for _, together in groupby(self.call_lists.between(first, last), key=lambda call: call.began_at):
            for call in sorted(together):
                if connection in (None, call.connection):
                    yield _Place(*call), partial(self.raw_events.of_call, call.connection, call.call_id)

    def _unnamed(self, connection: str, first: int, last: int) -> Iterator[tuple[_Place, _Read]]:
        found = self.raw_events.unnamed(connection, first, last)
        for arrived, together in groupby(found, key=lambda event: event.arrived):
            yield _Place(arrived, connection, ""), partial(_from, list(together))


def _from(events: list[RawEvent], since: int) -> Iterable[RawEvent]:
    return [event for event in events if event.arrived >= since]


def raw_event_document(connection: str, call_id: str | None, event: RawEvent) -> RawEventDocument:
    """Show a request."""
    request = event.request
    text = _text(request.body)
    return RawEventDocument(
        connection=connection,
        call_id=call_id,
        arrived_at=iso(event.arrived),
        method=request.method,
        suffix=_writable(request.suffix),
        query={_writable(name): _writable(value) for name, value in request.query.items()},
        body=base64.b64encode(request.body).decode() if text is None else text,
        body_is_base64=text is None,
    )


def _text(body: bytes) -> str | None:
    """Read a body as text, if it is plain; JSON would write every control character with six."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return None
    return text if all(letter.isprintable() or letter in "\t\r\n" for letter in text) else None


def _writable(text: str) -> str:
    """Leave out what UTF-8 cannot write."""
    return text.encode(errors="replace").decode()


def _written(position: _Position | None) -> str | None:
    return None if position is None else write_cursor([*position.place, position.arrived])


def _read_position(cursor: str | None) -> _Position | None:
    if not cursor:
        return None
    at, connection, call_id, arrived = read_cursor(cursor, parts=4)
    moments = all(isinstance(each, int) and 0 <= each <= LAST_MOMENT for each in (at, arrived))
    if not moments or not isinstance(connection, str) or not isinstance(call_id, str):
        raise Refusal(400, UNKNOWN)
    return _Position(_Place(at, connection, call_id), arrived)
