"""Requests with the bodies most PBXs send."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlencode

from firstcall.simulator.wire import WireRequest

if TYPE_CHECKING:
    from collections.abc import Mapping

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"


def form(
    says: str,
    fields: Mapping[str, str],
    *,
    headers: Mapping[str, str] | None = None,
    suffix: str = "",
    door: Literal["webhook", "route"] = "webhook",
    asks: bool = False,
) -> WireRequest:
    """Post a form."""
    sent = {"Content-Type": FORM, **(headers or {})}
    return WireRequest(says, door=door, suffix=suffix, headers=sent, body=urlencode(fields).encode(), asks=asks)


def as_json(
    says: str,
    document: Mapping[str, object],
    *,
    headers: Mapping[str, str] | None = None,
    suffix: str = "",
    door: Literal["webhook", "route"] = "webhook",
    asks: bool = False,
) -> WireRequest:
    """Post a JSON object."""
    sent = {"Content-Type": JSON, **(headers or {})}
    body = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
    return WireRequest(says, door=door, suffix=suffix, headers=sent, body=body, asks=asks)
