"""How many contacts are somebody's, alone and together with others."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from functions.admin.contact_lists import ContactLists

_AT_ONCE = 8


class Count(NamedTuple):
    """Contacts of one person."""

    alone: int = 0
    shared: int = 0

    @property
    def all(self) -> int:
        """However owned."""
        return self.alone + self.shared


def owner_sets_of(people: Iterable[str], lists: ContactLists) -> dict[str, list[str]]:
    """Name for each the sets of responsibles that hold him, himself alone first."""
    found = {who: [who] for who in people}
    for owners in sorted(lists.owner_sets()):
        for who in owners.split(","):
            if who in found and owners != who:
                found[who].append(owners)
    return found


def counted(sets: Mapping[str, Collection[str]], lists: ContactLists) -> dict[str, Count]:
    """Count the contacts of each, by the sets that hold him."""
    wanted = sorted({owners for each in sets.values() for owners in each})
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        counts = dict(zip(wanted, pool.map(lists.count, wanted), strict=True))
    return {
        who: Count(
            sum(counts[each] for each in owned if each == who), sum(counts[each] for each in owned if each != who)
        )
        for who, owned in sets.items()
    }
