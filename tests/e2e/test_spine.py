"""The deployed stack, IAM enforced: first call, owner, next call; parallel events; the message and the sweep."""

from __future__ import annotations

import json
import secrets
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote, urlencode

import pytest

from tests.support.deployed import put_in_force
from tools.bootstrap import ROOT
from tools.web import Reply, send

if TYPE_CHECKING:
    from collections.abc import Callable

    from tools.deployed import Connection, DeployedStack, Record

LINE = "74951112233"


@pytest.fixture(scope="module")
def connections(deployed: DeployedStack) -> dict[str, Connection]:
    """Put the example company in force."""
    put_in_force(deployed, ROOT / "examples" / "company.yaml")
    return deployed.connections()


@pytest.fixture
def customer() -> str:
    """Make up a number nobody has called from yet."""
    return f"+7999{secrets.randbelow(10_000_000):07d}"


def megafon(connection: Connection, customer: str, call_id: str, **fields: str) -> Reply:
    form = {"phone": customer[1:], "diversion": LINE, "callid": call_id, "crm_token": connection.secrets["crm_token"]}
    body = urlencode({**form, **fields}).encode()
    return send("POST", connection.webhook_url, body, {"Content-Type": "application/x-www-form-urlencoded"})


def event(connection: Connection, customer: str, call_id: str, kind: str, user: str, ext: str) -> Reply:
    return megafon(
        connection, customer, call_id, cmd="event", type=kind, user=user, ext=ext, direction="in", telnum=LINE
    )


def contacts(deployed: DeployedStack, phone: str) -> list[Record]:
    return cast("list[Record]", deployed.record(f"contacts?phone={quote(phone)}")["items"])


def wait_for(deployed: DeployedStack, phone: str, state: str, seconds: float) -> Any:
    """Wait until the number's contact has come to a state."""
    until = time.monotonic() + seconds
    while True:
        found = contacts(deployed, phone)
        if found and found[0]["state"] == state:
            return found[0]
        assert time.monotonic() < until, f"after {seconds} s: {found}"
        time.sleep(0.3)


@pytest.mark.rule("R2")
@pytest.mark.rule("T1")
def test_who_answers_the_first_call_gets_the_next(
    deployed: DeployedStack, connections: dict[str, Connection], customer: str
) -> None:
    pbx = connections["megafon-main"]
    assert json.loads(megafon(pbx, customer, "one", cmd="contact").text) == {}
    call_id = secrets.token_hex(8)
    for kind, user, ext in (
        ("INCOMING", "anna", "701"),
        ("INCOMING", "boris", "702"),
        ("ACCEPTED", "boris", "702"),
        ("CANCELLED", "anna", "701"),
        ("COMPLETED", "boris", "702"),
    ):
        assert event(pbx, customer, call_id, kind, user, ext).status == 200
    history = {"status": "Success", "user": "boris", "start": "20261123T101530Z", "duration": "28"}
    assert megafon(pbx, customer, call_id, cmd="history", type="in", **history).status == 200
    (contact,) = contacts(deployed, customer)
    (owner,) = cast("list[Record]", contact["responsibles"])
    assert (owner["employee"], owner["source"], owner["late"]) == ("boris", "answered", False)
    assert owner["evidence"] == {"connection": "megafon-main", "call_id": call_id, "event": "ACCEPTED"}
    call = deployed.record(f"calls/megafon-main/{call_id}")
    assert (call["outcome"], call["answered_by"], call["contact_id"]) == ("answered", "boris", contact["id"])
    answer = json.loads(megafon(pbx, customer, "two", cmd="contact").text)
    assert answer == {"contact_name": customer, "responsible": "boris"}


@pytest.mark.rule("C2")
def test_a_hundred_first_events_at_once_make_one_contact(
    deployed: DeployedStack, connections: dict[str, Connection], customer: str
) -> None:
    pbx, site = connections["megafon-main"], connections["site"]
    headers = {"Authorization": f"Bearer {site.secrets['token']}", "Content-Type": "application/json"}

    def ring(number: int) -> Reply:
        if number % 2:
            return event(pbx, customer, f"{customer}-{number % 10}", "INCOMING", "anna", "701")
        document = {"event": "ringing", "call_id": f"{customer}-{number}", "phone": customer, "ext": "21"}
        return send("POST", site.webhook_url, json.dumps(document).encode(), headers)

    with ThreadPoolExecutor(16) as pool:
        assert {reply.status for reply in pool.map(ring, range(100))} == {200}
    assert len(contacts(deployed, customer)) == 1
    keys = deployed.dynamodb().scan(
        TableName=deployed.outputs["TableName"],
        FilterExpression="pk = :pk",
        ExpressionAttributeValues={":pk": {"S": f"phone#{customer}"}},
    )
    assert keys["Count"] == 1


