"""Says in words what a new company file would change."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from shared.company_file.mistakes import written
from shared.company_file.secrets import MASK

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from shared.company_file.mistakes import Place

LONGEST_VALUE = 80
MISSING = object()


def changes(
    old: Mapping[str, object] | None,
    new: Mapping[str, object],
    stored_secrets: Mapping[str, Mapping[str, str]] | None = None,
) -> tuple[str, ...]:
    """List what differs, by path; secrets, masked or not, only as changed."""
    return tuple(f"{written(place)}: {what}" for place, what in _differences((), old or {}, new, stored_secrets or {}))


def _differences(
    place: Place, old: object, new: object, stored: Mapping[str, Mapping[str, str]]
) -> Iterator[tuple[Place, str]]:
    if isinstance(old, dict) and isinstance(new, dict):
        for key in [*old, *(key for key in new if key not in old)]:
            here = (*place, key)
            yield from _differences(here, _given(here, old.get(key)), _given(here, new.get(key)), stored)
    elif _is_secret(place):
        if change := _secret_change(place, old, new, stored):
            yield place, change
    elif old is new:
        return
    elif new is MISSING:
        yield place, "removed"
    elif old is MISSING:
        yield place, "added" if isinstance(new, dict) else f"set to {_shown(new)}"
    elif old != new or isinstance(old, bool) != isinstance(new, bool):
        yield place, f"{_shown(old)} -> {_shown(new)}"


def _given(place: Place, value: object) -> object:
    """A key with nothing after it counts as left out, a section left out as empty."""
    if value is None:
        return {} if len(place) == 1 and place[0] != "version" else MISSING
    return value


def _is_secret(place: Place) -> bool:
    return len(place) == 4 and place[0] == "connections" and place[2] == "secrets"  # noqa: PLR2004


def _secret_change(place: Place, old: object, new: object, stored: Mapping[str, Mapping[str, str]]) -> str | None:
    if new is MISSING:
        return "removed"
    if old is MISSING:
        return "added"
    kept: object = stored.get(str(place[1]), {}).get(str(place[3])) if old == MASK else old
    return None if new in (MASK, kept) else "changed"


def _shown(value: object) -> str:
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        text = f"[{', '.join(value)}]"
    elif isinstance(value, str):
        text = value
    else:
        text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST_VALUE else text[: LONGEST_VALUE - 1] + "…"
