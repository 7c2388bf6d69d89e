"""What the template tells a function through its environment."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class MissingSetting(Exception):  # noqa: N818
    """The template does not set a variable that the function needs."""


def required(environ: Mapping[str, str], name: str) -> str:
    """Read a variable that has no default."""
    value = environ.get(name)
    if not value:
        raise MissingSetting(f"environment variable {name} is not set; infra/template.yaml must set it")
    return value


def whole_number(environ: Mapping[str, str], name: str) -> int:
    """Read a whole number."""
    text = required(environ, name)
    try:
        return int(text)
    except ValueError:
        raise MissingSetting(f"environment variable {name} must be a whole number, not {text!r}") from None
