"""The admin API on loopback: real HTTP in front of the real function, so that a client of it needs no stand-in."""

from __future__ import annotations

import threading
from base64 import b64encode
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from functions.admin.door import AdminDoor


def body_of(sent: bytes) -> dict[str, object]:
    """Hand text on as text, and bytes that are none in base64."""
    try:
        return {"body": sent.decode(), "isBase64Encoded": False}
    except UnicodeDecodeError:
        return {"body": b64encode(sent).decode(), "isBase64Encoded": True}


@contextmanager
def served(door: AdminDoor) -> Iterator[str]:
    """Serve an admin function; give the address of its API."""

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            asked = urlsplit(self.path)
            event = {
                "version": "2.0",
                "rawPath": unquote(asked.path),  # as API Gateway decodes it
                "rawQueryString": asked.query,
                "queryStringParameters": dict(parse_qsl(asked.query, keep_blank_values=True)),
                "headers": {name.lower(): value for name, value in self.headers.items()},
                "requestContext": {
                    "http": {"method": self.command, "path": asked.path, "sourceIp": "127.0.0.1"},
                    "stage": "$default",
                    "requestId": "1",
                },
                **body_of(self.rfile.read(length)),
            }
            result = door.handle(event, None)
            body = result["body"].encode()
            self.send_response(result["statusCode"])
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_PUT = do_POST = answer  # noqa: N815 -- as http.server names them

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
