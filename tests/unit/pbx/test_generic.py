"""The plain JSON form: what each request means, and what it must not be taken for."""

from __future__ import annotations

import json
from typing import Any

import pytest

from shared.pbx.families import generic
from shared.pbx.protocol import CallEvent, Lookup, Malformed, PbxRequest, Unauthorized

CALL = {"call_id": "call-17", "phone": "+79161234567", "line": "+74951112233"}


def request(document: Any, *, query: dict[str, str] | None = None, method: str = "POST") -> PbxRequest:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return PbxRequest(method, "", query or {}, {}, body)


def event(kind: str, **fields: Any) -> CallEvent:
    (only,) = generic.parse(request({"event": kind, **CALL, **fields})).events
    return only


def asked(query: dict[str, str], document: Any = b"") -> Lookup | None:
    return generic.parse(request(document, query=query, method="GET")).lookup


@pytest.mark.parametrize(
    ("fields", "kind", "outcome", "final"),
    [
        ({"ext": "701", "status": "cancelled"}, "leg_ended", None, False),
        ({"ext": "701", "status": "answered"}, "ended", "answered", True),
        ({"status": "missed"}, "ended", "missed", True),
        ({"status": "cancelled"}, "ended", "cancelled", True),
        ({"status": "busy"}, "ended", "busy", True),
        ({"status": "failed"}, "ended", "failed", True),
        ({"status": "no_such_status"}, "ended", "missed", True),
        ({}, "ended", "missed", True),
        ({"ext": "701"}, "ended", "missed", True),
    ],
)
def test_an_end_is_that_of_one_leg_only_when_it_names_one_cancelled(
    fields: dict[str, str], kind: str, outcome: str | None, final: bool
) -> None:
    read = event("ended", **fields)
    assert (read.kind, read.outcome, read.final, read.ext) == (kind, outcome, final, fields.get("ext"))


@pytest.mark.rule("K4")
def test_an_answer_without_an_extension_is_a_machines() -> None:
    read = event("answered")
    assert (read.kind, read.ext, read.login) == ("answered", None, None)


def test_only_ringing_and_outgoing_state_a_direction() -> None:
    stated = {
        kind: (event(kind).direction, event(kind).assumed) for kind in ("ringing", "outgoing", "answered", "ended")
    }
    assert stated == {
        "ringing": ("in", False),
        "outgoing": ("out", False),
        "answered": ("in", True),
        "ended": ("in", True),
    }


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2026-11-23T13:15:30+03:00", 1795428930000),
        ("2026-11-23T10:15:30Z", 1795428930000),
        ("2026-11-23T10:15:30.5+00:00", 1795428930500),
        ("2026-11-23T10:15:30.999Z", 1795428930999),
        ("20261123T101530Z", 1795428930000),
        (None, None),
        ("", None),
    ],
)
def test_a_time_is_read_with_its_offset(at: str | None, expected: int | None) -> None:
    assert event("ringing", at=at).at == expected


@pytest.mark.parametrize(
    "at", ["yesterday", "2026-11-23T10:15:30", "2026-11-23", "1795428930", 1795428930, "2026-13-01T00:00Z"]
)
def test_a_time_that_cannot_be_read_or_has_no_offset_is_malformed(at: str | int) -> None:
    with pytest.raises(Malformed, match="`at`"):
        event("ringing", at=at)


def test_numbers_may_be_sent_bare_and_what_is_neither_text_nor_number_counts_as_not_sent() -> None:
    read = event("ringing", ext=701, line=["+74951112233"], phone=True)
    assert (read.ext, read.line, read.phone) == ("701", None, None)


def test_an_event_without_a_call_id_is_malformed() -> None:
    nothing: list[object] = [None, "", "  ", {}, 1.5]
    for call_id in nothing:
        with pytest.raises(Malformed, match="call_id"):
            event("ringing", call_id=call_id)


@pytest.mark.parametrize(
    "body", [b"{}", b"", b"[]", b'"ringing"', b"null", b"event=ringing", b'{"event": "ring', b"\xff"]
)
def test_what_is_neither_an_event_nor_a_question_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        generic.parse(request(body))


@pytest.mark.rule("K6")
def test_an_unknown_event_says_nothing_even_when_it_lacks_everything() -> None:
    for document in ({"event": "hold"}, {"event": ""}, {"event": None}, {"event": ["ringing"]}):
        parsed = generic.parse(request(document))
        assert (parsed.events, parsed.lookup) == ((), None)


def test_a_question_stands_in_the_query() -> None:
    assert asked({**CALL, "called": "701"}) == Lookup("+79161234567", "+74951112233", "call-17", "701")
    assert asked({"phone": "", "line": ""}) == Lookup(None)


def test_a_body_that_lacks_its_event_is_refused_and_not_taken_for_a_question() -> None:
    with pytest.raises(Malformed):
        asked({}, {**CALL, "ext": "701"})


def test_the_token_stands_in_the_header_and_nowhere_else() -> None:
    secrets = {"token": "t0ken"}
    generic.authenticate(PbxRequest("GET", "", {}, {"authorization": "Bearer t0ken"}, b""), secrets)
    with pytest.raises(Unauthorized):
        generic.authenticate(PbxRequest("POST", "", {"token": "t0ken"}, {}, b'{"token": "t0ken"}'), secrets)
