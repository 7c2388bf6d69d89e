"""What of a request must be right before its path is looked at: its body is JSON, each query value is given once."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from functions.admin.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_BODY = 2_000_000
"""Longest body read, in bytes; the company file's own limit is lower and says more."""

TOO_DEEP = "the body is not JSON that can be read: it is nested too deep"

MAX_DEPTH = 50
"""Deepest nesting read; a company file has six levels. Much deeper, whoever reads it again may run out of stack."""


def read_request(event: dict[str, Any]) -> dict[str, Any]:
    """Give the event with its body as plain JSON, whatever the client called it; raise Refusal."""
    _check_query(str(event.get("rawQueryString") or ""))
    body = str(event.get("body") or "")
    if len(body) > MAX_BODY:
        raise Refusal(413, f"the body is longer than {MAX_BODY:,} bytes")
    text = _text(body) if event.get("isBase64Encoded") else body
    if text:
        _check_json(text)
    # The body is JSON, and stays so where curl calls it a form because nobody told it otherwise.
    headers = {name: value for name, value in (event.get("headers") or {}).items() if name.lower() != "content-type"}
    return {
        **event,
        "headers": {**headers, "content-type": "application/json"},
        "body": text,
        "isBase64Encoded": False,
    }


def _text(body: str) -> str:
    try:
        return base64.b64decode(body).decode("utf-8-sig")
    except ValueError:
        raise Refusal(400, "the body is not JSON: its bytes are not UTF-8") from None


def _check_json(text: str) -> None:
    try:
        document: object = json.loads(text)
    except json.JSONDecodeError as error:
        raise Refusal(400, f"the body is not JSON: {error.msg} at line {error.lineno}, column {error.colno}") from None
    except ValueError:  # a whole number of thousands of digits
        raise Refusal(400, "the body is not JSON that can be read: it has a number that is too long") from None
    except RecursionError:
        raise Refusal(400, TOO_DEEP) from None
    level = [document]
    for _ in range(MAX_DEPTH):
        level = [inner for outer in level for inner in _inside(outer) if isinstance(inner, dict | list)]
    if level:
        raise Refusal(400, TOO_DEEP)


def _inside(node: object) -> Iterable[object]:
    return node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()


def _check_query(query: str) -> None:
    """Refuse what API Gateway would join or the resolver would split: half of a question is another question."""
    seen: set[str] = set()
    for name, value in parse_qsl(query, keep_blank_values=True):
        if name in seen:
            raise Refusal(400, f"{name[:40]}: it is given twice")
        if "," in value:
            raise Refusal(400, f"{name[:40]}: it takes one value; there is a comma in it")
        seen.add(name)
