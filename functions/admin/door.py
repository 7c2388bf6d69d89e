"""The one way in: who asks, whether they may, whether the request can be read; then the API."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from functions.admin.access import TOLD_TO_EDITORS, changes
from functions.admin.applied_by import HEADER
from functions.admin.read_request import read_request
from functions.admin.refusal import Refusal
from shared.observability import logger

if TYPE_CHECKING:
    from collections.abc import Mapping

    from functions.admin.access import Access
    from functions.admin.api import AdminApi

EDITORS_ONLY = (
    "what PBXs sent is shown to editors only: it holds whatever they told of a call, such as where its recording lies"
)
MAY_ONLY_READ = "this token may only read: what changes something needs an editor's (docs/security.md says how)"


class AdminDoor:
    """Lets authorised requests that can be read through to the API."""

    def __init__(self, access: Access, api: AdminApi) -> None:
        self._access = access
        self._api = api

    def handle(self, event: dict[str, Any], context: object) -> dict[str, Any]:
        """Answer one request."""
        result = self._answer(event, context)
        # No more of the path: numbers and call ids may stand further on.
        part = "/".join(str(event.get("rawPath", "")).split("/")[:3])[:50]
        logger.info("handled", extra={"method": _method(event), "path": part, "status": result["statusCode"]})
        return result

    def _answer(self, event: dict[str, Any], context: object) -> dict[str, Any]:
        # The proof first: without it nothing is told, not even what is wrong with the request.
        asker = self._access.asker(event)
        if asker is None:
            challenge = {} if self._access.way == "iam" else {"www-authenticate": "Bearer"}
            return _refused(401, f"the admin API needs {self._access.how}", challenge)
        path = str(event.get("rawPath", ""))
        if not asker.may_edit and changes(_method(event), path):
            return _refused(403, MAY_ONLY_READ)
        if not asker.may_edit and path in TOLD_TO_EDITORS:
            return _refused(403, EDITORS_ONLY)
        try:
            readable = read_request(event)
        except Refusal as refusal:
            return _refused(refusal.status, refusal.error)
        if asker.name is not None:  # what is proven takes the place of what is only said
            said = {name: value for name, value in readable["headers"].items() if name.lower() != HEADER}
            readable["headers"] = {**said, HEADER: quote(asker.name)}
        return self._api.handle(readable, context, asker)


def _method(event: Mapping[str, Any]) -> str:
    return str((event.get("requestContext") or {}).get("http", {}).get("method", "")).upper()


def _refused(status: int, error: str, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
    return {
        "statusCode": status,
        "headers": {"content-type": "application/json", **(headers or {})},
        "body": json.dumps({"error": error}, ensure_ascii=False),
    }
