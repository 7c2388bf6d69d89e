"""What a PBX's own history can be asked about one call, and by which module of `histories` for each family."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple, Protocol, cast

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shared.pbx.api import PbxApi
    from shared.pbx.protocol import CallEvent

HISTORIES = ("binotel", "itoolabs", "mango", "telphin", "uis", "zadarma")
"""The families that document how to ask."""


class Question(NamedTuple):
    """Asks who answered a call."""

    call_ids: tuple[str, ...]  # all that lead to it, the first being the one it is known by
    phone: str  # the client, E.164
    since: int  # ms: before it can have begun
    until: int  # ms: now


class History(Protocol):
    """What a module of `histories` offers. Modules satisfy it as they are (PEP 544)."""

    NEEDS: tuple[tuple[str, ...], ...]
    """The secrets for asking: one of these sets."""

    PACE_MS: int
    """How far apart the vendor wants to be asked."""

    def ask(self, question: Question, secrets: Mapping[str, str], api: PbxApi) -> tuple[CallEvent, ...]:
        """Ask; give what the PBX says as events of the call, none where it says nothing yet; raise Unanswered.

        The events name no client: whose call it is, is known.
        """


def history_of(family: str) -> History | None:
    """Load a family's module; None where the vendor documents no history."""
    if family not in HISTORIES:
        return None
    return cast("History", import_module(f"functions.backfill.histories.{family}"))


if TYPE_CHECKING:
    # Here the type checker holds every module against the protocol.
    from functions.backfill.histories import binotel, itoolabs, mango, telphin, uis, zadarma

    _CHECKED: tuple[History, ...] = (binotel, itoolabs, mango, telphin, uis, zadarma)
