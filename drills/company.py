"""The company of the drills: three people with a phone on each PBX, who owns a caller being said by who answered."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from firstcall.simulator.dialects import DIALECTS
from shared.pbx.operators import OPERATORS

if TYPE_CHECKING:
    from pathlib import Path

PBXS = ("megafon", "mango", "zadarma", "generic", "vonage", "binotel", "twilio")
PEOPLE = {"anna": "701", "boris": "702", "denis": "704"}


def write_company(folder: Path) -> Path:
    """Write the company file; JSON is YAML."""
    file = folder / "company.yaml"
    file.write_text(json.dumps(_company(), ensure_ascii=False))
    return file


def _company() -> dict[str, object]:
    places = {who: {name: {"ext": ext, "login": f"1{ext}"} for name in PBXS} for who, ext in PEOPLE.items()}
    return {
        "version": 1,
        "company": {"time_zone": "Europe/Moscow", "country": "RU"},
        "employees": {who: {"name": who.capitalize(), "extensions": places[who]} for who in PEOPLE},
        "templates": {"default": {"kind": "person", "name": "{phone}"}},
        "connections": {name: _connection(name, number) for number, name in enumerate(PBXS)},
    }


def _connection(name: str, number: int) -> dict[str, object]:
    return {
        "operator": name,
        "template": "default",
        "answerer": "reported",
        "secrets": {secret: f"{secret}-of-{name}" for secret in DIALECTS[OPERATORS[name].family].PROOF},
        "lines": {f"+7495111{number:04d}": {"name": name}},
    }
