"""The table on a port of loopback, in a thread beside whoever plays."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from zlib import crc32

from load.table import ConditionFailed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from load.table import Table

FAILED = {"__type": "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException", "message": "it does not hold"}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # head and body leave in one piece
    server: _Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", "0")))
        target = self.headers.get("x-amz-target")
        status, reply = 200, b"{}"  # no target: a PBX asked for its history, which has nothing to say
        if target is not None:
            try:
                reply = json.dumps(self.server.table.answer(target, body), ensure_ascii=False).encode()
            except ConditionFailed:
                status, reply = 400, json.dumps(FAILED).encode()
            except Exception as error:  # noqa: BLE001 -- said by the run, which ends
                self.server.complaints.append(f"{target}: {type(error).__name__}: {error}")
                status = 400
        self.send_response_only(status)
        self.send_header("content-type", "application/x-amz-json-1.0")
        self.send_header("x-amzn-requestid", "R" * 52)
        self.send_header("x-amz-crc32", str(crc32(reply)))
        self.send_header("content-length", str(len(reply)))
        self.end_headers()
        self.wfile.write(reply)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, table: Table) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.table = table
        self.complaints: list[str] = []


class Serving:
    """A table being served."""

    def __init__(self, table: Table, server: _Server) -> None:
        self.table = table
        self.url = f"http://127.0.0.1:{server.server_address[1]}"
        self.complaints = server.complaints
        """What was asked and not understood."""


@contextmanager
def serve(table: Table) -> Iterator[Serving]:
    """Serve while the block lasts."""
    with _Server(table) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield Serving(table, server)
        finally:
            server.shutdown()
            table.close()
