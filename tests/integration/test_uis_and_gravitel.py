"""UIS, whose notifications the administrator writes, and Gravitel, whose accounts speak one of two protocols."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest

from tests.support.faults import failing
from tests.support.functions import Functions
from tests.support.pbx import TOKEN, ItooLabs, api_event
from tests.support.stack import CLIENT, LINE, Stack, a_company, a_connection

if TYPE_CHECKING:
    from functions.route.answer_lookup import LookupHandler
    from functions.webhook.handle_webhook import WebhookHandler
    from shared.pbx.protocol import PbxResponse

PAGE = Path("docs/operators/uis.md").read_text(encoding="utf-8")
TEMPLATES = {
    block.partition('"event": "')[2].partition('"')[0]: block
    for block in re.findall(r"^```json\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
}
EMPLOYEES = {"anna": 2340011, "boris": 2340012, "vera": 2340013}


@dataclass(slots=True)
class Uis:
    """A UIS account whose notifications are those of its page, with one call going on."""

    handler: WebhookHandler
    call_id: int = 3781920511
    connection: str = "uis-main"
    ids: bool = True  # the employee by `employee_id`, else by short number

    def notify(self, event: str, employee: str | None = None, **variables: Any) -> PbxResponse:
        values = {
            "notification_time": "2026-11-23 13:15:30",
            "call_session_id": self.call_id,
            "direction": "in",
            "contact_phone_number": CLIENT.removeprefix("+"),
            "virtual_phone_number": LINE.removeprefix("+"),
            "employee_id": EMPLOYEES[employee] if employee and self.ids else None,
            "extension_phone_number": {"anna": "701", "boris": "702"}[employee] if employee and not self.ids else None,
            **variables,
        }
        body = re.sub(r"\{\{(\w+)\}\}", lambda found: json.dumps(values.get(found[1])), TEMPLATES[event])
        headers = {"content-type": "application/json"}
        return self.handler.handle(api_event(self.connection, headers=headers, body=body.encode()))

    def answered_by(self, employee: str) -> None:
        self.notify("INCOMING")
        for each in ("anna", "boris"):
            self.notify("WAITING", each)
        self.notify("TALK_START", employee)
        self.notify("TALK_END", employee, talk_time_duration=40)
        self.notify("CALL_END", employee, talk_time_duration=40)


def asked(handler: WebhookHandler | LookupHandler, connection: str = "uis-main", suffix: str = "") -> dict[str, Any]:
    """Ask as the scenario's step does."""
    form = {"call_session_id": "77", "numa": CLIENT.removeprefix("+"), "numb": LINE.removeprefix("+")}
    response = handler.handle(api_event(connection, suffix=suffix, body=urlencode(form).encode()))
    assert response.status == 200
    answer = json.loads(response.body)
    assert isinstance(answer, dict)
    return answer


@dataclass(slots=True)
class Gravitel:
    """An account of Gravitel's platform of today with one call going on."""

    handler: WebhookHandler | LookupHandler
    call_id: int = 604118200311
    key: str = TOKEN

    def event(self, stage: str, extension: int, **fields: Any) -> PbxResponse:
        document = {"id": self.call_id, "stage": stage, "extension": extension, **self._common(), **fields}
        return self.push("event", document)

    def history(self, result: str, extension: str) -> PbxResponse:
        times = {"when": 1795000000, "provision": 5, "duration": 40}
        return self.push(
            "history", {"id": str(self.call_id), "result": result, "extension": extension, **times, **self._common()}
        )

    def client(self) -> PbxResponse:
        return self.push(
            "client",
            {"id": str(self.call_id), "clientPhone": CLIENT.removeprefix("+"), "phone": LINE.removeprefix("+")},
        )

    def push(self, suffix: str, document: dict[str, Any]) -> PbxResponse:
        headers = {"content-type": "application/json", "x-api-key": self.key}
        body = json.dumps(document).encode()
        return self.handler.handle(api_event("gravitel-main", suffix=suffix, headers=headers, body=body))

    def _common(self) -> dict[str, Any]:
        return {"direction": "in", "client": CLIENT.removeprefix("+"), "phone": LINE.removeprefix("+")}


