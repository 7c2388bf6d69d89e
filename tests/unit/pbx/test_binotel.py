"""Binotel: whom each request names, the record after the call, the answer to the letter."""

from __future__ import annotations

import json
from urllib.parse import urlencode

import pytest

from shared.call import derive, to_fact
from shared.pbx.families import binotel
from shared.pbx.protocol import Answer, CallEvent, Malformed, Parsed, PbxRequest, PbxResponse, Target
from tests.contract.recorded import ALL
from tests.contract.whole_calls import CONNECTIONS, WIRE, recorded
from tests.support.stack import ANNA

CALL_ID = "2147300142"
PBX = CONNECTIONS["binotel"]
PUSH = {"callType": "0", "externalNumber": "0501234567", "pbxNumber": "0443330142", "companyID": "3142"}
STARTED = 1_795_428_930


def request(fields: dict[str, str]) -> PbxRequest:
    return PbxRequest("POST", "", {}, {}, urlencode(fields).encode())


def push(name: str, **fields: str) -> CallEvent:
    (only,) = binotel.parse(request({**PUSH, "requestType": name, "generalCallID": CALL_ID, **fields})).events
    return only


def completed(*history: tuple[str, str, str], **details: str) -> tuple[CallEvent, ...]:
    """Read a record of a call; history: number, seconds of talk, disposition."""
    fields = {"generalCallID": CALL_ID, "callType": "0", "startTime": str(STARTED), "waitsec": "5", **details}
    form = {"requestType": "apiCallCompleted"} | {f"callDetails[{name}]": value for name, value in fields.items()}
    for place, (number, seconds, disposition) in enumerate(history):
        prefix = f"callDetails[historyData][{place}]"
        form |= {f"{prefix}[internalNumber]": number, f"{prefix}[billsec]": seconds}
        form |= {f"{prefix}[disposition]": disposition} if disposition else {}
    return binotel.parse(request(form)).events


def named(events: tuple[CallEvent, ...]) -> list[tuple[str, str | None]]:
    return [(each.kind, each.ext or each.login) for each in events]


def test_everything_is_acknowledged_to_the_letter() -> None:
    # Anything else, a space included, has apiCallCompleted sent again for 38 hours.
    assert binotel.acknowledge(request({})).body == '{"status":"success"}'
    assert binotel.acknowledge(request({})).status == 200
    for status in (400, 401, 503):
        assert "success" not in binotel.refuse(status).body


@pytest.mark.parametrize("body", [b"", b"{}", b"requestType=", b"generalCallID=1&callType=0", b"\xff\xfe"])
def test_what_names_no_kind_of_request_is_not_binotels(body: bytes) -> None:
    sent = PbxRequest("POST", "", {}, {}, body)
    for read in (binotel.parse, lambda each: binotel.authenticate(each, {})):
        with pytest.raises(Malformed):
            read(sent)


@pytest.mark.parametrize("name", ["receivedTheCall", "answeredTheCall", "hangupTheCall", "apiCallCompleted"])
def test_what_names_no_call_is_malformed(name: str) -> None:
    with pytest.raises(Malformed):
        binotel.parse(request({**PUSH, "requestType": name}))


@pytest.mark.rule("C3")
def test_a_national_number_is_read_by_the_connections_country() -> None:
    assert to_fact(push("receivedTheCall", internalNumber="901"), PBX, 1).event.phone == "+380501234567"


@pytest.mark.rule("K5")
def test_who_dials_is_not_given_a_colleague() -> None:
    asked = {"requestType": "apiCallSettings", **PUSH, "callType": "1", "internalNumber": "901"}
    assert binotel.parse(request(asked)) == Parsed(reply=PbxResponse())


@pytest.mark.rule("K7")
def test_a_transfer_names_who_gets_the_call_and_he_has_not_answered_yet() -> None:
    event = push("transferredTheCall", internalNumber="902")
    assert (event.kind, event.ext, event.login) == ("transferred", None, None)


@pytest.mark.parametrize(
    ("number", "ext", "login"),
    [("901", "901", None), (WIRE, None, WIRE), ("+380671234567", None, "+380671234567"), ("", None, None)],
)
def test_an_ordinary_phone_in_place_of_the_short_number_is_the_login(
    number: str, ext: str | None, login: str | None
) -> None:
    event = push("answeredTheCall", internalNumber=number)
    assert (event.ext, event.login) == (ext, login)
    assert PBX.employee_of(event.ext, event.login) == (ANNA if number in {"901", WIRE} else None)


@pytest.mark.rule("C4")
@pytest.mark.parametrize(("number", "direction"), [("902", "internal"), ("0", "in"), ("", "in"), ("0501234567", "in")])
def test_a_short_number_is_a_colleague(number: str, direction: str) -> None:
    assert push("receivedTheCall", externalNumber=number, internalNumber="901").direction == direction


@pytest.mark.parametrize(
    ("disposition", "outcome", "final"),
    [
        ("ANSWER", "answered", False),
        ("TRANSFER", "answered", False),
        ("BUSY", "busy", True),
        ("NOANSWER", None, True),
        ("CANCEL", None, True),
        ("VM-SUCCESS", None, True),
        ("NO SUCH WORD", None, True),
        ("", None, True),
    ],
)
@pytest.mark.rule("R7")
def test_a_hangup_knows_no_direction_and_is_the_last_word_only_on_a_call_not_answered(
    disposition: str, outcome: str | None, *, final: bool
) -> None:
    event = push("hangupTheCall", callType="", externalNumber="", disposition=disposition)
    assert (event.kind, event.direction, event.outcome, event.final) == ("ended", None, outcome, final)


