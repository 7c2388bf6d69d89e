"""The one way the admin API says no: a status, what is wrong, and where it helps every mistake by its path."""

from __future__ import annotations


class Refusal(Exception):  # noqa: N818 -- it is the answer to the admin
    """A request that is refused."""

    def __init__(self, status: int, error: str, mistakes: tuple[str, ...] = ()) -> None:
        super().__init__(error)
        self.status = status
        self.error = error
        self.mistakes = mistakes
