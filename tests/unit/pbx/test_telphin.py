"""Telphin: whom each event names, who is a machine, and the XML that a routing scheme reads."""

from __future__ import annotations

from urllib.parse import urlencode
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.call import derive, to_fact
from shared.pbx.families import telphin
from shared.pbx.protocol import NO_OPINION, Answer, CallEvent, Malformed, Parsed, PbxRequest, Target
from tests.contract.whole_calls import CONNECTIONS, played, recorded, who

CALL_ID = "5f0c1d7ab3e94286c0d1f2a3b4c5d6e7"
CLIENT = "+79165550142"
PBX = CONNECTIONS["telphin"]
NOW = 1_795_428_930_000_000
LEG = {
    "CallID": CALL_ID,
    "CallFlow": "in",
    "CallerIDNum": CLIENT,
    "CallerIDName": CLIENT,
    "CalledDID": "78125550100",
    "CalledExtension": "1234*101@sipproxy.telphin.ru",
    "CallerExtension": "1234*099@sipproxy.telphin.ru",
    "EventTime": str(NOW),
}
QUESTION = PbxRequest("POST", "", {}, {}, urlencode({"EventType": "call_interactive", **LEG}).encode())
EMPTY = '<?xml version="1.0" encoding="UTF-8"?><Response></Response>'


def request(fields: dict[str, str]) -> PbxRequest:
    return PbxRequest("POST", "", {}, {}, urlencode(fields).encode())


def parsed(name: str, **fields: str) -> Parsed:
    return telphin.parse(request({**LEG, "EventType": name, **fields}))


def event(name: str, **fields: str) -> CallEvent:
    (only,) = parsed(name, **fields).events
    return only


def decision(name: str | None, ext: str | None = "101", asked: PbxRequest | None = QUESTION) -> Answer:
    return Answer("c-1", name, (Target("anna", ext, "anna.p", 20),), "responsible", asked)


@pytest.mark.parametrize("body", [b"", b"{}", b"EventType=", b"CallID=1&event=NOTIFY_START", b"\xff\xfe"])
def test_what_names_no_kind_of_event_is_not_telphins(body: bytes) -> None:
    sent = PbxRequest("POST", "", {}, {}, body)
    for read in (telphin.parse, lambda each: telphin.authenticate(each, {})):
        with pytest.raises(Malformed):
            read(sent)


@pytest.mark.parametrize("name", telphin.EVENTS)
def test_what_names_no_call_is_malformed(name: str) -> None:
    with pytest.raises(Malformed):
        parsed(name, CallID="")


@pytest.mark.rule("K6")
@pytest.mark.parametrize("name", ["message-in", "message-out", "voicemail", "extension-call-status", "Dreamt"])
def test_messages_voicemail_and_unknown_events_say_nothing(name: str) -> None:
    assert parsed(name) == Parsed()


@pytest.mark.parametrize(
    ("called", "number", "ext"),
    [
        ("1234*101@sipproxy.telphin.ru", "1234*101", "101"),
        ("1234*101", "", "101"),
        ("101", "", "101"),
        ("", "1234*101", "101"),
        ("1234*0099@x", "", "0099"),
        ("1234*@x", "", None),
        ("", "78125550100", None),
        ("", "", None),
    ],
)
def test_the_short_number_is_what_follows_the_star(called: str, number: str, ext: str | None) -> None:
    assert event("dial-in", CalledExtension=called, CalledNumber=number).ext == ext


def test_the_client_is_found_where_his_number_has_turned_into_the_extension() -> None:
    read = event("answer", CallerIDNum="101")
    assert (read.phone, read.direction, read.assumed, read.ext) == (CLIENT, "in", False, "101")


@pytest.mark.parametrize("name", ["Ромашка", "24-7", "777 888", "1234567", ""])
def test_a_name_with_digits_in_it_is_nobodys_number(name: str) -> None:
    # SetCaller has put the contact's name there.
    read = event("answer", CallerIDNum="101", CallerIDName=name)
    assert (read.phone, read.direction, read.assumed) == (None, "in", True)


@pytest.mark.rule("C4")
@pytest.mark.parametrize("caller", ["102", "1234*102"])
def test_an_extension_that_calls_another_is_a_colleague(caller: str) -> None:
    read = event("dial-in", CallerIDNum=caller, CallerIDName="Борис")
    assert (read.direction, read.phone, read.ext) == ("internal", None, "101")
    facts = [to_fact(each, PBX, 1) for each in (read, event("answer", CallerIDNum="101", CallerIDName="Борис"))]
    assert derive(PBX, CALL_ID, facts).direction == "internal"


