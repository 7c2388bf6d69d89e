"""A proxy between the functions and the local cloud, which can be told what shall go wrong.

Each function has a port of its own, so that a fault can be meant for one of them. Requests are passed on as they are,
signature included; nothing is decrypted and nothing in the functions knows of it but the address.
"""

from __future__ import annotations

import http.client
import threading
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, NamedTuple

from drills.faults import Fault, Request, error_answer
from tools.local_cloud import HOST

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

_LONGEST_HANG = 60.0
_MEETING_SECONDS = 5.0
_UPSTREAM_SECONDS = 60.0
_HOP = frozenset({"connection", "transfer-encoding", "content-length", "keep-alive"})

_ERROR_HEADERS = {"Content-Type": "application/x-amz-json-1.0"}
_NOT_PASSED_ON = frozenset({"refuse", "hang", "kill before"})
_NOT_ANSWERED = _NOT_PASSED_ON | {"lose", "kill after"}
_NONE = Fault("slow", seconds=0)


class Met(NamedTuple):
    """A request that a fault met."""

    request: Request
    fault: Fault


class Proxy:
    """Passes requests on, except where a fault meets them."""

    def __init__(self, upstream_port: int, functions: Sequence[str], kill: Callable[[str], None]) -> None:
        self.upstream_port = upstream_port
        self.kill = kill
        self.met: list[Met] = []
        self.healed = threading.Event()
        self.healed.set()
        self._faults: dict[int, tuple[Fault, threading.Barrier | None]] = {}
        self._seen: dict[int, int] = {}
        self._lock = threading.Lock()
        self._servers = {name: _Server(self, name) for name in functions}
        for server in self._servers.values():
            threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()

    def endpoint(self, function: str) -> str:
        """Give the address under which a function finds AWS."""
        return f"http://{HOST}:{self._servers[function].server_port}"

    @contextmanager
    def failing(self, *faults: Fault) -> Iterator[list[Met]]:
        """Let these things go wrong for a while; yields what was met."""
        with self._lock:
            self.met = []
            self._seen = dict.fromkeys(range(len(faults)), 0)
            self._faults = {
                number: (fault, threading.Barrier(fault.times) if fault.does == "meet" else None)
                for number, fault in enumerate(faults)
            }
            self.healed.clear()
        try:
            yield self.met
        finally:
            with self._lock:
                self._faults = {}
            self.healed.set()

    def fault_for(self, request: Request) -> tuple[Fault, threading.Barrier | None] | None:
        """Find the fault that meets a request, and count both."""
        with self._lock:
            for number, (fault, barrier) in self._faults.items():
                if not fault.meets(request):
                    continue
                self._seen[number] += 1
                if fault.skip < self._seen[number] <= fault.skip + fault.times:
                    self.met.append(Met(request, fault))
                    return fault, barrier
        return None

    def close(self) -> None:
        """Stop listening."""
        for server in self._servers.values():
            server.shutdown()
            server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, proxy: Proxy, function: str) -> None:
        self.proxy = proxy
        self.function = function
        super().__init__((HOST, 0), _Passage)

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: a client that is gone is what drills are about."""


class _Passage(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_POST(self) -> None:
        """Pass a request on, or do what the fault does that meets it."""
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        proxy = self.server.proxy
        request = Request.read(self.server.function, self.headers.get("X-Amz-Target", ""), body)
        fault, barrier = proxy.fault_for(request) or (_NONE, None)
        if fault.does in {"throttle", "fail"}:
            self._answer(*error_answer(fault.does, request.service))
            return
        if barrier is not None:
            with suppress(threading.BrokenBarrierError):
                barrier.wait(_MEETING_SECONDS)
        if fault.does == "hang":
            proxy.healed.wait(_LONGEST_HANG)
        if fault.does == "kill before":
            proxy.kill(request.function)
        self.close_connection = self.close_connection or fault.does in _NOT_ANSWERED
        if fault.does in _NOT_PASSED_ON:
            return
        answer = self._pass_on(body)
        if fault.does == "kill after":
            proxy.kill(request.function)
        proxy.healed.wait(fault.seconds)
        if fault.does not in _NOT_ANSWERED:
            self._answer(*answer)

    def _pass_on(self, body: bytes) -> tuple[int, bytes, dict[str, str]]:
        connection = http.client.HTTPConnection(HOST, self.server.proxy.upstream_port, timeout=_UPSTREAM_SECONDS)
        try:
            connection.putrequest("POST", self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():
                connection.putheader(name, value)
            connection.endheaders(body)
            reply = connection.getresponse()
            headers = {name: value for name, value in reply.getheaders() if name.lower() not in _HOP}
            return reply.status, reply.read(), headers
        finally:
            connection.close()

    def _answer(self, status: int, body: bytes, headers: Mapping[str, str] = _ERROR_HEADERS) -> None:
        self.send_response_only(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the name http.server asks for
        """Say nothing."""
