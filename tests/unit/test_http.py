"""The address a PBX called, rebuilt from what API Gateway hands on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from shared.http import request_of

if TYPE_CHECKING:
    from shared.api_gateway import ApiEvent

PATH = "/webhook/twilio-main/key/leg"


def event(host: str, domain: str, scheme: str | None, query: str = "") -> ApiEvent:
    return {
        "rawPath": PATH,
        "rawQueryString": query,
        "headers": {"Host": host, **({"X-Forwarded-Proto": scheme} if scheme else {})},
        "requestContext": {
            "http": {"method": "POST", "sourceIp": "192.0.2.1"},
            "apiId": "a1b2c3",
            "domainName": domain,
            "stage": "$default",
        },
    }


@pytest.mark.parametrize("query", ["", "flow=https%3A%2F%2Fflows.example.com%2Fmain&x=a+b"])
@pytest.mark.parametrize("host", ["a1b2c3.execute-api.eu-central-1.amazonaws.com", "calls.example.com"])
def test_the_address_is_the_one_that_was_called(host: str, query: str) -> None:
    url = request_of(event(host, host, "https", query)).url
    assert url == f"https://{host}{PATH}{'?' if query else ''}{query}"


def test_on_the_local_cloud_the_address_has_the_path_the_api_is_reached_under() -> None:
    url = request_of(event("127.0.0.1:4566", "a1b2c3.execute-api.localhost", None)).url
    assert url == f"http://127.0.0.1:4566/_aws/execute-api/a1b2c3/$default{PATH}"


def test_a_port_in_the_host_is_kept() -> None:
    url = request_of(event("a1b2c3.execute-api.localhost:4566", "a1b2c3.execute-api.localhost", None)).url
    assert url == f"http://a1b2c3.execute-api.localhost:4566{PATH}"
