"""Who says to be applying: told by the client, kept with the version; the admin token is what proves anything."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Mapping

HEADER = "x-firstcall-user"
LONGEST = 100


def applied_by(headers: Mapping[str, str]) -> str | None:
    """Read the name, percent-encoded where it has letters that a header cannot carry; cut, and fit to be printed."""
    given = next((value for name, value in headers.items() if name.lower() == HEADER), "")
    text = "".join(character for character in unquote(given) if character.isprintable())
    return text.strip()[:LONGEST].strip() or None
