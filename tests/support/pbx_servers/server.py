"""A PBX's own API on loopback: strict as its description is, and as broken as a test wants it."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from threading import Event
from typing import TYPE_CHECKING, Literal, Protocol
from urllib.parse import parse_qsl, urlsplit

from tests.support.loopback import on_loopback

if TYPE_CHECKING:
    from collections.abc import Iterator

Mood = Literal["well", "slow", "dripping", "refusing", "failing", "garbage", "empty"]


@dataclass(frozen=True, slots=True)
class Asked:
    """One request."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def form(self) -> dict[str, str]:
        """The body as a form."""
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))


@dataclass(frozen=True, slots=True)
class Person:
    """An employee as the PBX knows him."""

    ext: str
    name: str = ""
    login: str = ""  # the PBX's own name or id of him


@dataclass(frozen=True, slots=True)
class Talk:
    """An employee's leg: picked up at (Unix seconds), or never."""

    person: Person
    answered_at: int | None


@dataclass(frozen=True, slots=True)
class PastCall:
    """A call as the PBX remembers it."""

    call_id: str
    phone: str  # E.164
    line: str
    began_at: int
    talks: tuple[Talk, ...]

    @property
    def answered(self) -> list[Talk]:
        """The legs that talked, in order."""
        return [talk for talk in self.talks if talk.answered_at is not None]


@dataclass(slots=True)
class Memory:
    """What is the same for every PBX: its people, its past calls, its mood, and what it was asked."""

    people: list[Person] = field(default_factory=list)
    calls: list[PastCall] = field(default_factory=list)
    mood: Mood = "well"
    asked: list[Asked] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def refuse(self, why: str) -> None:
        """Note what was wrong with a request."""
        self.complaints.append(why)


class PbxServer(Protocol):
    """One vendor's API."""

    memory: Memory

    def secrets(self, url: str) -> dict[str, str]:
        """What opens it, as a connection's secrets."""

    def answer(self, asked: Asked) -> tuple[int, bytes]:
        """Answer as the vendor does."""


class _Handler(BaseHTTPRequestHandler):
    pbx: PbxServer
    stop: Event

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        asked = Asked(self.command, parts.path, dict(parse_qsl(parts.query)), headers, body)
        self.pbx.memory.asked.append(asked)
        with suppress(OSError):  # whoever asked may have gone
            self._reply(asked)

    do_POST = do_GET  # noqa: N815 -- the names that http.server calls

    def _reply(self, asked: Asked) -> None:
        mood = self.pbx.memory.mood
        if mood == "slow":
            self.stop.wait(30)
        elif mood == "dripping":
            while not self.stop.wait(0.2):
                self.wfile.write(b"H")
        else:
            status, body = _BROKEN[mood] if mood in _BROKEN else self.pbx.answer(asked)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


_BROKEN: dict[str, tuple[int, bytes]] = {
    "refusing": (403, b'{"error": "forbidden"}'),
    "failing": (500, b""),
    "garbage": (200, b'\xff\xfe{"stats": [[[,;\n;;;;'),
    "empty": (200, b""),
}


@contextmanager
def running(pbx: PbxServer) -> Iterator[str]:
    """Serve on loopback; give the address."""
    stop = Event()
    handler = type("Handler", (_Handler,), {"pbx": pbx, "stop": stop})
    with on_loopback(handler) as url:
        try:
            yield url
        finally:
            stop.set()
