"""Mango Office's VPBX API as one asks it: three form fields, signed as its events are.

From the manual (2026): a report is ordered, then fetched with the key of the order; 204 means that it is not ready, and
one is to ask for it no more often than every 5 s. The CSV has no header, `;` between fields, and no quoting.
"""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING

from shared.pbx.api import Unanswered
from shared.pbx.families.mango import signature
from shared.pbx.forms import text_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shared.pbx.api import Answered, PbxApi

NEEDS: tuple[tuple[str, ...], ...] = (("vpbx_api_key", "vpbx_api_salt"),)

FIRST_LOOK_SECONDS, NEXT_LOOK_SECONDS = 1.0, 5.0
FIELDS = (
    "start", "answer", "from_extension", "from_number", "to_extension", "to_number", "location", "entry_id",
)  # fmt: skip


def legs_of(secrets: Mapping[str, str], api: PbxApi, number: str, since: int, until: int) -> list[dict[str, str]]:
    """List the legs of one outside number's calls; times in Unix seconds."""
    order = {
        "date_from": str(since),
        "date_to": str(until),
        "fields": ",".join(FIELDS),
        "call_party": {"number": number},
    }
    receipt = _ask(secrets, api, "/stats/request", order).json()
    key = text_of(receipt.get("key")) if isinstance(receipt, dict) else None
    if key is None:
        raise Unanswered(f"the report was not ordered: {_result(receipt)}")
    api.wait(FIRST_LOOK_SECONDS)
    report = _ask(secrets, api, "/stats/result", {"key": key})
    if report.status == HTTPStatus.NO_CONTENT:
        api.wait(NEXT_LOOK_SECONDS)
        report = _ask(secrets, api, "/stats/result", {"key": key})
    if report.status == HTTPStatus.NO_CONTENT:
        raise Unanswered("the report is not ready")
    rows = [line.split(";") for line in report.body.decode(errors="replace").splitlines()]
    return [dict(zip(FIELDS, row, strict=True)) for row in rows if len(row) == len(FIELDS)]


def users(secrets: Mapping[str, str], api: PbxApi) -> list[dict[str, object]]:
    """List the employees: `general` and `telephony`, each an object."""
    document = _ask(secrets, api, "/config/users/request", {}).json()
    found = document.get("users") if isinstance(document, dict) else None
    if not isinstance(found, list):
        raise Unanswered(f"the answer has no users: {_result(document)}")
    return [each for each in found if isinstance(each, dict)]


def _ask(secrets: Mapping[str, str], api: PbxApi, path: str, document: object) -> Answered:
    key, text = secrets["vpbx_api_key"], json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    return api.post_form(
        path, {"vpbx_api_key": key, "sign": signature(key, text, secrets["vpbx_api_salt"]), "json": text}
    )


def _result(document: object) -> str:
    """Name the result code of a refusal."""
    return f"result {text_of(document.get('result'))}" if isinstance(document, dict) else "no object"