@pytest.mark.rule("K6")
@pytest.mark.parametrize(
    ("call_type", "disposition", "outcome"),
    [
        ("0", "ANSWER", "answered"),
        ("0", "BUSY", "busy"),
        ("0", "CANCEL", "missed"),
        ("0", "CHANUNAVAIL", "missed"),
        ("0", "VM", "missed"),
        ("0", "NO SUCH WORD", "missed"),
        ("1", "ANSWER", "answered"),
        ("1", "CANCEL", "cancelled"),
        ("1", "NOANSWER", "cancelled"),
        ("1", "CONGESTION", "failed"),
        ("7", "ANSWER", "answered"),
        ("7", "NOANSWER", None),
    ],
)
def test_a_disposition_is_an_outcome_and_an_unknown_one_is_no_answer(
    call_type: str, disposition: str, outcome: str | None
) -> None:
    (event,) = completed(callType=call_type, internalNumber="901", disposition=disposition)
    assert (event.kind, event.outcome, event.final) == ("ended", outcome, True)


@pytest.mark.rule("K4")
def test_the_voicemail_answers_for_nobody() -> None:
    events = completed(("901", "0", "NOANSWER"), ("902", "15", "VM-SUCCESS"), disposition="VM", internalNumber="902")
    assert named(events) == [("leg_ended", "902"), ("leg_ended", "901"), ("ended", None)]
    (event,) = completed(disposition="VM", internalNumber="901", billsec="15")
    assert (event.ext, event.outcome) == (None, "missed")


@pytest.mark.rule("K7")
def test_the_legs_tell_who_answered_first_and_who_held_the_call_last() -> None:
    events = completed(
        ("903", "0", "NOANSWER"),
        ("901", "20", "TRANSFER"),
        ("902", "50", ""),
        internalNumber="902",
        disposition="TRANSFER",
    )
    assert named(events) == [("leg_ended", "903"), ("answered", "901"), ("ended", "902")]
    assert [each.at for each in events] == [STARTED * 1000, (STARTED + 5) * 1000, (STARTED + 25) * 1000]


def test_a_leg_rung_again_and_again_is_told_once() -> None:
    rounds = (("901", "0", "NOANSWER"), ("902", "0", "NOANSWER")) * 60
    assert len(completed(*rounds, disposition="CANCEL")) == 3
    assert named(completed(*rounds, ("901", "9", "ANSWER"))) == [("leg_ended", "902"), ("ended", "901")]


def test_a_leg_said_to_have_answered_without_a_second_of_talk_does_not_outdo_the_record() -> None:
    events = completed(("901", "0", "ANSWER"), ("902", "0", "CANCEL"), internalNumber="901", disposition="ANSWER")
    assert named(events) == [("leg_ended", "902"), ("ended", "901")]


@pytest.mark.parametrize("started", ["", "0", "soon", "99999999999999"])
def test_a_start_that_is_no_unix_time_gives_no_time(started: str) -> None:
    (event,) = completed(internalNumber="901", disposition="ANSWER", startTime=started)
    assert event.at is None


@pytest.mark.parametrize("junk", ["", "Array", "[]"])
def test_what_is_no_history_is_none(junk: str) -> None:
    form = {"requestType": "apiCallCompleted", "callDetails[generalCallID]": CALL_ID, "callDetails[callType]": "0"}
    form |= {"callDetails[internalNumber]": "901", "callDetails[disposition]": "ANSWER"}
    form |= {"callDetails[historyData]": junk, "callDetails[historyData][0]": junk, "callDetails[customerData]": junk}
    (event,) = binotel.parse(request(form)).events
    assert (event.ext, event.outcome) == ("901", "answered")


def test_a_repetition_is_the_same_events_whatever_its_counter() -> None:
    first, again = (each for each in ALL if str(each).startswith("binotel__duplicate"))
    assert first.request.body != again.request.body
    assert binotel.parse(first.request) == binotel.parse(again.request)


@pytest.mark.rule("T12")
@pytest.mark.parametrize(
    ("ext", "login", "sent"),
    [("901", WIRE, "901"), (None, WIRE, WIRE), ("901", None, "901"), (None, "m.koval", None), ("", None, None)],
)
def test_the_assignee_is_a_number_that_can_be_dialled_or_is_left_out(
    ext: str | None, login: str | None, sent: str | None
) -> None:
    body = json.loads(binotel.answer(Answer("c-1", "Ольга", (Target("anna", ext, login, 20),), "responsible")).body)
    assert body == {"customerData": {"name": "Ольга"} | ({"assignedToEmployeeNumber": sent} if sent else {})}


def test_an_unknown_number_is_an_empty_object() -> None:
    assert binotel.answer(Answer(None, None, (), "no_contact")).body == "{}"


@pytest.mark.rule("R6")
@pytest.mark.parametrize("situation", ["missed_by_a_group", "group_answered"])
def test_whom_the_call_was_sent_to_first_is_known(situation: str) -> None:
    facts = [to_fact(each, PBX, 1000 + place) for place, each in enumerate(recorded("binotel", situation))]
    assert derive(PBX, CALL_ID, facts).first_directed == "anna"


@pytest.mark.rule("R8")
def test_the_record_of_a_long_talk_makes_no_late_answer() -> None:
    # The push may have been lost; the record comes when the talk is over, the answer was long before.
    (event,) = completed(("901", "1800", "ANSWER"), internalNumber="901", disposition="ANSWER")
    arrived = (STARTED + 1805) * 1000
    assert to_fact(event, PBX, arrived).happened == (STARTED + 5) * 1000
