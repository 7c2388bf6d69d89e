"""The words every PBX family is translated into, and what a family module must offer.

A family is a module: it reads one wire protocol and knows nothing of AWS, the clock or the environment.
The order never varies: find the connection (404), `authenticate` the raw bytes (401), `parse` (400), act.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

Direction = Literal["in", "out", "internal"]

EventKind = Literal[
    "started",  # the call exists: reached the PBX, a menu or a queue; no employee yet
    "ringing",  # an employee's phone rings
    "answered",  # somebody picked up; without `ext` and `login` it was a machine (K4)
    "leg_ended",  # this leg lost (somebody else answered, timed out); the call may go on (K3)
    "transferred",  # the employee named handed the call over, to `second_call_id` where it has an id of its own
    "ended",  # the call is over; with `outcome="answered"` the employee named held it (K8)
]

Outcome = Literal["answered", "missed", "cancelled", "busy", "failed"]

MAX_TEXT = 128
"""Longest text kept of a name, id or number; longer ones are cut, so that no event can swell the stored call."""


class Unauthorized(Exception):  # noqa: N818 -- it is the answer, not a fault
    """The PBX's own signature or token is wrong or missing."""


class Malformed(Exception):  # noqa: N818
    """The request cannot be read as this family's format; the message says what is wrong, without secrets."""


class PbxRequest(NamedTuple):
    """One HTTP request of a PBX, as it came."""

    method: str
    suffix: str  # what follows the key in the path, without slashes at its ends: "events/call"
    query: Mapping[str, str]
    headers: Mapping[str, str]  # names in lower case
    body: bytes
    source_ip: str = ""
    url: str = ""  # the whole address as the PBX called it, query included; some sign it, some must be told ours


class PbxResponse(NamedTuple):
    """What is sent back, byte for byte."""

    status: int = 200
    body: str = "{}"
    content_type: str = "application/json; charset=utf-8"
    headers: Mapping[str, str] = {}


class CallEvent(NamedTuple):
    """One thing a PBX said about one call. Numbers are as sent; the core normalises them."""

    call_id: str
    kind: EventKind
    name: str  # the vendor's own word for it: "ACCEPTED", "NOTIFY_END", "events/call Connected"
    direction: Direction | None = None  # None: this event does not say
    assumed: bool = False  # the direction is what this protocol means by saying nothing; a stated one counts more
    phone: str | None = None  # the outside party; None: withheld or not said
    line: str | None = None  # our number
    ext: str | None = None
    login: str | None = None
    at: int | None = None  # when it happened by the PBX's clock, ms since 1970; None: it does not say
    seq: int | None = None  # the PBX's counter, where it orders the events of the whole call
    outcome: Outcome | None = None  # of `ended`
    # The PBX's last record of the call: nothing that matters follows (R7). Of `answered`: the end of that talk, which
    # proves it where its start was lost, and counts behind the start where both came.
    final: bool = False
    second_call_id: str | None = None


class Lookup(NamedTuple):
    """A PBX asks who is responsible for a caller, and waits."""

    phone: str | None
    line: str | None = None
    call_id: str | None = None
    called: str | None = None  # the extension already ringing (T9)


class Command(NamedTuple):
    """The PBX can be told, not asked: the waiting leg that may be sent to the responsible of `lookup` (Mango)."""

    lookup: Lookup
    leg_id: str


class Parsed(NamedTuple):
    """What one request says. All empty: understood, nothing to do (unknown events are answered 200, K6)."""

    events: tuple[CallEvent, ...] = ()
    lookup: Lookup | None = None
    command: Command | None = None
    reply: PbxResponse | None = None  # a fixed answer of the protocol's own, such as a ping's


class Target(NamedTuple):
    """One employee to ring: his extension and login on the asking connection."""

    employee: str
    ext: str | None
    login: str | None
    ring_seconds: int


class Answer(NamedTuple):
    """The decision a family renders. No targets: "no opinion", the PBX's own plan runs."""

    contact_id: str | None
    contact_name: str | None
    targets: tuple[Target, ...]
    reason: str
    request: PbxRequest | None = None  # what is answered, for families whose answer names addresses (TwiML, NCCO)


NO_OPINION = Answer(contact_id=None, contact_name=None, targets=(), reason="error")


if TYPE_CHECKING:  # what only the type checker reads need not be built at every start

    class Family(Protocol):
        """What a family module offers. Modules satisfy it as they are (PEP 544)."""

        SECRETS: tuple[str, ...]
        """Secrets a connection must have: those that prove a webhook."""

        OWN_SECRETS: tuple[str, ...]
        """Those of them that we choose and the PBX is told; the others are issued by its vendor."""

        OPTIONAL_SECRETS: tuple[str, ...]
        """Secrets for asking the PBX."""

        EVENTS: tuple[str, ...]
        """The vendor's event names that `parse` understands; each has a fixture."""

        def handshake(self, request: PbxRequest) -> PbxResponse | None:
            """Answer what a PBX asks before it can prove itself (Zadarma's `zd_echo`); None: nothing of the kind."""

        def authenticate(self, request: PbxRequest, secrets: Mapping[str, str]) -> None:
            """Check the proof over the raw bytes; raise Unauthorized, or Malformed where no secret can be read."""

        def parse(self, request: PbxRequest) -> Parsed:
            """Translate an authenticated request; raise Malformed."""

        def acknowledge(self, request: PbxRequest) -> PbxResponse:
            """Answer an event that is handled, a duplicate, ignored or unknown."""

        def answer(self, lookup: Answer) -> PbxResponse:
            """Put a decision into the family's own words."""

        def refuse(self, status: int) -> PbxResponse:
            """Word a refusal: 400, 401 or 503."""
