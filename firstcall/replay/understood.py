"""What today's code reads in requests of then. That they are their PBX's own was proven when they were kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from functions.webhook.handle_webhook import MAX_CALL_ID
from shared import pbx
from shared.pbx.protocol import Malformed, Unauthorized
from shared.phones import normalise

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from firstcall.replay.stored import CallKey, Sent
    from shared.company import Company, Connection
    from shared.pbx.protocol import CallEvent


class Heard(NamedTuple):
    """The events of one request."""

    arrived: int  # ms
    connection: Connection
    events: tuple[CallEvent, ...]


class Understood(NamedTuple):
    """All requests of a period, read."""

    heard: Sequence[Heard]
    unreadable: Sequence[Sent]  # today they would be answered 400
    homeless: Sequence[Sent]  # of connections that the company does not have

    @property
    def call_ids(self) -> frozenset[CallKey]:
        """Every id that an event names a call by."""
        return frozenset(
            (each.connection.id, call_id)
            for each in self.heard
            for event in each.events
            for call_id in (event.call_id, event.second_call_id)
            if call_id
        )

    @property
    def phones(self) -> frozenset[str]:
        """Every outside number, E.164."""
        return frozenset(
            phone
            for each in self.heard
            for event in each.events
            if (phone := normalise(event.phone, each.connection.country))
        )


def understand(company: Company, requests: Iterable[Sent]) -> Understood:
    """Read requests as the webhook would today."""
    heard: list[Heard] = []
    unreadable: list[Sent] = []
    homeless: list[Sent] = []
    for each in requests:
        connection = company.connections.get(each.connection)
        if connection is None:
            homeless.append(each)
        elif (events := _events(connection, each)) is None:
            unreadable.append(each)
        else:
            heard.append(Heard(each.arrived, connection, events))
    return Understood(heard, unreadable, homeless)


def _events(connection: Connection, sent: Sent) -> tuple[CallEvent, ...] | None:
    try:
        parsed = pbx.family(connection.family).parse(sent.request)
    except (Malformed, Unauthorized):
        return None
    if parsed.reply is not None:
        return ()
    ids = [call_id.encode(errors="surrogatepass") for each in parsed.events for call_id in _ids(each)]
    return parsed.events if all(0 < len(each) <= MAX_CALL_ID for each in ids) else None


def _ids(event: CallEvent) -> tuple[str, ...]:
    return (event.call_id, event.second_call_id) if event.second_call_id else (event.call_id,)