@pytest.fixture
def functions(stack: Stack) -> Functions:
    functions = Functions(stack)
    by_id = {str(number): name for name, number in EMPLOYEES.items()}
    functions.apply(
        a_company(
            a_connection("uis-main", "uis", employees_by_login=by_id),
            a_connection(
                "callgear-main", "uis", operator="callgear", answerer="first_directed", employees_by_login=by_id
            ),
            a_connection("gravitel-main", "gravitel"),
            a_connection("gravitel-old", "itoolabs", operator="gravitel"),
        )
    )
    return functions


def owners(stack: Stack) -> list[tuple[str, str, str]]:
    contact = stack.contact(CLIENT)
    assert contact is not None
    return [(each.who, each.source, each.evidence.event) for each in contact.responsibles]


@pytest.mark.rule("R2")
@pytest.mark.rule("T1")
@pytest.mark.parametrize("ids", [True, False])
def test_who_answers_a_uis_call_owns_the_contact_and_is_listed_for_the_next_call(
    functions: Functions, stack: Stack, *, ids: bool
) -> None:
    assert asked(functions.route) == {}
    Uis(functions.webhook, ids=ids).answered_by("boris")
    assert owners(stack) == [("boris", "answered", "TALK_START")]
    assert asked(functions.route) == {"phones": ["702"]}
    assert asked(functions.route, suffix="interactive") == {"phones": ["702"]}
    assert asked(functions.webhook, suffix="interactive") == {"phones": ["702"]}


@pytest.mark.rule("C1")
def test_a_uis_contact_is_made_when_the_first_phone_rings(functions: Functions, stack: Stack) -> None:
    pbx = Uis(functions.webhook)
    pbx.notify("INCOMING")
    assert stack.contact(CLIENT) is None
    pbx.notify("WAITING", "anna")
    contact = stack.contact(CLIENT)
    assert contact is not None
    assert (contact.state, contact.responsibles) == ("pending", ())


@pytest.mark.rule("T10")
def test_all_responsibles_are_listed(functions: Functions, stack: Stack) -> None:
    line = {"virtual_phone_number": "74951112233"}
    pbx = Uis(functions.webhook)
    pbx.notify("INCOMING", **line)
    pbx.notify("WAITING", "anna", **line)
    assert [who for who, _, _ in owners(stack)] == ["boris", "group:sales"]
    assert asked(functions.route) == {"phones": ["702", "701"]}


@pytest.mark.rule("R7")
def test_a_lost_uis_call_leaves_the_contact_with_nobody_at_once(functions: Functions, stack: Stack) -> None:
    pbx = Uis(functions.webhook)
    pbx.notify("INCOMING")
    pbx.notify("WAITING", "anna")
    pbx.notify("LOST", employee_ids=[EMPLOYEES["anna"]])
    contact = stack.contact(CLIENT)
    assert contact is not None
    assert (contact.state, contact.reason) == ("unowned", "nobody_answered")
    assert asked(functions.route) == {}


@pytest.mark.rule("K7")
@pytest.mark.rule("R11")
def test_after_a_uis_transfer_the_first_answerer_owns(functions: Functions, stack: Stack) -> None:
    pbx = Uis(functions.webhook)
    for employee in ("boris", "anna"):
        pbx.notify("WAITING", employee)
        pbx.notify("TALK_START", employee)
        stack.clock.tick(20)
        pbx.notify("TALK_END", employee, talk_time_duration=20)
    pbx.notify("CALL_END", "anna", talk_time_duration=40)
    assert [who for who, _, _ in owners(stack)] == ["boris"]
    connection = functions.company.connections["uis-main"] if functions.company else None
    assert connection is not None
    call = stack.call(connection, "3781920511")
    assert call is not None
    assert call.last_answer is not None
    assert (call.last_answer.leg.employee, call.state, call.outcome) == ("anna", "ended", "answered")


@pytest.mark.rule("R4")
def test_on_callgear_the_first_to_be_rung_owns(functions: Functions, stack: Stack) -> None:
    Uis(functions.webhook, connection="callgear-main").answered_by("boris")
    assert owners(stack) == [("anna", "first_directed", "WAITING")]
    assert asked(functions.route, "callgear-main") == {"phones": ["701"]}


