"""The secrets of an old version of the company: those of today where a connection still has them, else its own."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from functions.admin.refusal import Refusal
from shared.companies import ConnectionSecrets
from shared.company_file.secrets import MASK

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from functions.admin.company_history import OldVersion
    from functions.admin.documents import CompanyDocument

LOST = f"is not kept any more: take that version's file, write the secret in the place of {MASK}, and apply it"

Secrets = dict[str, ConnectionSecrets]


def new_key() -> str:
    """Make the key of a connection's addresses."""
    return secrets.token_urlsafe(24)


def secrets_for(old: OldVersion, in_force: Secrets, read: Callable[[str | None], Secrets]) -> Secrets:
    """Give all that an old version needs, reading its own secrets only where today's do not do; raise Refusal."""
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
    """Add what the old version kept; a connection that comes back gets its old key, so that its addresses are valid."""
    key = known.key if known else kept.key if kept else new_key()
    old = {name: kept.secrets[name] for name in names if kept and name in kept.secrets}
    return ConnectionSecrets(key, {**(known.secrets if known else {}), **old})