@pytest.mark.rule("C4")
@pytest.mark.parametrize("caller", ["anonymous", "", "Restricted"])
def test_a_withheld_number_is_none_and_the_call_still_comes_in(caller: str) -> None:
    read = event("dial-in", CallerIDNum=caller, CallerIDName=caller)
    assert (read.phone, read.direction, read.ext) == (None, "in", "101")
    asked = parsed("call_interactive", CallerIDNum=caller, CallerIDName=caller).lookup
    assert asked is not None
    assert asked.phone is None


@pytest.mark.rule("K4")
@pytest.mark.parametrize("name", ["dial-in", "answer", "hangup"])
@pytest.mark.parametrize("bridged", ["yes", "no", "YES"])
def test_a_menu_or_a_queue_is_no_employee(name: str, bridged: str) -> None:
    read = event(name, Bridged=bridged, CalledExtension="1234*099@x")
    assert (read.ext, read.login) == (None, None)
    assert read.kind == {"dial-in": "started", "answer": "answered", "hangup": "ended"}[name]


@pytest.mark.rule("R7")
def test_a_menu_or_a_queue_that_reached_nobody_is_the_last_word() -> None:
    lost, talked = event("hangup", Bridged="no"), event("hangup", Bridged="yes")
    assert (lost.outcome, lost.final) == ("missed", True)
    assert (talked.outcome, talked.final) == ("answered", False)


@pytest.mark.rule("K3")
@pytest.mark.parametrize(
    ("status", "duration", "kind", "outcome"),
    [
        ("ANSWER", "83479977", "ended", "answered"),
        ("ANSWER", "", "ended", "answered"),
        ("ANSWER", "0", "leg_ended", None),  # the call was answered, but by somebody else
        ("NOANSWER", "0", "ended", "missed"),
        ("CANCEL", "0", "leg_ended", None),
        ("BUSY", "0", "leg_ended", None),
        ("CHANUNAVAIL", "0", "leg_ended", None),
        ("CONGESTION", "0", "leg_ended", None),
        ("NO SUCH WORD", "0", "leg_ended", None),
        ("", "", "leg_ended", None),
    ],
)
def test_a_lost_leg_ends_no_call_unless_it_rang_in_vain_to_its_end(
    status: str, duration: str, kind: str, outcome: str | None
) -> None:
    read = event("hangup", CallStatus=status, Duration=duration)
    assert (read.kind, read.outcome, read.final) == (kind, outcome, False)


@pytest.mark.rule("K8")
def test_the_hangup_tells_when_the_phone_was_picked_up() -> None:
    # As recorded: answer + talk = hangup, to the microsecond.
    answer = event("answer", EventTime="1795428934866310")
    hangup = event("hangup", EventTime="1795429018346287", CallStatus="ANSWER", Duration="83479977")
    assert answer.at == hangup.at == 1_795_428_934_866


@pytest.mark.parametrize("time", ["", "1795428930", "1795428930000", "soon", "-1795428930000000", "1" * 30])
def test_what_is_not_microseconds_is_no_time(time: str) -> None:
    assert event("dial-in", EventTime=time).at is None
    assert event("hangup", EventTime=time, CallStatus="ANSWER", Duration="5").at is None


@pytest.mark.rule("K5")
@pytest.mark.parametrize(
    ("status", "outcome"),
    [("ANSWER", "answered"), ("BUSY", "busy"), ("NOANSWER", "cancelled"), ("CANCEL", "cancelled"), ("X", "failed")],
)
def test_an_outgoing_call_is_the_callers_and_ends_with_his_hangup(status: str, outcome: str) -> None:
    fields = {"CallFlow": "out", "CallerExtension": "1234*101@x", "CallerIDNum": "1234*101", "CalledNumber": CLIENT}
    read = event("hangup", **fields, CalledExtension="", CallStatus=status, Duration="5")
    assert (read.direction, read.ext, read.phone, read.outcome) == ("out", "101", CLIENT, outcome)
    assert read.final


def test_what_a_forwarding_dials_is_nobodys_outgoing_call() -> None:
    for name in ("dial-out", "answer", "hangup"):
        assert parsed(name, CallFlow="out", Transfered="yes", CalledNumber="+79160000001") == Parsed()
    assert parsed("dial-out", CallFlow="out", Transfered="no", CalledNumber=CLIENT).events


