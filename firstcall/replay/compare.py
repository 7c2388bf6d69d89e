"""What would be otherwise: what is stored beside what came of the replay. What people did by hand is nobody's error."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from firstcall.replay.seeds import chosen
from functions.admin.documents import EmployeeOwner
from shared.company import GROUP_PREFIX

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from firstcall.replay.play import Replayed
    from firstcall.replay.seeds import Played
    from firstcall.replay.stored import CallKey
    from functions.admin.documents import CallDocument, ContactDocument, GroupOwner

Value = str | list[str] | None

ASKED = "(asked)"
"""How the names of events end that a PBX's own history told (`functions/backfill/histories`)."""

_OWNERSHIP = ("responsibles", "state", "reason")


class Change(NamedTuple):
    """One thing that would be otherwise."""

    name: str
    stored: Value
    replayed: Value


class Difference(NamedTuple):
    """A contact or a call that would be otherwise, would not be there, or is not there today."""

    about: Literal["contact", "call"]
    key: tuple[str, ...]  # a number; or connection and call id
    what: Literal["made", "not_made", "changed"]
    changes: tuple[Change, ...]


class Compared(NamedTuple):
    """All of them, and what cannot be judged."""

    differences: tuple[Difference, ...]
    asked: frozenset[CallKey]  # who answered was learnt from the PBX's history, which a replay does not ask


def compare(
    contacts: Mapping[str, ContactDocument],
    calls: Mapping[CallKey, CallDocument],
    replayed: Replayed,
    played: Played,
    *,
    phones: Iterable[str],
) -> Compared:
    """Compare; the contacts and calls given are those stored."""
    differences: list[Difference] = []
    asked: set[CallKey] = set()
    for phone in sorted(phones):
        stored, found = contacts.get(phone), replayed.contacts.get(phone)
        if stored is not None and _only_history_knew(stored, found, played):
            asked |= {(each.evidence.connection or "", each.evidence.call_id or "") for each in stored.responsibles}
        elif difference := _contact_difference(phone, stored, found, played):
            differences.append(difference)
    both = ((key, calls.get(key), replayed.calls.get(key)) for key in sorted({*calls, *replayed.calls} - asked))
    differences += [difference for each in both if (difference := _call_difference(*each))]
    return Compared(tuple(differences), frozenset(asked))


def _contact_difference(
    phone: str, stored: ContactDocument | None, found: ContactDocument | None, played: Played
) -> Difference | None:
    if stored is not None and played.came_later(stored):
        stored = None
    if stored is not None and _is_put_together(stored, found, played):
        return None
    left_out = _not_judged(stored, found, played) if stored and found else ()
    return _difference("contact", (phone,), _contact_values(stored), _contact_values(found), left_out)


def _call_difference(key: CallKey, stored: CallDocument | None, found: CallDocument | None) -> Difference | None:
    return _difference("call", key, _call_values(stored), _call_values(found), ())


def _difference(
    about: Literal["contact", "call"],
    key: tuple[str, ...],
    stored: Mapping[str, Value],
    found: Mapping[str, Value],
    left_out: Iterable[str],
) -> Difference | None:
    names = [each for each in (stored or found) if stored.get(each) != found.get(each) and each not in left_out]
    if not names:
        return None
    what: Literal["made", "not_made", "changed"] = "changed" if stored and found else "made" if found else "not_made"
    return Difference(about, key, what, tuple(Change(each, stored.get(each), found.get(each)) for each in names))


def _is_put_together(stored: ContactDocument, found: ContactDocument | None, played: Played) -> bool:
    """Whether a person gave the contact of another number this one, too: no call did."""
    by_another = found is None or _made_by(found) != _made_by(stored)
    return len(stored.phones) > 1 and played.made(stored) and by_another


def _not_judged(stored: ContactDocument, found: ContactDocument, played: Played) -> Iterable[str]:
    """Say what of two contacts is not compared: what a person or a call that is not played decided since."""
    if chosen(stored) or (played.owned_otherwise(stored) and not found.responsibles):
        return _OWNERSHIP
    return ()


def _only_history_knew(stored: ContactDocument, found: ContactDocument | None, played: Played) -> bool:
    owners = stored.responsibles
    told = bool(owners) and all(each.evidence.event.endswith(ASKED) and played.gave(each) for each in owners)
    return told and (found is None or not found.responsibles)


def _contact_values(contact: ContactDocument | None) -> Mapping[str, Value]:
    if contact is None:
        return {}
    return {
        "responsibles": [_owner(each) for each in contact.responsibles],
        "state": contact.state,
        "reason": contact.reason,
        "template": contact.template,
        "name": contact.name,
        "created_by": _made_by(contact),
    }


def _call_values(call: CallDocument | None) -> Mapping[str, Value]:
    if call is None:
        return {}
    names = ("direction", "phone", "line", "state", "outcome", "first_directed", "answered_by", "last_held_by")
    values: dict[str, Value] = {name: getattr(call, name) for name in names}
    return {**values, "legs": [f"{leg.ext} {leg.state}" for leg in call.legs]}


def _made_by(contact: ContactDocument) -> str:
    return f"{contact.created_by.call_id} on {contact.created_by.connection}"


def _owner(owner: EmployeeOwner | GroupOwner) -> str:
    who = owner.employee if isinstance(owner, EmployeeOwner) else f"{GROUP_PREFIX}{owner.group}"
    return f"{who} ({owner.source}{', late' if owner.late else ''})"
