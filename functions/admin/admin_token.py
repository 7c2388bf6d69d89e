"""Access by a token of our own: one that lets its bearer read, one that lets him change things, too."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING, Any

from functions.admin.access import Asker

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mypy_boto3_secretsmanager import SecretsManagerClient

    from functions.admin.access import Way

KEEP_MS = 60_000
"""How long a token read is used before it is read again."""


class StoredToken:
    """Knows one token."""

    def __init__(self, secretsmanager: SecretsManagerClient, secret_arn: str, clock: Callable[[], int]) -> None:
        self._secretsmanager = secretsmanager
        self._secret_arn = secret_arn
        self._clock = clock
        self._token = ""
        self._read_at = 0

    def is_(self, given: str) -> bool:
        """Compare in constant time; an empty token, or one that is kept nowhere, is nobody's."""
        if not self._secret_arn:
            return False
        expected = self._current()
        equal = hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode())
        return bool(expected) and equal

    def _current(self) -> str:
        if not self._token or self._clock() - self._read_at >= KEEP_MS:
            self._token = self._secretsmanager.get_secret_value(SecretId=self._secret_arn)["SecretString"].strip()
            self._read_at = self._clock()
        return self._token


class TokenAccess:
    """Takes `Authorization: Bearer …`."""

    way: Way = "token"
    how = "`Authorization: Bearer <admin token>`"

    def __init__(self, editor: StoredToken, reader: StoredToken) -> None:
        self._editor = editor
        self._reader = reader

    def asker(self, event: Mapping[str, Any]) -> Asker | None:
        """Tell whose token it is; the reader's is not even read where the editor's was given."""
        headers: Mapping[str, str] = event.get("headers") or {}
        given = next((value for name, value in headers.items() if name.lower() == "authorization"), "")
        scheme, _, token = given.strip().partition(" ")
        if scheme.lower() != "bearer":
            return None
        for stored, may_edit in ((self._editor, True), (self._reader, False)):
            if stored.is_(token.strip()):
                return Asker(self.way, may_edit)
        return None
