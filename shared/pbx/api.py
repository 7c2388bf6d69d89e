"""Asks a PBX over HTTP: short, once, never redirected, and never longer than the asker has time.

Whatever goes wrong is one exception whose text can be logged and shown: it names the host and the kind of trouble,
never an address with a key in it, never a body.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

import urllib3

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_CONNECT_SECONDS, _READ_SECONDS = 2.0, 3.0
_LARGEST_REPLY = 4_000_000
"""Bytes; a day's statistics of a busy PBX is far smaller."""

_OWN: Mapping[str, str] = {
    "mango": "https://app.mango-office.ru/vpbx",
    "zadarma": "https://api.zadarma.com",
    "novofon/zadarma": "https://api.novofon.com",
    "uis": "https://dataapi.uiscom.ru/v2.0",
    "callgear/uis": "https://dataapi.callgear.com/v2.0",
    "novofon/uis": "https://dataapi-jsonrpc.novofon.ru/v2.0",
    "binotel": "https://api.binotel.com/api/4.0",
    "telphin": "https://apiproxy.telphin.ru",
}
"""The vendors' own addresses, by family, or by operator and family where a brand has another."""


class Unanswered(Exception):  # noqa: N818 -- it is an answer, too
    """The PBX could not be asked, or did not say: down, slow, refusing, or in no form that can be read."""


class Unknown(Unanswered):
    """The PBX has nothing of that name (404)."""


def read_urls(text: str) -> dict[str, str]:
    """Read the template's PbxApiUrls: a JSON object of addresses that replace the vendors' own."""
    try:
        document = json.loads(text or "{}")
    except ValueError:
        document = None
    if not isinstance(document, dict) or not all(isinstance(each, str) for each in document.values()):
        raise ValueError('PbxApiUrls must be a JSON object such as {"mango": "https://…/vpbx"}')
    return {name: url.rstrip("/") for name, url in document.items()}


def url_of(family: str, operator: str, urls: Mapping[str, str]) -> str:
    """Find where a brand's API is; empty where each customer has an address of his own (iTooLabs)."""
    named = f"{operator}/{family}"
    return urls.get(named) or urls.get(family) or _OWN.get(named) or _OWN.get(family) or ""


@dataclass(frozen=True, slots=True)
class Answered:
    """What a PBX answered."""

    status: int
    body: bytes

    def json(self) -> object:
        """Read the body as JSON; raise Unanswered."""
        try:
            document: object = json.loads(self.body)
        except (ValueError, RecursionError):
            raise Unanswered("the answer is not JSON") from None
        return document


class PbxApi:
    """One PBX's API, for as long as the asker has time."""

    def __init__(
        self,
        url: str,
        http: urllib3.PoolManager,
        seconds: float = 30.0,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Time runs from here on."""
        self.url = url
        self._http = http
        self._ends_at = clock() + seconds
        self._clock = clock
        self._sleep = sleep

    def at(self, url: str) -> PbxApi:
        """Give the same at another address, such as the customer's own; no more time than before."""
        return PbxApi(url, self._http, self._ends_at - self._clock(), self._clock, self._sleep)

    def get(self, path: str, query: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None) -> bytes:
        """Read a resource."""
        return self.ask("GET", path, query=query, headers=headers).body

    def post_form(self, path: str, fields: Mapping[str, str]) -> Answered:
        """Send a form; 2xx only."""
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.ask("POST", path, body=urlencode(fields).encode(), headers=kind)

    def post_json(self, path: str, document: object) -> object:
        """Send JSON and read JSON."""
        kind = {"Content-Type": "application/json; charset=utf-8"}
        return self.ask("POST", path, body=json.dumps(document).encode(), headers=kind).json()

    def ask(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answered:
        """Ask once; raise Unanswered for anything but a 2xx read whole."""
        left = self._left()
        address = self.url + path + (f"?{urlencode(query)}" if query else "")
        timeout = urllib3.Timeout(connect=min(_CONNECT_SECONDS, left), read=min(_READ_SECONDS, left), total=left)
        host = urlsplit(self.url).hostname or self.url
        try:
            reply = self._http.request(
                method, address, body=body, headers=dict(headers or {}), timeout=timeout,
                retries=False, preload_content=False,
            )  # fmt: skip
            try:
                content = reply.read(_LARGEST_REPLY + 1, decode_content=True)
            finally:
                reply.close()
        except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            raise Unanswered(f"{host} did not answer ({type(error).__name__})") from None
        if reply.status == HTTPStatus.NOT_FOUND:
            raise Unknown(f"{host} answered 404")
        if not HTTPStatus.OK <= reply.status < HTTPStatus.MULTIPLE_CHOICES:
            raise Unanswered(f"{host} answered {reply.status}")
        if len(content) > _LARGEST_REPLY:
            raise Unanswered(f"{host} answered more than {_LARGEST_REPLY} bytes")
        return Answered(reply.status, content)

    def wait(self, seconds: float) -> None:
        """Wait before asking again; raise Unanswered where there is no time for it."""
        if self._left() <= seconds:
            raise Unanswered("no time left to wait for the answer")
        self._sleep(seconds)

    def _left(self) -> float:
        left = self._ends_at - self._clock()
        if left <= 0:
            raise Unanswered("no time left to ask")
        return left
