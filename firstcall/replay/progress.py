"""Says how far a long piece of work is, now and then."""

from __future__ import annotations

import sys
import time

EVERY_SECONDS = 2.0


class Progress:
    """Says something every two seconds at most, or nothing at all."""

    def __init__(self, *, silent: bool) -> None:
        self._silent = silent
        self._terminal = sys.stdout  # kept, because what is played meanwhile is kept off it
        self._said_at = time.monotonic()

    def say(self, text: str) -> None:
        """Say how far it is, unless something was said a moment ago."""
        now = time.monotonic()
        if not self._silent and now - self._said_at >= EVERY_SECONDS:
            self._said_at = now
            print(f"  {text}", file=self._terminal, flush=True)
