"""Mango Office: its signature, which way a leg goes, what a whole call means, and the command it is told."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, urlencode

import pytest

from shared.call import derive, to_fact
from shared.pbx.families import mango
from shared.pbx.families.mango import route_command, signature
from shared.pbx.protocol import CallEvent, Malformed, Outcome, Parsed, PbxRequest, Unauthorized
from tests.contract.whole_calls import CONNECTIONS, played, recorded, who

KEY, SALT = "m1a2n3g4o5key", "s1a2l3t4"
SECRETS = {"vpbx_api_key": KEY, "vpbx_api_salt": SALT}
PRINTED = ("<YOUR_API_KEY>", "<YOUR_API_SALT>")
PBX = CONNECTIONS["mango"]
CLIENT = "79161234567"
# A form as Mango sends it, taken down letter by letter.
BODY = (
    b"vpbx_api_key=m1a2n3g4o5key&sign=6ac8297ccc06d4439cfe0e7811eb00e068f46186fb38ededeb9c9d9930b90022&json=%7B%22entry"
    b"_id%22%3A%22MjY4Nzg2ODQwMTo4MQ%3D%3D%22%2C%22call_id%22%3A%22MToxMDAwOTU2NTo4MTozMTI2OTU1Nzk%3D%22%2C%22timestamp"
    b"%22%3A1488272701%2C%22seq%22%3A2%2C%22call_state%22%3A%22Connected%22%2C%22location%22%3A%22abonent%22%2C%22from"
    b"%22%3A%7B%22number%22%3A%2274955404444%22%7D%2C%22to%22%3A%7B%22extension%22%3A%2212%22%2C%22number%22%3A%22sip"
    b"%3Au12%40example.mangosip.ru%22%2C%22line_number%22%3A%2274952150438%22%7D%7D"
)


def request(document: Any, suffix: str = "events/call", *, text: str | None = None) -> PbxRequest:
    text = json.dumps(document) if text is None else text
    body = urlencode({"vpbx_api_key": KEY, "sign": signature(KEY, text, SALT), "json": text})
    return PbxRequest("POST", suffix, {}, {}, body.encode())


def leg(caller: dict[str, Any], called: dict[str, Any], state: str = "Connected", **fields: Any) -> Parsed:
    document = {
        "entry_id": "e",
        "call_id": "A",
        "timestamp": 1795428930,
        "seq": 1,
        "call_state": state,
        "location": "abonent",
        "from": caller,
        "to": called,
    }
    return mango.parse(request({**document, **fields}))


def event(caller: dict[str, Any], called: dict[str, Any], state: str = "Connected", **fields: Any) -> CallEvent:
    (only,) = leg(caller, called, state, **fields).events
    return only


def summary(**fields: Any) -> CallEvent:
    document = {
        "entry_id": "e",
        "call_direction": 1,
        "from": {"number": CLIENT},
        "to": {"extension": "701", "number": "sip:u701@example.mangosip.ru"},
        "talk_time": 1795428940,
        "end_time": 1795428990,
        "entry_result": 1,
        "disconnect_reason": 1110,
    }
    (only,) = mango.parse(request({**document, **fields}, "events/summary")).events
    return only


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            '{"command_id":"your-command-id","call_id":"<CALL_ID>"}',
            "2d1d01246f52cec1fdb44f2a4d7091dc54f67e318369c0628201d66b5d336ef0",
        ),
        ('{"key":"<REQUEST_KEY>"}', "515069b8c079df62f408e36dd7933912b8e86d833c5927ee77eb4b68d766c4f5"),
        (
            '{"command_id":"your-command-id","from":{"extension":"<extension>","number":""},"to_number":"<to_number>"}',
            "afdeb462cd5e0e422a9c9220390124608df06a4472cb1add6ebd6e24184bd15a",
        ),
        (
            (
                '{"date_from":"1445288400","date_to":"1445374859","from":{"extension":"","number":""},'
                '"to":{"extension":"","number":""}}'
            ),
            "94e263aa0aa65d77481b86e9224fa2230265faa387322e40716389406982c0fb",
        ),
    ],
)
def test_the_signatures_printed_by_the_vendor_are_ours_too(text: str, expected: str) -> None:
    assert signature(PRINTED[0], text, PRINTED[1]) == expected


def test_a_text_is_signed_in_its_own_letters() -> None:
    expected = "5c53419b128b2c1b0226c4c3501677476c78406ecdb55e0fab3c5a756fc83864"
    assert signature(KEY, '{"general":{"name":"Иванов"}}', SALT) == expected


def test_a_whole_form_passes_and_is_read() -> None:
    form = PbxRequest("POST", "events/call", {}, {"content-type": "application/x-www-form-urlencoded"}, BODY)
    mango.authenticate(form, SECRETS)
    (read,) = mango.parse(form).events
    assert (read.kind, read.ext, read.phone, read.line) == ("answered", "12", "74955404444", "74952150438")
    assert read.at == 1488272701000


def test_the_signature_is_over_the_text_as_sent_and_not_as_anybody_would_write_it() -> None:
    mango.authenticate(request(None, text='{ "entry_id" :"\\u0435",\n"call_state":"x" } '), SECRETS)


@pytest.mark.parametrize("changed", [b"7495215", b"1488272701", b"m1a2n3g4o5key", b"6ac8297"])
def test_a_form_with_one_character_changed_is_unauthorized(changed: bytes) -> None:
    body = BODY.replace(changed, bytes([*changed[:-1], changed[-1] ^ 1]))
    with pytest.raises(Unauthorized):
        mango.authenticate(PbxRequest("POST", "events/call", {}, {}, body), SECRETS)


@pytest.mark.parametrize("secrets", [{}, {"vpbx_api_key": KEY}, {"vpbx_api_key": KEY, "vpbx_api_salt": ""}])
def test_a_connection_without_a_salt_lets_nobody_in(secrets: dict[str, str]) -> None:
    text = "{}"
    unsalted = urlencode({"vpbx_api_key": KEY, "sign": sha256((KEY + text).encode()).hexdigest(), "json": text})
    with pytest.raises(Unauthorized):
        mango.authenticate(PbxRequest("POST", "events/call", {}, {}, unsalted.encode()), secrets)


@pytest.mark.parametrize("suffix", ["", "ping"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_cabinets_check_of_the_bare_address_is_answered_200(method: str, suffix: str) -> None:
    response = mango.handshake(PbxRequest(method, suffix, {}, {}, b"\r\n"))
    assert response is not None
    assert response.status == 200


def test_what_has_a_body_or_stands_below_the_address_must_prove_itself() -> None:
    assert mango.handshake(PbxRequest("POST", "", {}, {}, b"json=%7B%7D")) is None
    assert mango.handshake(PbxRequest("POST", "events/call", {}, {}, b"")) is None


def test_a_signed_check_of_the_connection_says_nothing() -> None:
    for text in ("", "ping", "{}", "[]"):
        ping = request(None, "", text=text)
        mango.authenticate(ping, SECRETS)
        assert mango.parse(ping) == Parsed()


@pytest.mark.parametrize("text", ["", "[]", "null", '{"entry_id":"e"', "{}", '{"entry_id":""}', '{"entry_id":[1]}'])
def test_an_event_that_cannot_be_read_or_names_no_call_is_malformed(text: str) -> None:
    for suffix in ("events/call", "events/summary"):
        with pytest.raises(Malformed):
            mango.parse(request(None, suffix, text=text))


EMPLOYEE, COLLEAGUE = {"extension": 701, "number": "sip:u701@x.ru"}, {"extension": "702", "number": "79160000002"}
OUTSIDE: dict[str, Any] = {"number": CLIENT}


@pytest.mark.parametrize(
    ("caller", "called", "fields", "direction", "kind", "ext", "phone"),
    [
        (OUTSIDE, EMPLOYEE, {}, "in", "answered", "701", CLIENT),
        ({}, EMPLOYEE, {}, "in", "answered", "701", None),
        ({"number": "sip:olga@example.com"}, EMPLOYEE, {}, "in", "answered", "701", "sip:olga@example.com"),
        (EMPLOYEE, OUTSIDE, {}, "out", "answered", "701", CLIENT),
        (EMPLOYEE, COLLEAGUE, {}, "internal", "answered", "702", None),
        # An employee calls a group.
        (EMPLOYEE, {"acd_group": "300"}, {"location": "queue"}, "internal", "answered", None, None),
        # Call-backs: first the employee, then the client, who is printed with an extension.
        (OUTSIDE, EMPLOYEE, {"command_id": "c-1"}, "out", "started", "701", CLIENT),
        (OUTSIDE, EMPLOYEE, {"callback_initiator": "WEB"}, "out", "started", "701", CLIENT),
        (OUTSIDE, {}, {"callback_initiator": "WEB", "location": "queue"}, "out", "started", None, CLIENT),
        (
            {**EMPLOYEE, "taken_from_call_id": "A"},
            {"extension": 5555, "number": CLIENT},
            {"command_id": "c-1"},
            "out",
            "answered",
            "701",
            CLIENT,
        ),
        # A command of ours on an incoming call.
        ({**OUTSIDE, "taken_from_call_id": "I"}, EMPLOYEE, {"command_id": "r-1"}, "in", "answered", "701", CLIENT),
        # Empty fields count as not sent.
        (OUTSIDE, EMPLOYEE, {"command_id": "", "callback_initiator": None}, "in", "answered", "701", CLIENT),
    ],
)
def test_which_way_a_leg_goes_shows_in_who_stands_on_it(
    caller: dict[str, Any],
    called: dict[str, Any],
    fields: dict[str, Any],
    direction: str,
    kind: str,
    ext: str | None,
    phone: str | None,
) -> None:
    read = event(caller, called, **fields)
    assert (read.direction, read.kind, read.ext, read.phone) == (direction, kind, ext, phone)


def test_a_leg_taken_from_another_only_seems_to_be_incoming_unless_we_sent_it_there() -> None:
    handed_over = {**OUTSIDE, "taken_from_call_id": "I"}
    assert event(handed_over, EMPLOYEE).assumed
    assert not event(OUTSIDE, EMPLOYEE).assumed
    assert not event(handed_over, EMPLOYEE, command_id="r-1").assumed


@pytest.mark.rule("C7")
def test_an_outgoing_call_that_is_handed_over_to_a_colleague_stays_outgoing() -> None:
    events = [
        event(EMPLOYEE, OUTSIDE, "Appeared"),
        event(EMPLOYEE, OUTSIDE),
        event({**OUTSIDE, "taken_from_call_id": "A"}, COLLEAGUE, call_id="B"),
    ]
    call = derive(PBX, "e", [to_fact(each, PBX, 1000) for each in events])
    assert (call.direction, call.first_answer) == ("out", None)


@pytest.mark.rule("K4")
@pytest.mark.parametrize("location", ["ivr", "queue"])
def test_a_menu_or_a_queue_that_picks_up_is_a_machine_whatever_stands_beside(location: str) -> None:
    read = event(OUTSIDE, EMPLOYEE, location=location)
    assert (read.kind, read.ext, read.login) == ("answered", None, None)


def test_an_employee_without_a_short_number_is_told_by_his_sip_name() -> None:
    read = event(OUTSIDE, {"number": "sip:olga@example.mangosip.ru"})
    assert (read.ext, read.login) == (None, "olga")
    assert event(OUTSIDE, {"number": "79160000002"}).login is None
    assert event(OUTSIDE, EMPLOYEE).login is None
    assert summary(to={"number": "sip:olga@example.mangosip.ru"}).login == "olga"


def test_our_number_is_the_plain_one_where_a_trunk_stands_beside_it() -> None:
    trunk = {"line_number": "sip:line7@example.mangosip.ru"}
    assert event(OUTSIDE, {**EMPLOYEE, **trunk}).line == "sip:line7@example.mangosip.ru"
    assert event({**OUTSIDE, "line_number": "74951112200"}, {**EMPLOYEE, **trunk}).line == "74951112200"
    assert event(OUTSIDE, EMPLOYEE).line is None
    assert event(OUTSIDE, {"number": "74951112200"}, location="ivr").line == "74951112200"


def test_numbers_mean_the_same_quoted_and_bare() -> None:
    quoted = event(OUTSIDE, {"extension": "701"}, timestamp="1795428930", seq="1")
    assert quoted == event(OUTSIDE, {"extension": 701}, timestamp=1795428930, seq=1)
    assert quoted.seq is None  # it counts one leg, not the call
    assert summary(call_direction="1", talk_time="1795428940") == summary()


@pytest.mark.parametrize("timestamp", [None, "", 0, -5, "soon", 17954289301234567, 1795428930.5, [1]])
def test_a_time_that_is_none_is_left_out(timestamp: object) -> None:
    assert event(OUTSIDE, EMPLOYEE, timestamp=timestamp).at is None


@pytest.mark.parametrize(
    ("fields", "outcome", "ext"),
    [
        ({}, "answered", "701"),
        ({"entry_result": 0}, "answered", "701"),
        ({"talk_time": 0}, "missed", "701"),
        ({"talk_time": 0, "to": {"extension": "300"}}, "missed", None),
        ({"talk_time": 0, "to": {}}, "missed", None),
        ({"to": {}}, "missed", None),
        ({"to": {"number": "79160000002"}}, "missed", None),
        ({"call_direction": 2, "from": EMPLOYEE, "to": OUTSIDE}, "answered", "701"),
        ({"call_direction": 2, "from": {}, "to": OUTSIDE}, "answered", None),
        ({"call_direction": 2, "from": EMPLOYEE, "to": OUTSIDE, "talk_time": 0}, "cancelled", "701"),
        (
            {"call_direction": 2, "from": EMPLOYEE, "to": OUTSIDE, "talk_time": 0, "disconnect_reason": "1121"},
            "busy",
            "701",
        ),
        (
            {"call_direction": 2, "from": EMPLOYEE, "to": OUTSIDE, "talk_time": 0, "disconnect_reason": 1132},
            "failed",
            "701",
        ),
    ],
)
def test_a_summary_proves_a_conversation_by_its_time_and_by_a_person(
    fields: dict[str, Any], outcome: Outcome, ext: str | None
) -> None:
    read = summary(**fields)
    assert (read.kind, read.outcome, read.ext, read.final) == ("ended", outcome, ext, True)


def test_a_summary_without_a_direction_is_read_like_a_leg() -> None:
    assert summary(call_direction=None).direction == "in"
    assert summary(call_direction=9, **{"from": EMPLOYEE, "to": OUTSIDE}).direction == "out"
    assert summary(call_direction=None, **{"from": EMPLOYEE, "to": COLLEAGUE}).direction == "internal"


@pytest.mark.rule("K8")
def test_the_time_of_a_summary_is_when_somebody_picked_up_else_when_it_ended() -> None:
    assert summary().at == 1795428940000
    assert summary(talk_time=0).at == 1795428990000


@pytest.mark.rule("K8")
@pytest.mark.parametrize("situation", ["direct_answered", "group_answered", "transfer_consultative", "transfer_blind"])
def test_any_one_event_may_get_lost_and_the_first_answerer_is_known_all_the_same(situation: str) -> None:
    events = recorded("mango", situation)
    whole = who(played(PBX, events))[0]
    assert {who(played(PBX, events[:place] + events[place + 1 :]))[0] for place in range(len(events))} == {whole}


def test_a_command_is_for_the_calls_first_leg_while_it_waits() -> None:
    waiting = leg(OUTSIDE, {"number": "74951112200"}, "Appeared", location="ivr").command
    assert waiting is not None
    assert (waiting.leg_id, waiting.lookup.phone, waiting.lookup.called) == ("A", CLIENT, None)
    ringing = leg(OUTSIDE, EMPLOYEE, "Appeared").command
    assert ringing is not None
    assert ringing.lookup.called == "701"  # T9: he is not to be named


def test_no_command_is_for_a_leg_that_somebody_sent_on_or_that_has_no_caller() -> None:
    # Whoever hands his client over to a queue would get him back at once, as his responsible.
    assert leg({**OUTSIDE, "taken_from_call_id": "A"}, {}, "Appeared", location="queue").command is None
    assert leg({}, {}, "Appeared", location="ivr").command is None
    assert leg(OUTSIDE, {}, "Connected", location="ivr").command is None
    assert leg(EMPLOYEE, OUTSIDE, "Appeared").command is None
    assert leg(OUTSIDE, {}, "Appeared", location="queue", callback_initiator="WEB").command is None
    assert leg(OUTSIDE, {}, "Appeared", location="ivr", call_id="").command is None


def command(name: str | None) -> dict[str, str]:
    leg_id = "MToxMDAwOTU2NTo4MTozMTI2OTQyNDA6MQ=="
    return route_command(KEY, SALT, leg_id=leg_id, to_number="12", command_id="route-1", display_name=name)


def test_a_command_is_worded_and_signed_as_the_vendor_prints_it() -> None:
    assert command(None) == {
        "vpbx_api_key": KEY,
        "sign": "05201a84761cb1007144d4850009a3c193193d2cbc948ddf3c52a1e9f7e41c7c",
        "json": '{"command_id":"route-1","call_id":"MToxMDAwOTU2NTo4MTozMTI2OTQyNDA6MQ==","to_number":"12"}',
    }


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Olga Petrova 2", "Olga Petrova 2"),
        ("VIP +79161234567", "VIP 79161234567"),
        ("x" * 64, "x" * 64),
        ("x" * 65, None),
        ("Smith & Co", None),
        ("a;b", None),
        ("Ольга", None),
        ("+", None),
        ("   ", None),
        ("", None),
        (None, None),
    ],
)
def test_a_name_is_shown_only_where_the_manual_clearly_allows_it(name: str | None, shown: str | None) -> None:
    fields = command(name)
    headers = json.loads(fields["json"]).get("sip_headers")
    assert headers == ({"From/display-name": shown} if shown else None)
    sent = PbxRequest("POST", "", {}, {}, urlencode(fields).encode())
    mango.authenticate(sent, SECRETS)
    assert parse_qs(sent.body.decode())["json"] == [fields["json"]]
