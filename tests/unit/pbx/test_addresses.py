"""Addresses: the admin's own flow, our webhook's, and the spellings a signature may have been made of."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.pbx.addresses import flow_of, spellings, webhook_address
from shared.pbx.protocol import PbxRequest

FLOW = "https://flows.example.com/reception"


def asked(url: str, suffix: str = "", flow: str = "") -> PbxRequest:
    return PbxRequest("POST", suffix, {"flow": flow} if flow else {}, {}, b"", url=url)


@pytest.mark.parametrize(
    "flow", ["", "flows.example.com", "javascript:alert(1)", "https://a b", "https://a\n", "ftp://x/y"]
)
def test_a_flow_is_an_http_address_or_none(flow: str) -> None:
    assert flow_of(asked("https://api.example.com/webhook/c/k", flow=flow)) is None
    assert flow_of(None) is None


@pytest.mark.parametrize("kind", ["webhook", "route"])
@pytest.mark.parametrize(
    ("tail", "suffix"), [("", ""), ("/", ""), ("/voice", "voice"), ("/a/b", "a/b"), ("?flow=x", "")]
)
def test_our_webhook_address_is_named_wherever_the_question_was_asked(kind: str, tail: str, suffix: str) -> None:
    for base in ("https://api.example.com", "http://127.0.0.1:4566/_aws/execute-api/a1b2/$default"):
        request = asked(f"{base}/{kind}/twilio-main/KEY{tail}", suffix)
        assert webhook_address(request, "leg") == f"{base}/webhook/twilio-main/KEY/leg"


def test_a_flow_is_carried_along_escaped_no_more_than_it_needs() -> None:
    request = asked("https://api.example.com/webhook/twilio-main/KEY")
    named = webhook_address(request, "dial", FLOW + "?line=1&night=no#x")
    assert named == f"https://api.example.com/webhook/twilio-main/KEY/dial?flow={FLOW}%3Fline=1%26night=no%23x"


@pytest.mark.parametrize("url", ["", "https://api.example.com/", "https://api.example.com/admin/c/k", "nonsense"])
def test_where_the_address_is_not_ours_none_is_named(url: str) -> None:
    assert webhook_address(asked(url), "leg") is None


@pytest.mark.parametrize(
    ("url", "other"),
    [
        ("https://a.example.com/x?y=1", "https://a.example.com:443/x?y=1"),
        ("https://a.example.com:443/x", "https://a.example.com/x"),
        ("http://a.example.com/x", "http://a.example.com:80/x"),
    ],
)
def test_an_address_is_spelt_with_and_without_its_own_port(url: str, other: str) -> None:
    assert list(spellings(url)) == [url, other]


@pytest.mark.parametrize("url", ["http://127.0.0.1:4566/x", "", "https://[", "https://a:b/", "gopher://a/"])
def test_any_other_address_has_one_spelling(url: str) -> None:
    assert list(spellings(url)) == [url]


@given(url=st.text(max_size=60), suffix=st.text(max_size=10), flow=st.text(max_size=60))
def test_no_address_raises(url: str, suffix: str, flow: str) -> None:
    request = asked(url, suffix, flow)
    list(spellings(url))
    webhook_address(request, "leg", flow_of(request))
