"""The admin API on loopback: real HTTP in front of the real function, so that a client of it needs no stand-in."""

from __future__ import annotations

from base64 import b64encode
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote, urlsplit

from tests.support.loopback import Answering, on_loopback

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

    class Handler(Answering):
        def answer(self) -> None:
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
                **body_of(self.sent()),
            }
            result = door.handle(event, None)
            self.tell(result["statusCode"], result["body"].encode())

        do_GET = do_PUT = do_POST = answer  # noqa: N815 -- as http.server names them

    with on_loopback(Handler) as url:
        yield url
