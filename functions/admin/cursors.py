"""Where a list goes on, as text that fits into an address: opaque to whoever carries it back."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

from functions.admin.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Sequence

UNKNOWN = "cursor: it is none that an earlier answer gave"


def write_cursor(position: Sequence[str | int]) -> str:
    """Write a position."""
    return base64.urlsafe_b64encode(json.dumps(list(position)).encode()).decode().rstrip("=")


def read_cursor(cursor: str, parts: int) -> list[Any]:
    """Read a position of so many parts; what each is, its list judges. Raises Refusal."""
    try:
        position = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, RecursionError):
        position = None
    if not isinstance(position, list) or len(position) != parts:
        raise Refusal(400, UNKNOWN)
    return position
