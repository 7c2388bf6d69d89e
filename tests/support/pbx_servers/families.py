"""The servers by the family whose API they speak."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support.pbx_servers.binotel import BinotelServer
from tests.support.pbx_servers.itoolabs import ItooLabsServer
from tests.support.pbx_servers.mango import MangoServer
from tests.support.pbx_servers.telphin import TelphinServer
from tests.support.pbx_servers.uis import UisServer
from tests.support.pbx_servers.zadarma import ZadarmaServer

if TYPE_CHECKING:
    from tests.support.pbx_servers.server import PbxServer

SERVERS: dict[str, type[PbxServer]] = {
    "binotel": BinotelServer,
    "itoolabs": ItooLabsServer,
    "mango": MangoServer,
    "telphin": TelphinServer,
    "uis": UisServer,
    "zadarma": ZadarmaServer,
}
