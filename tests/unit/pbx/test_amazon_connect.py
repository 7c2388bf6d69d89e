"""Amazon Connect: what a contact flow sends, and the flat map it reads."""

from __future__ import annotations

import json
from typing import Any

import pytest

from shared.pbx.families import amazon_connect
from shared.pbx.protocol import NO_OPINION, Answer, Malformed, Parsed, PbxRequest, Target

CLIENT, LINE = "+79161234567", "+74951112200"


def invoked(parameters: dict[str, Any] | None = None, **contact: Any) -> Parsed:
    whole = {
        "Channel": "VOICE",
        "ContactId": "c-2",
        "InitialContactId": "c-1",
        "CustomerEndpoint": {"Address": CLIENT, "Type": "TELEPHONE_NUMBER"},
        "SystemEndpoint": {"Address": LINE, "Type": "TELEPHONE_NUMBER"},
        "InitiationMethod": "INBOUND",
    }
    document = {"Name": "ContactFlowEvent", "Details": {"ContactData": whole | contact, "Parameters": parameters or {}}}
    return amazon_connect.parse(PbxRequest("POST", "", {}, {}, json.dumps(document).encode()))


@pytest.mark.rule("T10")
def test_the_answer_is_a_flat_map_of_texts() -> None:
    targets = (Target("vera", None, None, 20), Target("anna", "arn:agent/a", "anna", 20), Target("b", "x", None, 20))
    body = json.loads(amazon_connect.answer(Answer("c-1", "Ольга", targets, "responsible")).body)
    assert body == {
        "contact_id": "c-1",
        "contact_name": "Ольга",
        "reason": "responsible",
        "agent": "arn:agent/a",
        "employee": "anna",
        "ring_seconds": "20",
    }


@pytest.mark.rule("T12")
def test_no_opinion_is_an_empty_map_that_leaves_the_flow_to_its_branches() -> None:
    assert amazon_connect.answer(NO_OPINION).body == "{}"
    known = amazon_connect.answer(Answer("c-1", None, (), "nobody_available"))
    assert json.loads(known.body) == {"contact_id": "c-1", "contact_name": "", "reason": "nobody_available"}


@pytest.mark.parametrize("initial", ["c-1", None, ""])
def test_a_transfer_stays_the_call_it_was(initial: str | None) -> None:
    lookup = invoked(InitialContactId=initial).lookup
    assert lookup is not None
    assert lookup.call_id == (initial or "c-2")


@pytest.mark.parametrize("method", ["OUTBOUND", "API", "CALLBACK"])
def test_a_contact_that_we_began_asks_for_nobody(method: str) -> None:
    parsed = invoked(InitiationMethod=method)
    assert parsed.lookup is not None
    assert (parsed.lookup.phone, parsed.events[0].direction) == (None, "out")


@pytest.mark.parametrize("endpoint", [None, {}, {"Address": "a@example.com", "Type": "EMAIL_ADDRESS"}, "x"])
def test_an_endpoint_that_is_no_number_is_withheld(endpoint: Any) -> None:
    assert invoked(CustomerEndpoint=endpoint).events[0].phone is None


@pytest.mark.parametrize("agent", ["", None])
def test_an_acceptance_by_nobody_is_a_machines(agent: str | None) -> None:
    (event,) = invoked({"event": "answered", "agent": agent}).events
    assert (event.kind, event.login) == ("answered", None)


@pytest.mark.parametrize("document", [b"{}", b"[]", b"", b'{"Details": 5}', b'{"Details": {"ContactData": {}}}'])
def test_an_invocation_without_a_contact_is_malformed(document: bytes) -> None:
    with pytest.raises(Malformed):
        amazon_connect.parse(PbxRequest("POST", "", {}, {}, document))
