"""Zadarma's API as one asks it: signed over path and sorted parameters. Novofon 1.0 is the same under its own address.

From the vendor's OpenAPI description and its own PHP client. 100 requests a minute, 3 for statistics. Times are in the
account's time zone, which it tells (`/v1/info/timezone`).
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64encode
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from shared.pbx.api import Unanswered
from shared.pbx.forms import read_object
from shared.pbx.protocol import Malformed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shared.pbx.api import PbxApi

NEEDS: tuple[tuple[str, ...], ...] = (("api_key", "api_secret"),)

TIME = "%Y-%m-%d %H:%M:%S"


def offset_seconds(secrets: Mapping[str, str], api: PbxApi) -> int:
    """Tell how far the account's clock is ahead of UTC."""
    answer = _get(secrets, api, "/v1/info/timezone/", {})
    unix, local = answer.get("unixtime"), answer.get("datetime")
    try:
        shown = datetime.strptime(str(local), TIME).replace(tzinfo=UTC).timestamp()
        return round((shown - float(str(unix))) / 60) * 60
    except ValueError:
        raise Unanswered("the account's time zone cannot be read") from None


def legs(secrets: Mapping[str, str], api: PbxApi, since: str, until: str) -> list[dict[str, object]]:
    """List the legs of incoming calls that began in between, both in the account's own time."""
    query = {"start": since, "end": until, "version": "2", "call_type": "in"}
    found = _get(secrets, api, "/v1/statistics/pbx/", query).get("stats")
    if not isinstance(found, list):
        raise Unanswered("the answer has no stats")
    return [each for each in found if isinstance(each, dict)]


def extensions(secrets: Mapping[str, str], api: PbxApi) -> list[str]:
    """List the PBX's internal numbers."""
    numbers = _get(secrets, api, "/v1/pbx/internal/", {}).get("numbers")
    if not isinstance(numbers, list):
        raise Unanswered("the answer has no numbers")
    return [str(each) for each in numbers]


def authorization(path: str, query: Mapping[str, str], api_key: str, api_secret: str) -> str:
    """Sign a request: base64 of the HMAC's hex text."""
    text = urlencode(sorted(query.items()))
    signed = f"{path}{text}{hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()}"
    digest = hmac.new(api_secret.encode(), signed.encode(), hashlib.sha1).hexdigest()
    return f"{api_key}:{b64encode(digest.encode()).decode()}"


def _get(secrets: Mapping[str, str], api: PbxApi, path: str, query: Mapping[str, str]) -> dict[str, object]:
    headers = {"Authorization": authorization(path, query, secrets["api_key"], secrets["api_secret"])}
    try:
        answer = read_object(api.get(path, dict(sorted(query.items())), headers))
    except Malformed as error:
        raise Unanswered(str(error)) from None
    if answer.get("status") != "success":
        raise Unanswered(f"the answer's status is {str(answer.get('status'))[:20]!r}")
    return answer
