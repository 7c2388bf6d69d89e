"""The Data API of UIS, CoMagic, CallGear and Novofon 2.0: JSON-RPC 2.0, one address, a token among the parameters.

From the vendor's published description (methods `get.calls_report`, `get.employees`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.pbx.api import Unanswered
from shared.pbx.forms import text_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shared.pbx.api import PbxApi

NEEDS: tuple[tuple[str, ...], ...] = (("access_token",),)

CALL_FIELDS = (
    "id", "direction", "virtual_phone_number", "finish_time", "first_answered_employee_id",
    "last_answered_employee_id",
)  # fmt: skip
_PAGE, _MOST_PAGES = 1000, 10


def call(secrets: Mapping[str, str], api: PbxApi, session: int, since: str, until: str) -> list[dict[str, object]]:
    """Report one call, by the id of its session; only calls that are over are in the report."""
    return _rows(
        secrets, api, "get.calls_report",
        {
            "date_from": since, "date_till": until, "limit": 1, "fields": list(CALL_FIELDS),
            "filter": {"field": "id", "operator": "=", "value": session},
        },
    )  # fmt: skip


def employees(secrets: Mapping[str, str], api: PbxApi) -> list[dict[str, object]]:
    """List the employees: `id`, `full_name`, `extension`."""
    found: list[dict[str, object]] = []
    for page in range(_MOST_PAGES):
        span = {"limit": _PAGE, "offset": page * _PAGE, "fields": ["id", "full_name", "extension"]}
        rows = _rows(secrets, api, "get.employees", span)
        found += rows
        if len(rows) < _PAGE:
            break
    return found


def _rows(
    secrets: Mapping[str, str], api: PbxApi, method: str, params: Mapping[str, object]
) -> list[dict[str, object]]:
    request = {
        "jsonrpc": "2.0", "id": 1, "method": method,
        "params": {"access_token": secrets["access_token"], **params},
    }  # fmt: skip
    answer = api.post_json("", request)
    fields = answer if isinstance(answer, dict) else {}
    error, result = fields.get("error"), fields.get("result")
    if isinstance(error, dict):
        raise Unanswered(f"{method} answered error {text_of(error.get('code'))}")
    rows = result.get("data") if isinstance(result, dict) else None
    if not isinstance(rows, list):
        raise Unanswered(f"{method} answered without data")
    return [each for each in rows if isinstance(each, dict)]
