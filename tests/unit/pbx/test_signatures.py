"""A proof passes when it is exact, and nothing else does or breaks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.pbx.protocol import Unauthorized
from shared.pbx.signatures import require_bearer, require_equal


def test_the_right_secret_passes() -> None:
    require_equal("s3cret", "s3cret")
    require_equal("пароль", "пароль")
    require_bearer("Bearer s3cret", "s3cret")
    require_bearer("  bearer   s3cret ", "s3cret")


@pytest.mark.parametrize(
    ("given_secret", "expected"),
    [
        ("s3cre", "s3cret"),
        ("s3cret ", "s3cret"),
        ("S3CRET", "s3cret"),
        ("пароль", "parol"),
        ("\ud800", "s3cret"),
        ("", "s3cret"),
        (None, "s3cret"),
        ("s3cret", ""),
        ("s3cret", None),
        ("", ""),
        ("", None),
        (None, None),
    ],
)
def test_anything_else_is_unauthorized(given_secret: str | None, expected: str | None) -> None:
    with pytest.raises(Unauthorized):
        require_equal(given_secret, expected)


@pytest.mark.parametrize(
    "header", [None, "", "s3cret", "Bearer", "Bearer ", "Basic s3cret", "Bearers3cret", "Bearer s3cret s3cret"]
)
def test_a_header_that_is_no_bearer_token_is_unauthorized(header: str | None) -> None:
    with pytest.raises(Unauthorized):
        require_bearer(header, "s3cret")


def test_an_empty_token_lets_nobody_in() -> None:
    for token in ("", None):
        with pytest.raises(Unauthorized):
            require_bearer("Bearer ", token)


@given(text=st.text(st.characters(), max_size=30) | st.none())
def test_any_text_is_refused_and_raises_nothing_else(text: str | None) -> None:
    for check in (require_equal, require_bearer):
        with pytest.raises(Unauthorized):
            check(text, "the-secret-nobody-guesses")
