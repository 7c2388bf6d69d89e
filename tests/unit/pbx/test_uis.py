"""UIS and its platform's other brands: the templates of its page, whom each event names, and the step that asks."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import urlencode

import pytest

from shared.call import Call, derive, to_fact
from shared.pbx.families import uis
from shared.pbx.protocol import NO_OPINION, Answer, CallEvent, Malformed, Parsed, PbxRequest, Target
from tests.contract.recorded import ROOT
from tests.contract.whole_calls import CONNECTIONS, in_any_order, played, recorded, who

PBX = CONNECTIONS["uis"]
PAGE = (ROOT / "docs" / "operators" / "uis.md").read_text(encoding="utf-8")
TEMPLATES = {
    block.partition('"event": "')[2].partition('"')[0]: block
    for block in re.findall(r"^```json\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
}
VARIABLES: dict[str, Any] = {
    "notification_time": "2026-11-23 13:15:30",
    "call_session_id": 3781920511,
    "direction": "in",
    "contact_phone_number": "79161234567",
    "virtual_phone_number": "74951112200",
    "employee_id": 2340011,
    "extension_phone_number": "701",
    "employee_phone_number": "701",
    "employee_ids": [2340011, 2340012],
    "talk_time_duration": 40,
}
ANNA, BORIS = Target("anna", "701", "2340011", 20), Target("boris", "702", "2340012", 20)


def rendered(event: str, **variables: Any) -> bytes:
    """Render a template as the cabinet does: every variable a JSON value, null where there is nothing."""
    values = {**VARIABLES, **variables}
    return re.sub(r"\{\{(\w+)\}\}", lambda found: json.dumps(values[found[1]]), TEMPLATES[event]).encode()


def read(body: bytes, suffix: str = "", **query: str) -> Parsed:
    request = PbxRequest("POST" if body else "GET", suffix, query, {}, body)
    uis.authenticate(request, {})
    return uis.parse(request)


def events(event: str, **variables: Any) -> tuple[CallEvent, ...]:
    return read(rendered(event, **variables)).events


def event(name: str, **variables: Any) -> CallEvent:
    (only,) = events(name, **variables)
    return only


def test_the_page_has_a_template_for_each_event_the_module_reads_and_for_no_other() -> None:
    assert [*TEMPLATES, "lookup"] == list(uis.EVENTS)


@pytest.mark.parametrize(
    ("name", "kind", "direction"),
    [
        ("INCOMING", "started", "in"),
        ("WAITING", "ringing", "in"),
        ("TALK_START", "answered", "in"),
        ("TALK_END", "answered", "in"),
        ("CALL_END", "ended", "in"),
        ("LOST", "ended", "in"),
        ("OUTGOING", "started", "out"),
    ],
)
def test_each_template_of_the_page_is_read(name: str, kind: str, direction: str) -> None:
    first, *_ = events(name)
    assert (first.kind, first.direction, first.name) == (kind, direction, name)
    assert (first.call_id, first.phone, first.line) == ("3781920511", "79161234567", "74951112200")
    assert first.login == (None if name == "INCOMING" else "2340011")
    assert first.final == (name in {"TALK_END", "CALL_END", "LOST"})


@pytest.mark.parametrize("name", [name for name in TEMPLATES if name not in {"INCOMING", "OUTGOING", "LOST"}])
def test_an_employee_is_named_by_id_by_short_number_or_by_both(name: str) -> None:
    def who(**variables: Any) -> tuple[str | None, str | None]:
        return event(name, **variables).login, event(name, **variables).ext

    assert who() == ("2340011", "701")
    assert who(extension_phone_number=None) == ("2340011", None)
    assert who(employee_id=None) == (None, "701")
    assert who(employee_id=None, extension_phone_number=None) == (None, None)


def test_the_phone_of_an_outgoing_call_is_an_extension_only_if_it_is_short() -> None:
    assert event("OUTGOING").ext == "701"
    assert event("OUTGOING", employee_phone_number="79160000001").ext is None


@pytest.mark.rule("K8")
def test_the_end_of_a_talk_or_of_the_call_proves_who_talked() -> None:
    assert event("TALK_END").kind == "answered"
    assert event("TALK_END", talk_time_duration=None).kind == "answered"
    assert event("TALK_END", talk_time_duration=0).kind == "leg_ended"
    assert event("CALL_END").outcome == "answered"
    assert event("CALL_END", talk_time_duration=0).outcome == "missed"
    assert event("CALL_END", talk_time_duration=None).outcome == "missed"
    assert event("CALL_END", talk_time_duration=0, direction="out").outcome == "cancelled"


def test_a_lost_call_names_everybody_whose_phone_rang() -> None:
    assert [(each.login, each.kind, each.outcome) for each in events("LOST")] == [
        ("2340011", "ended", "missed"),
        ("2340012", "ended", "missed"),
    ]
    assert [each.login for each in events("LOST", employee_ids=[7, 7, "8"])] == ["7", "8"]
    assert [each.login for each in events("LOST", employee_ids=[])] == [None]
    assert [each.login for each in events("LOST", employee_ids=None)] == [None]
    assert len(events("LOST", employee_ids=list(range(500)))) == 20


@pytest.mark.rule("K5")
def test_who_is_waited_for_on_an_outgoing_call_is_the_client() -> None:
    assert event("WAITING", direction="out").kind == "started"


@pytest.mark.parametrize(
    ("phone", "stated", "direction"),
    [
        ("79161234567", "IN", "in"),
        ("79161234567", None, None),
        ("79161234567", "sideways", "internal"),
        ("702", "in", "internal"),
    ],
)
def test_a_call_inside_or_of_an_unknown_direction_is_internal(phone: str, stated: str, direction: str | None) -> None:
    assert event("WAITING", contact_phone_number=phone, direction=stated).direction == direction


@pytest.mark.rule("C4")
def test_a_withheld_number_is_none() -> None:
    assert event("INCOMING", contact_phone_number=None).phone is None


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-11-23T10:15:30Z", 1795428930000),
        ("2026-11-23T13:15:30+03:00", 1795428930000),
        ("2026-11-23 13:15:30", None),
        ("23.11.2026 13:15", None),
        (None, None),
    ],
)
def test_a_time_counts_only_with_its_offset(text: str | None, at: int | None) -> None:
    assert event("WAITING", notification_time=text).at == at


def test_a_variable_that_the_cabinet_does_not_have_leaves_no_more_than_a_gap() -> None:
    whole = rendered("TALK_START")
    for gap in (b"", b" ", b"{{extension_phone_number}}", b"null", b'""'):
        spoilt = whole.replace(b'"extension_phone_number": "701"', b'"extension_phone_number":' + gap)
        assert spoilt != whole
        (only,) = read(spoilt).events
        assert (only.kind, only.login, only.ext) == ("answered", "2340011", None)


def test_templates_in_a_query_or_a_form_or_grouped_are_read_too() -> None:
    flat = json.loads(rendered("TALK_START"))
    quoted = {name: json.dumps(value) for name, value in flat.items()} | {"event": "TALK_START"}
    grouped = {
        "event": "TALK_START",
        "call_session_id": flat["call_session_id"],
        "virtual_phone_number": flat["virtual_phone_number"],
        "direction": "in",
        "contact_info": {"contact_phone_number": flat["contact_phone_number"]},
        "employee_info": {"employee_id": 2340011, "extension_phone_number": "701", "event": "LOST"},
    }
    expected = events("TALK_START")
    assert read(urlencode(quoted).encode()).events == expected
    assert read(b"", **quoted).events == expected
    assert read(json.dumps(grouped).encode()).events == expected
    assert [
        each.login for each in read(urlencode({**quoted, "event": "LOST", "employee_ids": "[7, 8]"}).encode()).events
    ] == [
        "7",
        "8",
    ]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"[]",
        b'{"call_session_id": 1, "contact_phone_number": "79161234567"}',
        b'{"event": "TALK_START", "contact_phone_number": "79161234567"}',
        b'{"event": "TALK_START", "call_session_id": }',
        b'{"event": "TALK_START", "call_session_id": 1',
        b"event=TALK_START",
        b"\xff\xfe",
    ],
)
def test_what_is_no_notification_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        read(body)


@pytest.mark.rule("K6")
def test_an_event_that_is_not_known_says_nothing() -> None:
    assert read(b'{"event": "RECORD", "call_session_id": 1}') == Parsed()


@pytest.mark.rule("C4")
def test_a_look_up_is_read_at_any_address_and_without_the_callers_number() -> None:
    asked = {"call_session_id": "7", "numa": "79161234567", "numb": "74951112200"}
    for suffix in ("", "interactive"):
        parsed = read(urlencode(asked).encode(), suffix)
        assert parsed.lookup is not None
        assert (parsed.lookup.phone, parsed.lookup.line, parsed.lookup.call_id) == ("79161234567", "74951112200", "7")
        assert parsed.events == ()
    assert read(json.dumps(asked).encode()).lookup == read(b"", **asked).lookup
    withheld = read(urlencode({**asked, "numa": ""}).encode()).lookup
    assert withheld is not None
    assert withheld.phone is None
    assert read(b"call_session_id=7", "interactive").lookup is not None


@pytest.mark.rule("T10")
@pytest.mark.parametrize(
    ("targets", "body"),
    [
        ((ANNA,), '{"phones": ["701"]}'),
        ((BORIS, ANNA), '{"phones": ["702", "701"]}'),
        ((Target("anna", None, "2340011", 20), BORIS), '{"phones": ["702"]}'),
        ((Target("anna", None, "2340011", 20),), "{}"),
        ((), "{}"),
    ],
)
def test_all_short_numbers_are_listed_and_never_an_empty_list(targets: tuple[Target, ...], body: str) -> None:
    assert uis.answer(Answer("c-1", "Ольга", targets, "responsible")).body == body


@pytest.mark.rule("T12")
def test_no_opinion_lists_no_phones() -> None:
    response = uis.answer(NO_OPINION)
    assert (response.status, response.body, response.content_type) == (200, "{}", "application/json; charset=utf-8")


@pytest.mark.rule("R13")
@pytest.mark.parametrize("situation", ["direct_answered", "group_answered", "transfer"])
def test_the_start_of_a_talk_is_shown_as_the_proof_however_late_it_comes(situation: str) -> None:
    def check(call: Call) -> None:
        assert call.first_answer is not None
        assert call.first_answer.fact.event.name == "TALK_START"

    in_any_order(PBX, recorded("uis", situation), check)


@pytest.mark.rule("K8")
def test_after_a_transfer_the_end_of_a_talk_proves_the_first_answerer_whose_start_was_lost() -> None:
    reported = [each for each in recorded("uis", "transfer") if (each.name, each.login) != ("TALK_START", "2340012")]
    assert who(played(PBX, reported)) == ("boris", "anna")


@pytest.mark.rule("K4")
def test_a_voice_that_talks_to_the_caller_is_nobody() -> None:
    call = played(PBX, recorded("uis", "machine"))
    assert (who(call), call.outcome, call.legs) == ((None, None), "missed", ())


@pytest.mark.rule("R6")
def test_where_the_time_has_an_offset_it_orders_who_was_rung() -> None:
    early = event("WAITING", employee_id=2340012, notification_time="2026-11-23T10:15:30Z")
    late = event("WAITING", employee_id=2340011, notification_time="2026-11-23T10:15:31Z")
    call = derive(PBX, early.call_id, [to_fact(late, PBX, 1795428935000), to_fact(early, PBX, 1795428936000)])
    assert call.first_directed == "boris"
