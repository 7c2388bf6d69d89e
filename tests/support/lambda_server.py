"""Lambda's Invoke on loopback: real HTTP in front of a real function, so that whoever invokes it needs no stand-in."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@contextmanager
def invocable(function: Callable[[Any], object]) -> Iterator[str]:
    """Serve one function under every name; give the endpoint. What it raises is told as Lambda tells it."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            event = json.loads(self.rfile.read(int(self.headers.get("content-length") or 0)))
            headers = {"content-type": "application/json"}
            try:
                result = function(event)
            except Exception as error:  # noqa: BLE001 -- it is passed on
                result = {"errorType": type(error).__name__, "errorMessage": str(error)}
                headers["X-Amz-Function-Error"] = "Unhandled"
            body = json.dumps(result).encode()
            self.send_response(200)
            for name, value in {**headers, "content-length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- as http.server names it
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
