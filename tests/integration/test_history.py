"""Who answered was lost on its way; the PBX's own history knows, and is asked in time (R3, K8)."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from functions.backfill import ask_history
from shared.companies import ConnectionSecrets, write_secrets
from shared.contacts import Contacts
from tests.support.faults import failing
from tests.support.histories import CALL_ID, asked_at, rung_and_lost
from tests.support.pbx import ItooLabs
from tests.support.pbx_servers.families import SERVERS
from tests.support.pbx_servers.itoolabs import ItooLabsServer
from tests.support.pbx_servers.server import PastCall, Person, Talk, running
from tests.support.pbx_servers.zadarma import ZadarmaServer
from tests.support.stack import CLIENT, LINE, Stack, a_company, a_connection

if TYPE_CHECKING:
    from shared.contact import Contact
    from tests.support.functions import Functions

pytestmark = pytest.mark.rule("R3", "K8")

ANNA, BORIS = Person("701", login="anna"), Person("702", login="boris")


def past_call(stack: Stack, *talks: Talk, call_id: str = CALL_ID) -> PastCall:
    return PastCall(call_id, CLIENT, LINE, stack.clock() // 1000, talks)


def contact_of(stack: Stack) -> Contact:
    contact = stack.contact(CLIENT)
    assert contact is not None
    return contact


def test_accepted_and_the_end_lost_the_history_says_who_owns_the_contact(functions: Functions, stack: Stack) -> None:
    pbx = ItooLabsServer()
    with asked_at(functions, a_connection(), pbx):
        wire = ItooLabs(functions.webhook, call_id=CALL_ID)
        wire.event("INCOMING", "anna")
        wire.event("INCOMING", "boris")
        pbx.memory.calls = [past_call(stack, Talk(ANNA, None), Talk(BORIS, stack.clock() // 1000 + 9))]
        assert contact_of(stack).state == "pending"
        stack.clock.tick(240)
        assert functions.deliver()["batchItemFailures"] == []
    contact = contact_of(stack)
    (owner,) = contact.responsibles
    assert (contact.state, owner.who, owner.source, owner.late) == ("assigned", "boris", "answered", False)
    assert owner.evidence.event == "history (asked)"
    assert pbx.memory.complaints == []
    assert functions.sweep() == 0  # nothing is owed any more


def test_the_sweep_asks_too_when_the_message_was_lost(functions: Functions, stack: Stack) -> None:
    pbx = ItooLabsServer()
    with asked_at(functions, a_connection(), pbx):
        ItooLabs(functions.webhook, call_id=CALL_ID).event("INCOMING", "anna")
        stack.messages(stack.backfill_queue_url)
        pbx.memory.calls = [past_call(stack, Talk(ANNA, stack.clock() // 1000 + 3))]
        stack.clock.tick(236)
        assert functions.sweep() == 1
    assert [each.who for each in contact_of(stack).responsibles] == ["anna"]


@pytest.mark.parametrize("family", ["mango", "zadarma", "uis", "binotel", "telphin"])
def test_every_family_that_documents_a_history_is_asked(functions: Functions, stack: Stack, family: str) -> None:
    pbx = SERVERS[family]()
    call_id = {"uis": "2345678901"}.get(family, CALL_ID)
    connection = a_connection("the-pbx", family, employees_by_login={"1": "anna", "2": "boris"})
    with asked_at(functions, connection, pbx):
        rung_and_lost(functions, connection, call_id)
        picked_up = Talk(Person("702", login="2"), stack.clock() // 1000 + 9)
        pbx.memory.calls = [past_call(stack, Talk(Person("701", login="1"), None), picked_up, call_id=call_id)]
        stack.clock.tick(236)
        assert functions.sweep() == 1
    assert pbx.memory.complaints == []
    contact = contact_of(stack)
    assert [(each.who, each.late) for each in contact.responsibles] == [("boris", False)]


def test_what_the_history_says_is_a_fact_like_any_other_and_late_events_change_nothing(
    functions: Functions, stack: Stack
) -> None:
    pbx = ItooLabsServer()
    with asked_at(functions, a_connection(), pbx):
        wire = ItooLabs(functions.webhook, call_id=CALL_ID)
        wire.event("INCOMING", "anna")
        wire.event("INCOMING", "boris")
        pbx.memory.calls = [past_call(stack, Talk(BORIS, stack.clock() // 1000 + 9))]
        stack.clock.tick(240)
        functions.deliver()
        before = contact_of(stack)
        for _ in range(2):
            wire.event("ACCEPTED", "boris")
            wire.event("CANCELLED", "anna")
            wire.history("Success", "boris")
        assert [each.who for each in contact_of(stack).responsibles] == ["boris"]
        assert before.responsibles[0].who == "boris"
        call = stack.call(a_connection(), CALL_ID)
    assert call is not None
    assert (call.state, call.outcome) == ("ended", "answered")


def test_a_call_that_the_history_knows_as_missed_is_asked_about_once(functions: Functions, stack: Stack) -> None:
    pbx = ItooLabsServer()
    with asked_at(functions, a_connection(), pbx):
        ItooLabs(functions.webhook, call_id=CALL_ID).event("INCOMING", "anna")
        pbx.memory.calls = [past_call(stack, Talk(ANNA, None))]
        stack.clock.tick(240)
        functions.deliver()
        stack.clock.tick(60)
        assert functions.sweep() == 0
    assert (contact_of(stack).state, contact_of(stack).reason) == ("unowned", "nobody_answered")
    assert len(pbx.memory.asked) == 1


@pytest.mark.parametrize("mood", ["slow", "dripping", "refusing", "failing", "garbage", "empty", "down"])
def test_a_pbx_in_trouble_holds_no_decision_up(
    functions: Functions, stack: Stack, mood: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(ask_history, "SECONDS_A_CALL", 1.5)  # nine, otherwise
    pbx = ItooLabsServer()
    with asked_at(functions, a_connection(), pbx):
        ItooLabs(functions.webhook, call_id=CALL_ID).event("INCOMING", "anna")
        pbx.memory.mood = mood if mood != "down" else "well"  # type: ignore[assignment]
        if mood == "down":
            point_elsewhere(stack)
            functions.backfill = functions.new_backfill()
        stack.clock.tick(240)
        started = time.monotonic()
        assert functions.deliver()["batchItemFailures"] == []
        assert time.monotonic() - started < 4
    assert (contact_of(stack).state, contact_of(stack).reason) == ("unowned", "nobody_answered")
    told = capsys.readouterr().out
    assert "v1-key" not in told
    assert "legacy-token" not in told


def point_elsewhere(stack: Stack) -> None:
    """Let the PBX's address be one where nothing listens."""
    own = stack.secrets["megafon-main"]
    moved = {"megafon-main": ConnectionSecrets(own.key, {**own.secrets, "pbx_url": "http://127.0.0.1:9"})}
    version = stack.secretsmanager.put_secret_value(SecretId=stack.secret_arn, SecretString=write_secrets(moved))
    stack.dynamodb.update_item(
        TableName=stack.table,
        Key={"pk": {"S": "company"}, "sk": {"S": "current"}},
        UpdateExpression="SET secret_version = :version",
        ExpressionAttributeValues={":version": {"S": version["VersionId"]}},
    )


