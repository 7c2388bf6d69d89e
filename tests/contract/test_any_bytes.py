"""Whatever stands in a request, a family gives a result, Unauthorized or Malformed, and nothing else."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.pbx import FAMILIES, family
from shared.pbx.protocol import Malformed, Parsed, PbxRequest, PbxResponse, Unauthorized
from tests.contract.recorded import ALL

if TYPE_CHECKING:
    from collections.abc import Mapping

WORDS = sorted(
    {name for record in ALL for name in dict(parse_qsl(record.request.body.decode()))}
    | {"event", "call_id", "phone", "line", "ext", "status", "at", "called", "json", "sign", "vpbx_api_key", "zd_echo"}
)
VALUES = sorted({name for each in FAMILIES for name in family(each).EVENTS} | {"event", "in", "out", "answered", ""})
HEADERS = (
    "authorization",
    "content-type",
    "content-length",
    "signature",
    "x-signature",
    "x-twilio-signature",
    "x-plivo-signature-v3",
    "x-plivo-signature-v3-nonce",
    "validation-token",
)

text = st.text(max_size=40) | st.sampled_from(VALUES)
flat = st.dictionaries(st.sampled_from(WORDS) | st.text(max_size=10), text, max_size=8)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | text
# Half a character (a lone surrogate) can be spelled in JSON.
anything = st.recursive(
    scalars | st.text(st.characters(categories=["Cs", "L"]), max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=5),
    max_leaves=8,
)
objects = st.dictionaries(st.sampled_from(WORDS), anything, max_size=8)


def form(fields: Mapping[str, str]) -> bytes:
    return urlencode(fields, errors="replace").encode()


bodies = (
    st.binary(max_size=200)
    | text.map(lambda each: each.encode(errors="replace"))
    | flat.map(form)
    | anything.map(lambda each: json.dumps(each).encode())
    | objects.map(lambda each: json.dumps(each).encode())
    | objects.map(lambda each: form({"vpbx_api_key": "k", "sign": "s", "json": json.dumps(each)}))
)
requests = st.builds(
    PbxRequest,
    method=st.sampled_from(["GET", "POST", "PUT"]),
    suffix=st.sampled_from([record.request.suffix for record in ALL]) | st.text(max_size=20),
    query=flat,
    headers=st.dictionaries(st.sampled_from(HEADERS), text | st.just("application/json") | st.just("Bearer s")),
    body=bodies,
    source_ip=text,
)


@pytest.mark.parametrize("name", FAMILIES)
@given(request=requests)
@settings(max_examples=120, deadline=None)
def test_any_request_has_a_declared_outcome(name: str, request: PbxRequest) -> None:
    module = family(name)
    reply = module.handshake(request)
    assert reply is None or isinstance(reply, PbxResponse)
    with suppress(Unauthorized, Malformed):
        module.authenticate(request, dict.fromkeys(module.SECRETS, "s"))
    # Asked also where no proof was given: a PBX that has the secret may send nonsense too.
    check_parsed(name, request)


@pytest.mark.parametrize("name", FAMILIES)
@given(data=st.data(), value=anything)
@settings(max_examples=120, deadline=None)
def test_a_recorded_request_with_a_field_spoilt_has_a_declared_outcome(
    name: str, data: st.DataObject, value: Any
) -> None:
    record = data.draw(st.sampled_from([each for each in ALL if each.family == name]))
    request = record.request
    body = request.body
    if body.startswith(b"{"):
        document = json.loads(body)
        document[data.draw(st.sampled_from(sorted(document)))] = value
        body = json.dumps(document).encode()
    elif fields := dict(parse_qsl(body.decode(), keep_blank_values=True)):
        field = data.draw(st.sampled_from(sorted(fields)))
        inner = json.loads(fields[field]) if fields[field].startswith("{") else None
        if isinstance(inner, dict) and inner:
            inner[data.draw(st.sampled_from(sorted(inner)))] = value
            fields[field] = json.dumps(inner)
        else:
            fields[field] = value if isinstance(value, str) else json.dumps(value)
        body = form(fields)
    check_parsed(name, request._replace(body=body))


def check_parsed(name: str, request: PbxRequest) -> None:
    module = family(name)
    try:
        parsed = module.parse(request)
    except (Unauthorized, Malformed):
        return
    assert isinstance(parsed, Parsed)
    for event in parsed.events:
        assert event.call_id
        # What cannot be written as UTF-8 can be neither stored nor logged.
        json.dumps(tuple(event), ensure_ascii=False).encode()
    if parsed.lookup:
        json.dumps(tuple(parsed.lookup), ensure_ascii=False).encode()
    assert module.acknowledge(request).status == 200
