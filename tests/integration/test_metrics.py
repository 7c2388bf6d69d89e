"""What happened is counted once, by the right function, and nothing that names a person is in a figure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import urllib3

from functions.admin.settings import Settings
from functions.admin.wiring import build
from functions.command.send_to_mango import CommandCarrier, MangoApi
from shared.calls import Calls
from shared.companies import Companies
from shared.contacts import Contacts
from shared.metrics import count, measure
from shared.ownership import decide_after_ms
from shared.settlement import Settlement
from tests.support.faults import failing
from tests.support.figures import Figures, of_name
from tests.support.loopback import Answering, on_loopback
from tests.support.pbx import Generic, ItooLabs, Mango, api_event
from tests.support.stack import CLIENT, KEY, VIP_LINE, Stack

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.functions import Functions


@pytest.fixture
def figures(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Figures:
    figures = Figures(monkeypatch, capsys)
    figures.run_as("webhook")
    return figures


def test_a_first_call_is_one_contact_one_owner_and_one_call_however_often_its_events_come(
    functions: Functions, figures: Figures
) -> None:
    pbx = ItooLabs(functions.webhook)
    for _ in range(2):
        pbx.event("INCOMING", "anna")
        pbx.event("INCOMING", "boris")
        pbx.event("ACCEPTED", "boris")
        pbx.event("CANCELLED", "anna")
        pbx.event("COMPLETED", "boris")
        pbx.history("Success", "boris")
    seen = figures.read()
    assert of_name(seen, "ContactsCreated", "service") == {"webhook": 1}
    assert of_name(seen, "ContactsAssigned", "source") == {"answered": 1}
    assert of_name(seen, "Calls", "service") == {"webhook": 1}
    [call] = [each for each in seen if each.name == "Calls" and len(each.dimensions) == 2]
    assert call.dimensions == {("direction", "in"), ("outcome", "answered")}


@pytest.mark.rule("C2")
def test_two_who_make_the_same_contact_at_once_count_one(functions: Functions, stack: Stack, figures: Figures) -> None:
    with failing({"SendMessage"}, stack.sqs):
        ItooLabs(functions.webhook).event("INCOMING", "anna")
    calls, contacts = Calls(stack.dynamodb, stack.table), Contacts(stack.dynamodb, stack.table)
    assert functions.company is not None
    connection = functions.company.connections["megafon-main"]
    record = calls.load(connection.id, "Q7ZK2MTR9X00012C")
    assert record is not None
    # The other saw no contact either when it began, and comes too late with its own.
    settlement = Settlement(calls, contacts, stack.clock, decide_after_ms=decide_after_ms(240))
    assert settlement.settle(functions.company, connection, record, None) == stack.contact(CLIENT)
    assert of_name(figures.read(), "ContactsCreated", "service") == {"webhook": 1}


@pytest.mark.rule("R1")
def test_owners_given_by_a_template_are_counted_as_such(functions: Functions, figures: Figures) -> None:
    pbx = ItooLabs(functions.webhook, line=VIP_LINE.removeprefix("+"))
    pbx.event("INCOMING", "anna")
    pbx.event("ACCEPTED", "anna")
    assert of_name(figures.read(), "ContactsAssigned", "source") == {"template": 1}


@pytest.mark.rule("R4")
def test_owners_by_the_first_leg_are_counted_as_such(functions: Functions, figures: Figures) -> None:
    Generic(functions.webhook).event("ringing", ext="701")
    assert of_name(figures.read(), "ContactsAssigned", "source") == {"first_directed": 1}


@pytest.mark.rule("R7")
def test_a_contact_that_nobody_answered_is_counted_by_the_backfill_with_its_reason(
    functions: Functions, stack: Stack, figures: Figures
) -> None:
    ItooLabs(functions.webhook).event("INCOMING", "anna")
    figures.read()
    figures.run_as("backfill")
    stack.clock.tick(240)
    functions.deliver()
    seen = figures.read()
    assert of_name(seen, "ContactsUnowned", "reason") == {"nobody_answered": 1}
    assert of_name(seen, "ContactsUnowned", "service") == {"backfill": 1}
    assert of_name(seen, "ContactsCreated", "service") == {}


@pytest.mark.rule("R9")
def test_a_persons_choice_is_counted_by_the_admin_function(
    functions: Functions, stack: Stack, figures: Figures
) -> None:
    ItooLabs(functions.webhook).event("INCOMING", "anna")
    contact = stack.contact(CLIENT)
    assert contact is not None
    figures.read()
    figures.run_as("admin")
    token = stack.secretsmanager.create_secret(Name="admin", SecretString="a-token")["ARN"]
    door = build(Settings(stack.table, stack.secret_arn, token), stack.dynamodb, stack.secretsmanager, stack.clock)
    path = f"/admin/contacts/{contact.id}/responsibles"
    result = door.handle(
        {
            "version": "2.0",
            "rawPath": path,
            "rawQueryString": "",
            "headers": {"authorization": "Bearer a-token", "content-type": "application/json"},
            "requestContext": {
                "http": {"method": "PUT", "path": path, "sourceIp": "127.0.0.1"},
                "stage": "$default",
                "requestId": "1",
            },
            "body": '{"responsibles": ["anna"]}',
            "isBase64Encoded": False,
        },
        None,
    )
    assert result["statusCode"] == 200
    assert of_name(figures.read(), "ContactsAssigned", "source") == {"manual": 1}


@pytest.mark.rule("C5")
def test_a_contact_taken_back_is_counted_too(functions: Functions, figures: Figures) -> None:
    pbx = ItooLabs(functions.webhook)
    pbx.history("missed", "pbx")
    pbx.event("INCOMING", "guard", ext="999")
    seen = figures.read()
    assert (
        of_name(seen, "ContactsCreated", "service") == of_name(seen, "ContactsTakenBack", "service") == {"webhook": 1}
    )


def test_a_look_up_is_timed_by_function_and_by_reason(
    functions: Functions, stack: Stack, figures: Figures, caplog: pytest.LogCaptureFixture
) -> None:
    figures.run_as("route")
    pbx = ItooLabs(functions.route)
    pbx.ask()
    ItooLabs(functions.webhook).event("INCOMING", "anna")
    pbx.ask()
    figures.read()
    pbx.ask()
    with failing({"GetItem", "BatchGetItem"}, stack.dynamodb):
        pbx.ask()
    seen = [each for each in figures.read() if each.name == "LookupTime"]
    assert [dict(each.dimensions) for each in seen] == [
        {"service": "route"},
        {"reason": "no_responsible"},
        {"service": "route"},
        {"reason": "error"},
    ]
    assert all(0 < each.value < 700 for each in seen)
    logged = [vars(each) for each in caplog.records if each.message == "answered"]
    assert [each["duration_ms"] for each in logged[-2:]] == [seen[0].value, seen[2].value]


def test_requests_turned_away_are_counted_by_status(functions: Functions, figures: Figures) -> None:
    for key, token in ((KEY, "guessed"), ("guessed", "guessed")):
        functions.webhook.handle(api_event("megafon-main", key=key, body=f"cmd=event&crm_token={token}".encode()))
    assert of_name(figures.read(), "RequestsRefused", "status") == {"401": 1, "404": 1}


def test_an_event_that_is_not_stored_is_counted(functions: Functions, stack: Stack, figures: Figures) -> None:
    with failing({"UpdateItem"}, stack.dynamodb):
        assert ItooLabs(functions.webhook).event("INCOMING", "anna").status == 503
    assert of_name(figures.read(), "EventsNotStored", "service") == {"webhook": 1}


class _Api(Answering):
    status = 200

    def answer(self) -> None:
        self.tell(self.status, b"")

    do_POST = answer  # noqa: N815 -- as http.server names it


@pytest.fixture
def mangos_api() -> Iterator[str]:
    with on_loopback(_Api) as url:
        yield url


@pytest.mark.usefixtures("functions")
def test_a_command_is_counted_by_what_became_of_it(
    stack: Stack, figures: Figures, mangos_api: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = (
        '{"connection": "mango-main", "call_id": "c", "leg_id": "l", "to_number": "12", "contact_name": null,'
        f' "not_after": {stack.clock() + 10_000}}}'
    )
    companies = Companies(stack.dynamodb, stack.table, stack.clock, stack.secretsmanager, stack.secret_arn)
    figures.run_as("command")
    with urllib3.PoolManager() as pool:
        carrier = CommandCarrier(companies, MangoApi(mangos_api, pool), stack.clock)
        assert carrier.carry(message)
        monkeypatch.setattr(_Api, "status", 403)
        assert not carrier.carry(message)
        nowhere = CommandCarrier(companies, MangoApi("http://127.0.0.1:9", pool), stack.clock)
        assert not nowhere.carry(message)
        stack.clock.tick(11)
        assert not carrier.carry(message)
    seen = figures.read()
    assert of_name(seen, "Commands", "fate") == {"taken": 1, "refused": 1, "not_delivered": 1, "too_late": 1}
    assert of_name(seen, "Commands", "service") == {"command": 4}


def test_a_figure_carries_no_number_no_name_no_key_and_no_calls_id(
    functions: Functions, stack: Stack, figures: Figures
) -> None:
    pbx = ItooLabs(functions.webhook)
    pbx.event("INCOMING", "anna")
    pbx.event("ACCEPTED", "anna")
    pbx.history("Success", "anna")
    pbx.ask()
    Mango(functions.webhook).leg("leg-1", 1, "Appeared", "ivr")
    stack.clock.tick(240)
    functions.deliver()
    functions.sweep()
    allowed = {"service", "source", "reason", "status", "direction", "outcome", "fate", "answer"}
    assert {name for each in figures.read() for name, _ in each.dimensions} <= allowed
    lines = [line for line in figures.printed.splitlines() if line.startswith('{"_aws"')]
    assert lines
    for line in lines:
        for private in (CLIENT[1:], KEY, pbx.call_id, "anna", "Анна", "megafon"):
            assert private not in line


def test_a_figure_that_cannot_be_written_harms_nothing(figures: Figures, caplog: pytest.LogCaptureFixture) -> None:
    count("x" * 300)
    assert figures.read() == []
    assert [each.message for each in caplog.records] == ["figure not written"]


def test_figures_can_be_switched_off(figures: Figures, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POWERTOOLS_METRICS_DISABLED", "true")
    measure("LookupTime", 1.0, "Milliseconds", reason="off")
    assert figures.read() == []


def test_commands_queued_and_left_out_are_counted_by_the_webhook(functions: Functions, figures: Figures) -> None:
    first = Mango(functions.webhook, call_id="first-call")
    first.leg("ivr-leg", 1, "Appeared", "ivr")
    first.leg("leg-anna", 2, "Appeared", "abonent", "701")
    first.leg("leg-anna", 3, "Connected", "abonent", "701")
    for number in range(8):
        Mango(functions.webhook, call_id=f"call-{number}").leg(f"leg-{number}", 1, "Appeared", "ivr")
    assert of_name(figures.read(), "Commands", "fate") == {"queued": 5, "left_out": 3}
