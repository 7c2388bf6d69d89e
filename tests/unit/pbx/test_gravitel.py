"""Gravitel: its key, what each push says, and the answer to `/client`."""

from __future__ import annotations

import json
from typing import Any

import pytest

from shared.pbx.families import gravitel
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
from tests.contract.whole_calls import CONNECTIONS

KEY = "gravitel-key-of-the-tests"
PBX = CONNECTIONS["gravitel"]
EVENT: dict[str, Any] = {
    "id": 604118200311,
    "direction": "in",
    "stage": "alerting",
    "client": "79161234567",
    "extension": 701,
    "phone": "74951112200",
}
HISTORY: dict[str, Any] = {
    "id": "604118200311",
    "when": 1795428930,
    "direction": "in",
    "result": "success",
    "duration": 47,
    "provision": 9,
    "client": "79161234567",
    "extension": "701",
    "phone": "74951112200",
    "record": "",
}
CLIENT = {"id": "604118200311", "clientPhone": "79161234567", "phone": "74951112200"}


def read(suffix: str, document: object) -> Parsed:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    request = PbxRequest("POST", suffix, {}, {"x-api-key": KEY}, body)
    gravitel.authenticate(request, {"api_key": KEY})
    return gravitel.parse(request)


def event(**fields: Any) -> CallEvent:
    (only,) = read("event", {**EVENT, **fields}).events
    return only


def history(**fields: Any) -> CallEvent:
    (only,) = read("history", {**HISTORY, **fields}).events
    return only


@pytest.mark.parametrize(
    "headers", [{}, {"x-api-key": ""}, {"x-api-key": KEY + "0"}, {"authorization": f"Bearer {KEY}"}]
)
def test_another_key_or_none_lets_nobody_in(headers: dict[str, str]) -> None:
    with pytest.raises(Unauthorized):
        gravitel.authenticate(PbxRequest("POST", "event", {}, headers, b"{}"), {"api_key": KEY})


def test_ids_and_short_numbers_are_the_same_as_number_and_as_text() -> None:
    assert (event().call_id, event().ext) == (history().call_id, history().ext) == ("604118200311", "701")
    assert event(extension=0).ext is None
    assert event(extension=None).ext is None
    assert history(extension="").ext is None


@pytest.mark.rule("K3")
@pytest.mark.parametrize(
    ("stage", "direction", "kind"),
    [
        ("alerting", "in", "ringing"),
        ("talking", "in", "answered"),
        ("released", "in", "leg_ended"),
        ("Talking", "IN", "answered"),
        ("alerting", "out", "started"),
        ("talking", "out", "answered"),
    ],
)
def test_a_stage_tells_what_happens_to_one_phone(stage: str, direction: str, kind: str) -> None:
    read = event(stage=stage, direction=direction)
    assert (read.kind, read.direction, read.final) == (kind, direction.lower(), False)


@pytest.mark.parametrize(
    ("result", "direction", "outcome"),
    [
        ("success", "in", "answered"),
        ("missed", "in", "missed"),
        ("busy", "in", "busy"),
        ("not_available", "in", "missed"),
        ("forbidden", "in", "missed"),
        ("unknown", "in", "missed"),
        ("not_available", "out", "failed"),
        ("SUCCESS", "out", "answered"),
        ("brand-new", "out", "failed"),
    ],
)
def test_history_ends_the_call(result: str, direction: str, outcome: str) -> None:
    read = history(result=result, direction=direction)
    assert (read.kind, read.outcome, read.final) == ("ended", outcome, True)


@pytest.mark.rule("R8")
def test_history_tells_when_somebody_picked_up() -> None:
    assert history().at == (1795428930 + 9) * 1000
    assert history(provision=None).at == 1795428930000
    assert history(result="missed").at is None
    for odd in ("", "soon", 1795428930000, "9" * 5000, -1, 0, True):
        assert history(when=odd).at is None


@pytest.mark.parametrize(
    ("client", "stated", "direction"),
    [("79161234567", None, None), ("79161234567", "around", "internal"), ("702", "in", "internal"), ("", "in", "in")],
)
def test_a_call_inside_or_of_an_unknown_direction_is_internal(
    client: str, stated: str | None, direction: str | None
) -> None:
    assert event(client=client, direction=stated).direction == direction
    assert history(client=client, direction=stated).direction == direction


@pytest.mark.rule("C4")
@pytest.mark.parametrize("client", ["", None, " "])
def test_a_withheld_number_is_none(client: str | None) -> None:
    assert (event(client=client).phone, history(client=client).phone) == (None, None)
    assert read("client", {**CLIENT, "clientPhone": client}).lookup == Lookup(None, "74951112200", "604118200311")


@pytest.mark.parametrize("prefix", ["", "crm/"])
def test_the_last_part_of_the_address_tells_what_is_pushed(prefix: str) -> None:
    assert read(f"{prefix}client", CLIENT).lookup == Lookup("79161234567", "74951112200", "604118200311")
    assert read(f"{prefix}event", EVENT).events == (event(),)
    assert read(f"{prefix}history", HISTORY).events == (history(),)


def test_without_it_the_fields_tell() -> None:
    assert read("", CLIENT) == read("client", CLIENT)
    assert read("", EVENT) == read("event", EVENT)
    assert read("", HISTORY) == read("history", HISTORY)


@pytest.mark.rule("K6")
def test_a_push_or_a_stage_that_is_not_known_says_nothing() -> None:
    assert read("sms", EVENT) == Parsed()
    assert read("event", {**EVENT, "stage": "parked"}) == Parsed()
    assert read("event", {"id": 1}) == Parsed()


@pytest.mark.parametrize(
    ("suffix", "document"),
    [
        ("", {}),
        ("", {"id": 1}),
        ("event", {**EVENT, "id": None}),
        ("history", {**HISTORY, "id": ""}),
        ("history", []),
        ("event", b""),
        ("event", b'{"id": 604118200311, "stage": "talk'),
        ("client", b"\xff"),
    ],
)
def test_what_cannot_be_read_is_malformed(suffix: str, document: object) -> None:
    with pytest.raises(Malformed):
        read(suffix, document)


@pytest.mark.parametrize(
    ("answer", "body"),
    [
        (Answer(None, None, (), "no_contact"), "{}"),
        (NO_OPINION, "{}"),
        (Answer("c-1", "Ольга", (), "no_responsible"), '{"contact_name": "Ольга"}'),
        (
            Answer(
                "c-1", "Ольга", (Target("anna", "701", "anna", 20), Target("boris", "702", None, 20)), "responsible"
            ),
            '{"contact_name": "Ольга", "responsible": "701"}',
        ),
    ],
)
def test_the_answer_names_one_short_number(answer: Answer, body: str) -> None:
    response = gravitel.answer(answer)
    assert (response.status, response.body) == (200, body)
