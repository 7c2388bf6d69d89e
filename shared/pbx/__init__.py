"""The protocols PBXs speak: `family(name)` gives the module that reads and answers one of them."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from shared.pbx.protocol import Family

FAMILIES = (
    "amazon_connect",
    "asterisk",
    "binotel",
    "exolve",
    "freepbx",
    "generic",
    "gravitel",
    "itoolabs",
    "mango",
    "planfix_api",
    "plivo",
    "ringcentral",
    "sipuni",
    "telphin",
    "threecx",
    "twilio",
    "uis",
    "vonage",
    "yeastar",
    "zadarma",
)


def family(name: str) -> Family:
    """Load a family, and only this one: a function that serves MegaFon never reads Mango's module."""
    if name not in FAMILIES:
        raise LookupError(f"no PBX family {name!r}")
    return cast("Family", import_module(f"shared.pbx.families.{name}"))


if TYPE_CHECKING:
    # Here the type checker holds every module against the protocol.
    from shared.pbx.families import (
        amazon_connect,
        asterisk,
        binotel,
        exolve,
        freepbx,
        generic,
        gravitel,
        itoolabs,
        mango,
        planfix_api,
        plivo,
        ringcentral,
        sipuni,
        telphin,
        threecx,
        twilio,
        uis,
        vonage,
        yeastar,
        zadarma,
    )

    _CHECKED: tuple[Family, ...] = (
        amazon_connect,
        asterisk,
        binotel,
        exolve,
        freepbx,
        generic,
        gravitel,
        itoolabs,
        mango,
        planfix_api,
        plivo,
        ringcentral,
        sipuni,
        telphin,
        threecx,
        twilio,
        uis,
        vonage,
        yeastar,
        zadarma,
    )
