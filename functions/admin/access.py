"""Who is asking, and whether they may change anything.

API Gateway has judged a JSON Web Token or a signature before it calls the function, and says in the event whose it
was; a token of our own is judged here. The function trusts the event because nobody else may invoke it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

Way = Literal["token", "jwt", "iam"]
WAYS: tuple[Way, ...] = ("token", "jwt", "iam")

READING = frozenset({"GET", "HEAD", "OPTIONS"})
ONLY_ASKS = frozenset({("POST", "/admin/company/plan"), ("POST", "/admin/handovers/plan")})
"""What is no reading by its method but changes nothing. A path that is not named here needs an editor."""


TOLD_TO_EDITORS = frozenset({"/admin/raw-events", "/admin/people"})
"""What changes nothing and shows what PBXs sent: whatever they told of a call, such as where its recording lies."""


class Asker(NamedTuple):
    """Who asks."""

    way: Way
    may_edit: bool
    name: str | None = None
    """Proven; a token of our own proves that somebody may, not who it is."""


class Access(Protocol):
    """One way of proving who asks."""

    way: Way
    how: str
    """What a request must bring, for whoever brought nothing."""

    def asker(self, event: Mapping[str, Any]) -> Asker | None:
        """Tell who asks; None where nothing is proven."""


class JwtAccess:
    """Takes API Gateway's word for a JSON Web Token; a scope of its own makes an editor."""

    way: Way = "jwt"
    how = "`Authorization: Bearer <token of the identity provider>`"

    def __init__(self, edit_scope: str) -> None:
        self._edit_scope = edit_scope

    def asker(self, event: Mapping[str, Any]) -> Asker | None:
        """Read the claims."""
        claims = (_authorizer(event).get("jwt") or {}).get("claims")
        if not claims:
            return None
        return Asker(self.way, self._edit_scope in _scopes(claims), _name(claims))


class IamAccess:
    """Takes API Gateway's word for a signature; the account's policies have decided what its owner may call."""

    way: Way = "iam"
    how = "a signature by AWS credentials (Signature Version 4)"

    def asker(self, event: Mapping[str, Any]) -> Asker | None:
        """Read the identity: account and user or role, without the rest of the ARN."""
        arn = str((_authorizer(event).get("iam") or {}).get("userArn") or "")
        return Asker(self.way, may_edit=True, name=arn.split(":", 4)[-1]) if arn else None


def changes(method: str, path: str) -> bool:
    """Whether a request could change something."""
    return method not in READING and (method, path) not in ONLY_ASKS


def _authorizer(event: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = (event.get("requestContext") or {}).get("authorizer") or {}
    return found


def _scopes(claims: Mapping[str, Any]) -> set[str]:
    """Read `scope` (RFC 8693) or `scp` (Microsoft); API Gateway writes a list as text in brackets."""
    return {
        scope
        for name in ("scope", "scp")
        for scope in str(claims.get(name) or "").strip("[]").replace(",", " ").split()
    }


def _name(claims: Mapping[str, Any]) -> str | None:
    """Name the subject, which never changes, and beside it what a person would recognise."""
    subject = claims.get("sub") or claims.get("client_id")
    known = next((claims[name] for name in ("email", "preferred_username", "username") if claims.get(name)), None)
    if subject is None or known in {None, subject}:
        return None if subject is None and known is None else str(subject or known)
    return f"{known} ({subject})"
