"""The ways PBXs prove themselves, as plain functions: constant-time, no empty secret, never another exception."""

from __future__ import annotations

import hmac

from shared.pbx.protocol import Unauthorized


def require_equal(given: str | None, expected: str | None) -> None:
    """Let a shared secret or a signature pass; raise Unauthorized for anything else, an empty secret included."""
    if not given or not expected or not hmac.compare_digest(_bytes(given), _bytes(expected)):
        raise Unauthorized


def require_bearer(header: str | None, token: str | None) -> None:
    """Check `Authorization: Bearer …`."""
    scheme, _, given = (header or "").strip().partition(" ")
    if scheme.lower() != "bearer":
        raise Unauthorized
    require_equal(given.strip(), token)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