@pytest.mark.rule("R3")
def test_the_delayed_message_decides_an_unanswered_call(
    deployed: DeployedStack, connections: dict[str, Connection], customer: str
) -> None:
    event(connections["megafon-main"], customer, secrets.token_hex(8), "INCOMING", "anna", "701")
    assert contacts(deployed, customer)[0]["state"] == "pending"
    assert wait_for(deployed, customer, "unowned", 25)["reason"] == "nobody_answered"


@pytest.mark.rule("R3")
def test_the_schedules_sweep_decides_a_call_whose_message_was_lost(
    deployed: DeployedStack, connections: dict[str, Connection], customer: str
) -> None:
    mapping = next(
        each
        for each in deployed.functions().list_event_source_mappings()["EventSourceMappings"]
        if "BackfillQueue" in each["EventSourceArn"]
    )
    deployed.functions().update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
    try:
        event(connections["megafon-main"], customer, secrets.token_hex(8), "INCOMING", "anna", "701")
        deployed.sqs().purge_queue(QueueUrl=deployed.outputs["BackfillQueueUrl"])
        assert wait_for(deployed, customer, "unowned", 90)["reason"] == "nobody_answered"
    finally:
        deployed.functions().update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)


@pytest.mark.rule("T1")
def test_the_generic_look_up_gives_contact_targets_and_reason(
    connections: dict[str, Connection], customer: str
) -> None:
    site, pbx = connections["site"], connections["megafon-main"]
    headers = {"Authorization": f"Bearer {site.secrets['token']}"}
    question = f"?phone={quote(customer)}&called=21"
    unknown = send("GET", site.route_url + question, headers=headers)
    assert json.loads(unknown.text) == {"contact": None, "targets": [], "reason": "off"}
    event(pbx, customer, secrets.token_hex(8), "INCOMING", "anna", "701")
    for address in (site.route_url, site.webhook_url):
        known = json.loads(send("GET", address + question, headers=headers).text)
        assert known["contact"]["name"] == customer


@pytest.mark.parametrize("kind", ["webhook", "route"])
def test_strangers_are_turned_away(connections: dict[str, Connection], kind: str) -> None:
    pbx = connections["megafon-main"]
    address = pbx.webhook_url if kind == "webhook" else pbx.route_url
    wrong_key = address.rpartition("/")[0] + "/wrong"
    unknown = wrong_key.replace("megafon-main", "nobody")
    answers = [send("POST", each, b"cmd=contact") for each in (wrong_key, unknown)]
    assert [(each.status, each.text) for each in answers] == [(404, answers[0].text)] * 2
    forged = send("POST", address, urlencode({"cmd": "contact", "crm_token": "guess"}).encode())
    assert (forged.status, json.loads(forged.text)) == (401, {"error": "Invalid token"})
    empty = send("POST", address, urlencode({"crm_token": pbx.secrets["crm_token"]}).encode())
    assert (empty.status, json.loads(empty.text)) == (400, {"error": "Invalid parameters"})
    assert send("POST", address, b"\xff\xfe\x00" * 100).status in {400, 401}
    assert send("POST", address, b"x" * 1_000_000).status in {400, 401}


@pytest.mark.rule("T12")
def test_a_look_up_that_is_denied_the_table_gives_no_opinion(
    deployed: DeployedStack, connections: dict[str, Connection], customer: str, without_action: Callable[..., Any]
) -> None:
    pbx = connections["megafon-main"]
    body = urlencode({"cmd": "contact", "phone": customer[1:], "crm_token": pbx.secrets["crm_token"]}).encode()
    with without_action(deployed, "RouteRole", "dynamodb:GetItem", "dynamodb:BatchGetItem"):
        reply = send("POST", pbx.route_url, body)
    assert (reply.status, reply.text) == (200, "{}")


def test_a_company_applied_is_in_force_in_route_within_ten_seconds(
    deployed: DeployedStack, connections: dict[str, Connection], customer: str
) -> None:
    pbx = connections["megafon-main"]
    call_id = secrets.token_hex(8)
    event(pbx, customer, call_id, "INCOMING", "anna", "701")
    event(pbx, customer, call_id, "ACCEPTED", "anna", "701")
    body = urlencode({"cmd": "contact", "phone": customer[1:], "crm_token": pbx.secrets["crm_token"]}).encode()
    assert "responsible" in json.loads(send("POST", pbx.route_url, body).text)
    company = deployed.record("company")
    rows = cast("dict[str, Record]", company["connections"])
    rows["megafon-main"]["redirect_to_responsible"] = "off"
    assert deployed.admin("PUT", "company", company).status == 200
    time.sleep(10)
    assert json.loads(send("POST", pbx.route_url, body).text) == {"contact_name": customer}
    rows["megafon-main"]["redirect_to_responsible"] = "always"
    assert deployed.admin("PUT", "company", company).status == 200
    assert deployed.connections()["megafon-main"].webhook_url == pbx.webhook_url  # keys stay
