"""MTS Exolve: its question, an answer that never hangs up, and whose phone a notification is about."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from shared.pbx.families import exolve
from shared.pbx.protocol import NO_OPINION, Answer, CallEvent, Lookup, Malformed, Parsed, PbxRequest, Target
from tests.contract.recorded import ROOT

URL = "https://firstcall.example.com/webhook/exolve-main/KEY"
QUESTION = {
    "id": "1",
    "jsonrpc": "2.0",
    "method": "getControlCallFollowMe",
    "params": {"sip_id": "74951112233", "numberA": "79161234567", "call_sid": "in-1"},
}
EVENT = {
    "type": "s",
    "call_sid": "in-1",
    "call_id": 71497147918,
    "date_time": "2026-11-23T10:15:37.5Z",
    "from": "79161234567",
    "to": "74951112233",
    "number": "883140000000701",
    "event_side": "B",
}
ANNA = Target("anna", "883140000000701", None, 20)
BORIS = Target("boris", "883140000000702", None, 25)


def asked(document: object, query: dict[str, str] | None = None, url: str = "") -> PbxRequest:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return PbxRequest("POST", "", query or {}, {}, body, url=url)


def event(**fields: Any) -> CallEvent:
    (only,) = exolve.parse(asked({**EVENT, **fields})).events
    return only


def told(*targets: Target, query: dict[str, str] | None = None, url: str = "", question: object = QUESTION) -> Any:
    answer = Answer("c-1", "Ольга", targets, "responsible", asked(question, query, url))
    response = exolve.answer(answer)
    assert response.status == 200
    return json.loads(response.body)


def numbers(document: Any) -> list[str]:
    return [row["REDIRECT_NUMBER"] for row in document["result"]["followme_struct"][1]]


def test_the_question_is_read() -> None:
    assert exolve.parse(asked(QUESTION)).lookup == Lookup("79161234567", "74951112233", "in-1")
    withheld = {**QUESTION, "params": {"sip_id": 74951112233, "numberA": ""}}
    assert exolve.parse(asked(withheld)).lookup == Lookup(None, "74951112233", None)


@pytest.mark.rule("T10")
def test_everybody_is_rung_in_turn_each_for_his_time() -> None:
    document = told(BORIS, ANNA)
    assert document["result"]["redirect_type"] == 2
    first, second = document["result"]["followme_struct"][1]
    assert (first["REDIRECT_NUMBER"], first["TIMEOUT"], first["I_FOLLOW_ORDER"]) == ("883140000000702", 25, 1)
    assert (second["REDIRECT_NUMBER"], second["TIMEOUT"], second["I_FOLLOW_ORDER"]) == ("883140000000701", 20, 2)
    assert told(ANNA)["result"]["redirect_type"] == 1


@pytest.mark.rule("T11")
@pytest.mark.parametrize("written", ["74951112299", "+74951112299", " 74951112299 "])
def test_the_reserve_of_the_address_rings_last_or_alone(written: str) -> None:
    assert numbers(told(ANNA, query={"reserve": written})) == ["883140000000701", "74951112299"]
    assert numbers(told(query={"reserve": written})) == ["74951112299"]


@pytest.mark.rule("T12")
@pytest.mark.parametrize("reserve", ["", "reception", "7&8", "7495 111", "٣٣٣"])
def test_without_a_reserve_that_is_a_number_nobody_to_ring_is_an_empty_list(reserve: str) -> None:
    assert numbers(told(query={"reserve": reserve})) == []
    assert numbers(json.loads(exolve.answer(NO_OPINION).body)) == []


@pytest.mark.rule("T12")
@pytest.mark.parametrize("targets", [(), (ANNA,), (BORIS, ANNA)])
def test_no_answer_hangs_up(targets: tuple[Target, ...]) -> None:
    document = told(*targets, query={"reserve": "74951112299"})
    assert all(row["ACTIVE"] is True for row in document["result"]["followme_struct"][1])
    assert "action" not in json.dumps(document)


def test_only_digits_are_told_to_be_rung() -> None:
    odd = (Target("anna", "anna@sip", None, 20), Target("vera", None, "vera", 20), BORIS)
    assert numbers(told(*odd)) == ["883140000000702"]


@pytest.mark.parametrize(
    ("given", "expected"), [("1", "1"), (7, 7), ("abc", "abc"), (None, "1"), ({}, "1"), (1.5, "1")]
)
def test_the_answer_repeats_the_questions_id(given: object, expected: object) -> None:
    assert told(ANNA, question={**QUESTION, "id": given})["id"] == expected


def test_the_answer_names_the_address_for_the_notifications() -> None:
    for url in (URL, URL + "?reserve=74951112299", URL.replace("/webhook/", "/route/")):
        assert told(ANNA, url=url)["result"]["event_URL"] == f"{URL}/events"
    assert "event_URL" not in told(ANNA)["result"]


def test_the_answer_shown_on_the_page_is_the_one_given() -> None:
    page = (ROOT / "docs" / "operators" / "exolve.md").read_text(encoding="utf-8")
    (shown,) = re.findall(r"^```json\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    assert json.loads(shown) == told(ANNA, query={"reserve": "74951112299"}, url=URL)


@pytest.mark.parametrize(
    ("letter", "kind"),
    [("b", "started"), ("o", "ringing"), ("s", "answered"), ("h", "leg_ended"), ("e", "leg_ended"), ("S", "answered")],
)
def test_a_letter_with_a_number_is_about_that_phone(letter: str, kind: str) -> None:
    read = event(type=letter)
    assert (read.kind, read.ext, read.phone, read.line) == (kind, "883140000000701", "79161234567", "74951112233")
    assert read.at == 1795428937500


@pytest.mark.rule("K4")
@pytest.mark.parametrize(("letter", "kind"), [("b", "started"), ("o", "started"), ("s", "answered"), ("e", "ended")])
def test_a_letter_without_a_number_names_nobody(letter: str, kind: str) -> None:
    read = event(type=letter, number=None)
    assert (read.kind, read.ext, read.final) == (kind, None, kind == "ended")


@pytest.mark.rule("K4")
def test_the_callers_own_side_answers_nothing_and_ends_the_call() -> None:
    sides = {
        letter: exolve.parse(asked({**EVENT, "type": letter, "event_side": "A", "number": "79161234567"})).events
        for letter in "boshde"
    }
    assert {letter: [(each.kind, each.ext) for each in events] for letter, events in sides.items()} == {
        "b": [("started", None)],
        "o": [],
        "s": [],
        "h": [],
        "d": [],
        "e": [("ended", None)],
    }


@pytest.mark.rule("K8")
@pytest.mark.rule("R8")
def test_the_record_of_a_phone_that_talked_proves_it_at_the_moment_of_the_answer() -> None:
    read = event(type="d", talk_time=7500)
    assert (read.kind, read.at) == ("answered", 1795428930000)
    for silent in (0, None, "", -5, "long", "9" * 5000):
        assert event(type="d", talk_time=silent).kind == "leg_ended"
    assert event(type="d", talk_time=7500, date_time="yesterday").at is None


def test_a_time_without_a_zone_is_none() -> None:
    assert event(date_time="2026-11-23T10:15:37").at is None


@pytest.mark.rule("K6")
@pytest.mark.parametrize(
    "document",
    [
        {**EVENT, "type": "crr"},
        {**EVENT, "service": "callback"},
        {"jsonrpc": "2.0", "method": "getFollowme"},
        {"jsonrpc": "2.0", "method": ["getControlCallFollowMe"]},
        {**EVENT, "type": "h", "number": None},
    ],
)
def test_what_is_not_known_or_no_news_says_nothing(document: dict[str, Any]) -> None:
    assert exolve.parse(asked(document)) == Parsed()


@pytest.mark.parametrize(
    "document",
    [{}, [], b"", b"\xff", b'{"method": "getControl', {**QUESTION, "params": []}, {**QUESTION, "params": {}},
     {**EVENT, "call_sid": None}, {"call_sid": "in-1"}],
)  # fmt: skip
def test_what_cannot_be_read_is_malformed(document: object) -> None:
    with pytest.raises(Malformed):
        exolve.parse(asked(document))
