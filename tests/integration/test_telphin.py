"""Telphin: events of extensions and the scheme's question, from a first call to the answer to the second."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode
from xml.etree import ElementTree as ET

import pytest

from tests.support.faults import failing
from tests.support.pbx import api_event
from tests.support.stack import CLIENT, LINE, Stack, a_company, a_connection

if TYPE_CHECKING:
    from functions.route.answer_lookup import LookupHandler
    from functions.webhook.handle_webhook import WebhookHandler
    from shared.contact import Contact
    from shared.pbx.protocol import PbxResponse
    from tests.support.functions import Functions

PBX = a_connection("telphin-main", "telphin", employees_by_login={})
EMPTY = '<?xml version="1.0" encoding="UTF-8"?><Response></Response>'


@dataclass(slots=True)
class Telphin:
    """A Telphin PBX with one call going on."""

    handler: WebhookHandler | LookupHandler
    stack: Stack
    call_id: str = "5f0c1d7ab3e94286c0d1f2a3b4c5d6e7"
    method: str = "POST"

    def event(self, name: str, ext: str, **fields: str) -> PbxResponse:
        """Report one event of an extension."""
        leg = {
            "CallFlow": "in",
            "CallerIDNum": ext if name == "answer" else CLIENT,
            "CalledExtension": f"1234*{ext}@sipproxy.telphin.ru",
            "EventTime": str(self.stack.clock.ms * 1000),
        }
        return self.send({"EventType": name, **leg, **fields})

    def ask(self) -> PbxResponse:
        """Ask as a scheme does."""
        ivr = {"CallFlow": "IN", "CallStatus": "ANSWER", "CalledExtension": "1234*099@sipproxy.telphin.ru"}
        return self.send({"EventType": "call_interactive", **ivr})

    def send(self, fields: dict[str, str]) -> PbxResponse:
        """Send one form, in the body or in the query."""
        common = {"CallID": self.call_id, "CallerIDNum": CLIENT, "CallerIDName": CLIENT, "CalledDID": LINE[1:]}
        form = {**common, **fields}
        if self.method == "GET":
            return self.handler.handle(api_event("telphin-main", method="GET", query=form))
        return self.handler.handle(api_event("telphin-main", body=urlencode(form).encode()))


@pytest.fixture
def functions(functions: Functions) -> Functions:
    """Put a company with Telphin in force."""
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
@pytest.mark.parametrize("method", ["POST", "GET"])
def test_who_answered_the_first_call_is_where_the_second_is_sent(
    functions: Functions, stack: Stack, method: str
) -> None:
    assert Telphin(functions.route, stack, method=method).ask().body == EMPTY
    assert stack.count("call#") == 0
    first = Telphin(functions.webhook, stack, method=method)
    first.event("dial-in", "701")
    first.event("dial-in", "702")
    assert the_contact(stack).state == "pending"
    stack.clock.tick(6)
    first.event("answer", "702")
    first.event("hangup", "701", CallStatus="CANCEL", Duration="0")
    assert owners(stack) == ["boris"]
    for handler in (functions.webhook, functions.route):
        response = Telphin(handler, stack, call_id="second", method=method).ask()
        assert (response.status, response.content_type) == (200, "text/xml; charset=utf-8")
        variable, caller = ET.fromstring(response.body)  # noqa: S314 -- our own answer
        assert (variable.tag, variable.attrib, variable.text) == ("SetVar", {"name": "transferDestination"}, "702")
        assert (caller.tag, caller.attrib) == ("SetCaller", {"name": CLIENT, "number": CLIENT})


@pytest.mark.rule("K8")
def test_the_hangup_proves_the_answerer_and_when_he_picked_up(functions: Functions, stack: Stack) -> None:
    pbx = Telphin(functions.webhook, stack)
    pbx.event("dial-in", "701")
    stack.clock.tick(600)
    pbx.event("hangup", "701", CallStatus="ANSWER", Duration="590000000")
    (owner,) = the_contact(stack).responsibles
    assert (owner.who, owner.late, owner.evidence.event) == ("anna", False, "hangup")


@pytest.mark.rule("C1")
@pytest.mark.rule("K4")
def test_a_menu_that_picks_up_makes_no_contact_and_owns_nobody(functions: Functions, stack: Stack) -> None:
    pbx = Telphin(functions.webhook, stack)
    pbx.event("answer", "099", Bridged="no", CallerIDNum=CLIENT)
    assert stack.contact(CLIENT) is None
    pbx.event("hangup", "099", Bridged="no", CallStatus="ANSWER", CallerIDNum=CLIENT)
    assert (the_contact(stack).state, the_contact(stack).reason) == ("unowned", "nobody_answered")


@pytest.mark.rule("R3")
@pytest.mark.rule("R7")
def test_a_caller_who_gave_up_is_decided_by_the_deadline_where_no_menu_reports(
    functions: Functions, stack: Stack
) -> None:
    pbx = Telphin(functions.webhook, stack)
    pbx.event("dial-in", "701")
    pbx.event("hangup", "701", CallStatus="CANCEL", Duration="0")
    assert the_contact(stack).state == "pending"
    stack.clock.tick(240)
    functions.deliver()
    assert (the_contact(stack).state, the_contact(stack).reason) == ("unowned", "nobody_answered")


@pytest.mark.rule("K3")
def test_a_phone_that_rang_in_vain_takes_nothing_from_the_next(functions: Functions, stack: Stack) -> None:
    pbx = Telphin(functions.webhook, stack)
    pbx.event("dial-in", "701")
    stack.clock.tick(20)
    pbx.event("hangup", "701", CallStatus="NOANSWER", Duration="0")
    assert the_contact(stack).state == "pending"
    pbx.event("dial-in", "702")
    pbx.event("answer", "702")
    assert owners(stack) == ["boris"]


@pytest.mark.rule("K7")
@pytest.mark.rule("R11")
def test_after_a_transfer_the_first_answerer_owns_and_the_last_held(functions: Functions, stack: Stack) -> None:
    pbx = Telphin(functions.webhook, stack)
    for ext in ("702", "701"):
        pbx.event("dial-in", ext)
        stack.clock.tick(5)
        pbx.event("answer", ext)
        stack.clock.tick(20)
    call = stack.call(PBX, pbx.call_id)
    assert call is not None
    assert call.last_answer is not None
    assert (owners(stack), call.last_answer.leg.employee) == (["boris"], "anna")


@pytest.mark.rule("T12")
def test_the_scheme_always_gets_its_xml_back(functions: Functions, stack: Stack) -> None:
    Telphin(functions.webhook, stack).event("dial-in", "701")
    Telphin(functions.webhook, stack).event("answer", "701")
    for handler in (functions.webhook, functions.route):
        with failing({"GetItem", "BatchGetItem"}, stack.dynamodb):
            response = Telphin(handler, stack).ask()
        assert (response.status, response.content_type) == (200, "text/xml; charset=utf-8")
        assert "SetVar" not in response.body


def test_an_event_that_cannot_be_stored_is_503(functions: Functions, stack: Stack) -> None:
    with failing({"UpdateItem"}, stack.dynamodb):
        assert Telphin(functions.webhook, stack).event("dial-in", "701").status == 503


def test_an_event_at_the_schemes_address_is_refused_and_not_lost_without_a_word(
    functions: Functions, stack: Stack
) -> None:
    response = Telphin(functions.route, stack).event("dial-in", "701")
    assert response.status == 400
    assert len(ET.fromstring(response.body)) == 0  # noqa: S314 -- our own answer


@pytest.mark.parametrize("body", [b"", b"{", b"CallID=1", b"EventType=answer", b"\xff"])
def test_what_is_not_telphins_is_400_and_leaves_nothing(functions: Functions, stack: Stack, body: bytes) -> None:
    for handler in (functions.webhook, functions.route):
        assert handler.handle(api_event("telphin-main", body=body)).status == 400
    assert stack.count("call#") == 0
