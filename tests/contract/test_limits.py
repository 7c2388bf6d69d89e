"""How large and how deep a request may be. What API Gateway bounds already (10 KB of headers, 10 MB of body, each name
of a header once) is not tested here.
"""

from __future__ import annotations

import base64
import json
from contextlib import suppress
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest

from shared.pbx import FAMILIES, family
from shared.pbx.protocol import Malformed, Parsed, PbxRequest, Unauthorized

if TYPE_CHECKING:
    from collections.abc import Iterator

DEPTHS = [50, 500, 950, 1_000, 5_000, 100_000]


def nested(depth: int) -> Iterator[str]:
    """Nest lists and objects."""
    yield "[" * depth + "]" * depth
    yield '{"a":' * depth + "1" + "}" * depth


def requests_with(deep: str) -> Iterator[PbxRequest]:
    """Put a text wherever a family may read JSON: the body, a field of a form or a query, a signed token."""
    whole = f'{{"event": "ringing", "call_id": "1", "phone": "79161234567", "x": {deep}}}'
    token = ".".join(
        base64.urlsafe_b64encode(part).decode().rstrip("=") for part in (deep.encode(), deep.encode(), b"s")
    )
    plain = {"content-type": "application/json", "authorization": f"Bearer {token}", "x-signature": "s"}
    form = {"content-type": "application/x-www-form-urlencoded"}
    fields = {"vpbx_api_key": "s", "sign": "s", "json": whole, "msg": whole, "event": whole, "crm_token": "s"}
    yield PbxRequest("POST", "", {}, plain, whole.encode())
    yield PbxRequest("POST", "", {}, plain, deep.encode())
    yield PbxRequest("POST", "events/call", {}, form, urlencode(fields).encode())
    yield PbxRequest("GET", "", fields, plain, b"")


@pytest.mark.parametrize("depth", DEPTHS)
@pytest.mark.parametrize("name", FAMILIES)
def test_json_however_deep_has_a_declared_outcome(name: str, depth: int) -> None:
    module = family(name)
    for deep in nested(depth):
        for request in requests_with(deep):
            module.handshake(request)
            with suppress(Unauthorized, Malformed):
                module.authenticate(request, dict.fromkeys(module.SECRETS, "s"))
            with suppress(Malformed):
                assert isinstance(module.parse(request), Parsed)


@pytest.mark.parametrize("name", FAMILIES)
def test_json_that_is_nested_too_deep_is_malformed_and_not_an_event_without_its_fields(name: str) -> None:
    request = PbxRequest("POST", "", {}, {"content-type": "application/json"}, b"[" * 100_000)
    with suppress(Malformed):
        assert family(name).parse(request).events == ()


@pytest.mark.parametrize("name", FAMILIES)
def test_a_thousand_headers_and_fields_have_a_declared_outcome(name: str) -> None:
    many = {f"x-{number}": "v" * 100 for number in range(1_000)}
    for body in (json.dumps(many).encode(), urlencode(many).encode()):
        request = PbxRequest("POST", "", many, {**many, "content-type": "application/json"}, body)
        with suppress(Unauthorized, Malformed):
            family(name).authenticate(request, dict.fromkeys(family(name).SECRETS, "s"))
        with suppress(Malformed):
            assert isinstance(family(name).parse(request), Parsed)
