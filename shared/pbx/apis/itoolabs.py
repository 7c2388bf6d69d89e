"""iTooLabs' own API at the customer's address: v1 (`/crmapi/v1`, `X-API-KEY`) or the older `/sys/crm_api.wcgp` (token).

From integrators' code and the vendor's texts as they quote them; the older call list is CSV without a header.
"""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from shared.pbx.api import Unanswered

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shared.pbx.api import PbxApi

NEEDS: tuple[tuple[str, ...], ...] = (("pbx_url", "api_key"), ("pbx_url", "pbx_token"))

_COLUMNS = ("uid", "type", "client", "account", "via", "start", "wait", "duration")
_PAGE, _MOST_PAGES = 100, 50


def history(secrets: Mapping[str, str], api: PbxApi, since_ms: int, until_ms: int) -> list[dict[str, object]]:
    """List the calls that began in between; the older API's rows under v1's names as far as they mean the same."""
    span = {"start": _time(since_ms), "end": _time(until_ms)}
    if secrets.get("api_key"):
        try:
            return _objects(_v1(secrets, api, "history/json", span))
        except Unanswered:
            if not secrets.get("pbx_token"):
                raise
    rows = csv.reader(io.StringIO(_legacy(secrets, api, "history", {**span, "type": "all"}).decode(errors="replace")))
    return [dict(zip(_COLUMNS, row, strict=False)) for row in rows if len(row) >= len(_COLUMNS)]


def users(secrets: Mapping[str, str], api: PbxApi) -> list[dict[str, object]]:
    """List the users: `login`, `name`, `ext`, and whatever else the PBX tells."""
    if secrets.get("api_key"):
        try:
            return _users_of_v1(secrets, api)
        except Unanswered:
            if not secrets.get("pbx_token"):
                raise
    answer = api.at(_own(secrets)).post_form(_legacy_path(secrets), _command(secrets, "accounts", {})).json()
    return [{**each, "login": each.get("name"), "name": each.get("realName")} for each in _objects(answer)]


def _users_of_v1(secrets: Mapping[str, str], api: PbxApi) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    for page in range(_MOST_PAGES):
        document = _v1(secrets, api, "users", {"start": str(page * _PAGE), "limit": str(_PAGE)})
        items = _objects(document.get("items") if isinstance(document, dict) else document)
        found += items
        if len(items) < _PAGE:
            break
    return found


def _v1(secrets: Mapping[str, str], api: PbxApi, path: str, query: Mapping[str, str]) -> object:
    headers = {"X-API-KEY": secrets["api_key"]}
    return api.at(_own(secrets)).ask("GET", f"/crmapi/v1/{path}", query=query, headers=headers).json()


def _legacy(secrets: Mapping[str, str], api: PbxApi, cmd: str, fields: Mapping[str, str]) -> bytes:
    return api.at(_own(secrets)).post_form(_legacy_path(secrets), _command(secrets, cmd, fields)).body


def _command(secrets: Mapping[str, str], cmd: str, fields: Mapping[str, str]) -> dict[str, str]:
    return {"cmd": cmd, "token": secrets["pbx_token"], **fields}


def _own(secrets: Mapping[str, str]) -> str:
    """Read the customer's address: a cabinet shows a bare domain, or a whole address with a connector's path."""
    written = secrets["pbx_url"].strip()
    parts = urlsplit(written if "://" in written else f"https://{written}")
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        raise Unanswered("pbx_url is no address; write it as https://company.example")
    return f"{parts.scheme}://{parts.netloc}"


def _legacy_path(secrets: Mapping[str, str]) -> str:
    path = urlsplit(secrets["pbx_url"].strip()).path
    return path if path.endswith("/crm_api.wcgp") else "/sys/crm_api.wcgp"


def _time(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y%m%dT%H%M%SZ")


def _objects(document: object) -> list[dict[str, object]]:
    if not isinstance(document, list):
        raise Unanswered("the answer is not a list")
    return [each for each in document if isinstance(each, dict)]
