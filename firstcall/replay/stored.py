"""What is stored of a period, read through the admin API: requests as they came, calls, and the callers' contacts."""

from __future__ import annotations

from base64 import b64decode
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote, urlencode

from firstcall.admin_api import RefusedByApi, ask, pages
from functions.admin.documents import CallDocument, CallPage, ContactDocument, ContactPage
from functions.admin.paths.raw_events import RawEventDocument, RawEventPage
from shared.pbx.protocol import PbxRequest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from firstcall.periods import Period
    from firstcall.replay.progress import Progress
    from tools.deployed import DeployedStack

CallKey = tuple[str, str]
"""Connection and call id."""


class Sent(NamedTuple):
    """One request of a PBX."""

    arrived: int  # ms
    connection: str
    call_id: str | None
    request: PbxRequest


class Stored:
    """Reads a stack; nothing changes there."""

    def __init__(self, deployed: DeployedStack, progress: Progress) -> None:
        self._deployed = deployed
        self._progress = progress

    def requests(self, period: Period, connection: str | None) -> list[Sent]:
        """Read what was sent about the calls that began in a period, in the order it came."""
        asked = period.query() if connection is None else {**period.query(), "connection": connection}
        found: list[Sent] = []
        for page in pages(self._deployed, "raw-events", asked):
            found += map(_sent, RawEventPage.model_validate(page).items)
            self._progress.say(f"requests read: {len(found):,}")
        return sorted(found, key=lambda each: each.arrived)

    def calls(self, period: Period, connection: str | None) -> dict[CallKey, CallDocument]:
        """Read the calls that began in a period."""
        found: dict[CallKey, CallDocument] = {}
        for page in pages(self._deployed, "calls", period.query()):
            calls = CallPage.model_validate(page).items
            found |= {(each.connection, each.call_id): each for each in calls if connection in (None, each.connection)}
            self._progress.say(f"calls read: {len(found):,}")
        return found

    def call(self, key: CallKey) -> CallDocument | None:
        """Read one call by any of its ids."""
        connection, call_id = (quote(each, safe="") for each in key)
        try:
            return CallDocument.model_validate(ask(self._deployed, "GET", f"calls/{connection}/{call_id}"))
        except RefusedByApi:
            return None

    def contacts(self, phones: Iterable[str]) -> dict[str, ContactDocument]:
        """Read the contacts of numbers (E.164); a number without one is left out."""
        found: dict[str, ContactDocument] = {}
        wanted = sorted(set(phones))
        for count, phone in enumerate(wanted, 1):
            page = ask(self._deployed, "GET", f"contacts?{urlencode({'phone': phone})}")
            if items := ContactPage.model_validate(page).items:
                found[phone] = items[0]
            self._progress.say(f"contacts read: {count:,} of {len(wanted):,} numbers")
        return found


def _sent(document: RawEventDocument) -> Sent:
    body = b64decode(document.body) if document.body_is_base64 else document.body.encode()
    request = PbxRequest(document.method, document.suffix, document.query, {}, body)
    return Sent(moment(document.arrived_at), document.connection, document.call_id, request)


def moment(text: str) -> int:
    """Read a time of the admin API (ms)."""
    return round(datetime.fromisoformat(text).timestamp() * 1000)
