"""The admin API as the commands use it: what it refuses ends the command in words, with every mistake."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, cast
from urllib.parse import urlencode

from tools.admin_login import signed_in
from tools.terminal import Refused
from tools.user import user_header
from tools.web import send

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tools.deployed import DeployedStack, Record

OK = 200


class RefusedByApi(Refused):
    """What the admin API refuses, as it said so."""

    def __init__(self, document: Record, text: str) -> None:
        super().__init__(text)
        self.document = document


def pages(deployed: DeployedStack, path: str, asked: Mapping[str, str] | None = None) -> Iterator[Record]:
    """Read a list page by page, as far as it is wanted."""
    query = dict(asked or {})
    while True:
        page = ask(deployed, "GET", f"{path}?{urlencode(query)}" if query else path)
        yield page
        if page["cursor"] is None:
            return
        query["cursor"] = str(page["cursor"])


def first_items(
    deployed: DeployedStack, path: str, asked: Mapping[str, str] | None, limit: int
) -> tuple[list[Record], bool]:
    """Give the first entries of a list, and whether these are all."""
    found: list[Record] = []
    for page in pages(deployed, path, asked):
        found += cast("list[Record]", page["items"])
        if len(found) > limit:
            break
    return found[:limit], len(found) <= limit


def ask(deployed: DeployedStack, method: str, path: str, body: object = None, *, user: str | None = None) -> Record:
    """Send one request and give the answer; raise RefusedByApi."""
    headers = {"Content-Type": "application/json", **user_header(user)}
    data = None if body is None else json.dumps(body, ensure_ascii=False).encode()
    # A space in a query is written as AWS signs it.
    url = f"{deployed.api_url}/admin/{path}".replace("+", "%20")
    reply = send(method, url, data, signed_in(deployed, method, url, data, headers))
    answer = reply.json()
    document: Record = cast("Record", answer) if isinstance(answer, dict) else {"error": reply.text[:500]}
    if reply.status == OK:
        return document
    mistakes = cast("list[str]", document.get("mistakes") or [])
    said = document.get("error") or document.get("message") or f"the admin API answered {reply.status}"
    raise RefusedByApi(document, "\n  ".join([str(said), *mistakes]))