@pytest.mark.rule("C7")
def test_an_outgoing_uis_call_makes_no_contact(functions: Functions, stack: Stack) -> None:
    pbx = Uis(functions.webhook)
    pbx.notify("OUTGOING", "anna", employee_phone_number="701")
    pbx.notify("TALK_START", "anna", direction="out")
    pbx.notify("CALL_END", "anna", direction="out", talk_time_duration=9)
    assert stack.contact(CLIENT) is None


@pytest.mark.rule("T12")
def test_the_step_is_answered_also_when_nothing_can_be_read(functions: Functions, stack: Stack) -> None:
    Uis(functions.webhook).answered_by("boris")
    with failing({"Query", "GetItem", "BatchGetItem"}, stack.dynamodb):
        assert asked(functions.route) == {}


def test_a_notification_that_is_cut_short_or_lacks_its_event_is_400(functions: Functions, stack: Stack) -> None:
    for body in (b'{"event": "WAITING", "call_session_id": 1', b'{"call_session_id": 1}'):
        response = functions.webhook.handle(api_event("uis-main", body=body))
        assert (response.status, response.body) == (400, '{"error": "Invalid parameters"}')
    assert stack.count("call#") == 0


def test_a_wrong_key_of_the_address_is_404(functions: Functions) -> None:
    assert functions.webhook.handle(api_event("uis-main", key="guessed", body=b"{}")).status == 404


@pytest.mark.rule("R2")
@pytest.mark.rule("T1")
def test_who_answers_a_gravitel_call_owns_the_contact_and_is_named_for_the_next_call(
    functions: Functions, stack: Stack
) -> None:
    pbx = Gravitel(functions.webhook)
    assert pbx.client().body == "{}"
    pbx.event("alerting", 701)
    pbx.event("alerting", 702)
    pbx.event("talking", 702)
    pbx.event("released", 701)
    pbx.event("released", 702)
    assert pbx.history("success", "702").body == "{}"
    assert owners(stack) == [("boris", "answered", "event talking")]
    for handler in (functions.webhook, functions.route):
        answer = json.loads(Gravitel(handler, call_id=2).client().body)
        assert answer == {"contact_name": CLIENT, "responsible": "702"}


@pytest.mark.rule("K8")
def test_gravitels_history_alone_proves_the_answerer(functions: Functions, stack: Stack) -> None:
    Gravitel(functions.webhook).history("success", "701")
    assert owners(stack) == [("anna", "answered", "history")]


@pytest.mark.rule("R7")
@pytest.mark.rule("K3")
def test_gravitels_released_ends_no_call_but_its_history_does(functions: Functions, stack: Stack) -> None:
    pbx = Gravitel(functions.webhook)
    pbx.event("alerting", 701)
    pbx.event("released", 701)
    contact = stack.contact(CLIENT)
    assert contact is not None
    assert contact.state == "pending"
    pbx.history("missed", "")
    contact = stack.contact(CLIENT)
    assert contact is not None
    assert (contact.state, contact.reason) == ("unowned", "nobody_answered")


def test_another_key_at_gravitel_is_401(functions: Functions, stack: Stack) -> None:
    response = Gravitel(functions.webhook, key="guessed").event("alerting", 701)
    assert (response.status, response.body) == (401, '{"error": "Invalid API key"}')
    assert stack.count("call#") == 0


@pytest.mark.rule("T1")
def test_an_older_gravitel_account_is_spoken_to_as_itoolabs(functions: Functions, stack: Stack) -> None:
    first = ItooLabs(functions.webhook, connection="gravitel-old")
    assert first.ask() == {}
    without_direction = {"direction": "", "diversion": ""}  # as in Gravitel's document of 2017
    first.event("INCOMING", "anna", **without_direction)
    first.event("ACCEPTED", "anna", **without_direction)
    first.event("COMPLETED", "anna", **without_direction)
    first.history("Success", "anna", **{"z-flag": "0"})
    assert owners(stack) == [("anna", "answered", "ACCEPTED")]
    second = ItooLabs(functions.webhook, connection="gravitel-old", call_id="second")
    assert second.ask() == {"contact_name": CLIENT, "responsible": "anna"}
