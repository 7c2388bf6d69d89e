"""What is refused of a request before its path is looked at."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from functions.admin.read_request import MAX_BODY, read_request
from functions.admin.refusal import Refusal


def refused(**event: Any) -> tuple[int, str]:
    with pytest.raises(Refusal) as refusal:
        read_request(event)
    return refusal.value.status, refusal.value.error


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ('{"a": 1,}', "the body is not JSON: Illegal trailing comma before end of object at line 1, column 8"),
        ("{\n  'a': 1}", "line 2, column 3"),
        ("9" * 5000, "a number that is too long"),
        ("[" * 100_000, "nested too deep"),
        ("\ufeff{}", "Unexpected UTF-8 BOM"),
    ],
)
def test_a_body_that_is_not_json_is_400_and_says_where(body: str, error: str) -> None:
    status, said = refused(body=body)
    assert status == 400
    # Which words Python chooses differs between its versions; that the place is told does not.
    assert error in said or "line 1, column" in said


@pytest.mark.parametrize("body", ["{}".encode("utf-16"), b"\xff\xfe\x00", b'{"a": "\xe0"}'])
def test_bytes_that_are_not_utf_8_are_400(body: bytes) -> None:
    encoded = base64.b64encode(body).decode()
    assert refused(body=encoded, isBase64Encoded=True) == (400, "the body is not JSON: its bytes are not UTF-8")


def test_a_body_in_base64_that_is_none_is_400() -> None:
    assert refused(body="é", isBase64Encoded=True)[0] == 400


def test_a_body_that_is_too_long_is_413() -> None:
    assert refused(body=" " * (MAX_BODY + 1))[0] == 413


@pytest.mark.parametrize(
    "content_type", ["application/x-www-form-urlencoded", "multipart/form-data", "text/plain", "", "ключ"]
)
def test_json_is_read_whatever_the_client_calls_it(content_type: str) -> None:
    body = base64.b64encode("\ufeff{}".encode()).decode()
    event = {"headers": {"Content-Type": content_type, "x-own": "1"}, "body": body, "isBase64Encoded": True}
    assert read_request(event) == {
        "headers": {"x-own": "1", "content-type": "application/json"},
        "body": "{}",
        "isBase64Encoded": False,
    }


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ("phone=%2B79161234567&phone=1", "phone: it is given twice"),
        ("responsible=anna,boris", "responsible: it takes one value; there is a comma in it"),
        ("responsible=anna%2Cboris", "responsible: it takes one value; there is a comma in it"),
    ],
)
def test_a_question_with_two_values_is_400_because_half_of_it_is_another_question(query: str, error: str) -> None:
    assert refused(rawQueryString=query) == (400, error)


def test_a_request_without_body_and_query_is_read() -> None:
    assert read_request({})["body"] == ""
