"""Which deployment a command works on: the local one, or one on AWS by its name."""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

from tools.bootstrap import ROOT
from tools.deployed import find_local, find_on_aws
from tools.local_cloud import HOST, LocalCloud
from tools.terminal import Refused

if TYPE_CHECKING:
    from tools.deployed import DeployedStack

PLACE = ROOT / ".local"
LOCAL_NAME = "firstcall"  # as `make up` deploys it


def find(name: str | None) -> DeployedStack:
    """Find the stack."""
    if name is not None:
        return find_on_aws(name)
    port = _port()
    with socket.socket() as probe:
        if port is None or probe.connect_ex((HOST, port)) != 0:
            raise Refused("no local stack is running: start it with `make up`, or name one on AWS with --stack NAME")
    return find_local(LocalCloud(port, PLACE), LOCAL_NAME)


def _port() -> int | None:
    """Read where `make up` has put it."""
    try:
        addresses = cast("dict[str, str]", json.loads((PLACE / "stack.json").read_text()))
        return urlsplit(addresses["api_url"]).port
    except (OSError, ValueError, KeyError):
        return None
