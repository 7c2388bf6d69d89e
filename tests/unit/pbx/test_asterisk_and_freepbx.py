"""What a dial plan posts, and the two ways it is answered: a list in plain text, and Planfix's JSON."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import urlencode

import pytest

from shared.pbx.families import asterisk, freepbx
from shared.pbx.protocol import (
    NO_OPINION,
    Answer,
    CallEvent,
    Lookup,
    Malformed,
    Parsed,
    PbxRequest,
    Target,
    Unauthorized,
)

TOKEN = "token-of-the-dial-plan"
CALL = {"call_id": "1795428930.11", "phone": "79161234567", "line": "+74951112233"}
BEARER = {"authorization": f"Bearer {TOKEN}"}


def form(**fields: str) -> PbxRequest:
    return PbxRequest("POST", "", {}, {}, urlencode(fields).encode())


def document(**fields: Any) -> PbxRequest:
    return PbxRequest("POST", "", {}, BEARER, json.dumps(fields).encode())


def event(name: str, **fields: str) -> CallEvent:
    asked = form(event=name, **CALL, **fields)
    assert freepbx.parse(asked) == asterisk.parse(asked)
    (only,) = asterisk.parse(asked).events
    return only


@pytest.mark.parametrize("family", [asterisk, freepbx])
def test_the_token_is_let_in_as_a_field_and_as_a_header(family: Any) -> None:
    for asked in (form(token=TOKEN), PbxRequest("POST", "", {}, BEARER, b""), document(token="other")):
        family.authenticate(asked, {"token": TOKEN})
    for asked in (
        form(),
        form(token=""),
        form(token=TOKEN + "0"),
        PbxRequest("POST", "", {}, {"authorization": ""}, urlencode({"token": TOKEN}).encode()),
        PbxRequest("POST", "", {}, {"authorization": TOKEN}, b""),
    ):
        with pytest.raises(Unauthorized):
            family.authenticate(asked, {"token": TOKEN})


@pytest.mark.parametrize(
    ("status", "direction", "outcome"),
    [
        ("ANSWER", "in", "answered"),
        ("answered", "in", "answered"),
        ("NOANSWER", "in", "missed"),
        ("CANCEL", "in", "missed"),
        ("", "in", "missed"),
        ("BUSY", "in", "busy"),
        ("CONGESTION", "in", "failed"),
        ("CHANUNAVAIL", "in", "failed"),
        ("NOANSWER", "out", "cancelled"),
        ("CANCEL", "out", "cancelled"),
        ("", "out", "cancelled"),
        ("ANSWER", "out", "answered"),
        ("BUSY", "out", "busy"),
        ("CHANUNAVAIL", "out", "failed"),
        ("BRANDNEW", "in", "missed"),
    ],
)
def test_an_end_is_worded_by_dialstatus(status: str, direction: str, outcome: str) -> None:
    read = event("ended", status=status, direction=direction, ext="701")
    assert (read.kind, read.outcome, read.final, read.direction) == ("ended", outcome, True, direction)


@pytest.mark.rule("K3")
def test_only_our_own_word_ends_one_phones_ringing() -> None:
    assert event("ended", status="cancelled", ext="701").kind == "leg_ended"
    assert event("ended", status="cancelled").kind == "ended"
    assert event("ended", status="CANCEL", ext="701").kind == "ended"


def test_what_states_no_direction_is_incoming_until_another_event_knows_better() -> None:
    seen = {name: (event(name).direction, event(name).assumed) for name in ("ringing", "answered", "ended", "outgoing")}
    assert seen == {
        "ringing": ("in", False),
        "answered": ("in", True),
        "ended": ("in", True),
        "outgoing": ("out", False),
    }
    assert (event("ringing", direction="out").kind, event("ringing", direction="internal").direction) == (
        "started",
        "internal",
    )


@pytest.mark.rule("K4")
def test_an_answer_without_an_extension_is_a_machines() -> None:
    assert (event("answered").ext, event("answered", ext="").ext) == (None, None)


@pytest.mark.rule("R6")
@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("1795428930", 1795428930000),
        ("1795428930.25", 1795428930250),
        ("1795428930.123456", 1795428930123),
        ("2026-11-23T13:15:30+03:00", 1795428930000),
        ("2026-11-23T10:15:30Z", 1795428930000),
        ("", None),
    ],
)
def test_the_time_is_epoch_or_iso_with_an_offset(at: str, expected: int | None) -> None:
    assert event("ringing", at=at).at == expected


@pytest.mark.parametrize(
    "at", ["2026-11-23T13:15:30", "soon", "17954289300", "1795428930.", "-1", "9" * 5000, "٣" * 10]
)
def test_a_time_that_is_neither_is_malformed(at: str) -> None:
    with pytest.raises(Malformed):
        event("ringing", at=at)


@pytest.mark.rule("K6")
def test_an_unknown_event_says_nothing() -> None:
    assert asterisk.parse(form(event="parked", **CALL)) == freepbx.parse(form(event="parked")) == Parsed()


def test_an_event_without_its_call_or_a_request_that_is_neither_is_malformed() -> None:
    for family in (asterisk, freepbx):
        for asked in (form(event="ringing", ext="701"), form(), PbxRequest("POST", "", {}, {}, b"\xff")):
            with pytest.raises(Malformed):
                family.parse(asked)
    with pytest.raises(Malformed):
        freepbx.parse(form(phone="79161234567"))


def test_asterisk_asks_by_the_callers_number() -> None:
    assert asterisk.parse(form(**CALL)).lookup == Lookup("79161234567", "+74951112233", "1795428930.11")
    assert asterisk.parse(form(phone="", called="701")).lookup == Lookup(None, called="701")


@pytest.mark.rule("T9")
def test_freepbx_asks_in_planfixs_words() -> None:
    asked = document(event="callInfoRespNum", uniqueId="1.2", intNum="702", extNum="79161234567")
    assert freepbx.parse(asked).lookup == Lookup("79161234567", None, "1.2", "702")
    assert freepbx.parse(document(event="callInfoRespNum")).lookup == Lookup(None)


@pytest.mark.rule("K3")
def test_one_missed_phone_is_answered_with_nothing_and_ends_no_call() -> None:
    parsed = freepbx.parse(document(event="callMissedNotify", uniqueId="1.2", intNum="702", extNum="79161234567"))
    assert parsed.events == ()
    assert parsed.reply is not None
    assert (parsed.reply.status, parsed.reply.body) == (200, "")


TARGETS = (
    Target("boris", "702", None, 20),
    Target("vera", None, "vera", 20),
    Target("odd", "7&PJSIP/900", None, 20),
    Target("anna", "701", "anna", 20),
)


@pytest.mark.rule("T10")
@pytest.mark.rule("T12")
@pytest.mark.parametrize(
    ("answer", "text", "document"),
    [
        (NO_OPINION, "", {"error": "no persons responsible"}),
        (Answer("c-1", "Ольга", (), "nobody_available"), "", {"error": "no persons responsible"}),
        (Answer("c-1", "Ольга", TARGETS[1:2], "responsible"), "", {"error": "no persons responsible"}),
        (Answer("c-1", "Ольга", TARGETS[:1], "responsible"), "702", {"responsibleNumbers": ["702"]}),
        (
            Answer("c-1", "Ольга", (TARGETS[0], TARGETS[3]), "responsible"),
            "702,701",
            {"responsibleNumbers": ["702", "701"]},
        ),
    ],
)
def test_both_answers_list_everybody_who_has_an_extension(answer: Answer, text: str, document: dict[str, Any]) -> None:
    assert asterisk.answer(answer).body == text
    assert asterisk.answer(answer).content_type == "text/plain; charset=utf-8"
    assert json.loads(freepbx.answer(answer).body) == document


def test_nothing_but_digits_ever_reaches_dial() -> None:
    assert asterisk.answer(Answer("c-1", "Ольга", TARGETS, "responsible")).body == "702,701"


@pytest.mark.rule("T12")
def test_a_refusal_is_never_readable_as_an_extension() -> None:
    for status in (400, 401, 503):
        assert not re.search(r"[\d,]", asterisk.refuse(status).body)
