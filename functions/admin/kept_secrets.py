"""What proves the connections from one version of the company to the next, also where a version comes back."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from functions.admin.refusal import Refusal
from shared.companies import ConnectionSecrets
from shared.company_file.secrets import MASK
from shared.table import DAY_MS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from functions.admin.company_history import OldVersion
    from functions.admin.documents import CompanyDocument

LOST = f"is not kept any more: take that version's file, write the secret in the place of {MASK}, and apply it"
REPLACED = f"is being replaced, and the new one stays in force: write that one, or {MASK}"
LONGEST_RENEWAL_DAYS = 14

Secrets = dict[str, ConnectionSecrets]


def new_key() -> str:
    """Make the key of a connection's addresses."""
    return secrets.token_urlsafe(24)


def carried_on(known: ConnectionSecrets | None, applied: Mapping[str, str]) -> ConnectionSecrets:
    """Give what a connection proves itself by once a company file is applied: it keeps its key, a new one gets one.

    What is being renewed goes on being renewed, unless the file has yet another value of it: that one replaces at once.
    """
    if known is None:
        return ConnectionSecrets(new_key(), applied)
    replaced = replaced_secrets(known)
    if known.previous_secrets is not None and all(applied.get(name) == known.secrets[name] for name in replaced):
        return known._replace(secrets=applied, previous_secrets={**applied, **replaced})
    since = known.rotating_since if known.previous_key is not None else None
    return known._replace(secrets=applied, previous_secrets=None, rotating_since=since)


def replaced_secrets(known: ConnectionSecrets) -> dict[str, str]:
    """Give the secrets that are being replaced."""
    return {name: value for name, value in (known.previous_secrets or {}).items() if known.secrets.get(name) != value}


def with_todays_secrets(
    document: CompanyDocument, known: Mapping[str, ConnectionSecrets]
) -> tuple[CompanyDocument, tuple[str, ...]]:
    """Let a file that still has a secret that is being replaced keep the one of today, and warn where.

    Whatever applies the file may have the old one in its environment; it must not undo what an admin is doing.
    """
    warnings = []
    for name, secret in _still_old(document.get("connections"), known):
        entries = document["connections"]
        given = {**entries[name]["secrets"], secret: MASK}
        document = {**document, "connections": {**entries, name: {**entries[name], "secrets": given}}}
        warnings.append(f"connections.{name}.secrets.{secret}: {REPLACED}")
    return document, tuple(warnings)


def _still_old(entries: object, known: Mapping[str, ConnectionSecrets]) -> Iterator[tuple[str, str]]:
    for name, row in known.items():
        entry = entries.get(name) if isinstance(entries, dict) else None
        given = entry.get("secrets") if isinstance(entry, dict) else None
        for secret, value in replaced_secrets(row).items():
            if isinstance(given, dict) and given.get(secret) == value:
                yield name, secret


def long_renewals(known: Mapping[str, ConnectionSecrets], now: int) -> tuple[str, ...]:
    """Warn of what has been renewed for so long that it was forgotten: the old address or secret still lets in."""
    days = {name: (now - row.rotating_since) // DAY_MS for name, row in known.items() if row.rotating_since}
    return tuple(
        f"connections.{name}: what proves it is being renewed for {count} days, and the old still counts; end it with"
        f" `firstcall secrets rotate {name} --finish`"
        for name, count in days.items()
        if count > LONGEST_RENEWAL_DAYS
    )


def secrets_for(old: OldVersion, in_force: Secrets, read: Callable[[str | None], Secrets]) -> Secrets:
    """Give all that an old version needs: today's secrets where a connection still has them, else that version's own.

    Those are read only where today's do not do; raise Refusal where they are gone.
    """
    known = dict(in_force)
    missing = _missing(old.document, known)
    if not missing:
        return known
    kept = read(old.secret_version)
    for connection, names in missing.items():
        known[connection] = _completed(known.get(connection), kept.get(connection), names)
    if lost := _missing(old.document, known):
        mistakes = tuple(f"connections.{name}.secrets.{each}: {LOST}" for name, names in lost.items() for each in names)
        raise Refusal(422, f"version {old.version} cannot be put in force again; nothing is changed", mistakes)
    return known


def _missing(document: CompanyDocument, known: Mapping[str, ConnectionSecrets]) -> dict[str, list[str]]:
    """Name the connections, and the secrets of each, that a document needs and nobody holds."""
    needed = {name: [*(entry.get("secrets") or {})] for name, entry in (document.get("connections") or {}).items()}
    lacking = {
        name: [each for each in names if name not in known or each not in known[name].secrets]
        for name, names in needed.items()
    }
    return {name: names for name, names in lacking.items() if names or name not in known}


def _completed(known: ConnectionSecrets | None, kept: ConnectionSecrets | None, names: list[str]) -> ConnectionSecrets:
    """Add what the old version kept; a connection that comes back is as it was, so that its addresses are valid."""
    if known is None:
        return kept or ConnectionSecrets(new_key(), {})
    old = {name: kept.secrets[name] for name in names if kept and name in kept.secrets}
    return known._replace(secrets={**known.secrets, **old})