@pytest.mark.rule("K5")
def test_an_employee_picks_up_his_own_call_back_and_owns_nobody() -> None:
    legs = [event("dial-in", CallBackID=CALL_ID), event("answer", CallBackID=CALL_ID, CallerIDNum="101")]
    out = {"CallFlow": "out", "CallerIDNum": "1234*101", "CalledNumber": "89165550142", "CallBackID": CALL_ID}
    legs.append(event("hangup", **out, CallStatus="ANSWER", Duration="5"))
    call = derive(PBX, CALL_ID, [to_fact(each, PBX, 1) for each in legs])
    assert (call.direction, call.phone, call.first_answer) == ("out", CLIENT, None)


def test_the_scheme_is_answered_in_its_xml() -> None:
    response = telphin.answer(decision("Acme LLC"))
    assert (response.status, response.content_type) == (200, "text/xml; charset=utf-8")
    assert response.body == (
        '<?xml version="1.0" encoding="UTF-8"?><Response><SetVar name="transferDestination">101</SetVar>'
        '<SetCaller name="Acme LLC" number="+79165550142"/></Response>'
    )


@pytest.mark.rule("T3")
def test_a_known_caller_is_named_also_when_nobody_is_to_be_rung() -> None:
    body = telphin.answer(Answer("c-1", "Acme LLC", (), "off", QUESTION)).body
    assert "SetVar" not in body
    assert ET.fromstring(body)[0].attrib == {"name": "Acme LLC", "number": CLIENT}  # noqa: S314 -- our own answer


@pytest.mark.rule("T12")
def test_no_opinion_sets_nothing_and_nothing_ever_hangs_up() -> None:
    assert telphin.answer(NO_OPINION).body == EMPTY
    assert telphin.answer(Answer(None, None, (), "no_contact", QUESTION)).body == EMPTY
    assert telphin.acknowledge(QUESTION).body == EMPTY
    for status in (400, 401, 503):
        refused = telphin.refuse(status)
        assert refused.status == status
        assert len(ET.fromstring(refused.body)) == 0  # noqa: S314 -- our own answer


@pytest.mark.parametrize("caller", ["", "anonymous", "1234*102"])
def test_a_name_without_a_number_is_not_sent_since_the_scheme_would_stop_reading(caller: str) -> None:
    asked = request({**LEG, "EventType": "call_interactive", "CallerIDNum": caller, "CallerIDName": "X"})
    for each in (asked, None):
        assert "SetCaller" not in telphin.answer(decision("Acme", asked=each)).body


@pytest.mark.rule("T12")
@pytest.mark.parametrize("ext", [None, "", "anna.p", "101<Hangup/>", "101 102", "1" * 21, "١٠١"])
def test_what_cannot_be_transferred_to_is_never_sent(ext: str | None) -> None:
    assert "SetVar" not in telphin.answer(decision("Acme", ext)).body


@given(name=st.text(max_size=60))
@settings(max_examples=200, deadline=None)
def test_any_name_leaves_the_xml_whole(name: str) -> None:
    root = ET.fromstring(telphin.answer(decision(name)).body)  # noqa: S314 -- our own answer
    assert root[0].text == "101"
    assert [each.tag for each in root] == (["SetVar", "SetCaller"] if name else ["SetVar"])


def test_a_name_is_sent_in_its_own_letters_and_signs() -> None:
    name = 'Ольга "Ромашка" & <Ёж>\t\x00\x1f\ufffe'
    root = ET.fromstring(telphin.answer(decision(name)).body)  # noqa: S314 -- our own answer
    assert root[1].attrib["name"] == 'Ольга "Ромашка" & <Ёж> '


@pytest.mark.rule("K8")
@pytest.mark.rule("R6")
@pytest.mark.parametrize(
    ("situation", "first", "last"), [("group_answered", "boris", "boris"), ("transfer", "anna", "boris")]
)
def test_the_same_is_known_with_every_answer_lost(situation: str, first: str, last: str) -> None:
    read = [each for each in recorded("telphin", situation) if each.kind != "answered"]
    call = played(PBX, read[::-1])
    assert (*who(call), call.first_directed) == (first, last, "anna")


@pytest.mark.rule("K3")
def test_a_lost_phone_of_a_group_does_not_end_the_call() -> None:
    call = played(PBX, recorded("telphin", "group_answered")[:-1])
    assert (call.state, call.outcome) == ("answered", None)
