"""Company files as the commands read and write them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import yaml

from shared.company_file import CompanyMistakes, read_company
from shared.company_file.secrets import MASK
from shared.company_file.yaml_source import SourceError, load
from tools.terminal import Refused

if TYPE_CHECKING:
    from pathlib import Path

    from shared.company import Company

WIDTH = 120
_NOT_SHOWN = "not-shown"  # stands for secrets where only people and hours count


class _Unset(Mapping[str, str]):
    """The environment, in which what is not set reads as a secret that stays as it is."""

    def __getitem__(self, name: str) -> str:
        return os.environ.get(name, MASK)

    def __iter__(self) -> Iterator[str]:
        return iter(os.environ)

    def __len__(self) -> int:
        return len(os.environ)


def read(file: Path, *, with_secrets: bool = True) -> dict[str, object]:
    """Read a company file; without secrets, variables need not be set."""
    try:
        return load(file, os.environ if with_secrets else _Unset())
    except SourceError as error:
        raise Refused(str(error)) from None


def compiled(document: Mapping[str, object], name: str) -> Company:
    """Compile a document whose secrets need not be there."""
    connections = document.get("connections")
    stored: dict[str, dict[str, str]] = {}
    for connection, entry in connections.items() if isinstance(connections, dict) else ():
        secrets = entry.get("secrets") if isinstance(entry, dict) else None
        stored[str(connection)] = dict.fromkeys(secrets, _NOT_SHOWN) if isinstance(secrets, dict) else {}
    try:
        return read_company(document, 1, stored).company
    except CompanyMistakes as mistakes:
        raise Refused("\n  ".join([f"{name} has mistakes:", *mistakes.mistakes])) from None


def as_yaml(document: Mapping[str, object]) -> str:
    """Write a document as a company file that reads back the same."""
    return "\n".join(_section({key: value}) for key, value in document.items())


def _section(section: Mapping[str, object]) -> str:
    """Write one section; a plain value alone would get braces where short mappings get them."""
    short = None if any(isinstance(value, dict | list) for value in section.values()) else False
    # PyYAML writes these as they are, and reads them back as the end of a line.
    readable = not any(character in json.dumps(section, ensure_ascii=False) for character in "\x85\u2028\u2029")
    return yaml.safe_dump(section, allow_unicode=readable, sort_keys=False, width=WIDTH, default_flow_style=short)
