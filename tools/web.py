"""Plain HTTP to the stack, past any proxy that this machine may be set up with."""

import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import cast

from tools.terminal import Refused

SECONDS = 40  # longer than the slowest function may take


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back."""

    status: int
    text: str

    def json(self) -> object:
        """Read the body as JSON; a body that is none reads as its own text."""
        try:
            return cast("object", json.loads(self.text))
        except ValueError:
            return self.text


def send(method: str, url: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> Reply:
    """Send one request; any status is a reply."""
    request = urllib.request.Request(url, data=body, method=method, headers=headers or {})  # noqa: S310 -- our own address
    proxies: dict[str, str] | None = {} if url.startswith("http://127.0.0.1:") else None
    opener = urllib.request.build_opener(urllib.request.ProxyHandler(proxies))
    try:
        with opener.open(request, timeout=SECONDS) as reply:
            return Reply(reply.status, reply.read().decode())
    except urllib.error.HTTPError as error:
        return Reply(error.code, error.read().decode(errors="replace"))
    except OSError as error:
        host = "/".join(url.split("/", 3)[:3])  # the rest of an address may carry a key
        raise Refused(f"no answer from {host}: {error}") from None
