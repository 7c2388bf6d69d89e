"""Takes the secrets out of a company file: stored apart, and never shown again."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shared.company_file.mistakes import Findings
    from shared.company_file.model import Document

MASK = "***"

Secrets = dict[str, dict[str, str]]
"""By connection, by name."""


def resolve_secrets(document: Document, stored: Mapping[str, Mapping[str, str]], findings: Findings) -> Secrets:
    """Give every connection's secrets in clear; a masked one stays as it is stored."""
    resolved: Secrets = {}
    for name, connection in document.connections.items():
        resolved[name] = {}
        for secret, value in connection.secrets.items():
            here = ("connections", name, "secrets", secret)
            kept = stored.get(name, {}).get(secret) if value == MASK else value
            if kept is None:
                findings.add(here, f"{MASK} keeps the stored secret, but none is stored; write the secret itself")
            elif not kept:
                findings.add(here, "must not be empty")
            elif kept != kept.strip():
                findings.add(here, "has a space at its start or end")
            else:
                resolved[name][secret] = kept
    return resolved


def masked(document: dict[str, object]) -> dict[str, object]:
    """Give a copy of a document whose secrets cannot be read."""
    connections = document.get("connections")
    if not isinstance(connections, dict):
        return dict(document)
    return {**document, "connections": {name: _masked(entry) for name, entry in connections.items()}}


def _masked(connection: object) -> object:
    if not isinstance(connection, dict) or not isinstance(connection.get("secrets"), dict):
        return connection
    return {**connection, "secrets": dict.fromkeys(connection["secrets"], MASK)}
