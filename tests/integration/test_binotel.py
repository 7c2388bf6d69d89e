"""Binotel: three kinds of requests at one address, from a first call to the answer to the second."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest

from tests.support.faults import failing
from tests.support.pbx import api_event
from tests.support.stack import Stack, a_company, a_connection

if TYPE_CHECKING:
    from functions.route.answer_lookup import LookupHandler
    from functions.webhook.handle_webhook import WebhookHandler
    from shared.contact import Contact
    from shared.pbx.protocol import PbxResponse
    from tests.support.functions import Functions

NATIONAL, CLIENT = "0501234567", "+380501234567"
WIRE = "0671234567"
SUCCESS = '{"status":"success"}'
PBX = a_connection(
    "binotel-main", "binotel", country="UA", employees_by_login={WIRE: "boris"}, lines={}, ring_seconds=20
)


@dataclass(slots=True)
class Binotel:
    """A Binotel PBX with one call going on."""

    handler: WebhookHandler | LookupHandler
    call_id: str = "2147300142"
    source_ip: str = "194.88.218.116"

    def ask(self, **fields: str) -> PbxResponse:
        """Send API CALL SETTINGS, which names no call."""
        asked = {"companyID": "3142", "callType": "0", "externalNumber": NATIONAL, "pbxNumber": "0443330142"}
        return self.send({"requestType": "apiCallSettings", **asked, **fields})

    def push(self, name: str, **fields: str) -> PbxResponse:
        """Send one API PUSH."""
        call = {"generalCallID": self.call_id, "callType": "0", "externalNumber": NATIONAL, "pbxNumber": "0443330142"}
        return self.send({"requestType": name, "companyID": "3142", **call, **fields})

    def completed(self, attempt: str = "1", **details: str) -> PbxResponse:
        """Send API CALL COMPLETED."""
        call = {"generalCallID": self.call_id, "callType": "0", "externalNumber": NATIONAL, "customerData": ""}
        fields = {f"callDetails[{name}]": value for name, value in {**call, **details}.items()}
        return self.send({"requestType": "apiCallCompleted", "attemptsCounter": attempt, **fields})

    def send(self, fields: dict[str, str]) -> PbxResponse:
        """Send one form."""
        body = urlencode(fields).encode()
        return self.handler.handle(api_event("binotel-main", body=body, source_ip=self.source_ip))


@pytest.fixture
def functions(functions: Functions) -> Functions:
    """Put a company with Binotel in force."""
    functions.apply(a_company(PBX))
    return functions


def the_contact(stack: Stack) -> Contact:
    contact = stack.contact(CLIENT)
    assert contact is not None
    return contact


def owners(stack: Stack) -> list[str]:
    return [each.who for each in the_contact(stack).responsibles]


@pytest.mark.rule("R2")
@pytest.mark.rule("T1")
def test_who_answered_the_first_call_is_named_for_the_second(functions: Functions, stack: Stack) -> None:
    first = Binotel(functions.webhook)
    assert first.ask().body == "{}"
    assert first.push("receivedTheCall", internalNumber="701").body == SUCCESS
    assert the_contact(stack).state == "pending"
    assert first.push("receivedTheCall", internalNumber="702").body == SUCCESS
    assert first.push("answeredTheCall", internalNumber="702").body == SUCCESS
    assert owners(stack) == ["boris"]
    for handler in (functions.webhook, functions.route):
        answer = Binotel(handler).ask()
        assert answer.status == 200
        assert json.loads(answer.body) == {"customerData": {"name": CLIENT, "assignedToEmployeeNumber": "702"}}


@pytest.mark.rule("K8")
def test_the_record_proves_the_answerer_where_pushes_are_not_switched_on(functions: Functions, stack: Stack) -> None:
    record = {"internalNumber": "701", "disposition": "ANSWER", "startTime": str(stack.clock.ms // 1000)}
    for attempt in ("1", "2", "7"):
        assert Binotel(functions.webhook).completed(attempt, **record).body == SUCCESS
    (owner,) = the_contact(stack).responsibles
    assert (owner.who, owner.source, owner.evidence.event) == ("anna", "answered", "apiCallCompleted")


@pytest.mark.rule("R8")
@pytest.mark.rule("R13")
def test_the_record_of_a_long_talk_changes_neither_the_evidence_nor_its_time(
    functions: Functions, stack: Stack
) -> None:
    pbx, started = Binotel(functions.webhook), stack.clock.ms
    pbx.push("receivedTheCall", internalNumber="701")
    stack.clock.tick(5)
    pbx.push("answeredTheCall", internalNumber="701")
    stack.clock.tick(1800)
    record = {"startTime": str(started // 1000), "waitsec": "5", "billsec": "1800", "disposition": "ANSWER"}
    leg = {"historyData][0][internalNumber": "701", "historyData][0][billsec": "1800"}
    assert pbx.completed(internalNumber="701", **record, **leg).body == SUCCESS
    (owner,) = the_contact(stack).responsibles
    assert (owner.who, owner.late, owner.evidence.event) == ("anna", False, "answeredTheCall")


@pytest.mark.rule("K7")
@pytest.mark.rule("R11")
def test_after_a_transfer_the_first_answerer_owns_and_the_last_held(functions: Functions, stack: Stack) -> None:
    pbx = Binotel(functions.webhook)
    pbx.push("receivedTheCall", internalNumber="702")
    pbx.push("answeredTheCall", internalNumber="702")
    pbx.push("transferredTheCall", internalNumber="701")
    pbx.push("hangupTheCall", billsec="70", disposition="TRANSFER")
    legs = {
        "historyData][0][internalNumber": "702",
        "historyData][0][billsec": "20",
        "historyData][1][internalNumber": "701",
        "historyData][1][billsec": "50",
    }
    pbx.completed(internalNumber="701", disposition="TRANSFER", startTime=str(stack.clock.ms // 1000), **legs)
    call = stack.call(PBX, pbx.call_id)
    assert call is not None
    assert call.first_answer is not None
    assert call.last_answer is not None
    assert (call.first_answer.leg.employee, call.last_answer.leg.employee) == ("boris", "anna")
    assert owners(stack) == ["boris"]


@pytest.mark.rule("C6")
@pytest.mark.rule("R7")
def test_a_missed_call_makes_a_contact_that_nobody_owns_as_soon_as_it_is_over(
    functions: Functions, stack: Stack
) -> None:
    pbx = Binotel(functions.webhook)
    pbx.push("receivedTheCall")
    assert stack.contact(CLIENT) is None
    pbx.push("receivedTheCall", internalNumber="701")
    pbx.push("hangupTheCall", billsec="0", disposition="CANCEL")
    assert (the_contact(stack).state, the_contact(stack).reason) == ("unowned", "nobody_answered")
    assert Binotel(functions.route).ask().body == '{"customerData": {"name": "' + CLIENT + '"}}'


def test_who_is_reached_at_an_ordinary_phone_owns_and_is_rung_by_his_short_number(
    functions: Functions, stack: Stack
) -> None:
    pbx = Binotel(functions.webhook)
    pbx.push("receivedTheCall", internalNumber=WIRE)
    pbx.push("answeredTheCall", internalNumber=WIRE)
    assert owners(stack) == ["boris"]
    assert json.loads(Binotel(functions.route).ask().body)["customerData"]["assignedToEmployeeNumber"] == "702"


@pytest.mark.rule("K5")
@pytest.mark.rule("C7")
def test_an_outgoing_call_makes_nothing_and_is_given_no_colleague(functions: Functions, stack: Stack) -> None:
    pbx = Binotel(functions.webhook)
    assert pbx.ask(callType="1", internalNumber="701").body == "{}"
    pbx.push("receivedTheCall", callType="1", internalNumber="701")
    pbx.push("answeredTheCall", callType="1", internalNumber="701")
    pbx.push("hangupTheCall", callType="1", disposition="ANSWER")
    pbx.completed(callType="1", internalNumber="701", disposition="ANSWER")
    assert stack.contact(CLIENT) is None


@pytest.mark.rule("T12")
def test_what_cannot_be_stored_is_refused_so_that_it_is_repeated_and_look_ups_stay_answered(
    functions: Functions, stack: Stack
) -> None:
    pbx = Binotel(functions.webhook)
    with failing({"UpdateItem", "GetItem", "BatchGetItem"}, stack.dynamodb):
        refused = pbx.completed(internalNumber="701", disposition="ANSWER")
        asked = pbx.ask()
    assert refused.status == 503
    assert "success" not in refused.body
    assert (asked.status, asked.body) == (200, "{}")
    assert pbx.completed("2", internalNumber="701", disposition="ANSWER").body == SUCCESS
    assert owners(stack) == ["anna"]


def test_only_the_vendors_addresses_get_in_where_they_are_listed(functions: Functions, stack: Stack) -> None:
    functions.apply(a_company(PBX._replace(source_ips=("194.88.218.116/30",))))
    for source, status in (("194.88.218.116", 200), ("194.88.218.119", 200), ("194.88.218.120", 403), ("", 403)):
        pbx = Binotel(functions.webhook, source_ip=source)
        assert pbx.push("receivedTheCall", internalNumber="701").status == status
    assert stack.count("call#") == 1


@pytest.mark.parametrize("body", [b"", b"{", b"callType=0", b"requestType=answeredTheCall", b"\xff"])
def test_what_is_not_binotels_is_400_and_leaves_nothing(functions: Functions, stack: Stack, body: bytes) -> None:
    for handler in (functions.webhook, functions.route):
        response = handler.handle(api_event("binotel-main", body=body))
        assert (response.status, json.loads(response.body)) == (400, {"error": "Invalid parameters"})
    assert stack.count("call#") == 0