def test_a_pbx_that_comes_back_is_asked_by_a_later_sweep_and_the_owner_is_put_right(
    functions: Functions, stack: Stack
) -> None:
    pbx = ItooLabsServer()
    with asked_at(functions, a_connection(), pbx):
        ItooLabs(functions.webhook, call_id=CALL_ID).event("INCOMING", "anna")
        pbx.memory.calls = [past_call(stack, Talk(ANNA, stack.clock() // 1000 + 3))]
        pbx.memory.mood = "failing"
        stack.clock.tick(240)
        functions.deliver()
        assert contact_of(stack).state == "unowned"
        pbx.memory.mood = "well"
        functions.backfill = functions.new_backfill()  # or half a minute later: until then the PBX is left alone
        stack.clock.tick(55)
        functions.sweep()
        (owner,) = contact_of(stack).responsibles
        assert (owner.who, owner.late) == ("anna", False)
        assert functions.sweep() == 0


def test_a_call_is_not_asked_about_for_ever(functions: Functions, stack: Stack) -> None:
    pbx, connection = ZadarmaServer(), a_connection("the-pbx", "zadarma")
    with asked_at(functions, connection, pbx):
        rung_and_lost(functions, connection)
        stack.clock.tick(236)
        swept = 0
        while functions.sweep() and swept < 20:
            swept += 1
            stack.clock.tick(60)
    assert 5 <= swept <= 8
    assert contact_of(stack).state == "unowned"


def test_many_calls_of_a_pbx_that_hangs_cost_no_more_time_than_one(
    functions: Functions, stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ask_history, "SECONDS_A_CALL", 1.5)
    pbx, connection = ItooLabsServer(), a_connection()
    with asked_at(functions, connection, pbx):
        for number in range(6):
            rung_and_lost(functions, connection, f"CALL{number}")
        pbx.memory.mood = "slow"
        stack.clock.tick(236)
        started = time.monotonic()
        assert functions.sweep() == 6
        assert time.monotonic() - started < 4
    assert len(pbx.memory.asked) == 1
    assert contact_of(stack).state == "unowned"


def test_secrets_manager_down_stops_the_asking_only(functions: Functions, stack: Stack) -> None:
    pbx = ItooLabsServer()
    with asked_at(functions, a_connection(), pbx):
        ItooLabs(functions.webhook, call_id=CALL_ID).event("INCOMING", "anna")
        functions.backfill = functions.new_backfill()
        stack.clock.tick(240)
        with failing({"GetSecretValue"}, stack.secretsmanager):  # type: ignore[arg-type]
            assert functions.deliver()["batchItemFailures"] == []
    assert contact_of(stack).state == "unowned"
    assert pbx.memory.asked == []


def test_zadarma_is_asked_three_times_a_minute_at_most_and_the_rest_later(functions: Functions, stack: Stack) -> None:
    pbx, connection = ZadarmaServer(), a_connection("the-pbx", "zadarma")
    with asked_at(functions, connection, pbx):
        for number in range(5):
            rung_and_lost(functions, connection, f"in_{number}")
        stack.clock.tick(236)
        functions.sweep()
        assert [asked.path for asked in pbx.memory.asked].count("/v1/statistics/pbx/") == 1
        stack.clock.tick(20)
        functions.sweep()
        assert [asked.path for asked in pbx.memory.asked].count("/v1/statistics/pbx/") == 2


@pytest.mark.parametrize(
    "changes",
    [
        {"answerer": "first_directed"},
        {"template": "vip"},
        {"family": "generic"},
    ],
    ids=["who answered does not matter", "the template names the owners", "no history is documented"],
)
def test_nobody_is_asked_where_the_answer_would_change_nothing(
    functions: Functions, stack: Stack, changes: dict[str, str]
) -> None:
    pbx, connection = ItooLabsServer(), a_connection(**changes)
    with asked_at(functions, connection, pbx):
        rung_and_lost(functions, connection)
        stack.clock.tick(236)
        functions.sweep()
    assert pbx.memory.asked == []


def test_nobody_is_asked_about_an_answer_that_is_proven(functions: Functions, stack: Stack) -> None:
    pbx = ItooLabsServer()
    with asked_at(functions, a_connection(), pbx):
        wire = ItooLabs(functions.webhook, call_id=CALL_ID)
        wire.event("INCOMING", "anna")
        wire.event("ACCEPTED", "anna")
        stack.clock.tick(240)
        functions.deliver()
    assert pbx.memory.asked == []


def test_nobody_is_asked_without_the_secrets_for_asking(functions: Functions, stack: Stack) -> None:
    pbx = ItooLabsServer()
    with running(pbx) as url:
        functions.pbx_api_urls = {"itoolabs": url}
        functions.apply(a_company(a_connection()))
        ItooLabs(functions.webhook, call_id=CALL_ID).event("INCOMING", "anna")
        stack.clock.tick(240)
        functions.deliver()
    assert pbx.memory.asked == []
    assert functions.sweep() == 0  # and nothing is kept waiting for an answer that cannot come


def test_a_contact_that_a_person_has_decided_is_not_asked_about(functions: Functions, stack: Stack) -> None:
    pbx = ItooLabsServer()
    with asked_at(functions, a_connection(), pbx):
        ItooLabs(functions.webhook, call_id=CALL_ID).event("INCOMING", "anna")
        Contacts(stack.dynamodb, stack.table).revise(contact_of(stack)._replace(manual=True))
        stack.clock.tick(240)
        functions.deliver()
    assert pbx.memory.asked == []
