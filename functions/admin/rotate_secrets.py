"""Renewing what proves a connection: from its beginning to its end both the old and the new let the PBX in."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, NamedTuple

from functions.admin.kept_secrets import new_key, replaced_secrets
from functions.admin.refusal import Refusal
from shared.company_file.mistakes import quoted
from shared.company_file.secrets import MASK
from shared.pbx import family

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from functions.admin.company_versions import CompanyVersions
    from functions.admin.stored_companies import InForce
    from shared.companies import ConnectionSecrets
    from shared.company import Connection

SECRET_BYTES = 16
"""Of a secret made here; written in hex, which every cabinet takes."""


class ProvedBy(NamedTuple):
    """What proves a connection."""

    connection: Connection
    proof: ConnectionSecrets
    version: int

    @property
    def own(self) -> tuple[str, ...]:
        """Names of the secrets that are ours to choose."""
        return family(self.connection.family).OWN_SECRETS

    @property
    def proving(self) -> tuple[str, ...]:
        """Names of the secrets that prove a webhook; the others are for asking the PBX."""
        return family(self.connection.family).SECRETS

    @property
    def renewed(self) -> tuple[str, ...]:
        """Names of the secrets that are being renewed."""
        return tuple(replaced_secrets(self.proof))


class SecretRotator:
    """Renews keys and secrets, a connection at a time."""

    def __init__(self, versions: CompanyVersions, clock: Callable[[], int]) -> None:
        self._versions = versions
        self._clock = clock

    def all(self) -> tuple[ProvedBy, ...]:
        """Tell of every connection what proves it."""
        before = self._in_force()
        return tuple(_proved_by(before, name) for name in before.secrets)

    def one(self, connection: str) -> ProvedBy:
        """Tell of one connection."""
        return _proved_by(self._in_force(), connection)

    def begin(self, connection: str, given: Mapping[str, str | None], *, key: bool, by: str | None = None) -> ProvedBy:
        """Renew the secrets given, None for one to be made here, and the key; neither: all secrets that prove."""
        before = self._in_force()
        found = _proved_by(before, connection)
        proof = found.proof
        if proof.rotating_since is not None:
            raise Refusal(409, f"{connection} is being renewed already: finish that first; nothing is changed")
        wanted = given or ({} if key else dict.fromkeys(found.proving))
        if mistakes := tuple(_mistakes(found, wanted)):
            raise Refusal(422, f"{connection} cannot be renewed so; nothing is changed", mistakes)
        fresh = {**proof.secrets, **{name: value or _made() for name, value in wanted.items()}}
        if fresh == proof.secrets and not key:
            error = (
                "these are the secrets in force" if wanted else "no secret proves it, only its address: renew the key"
            )
            raise Refusal(422, f"{connection}: {error}; nothing is changed")
        return self._put(
            before,
            found,
            proof._replace(
                key=new_key() if key else proof.key,
                secrets=fresh,
                previous_key=proof.key if key else None,
                previous_secrets=proof.secrets if fresh != proof.secrets else None,
                rotating_since=self._clock(),
            ),
            by,
        )

    def finish(self, connection: str, by: str | None = None) -> ProvedBy:
        """Let the old count no longer."""
        before = self._in_force()
        found = _proved_by(before, connection)
        if found.proof.rotating_since is None:
            raise Refusal(409, f"{connection} is not being renewed; nothing is changed")
        ended = found.proof._replace(previous_key=None, previous_secrets=None, rotating_since=None)
        return self._put(before, found, ended, by)

    def _put(self, before: InForce, found: ProvedBy, proof: ConnectionSecrets, by: str | None) -> ProvedBy:
        together = {**before.secrets, found.connection.id: proof}
        return found._replace(proof=proof, version=self._versions.put_secrets(before, together, by))

    def _in_force(self) -> InForce:
        before = self._versions.in_force()
        if before is None:
            raise Refusal(409, "no company file has been applied yet: apply one first")
        return before


def _proved_by(before: InForce, name: str) -> ProvedBy:
    if before.company is None:
        raise Refusal(409, "an older release applied the company in force: apply its file again first")
    connection = before.company.connections.get(name)
    if connection is None or name not in before.secrets:
        raise Refusal(404, f"no connection {quoted(name)}")
    return ProvedBy(connection, before.secrets[name], before.version)


def _mistakes(found: ProvedBy, wanted: Mapping[str, str | None]) -> Iterator[str]:
    known = found.proof.secrets
    for name, value in wanted.items():
        if name not in known:
            has = f"it has {', '.join(known)}" if known else "it has none"
            yield f"secrets.{quoted(name)}: {found.connection.id} has no such secret; {has}"
        elif value is None and name not in found.own:
            yield f"secrets.{name}: is issued by the PBX's vendor, and cannot be made here: give the new one"
        elif value is not None and (value in {"", MASK} or value != value.strip() or not value.isprintable()):
            yield f"secrets.{name}: must be the new secret in clear, without a space at its start or end"


def _made() -> str:
    return secrets.token_hex(SECRET_BYTES)
