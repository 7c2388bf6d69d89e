"""Telphin's REST API (RingMe): a token of the application for an hour, then plain resources.

From the platform's published description of `call_history` and `extension`, and integrators' code.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from shared.pbx.api import Unanswered, Unknown
from shared.pbx.forms import read_object, text_of
from shared.pbx.protocol import Malformed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shared.pbx.api import PbxApi

NEEDS: tuple[tuple[str, ...], ...] = (("app_id", "app_secret"),)

_API = "/api/ver1.0/client/@me"
_PAGE, _MOST_PAGES = 100, 50


def call(secrets: Mapping[str, str], api: PbxApi, call_id: str) -> Mapping[str, object]:
    """Read one call. One integrator found the ids of events in small letters and those of the history in capitals."""
    headers = _token(secrets, api)
    try:
        body = _history(api, call_id, headers)
    except Unknown:
        if call_id == call_id.upper():
            raise
        body = _history(api, call_id.upper(), headers)
    try:
        return read_object(body)
    except Malformed as error:
        raise Unanswered(str(error)) from None


def extensions(secrets: Mapping[str, str], api: PbxApi) -> list[dict[str, object]]:
    """List the people's extensions: `name` (`1234*101`), `label`; queues and menus are of other types."""
    headers, found = _token(secrets, api), list[dict[str, object]]()
    for page in range(1, _MOST_PAGES + 1):
        query = {"page": str(page), "per_page": str(_PAGE), "type": "phone"}
        rows = api.ask("GET", f"{_API}/extension/", query=query, headers=headers).json()
        if not isinstance(rows, list):
            raise Unanswered("the answer is not a list of extensions")
        found += [each for each in rows if isinstance(each, dict)]
        if len(rows) < _PAGE:
            break
    return found


def _history(api: PbxApi, call_id: str, headers: Mapping[str, str]) -> bytes:
    return api.get(f"{_API}/call_history/{quote(call_id, safe='')}", None, headers)


def _token(secrets: Mapping[str, str], api: PbxApi) -> dict[str, str]:
    fields = {
        "grant_type": "client_credentials", "client_id": secrets["app_id"], "client_secret": secrets["app_secret"],
    }  # fmt: skip
    answer = api.post_form("/oauth/token", fields).json()
    token = text_of(answer.get("access_token")) if isinstance(answer, dict) else None
    if token is None:
        raise Unanswered("no token was given")
    return {"Authorization": f"Bearer {token}"}
