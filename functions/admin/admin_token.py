"""Who may use the admin API: whoever brings its token."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mypy_boto3_secretsmanager import SecretsManagerClient

KEEP_MS = 60_000
"""How long a token read is used before it is read again."""


class AdminToken:
    """Knows the token."""

    def __init__(self, secretsmanager: SecretsManagerClient, secret_arn: str, clock: Callable[[], int]) -> None:
        self._secretsmanager = secretsmanager
        self._secret_arn = secret_arn
        self._clock = clock
        self._token = ""
        self._read_at = 0

    def admits(self, headers: Mapping[str, str]) -> bool:
        """Compare `Authorization: Bearer …` in constant time."""
        given = next((value for name, value in headers.items() if name.lower() == "authorization"), "")
        scheme, _, token = given.strip().partition(" ")
        expected = self._current()
        equal = hmac.compare_digest(token.strip().encode("utf-8", "replace"), expected.encode())
        return scheme.lower() == "bearer" and bool(expected) and equal

    def _current(self) -> str:
        if not self._token or self._clock() - self._read_at >= KEEP_MS:
            self._token = self._secretsmanager.get_secret_value(SecretId=self._secret_arn)["SecretString"].strip()
            self._read_at = self._clock()
        return self._token
