"""Binotel's REST API 4.0: JSON with `key` and `secret` in it, to one address for each method.

From the vendor's published samples.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.pbx.api import Unanswered
from shared.pbx.forms import text_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shared.pbx.api import PbxApi

NEEDS: tuple[tuple[str, ...], ...] = (("key", "secret"),)


def call_details(secrets: Mapping[str, str], api: PbxApi, call_id: str) -> Mapping[str, object] | None:
    """Read what is known of one call; None where it is not known (PHP writes an empty object as `[]`)."""
    details = _ask(secrets, api, "stats/call-details", {"generalCallID": [call_id]}).get("callDetails")
    found = details.get(call_id) if isinstance(details, dict) else None
    return found if isinstance(found, dict) else None


def employees(secrets: Mapping[str, str], api: PbxApi) -> list[dict[str, object]]:
    """List the employees: `employeeID`, `name`, `endpointData`."""
    found = _ask(secrets, api, "settings/list-of-employees", {}).get("listOfEmployees")
    rows = list(found.values()) if isinstance(found, dict) else found
    if not isinstance(rows, list):
        raise Unanswered("the answer has no listOfEmployees")
    return [each for each in rows if isinstance(each, dict)]


def _ask(secrets: Mapping[str, str], api: PbxApi, method: str, fields: Mapping[str, object]) -> dict[str, object]:
    answer = api.post_json(f"/{method}.json", {"key": secrets["key"], "secret": secrets["secret"], **fields})
    if not isinstance(answer, dict) or answer.get("status") != "success":
        code = text_of(answer.get("code")) if isinstance(answer, dict) else None
        raise Unanswered(f"{method} was refused (code {code})")
    return answer
