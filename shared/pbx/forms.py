"""Bodies as PBXs send them, forms and flat JSON objects read into text; and the answer that several of them read."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from shared.pbx.protocol import Malformed, PbxResponse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shared.pbx.protocol import Answer, PbxRequest


def read_form(body: bytes) -> dict[str, str]:
    """Read an urlencoded form; raise Malformed where it is no text or holds more fields than any PBX sends."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise Malformed("the body is not UTF-8 text") from None
    try:
        return dict(parse_qsl(text, keep_blank_values=True, max_num_fields=1000))
    except ValueError:
        raise Malformed("the form has too many fields") from None


def read_object(body: bytes | str) -> dict[str, object]:
    """Read a JSON object; raise Malformed for anything else."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        raise Malformed("the body is not JSON") from None
    if not isinstance(document, dict):
        raise Malformed("the body is not a JSON object")
    return document


def text_of(value: object) -> str | None:
    """Read a value that vendors send as text or number at random; None for what is absent or neither."""
    if isinstance(value, str):
        # JSON can spell half a character (\ud800), which no store and no log takes.
        return value.encode(errors="replace").decode().strip() or None
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return None


def fields_of(request: PbxRequest) -> Mapping[str, str]:
    """Read a flat request whose fields stand in the query, a form or a JSON object; the body counts more.

    What the body begins with decides, not its declared type: a vendor's document may say one and send the other.
    """
    if request.body.lstrip()[:1] == b"{":
        texts = {name: text_of(value) for name, value in read_object(request.body).items()}
        return {**request.query, **{name: value for name, value in texts.items() if value is not None}}
    return {**request.query, **read_form(request.body)}


def contact_named(lookup: Answer, responsible: str | None) -> PbxResponse:
    """Name the contact and one responsible; an unknown number is `{}`.

    Nobody to ring: `responsible` is left out, since an empty one may be misread.
    """
    if lookup.contact_name is None:
        return PbxResponse()
    body = {"contact_name": lookup.contact_name} | ({"responsible": responsible} if responsible else {})
    return PbxResponse(body=json.dumps(body, ensure_ascii=False))
