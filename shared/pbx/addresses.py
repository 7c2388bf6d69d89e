"""The address a PBX called us by, for those that sign it or must be told where to go next.

Twilio, Plivo and Vonage have no plan of their own to fall back on: the document we give is the plan, and an empty one
hangs up. So the address that the admin enters there names his own flow, `…/webhook/twilio-main/KEY?flow=https://…`, to
which every answer leads that is not the employee himself.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shared.pbx.protocol import PbxRequest

_FLOW = re.compile(r"https?://[!-~]{3,2000}", re.ASCII)
_TAIL = 3  # "webhook", connection, key
_UNESCAPED = ":/@!$()*,;=~"
_DEFAULT_PORTS = {"http": 80, "https": 443}


def flow_of(request: PbxRequest | None) -> str | None:
    """Read the admin's own flow out of the address that was called."""
    flow = request.query.get("flow", "") if request else ""
    return flow if _FLOW.fullmatch(flow) else None


def webhook_address(request: PbxRequest | None, suffix: str, flow: str | None = None) -> str | None:
    """Name our webhook address with a suffix, also where the look-up address was asked; a flow is carried along."""
    if request is None or not request.url:
        return None
    path = request.url.partition("?")[0].rstrip("/")
    if request.suffix:
        path = path.removesuffix(request.suffix).rstrip("/")
    parts = path.split("/")
    if len(parts) < _TAIL or parts[-_TAIL] not in {"webhook", "route"}:
        return None
    parts[-_TAIL] = "webhook"
    # Escaped no more than a query asks for: what is signed must be what was written, whoever rewrites escapes.
    query = f"?flow={quote(flow, safe=_UNESCAPED)}" if flow else ""
    return f"{'/'.join(parts)}/{suffix}{query}"


def spellings(url: str) -> Iterator[str]:
    """Spell an address with and without its scheme's own port: who signs it may have written either."""
    yield url
    try:
        parts = urlsplit(url)
        host, port, own = parts.hostname or "", parts.port, _DEFAULT_PORTS.get(parts.scheme)
    except ValueError:
        return
    if host and own and port == own:
        yield parts._replace(netloc=host).geturl()
    elif host and own and port is None:
        yield parts._replace(netloc=f"{host}:{own}").geturl()
