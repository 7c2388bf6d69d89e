"""Going over the calls of a period again: it gives what today's company would give, and takes nothing away."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from functions.backfill.handle_backfill import handle
from shared.call import to_fact
from shared.calls import Calls
from shared.contact import Evidence, Responsible
from shared.contacts import Contacts
from shared.pbx.protocol import CallEvent
from tests.support.histories import CALL_ID, asked_at, rung_and_lost
from tests.support.pbx import ItooLabs
from tests.support.pbx_servers.itoolabs import ItooLabsServer
from tests.support.pbx_servers.server import PastCall, Person, Talk
from tests.support.pbx_servers.zadarma import ZadarmaServer
from tests.support.stack import CLIENT, LINE, VIP_LINE, Stack, a_company, a_connection

if TYPE_CHECKING:
    from shared.company import Company
    from shared.contact import Contact
    from tests.support.functions import Functions

DAYS = 24 * 3600
STRANGER = "799"


def again(functions: Functions, call_id: str, connection: str = "megafon-main") -> dict[str, Any]:
    """Let the function go over one past call again, and read what that has brought."""
    body = json.dumps({"connection": connection, "call_id": call_id, "again": True})
    result = handle(functions.backfill, {"Records": [{"messageId": "0", "body": body}]})
    assert result["batchItemFailures"] == []
    [told] = result["wentAgain"]
    return {name: value for name, value in told.items() if name != "itemIdentifier"}


NOTHING = {"made": False, "owned": False, "askLater": False}


def contact_of(stack: Stack, phone: str = CLIENT) -> Contact:
    contact = stack.contact(phone)
    assert contact is not None
    return contact


def passed(functions: Functions, company: Company | None = None) -> None:
    """Let all be decided and three days pass, with another company in force after them."""
    functions.stack.clock.tick(240)
    functions.deliver()
    functions.sweep()
    functions.stack.clock.tick(3 * DAYS)
    if company is not None:
        functions.apply(company)


def mapped(ext: str, employee: str) -> Company:
    """Give a company in which this extension is somebody's."""
    before = a_connection()
    return a_company(before._replace(employees_by_ext={**before.employees_by_ext, ext: employee}))


@pytest.mark.rule("R12")
def test_an_answerer_whose_extension_is_mapped_by_now_gets_the_contact(functions: Functions, stack: Stack) -> None:
    pbx = ItooLabs(functions.webhook)
    pbx.event("INCOMING", "anna")
    pbx.event("ACCEPTED", "", ext=STRANGER)
    pbx.history("Success", "", ext=STRANGER)
    answered_at = stack.clock.ms
    passed(functions, mapped(STRANGER, "boris"))
    assert (contact_of(stack).state, contact_of(stack).reason) == ("unowned", "answerer_unmapped")
    assert again(functions, pbx.call_id) == {"made": False, "owned": True, "askLater": False}
    [owner] = contact_of(stack).responsibles
    assert (owner.who, owner.source, owner.late, owner.evidence.call_id) == ("boris", "answered", False, pbx.call_id)
    assert owner.at == answered_at
    before = contact_of(stack)
    assert again(functions, pbx.call_id) == NOTHING
    assert contact_of(stack) == before


@pytest.mark.rule("C5")
def test_a_call_that_had_reached_strangers_only_makes_its_contact_once_one_of_them_is_known(
    functions: Functions, stack: Stack
) -> None:
    pbx = ItooLabs(functions.webhook)
    began_at = stack.clock.ms
    pbx.event("INCOMING", "", ext=STRANGER)
    pbx.event("ACCEPTED", "", ext=STRANGER)
    passed(functions)
    assert again(functions, pbx.call_id) == NOTHING
    assert stack.contact(CLIENT) is None
    functions.apply(mapped(STRANGER, "anna"))
    assert again(functions, pbx.call_id) == {"made": True, "owned": True, "askLater": False}
    contact = contact_of(stack)
    assert ([each.who for each in contact.responsibles], contact.created_at) == (["anna"], began_at)
    assert functions.sweep() == 0


@pytest.mark.rule("R1")
@pytest.mark.parametrize("change", ["another template", "other owners", "no owners"])
def test_owners_that_a_template_gave_stay_whatever_the_templates_say_today(
    functions: Functions, stack: Stack, change: str
) -> None:
    pbx = ItooLabs(functions.webhook, line=VIP_LINE.removeprefix("+"))
    pbx.event("INCOMING", "anna")
    pbx.event("ACCEPTED", "anna")
    company = a_company(a_connection())
    if change == "another template":
        company = a_company(a_connection(lines={}))
    else:
        vip = company.templates["vip"]
        owners = ("anna",) if change == "other owners" else ()
        company = company._replace(templates={**company.templates, "vip": vip._replace(responsibles=owners)})
    passed(functions, company)
    before = contact_of(stack)
    assert [each.who for each in before.responsibles] == ["boris", "group:sales"]
    assert again(functions, pbx.call_id) == NOTHING
    assert contact_of(stack) == before


@pytest.mark.rule("R9")
@pytest.mark.parametrize("chosen", [("anna",), ()])
def test_a_persons_choice_stays_also_that_nobody_is_responsible(
    functions: Functions, stack: Stack, chosen: tuple[str, ...]
) -> None:
    pbx = ItooLabs(functions.webhook)
    pbx.event("INCOMING", "anna")
    pbx.event("ACCEPTED", "", ext=STRANGER)
    owners = tuple(Responsible(who, "manual", stack.clock(), Evidence("manual")) for who in chosen)
    passed(functions, mapped(STRANGER, "boris"))
    state = "assigned" if chosen else "unowned"
    manual = contact_of(stack)._replace(responsibles=owners, state=state, manual=True)  # type: ignore[arg-type]
    Contacts(stack.dynamodb, stack.table).revise(manual)
    assert again(functions, pbx.call_id) == NOTHING
    assert contact_of(stack).responsibles == owners


@pytest.mark.rule("R10")
@pytest.mark.parametrize("adopting", [False, True])
def test_a_later_call_gives_an_owner_only_where_there_is_none_and_the_connection_wants_it(
    functions: Functions, stack: Stack, adopting: bool
) -> None:
    ItooLabs(functions.webhook, call_id="MISSED").event("INCOMING", "anna")
    passed(functions)
    later = ItooLabs(functions.webhook, call_id="LATER")
    later.event("INCOMING", "boris")
    later.event("ACCEPTED", "boris")
    another = ItooLabs(functions.webhook, call_id="ANOTHER")
    another.event("INCOMING", "anna")
    another.event("ACCEPTED", "anna")
    passed(functions, a_company(a_connection(adopt_on_later_call=adopting)))
    assert contact_of(stack).responsibles == ()
    assert again(functions, "LATER")["owned"] is adopting
    assert again(functions, "ANOTHER")["owned"] is False
    assert [each.who for each in contact_of(stack).responsibles] == (["boris"] if adopting else [])


@pytest.mark.rule("R14")
def test_whoever_has_left_since_keeps_his_contacts_until_they_are_handed_over(
    functions: Functions, stack: Stack
) -> None:
    pbx = ItooLabs(functions.webhook)
    pbx.event("INCOMING", "anna")
    pbx.event("ACCEPTED", "anna")
    company = a_company(a_connection())
    gone = company.employees["anna"]._replace(active=False)
    passed(functions, company._replace(employees={**company.employees, "anna": gone}))
    assert again(functions, pbx.call_id) == NOTHING
    assert [each.who for each in contact_of(stack).responsibles] == ["anna"]


def test_a_contact_that_todays_company_would_not_make_stays(functions: Functions, stack: Stack) -> None:
    connection = a_connection("site", "generic", answerer="reported")
    functions.apply(a_company(connection))
    # A PBX that says no direction: what it means is assumed, so that the contact stays open to be taken back.
    event = CallEvent("c", "ringing", "rings", "in", assumed=True, phone=CLIENT, line=LINE, ext="701")
    ended = event._replace(kind="ended", name="ends", ext=None, outcome="missed", final=True)
    calls = Calls(stack.dynamodb, stack.table)
    for each in (event, ended):
        calls.record("site", to_fact(each, connection, stack.clock()), keep_days=90, due_at=stack.clock())
    passed(functions, a_company(connection._replace(employees_by_ext={})))
    assert contact_of(stack).provisional
    before = contact_of(stack)
    assert again(functions, "c", "site") == NOTHING
    assert contact_of(stack) == before


def test_a_call_that_still_owes_its_decision_is_finished_as_always(functions: Functions, stack: Stack) -> None:
    pbx = ItooLabs(functions.webhook)
    pbx.event("INCOMING", "anna")
    stack.clock.tick(100)
    assert again(functions, pbx.call_id) == NOTHING
    assert contact_of(stack).state == "pending"
    stack.clock.tick(200)
    assert again(functions, pbx.call_id) == NOTHING
    assert (contact_of(stack).state, functions.sweep()) == ("unowned", 0)


def test_a_call_or_a_connection_that_is_gone_is_no_failure(functions: Functions) -> None:
    assert again(functions, "never was") == NOTHING
    ItooLabs(functions.webhook).event("INCOMING", "anna")
    passed(functions, a_company(a_connection("another")))
    assert again(functions, CALL_ID) == NOTHING


@pytest.mark.rule("K8")
def test_a_call_of_any_age_is_asked_about_and_only_its_own_hours(functions: Functions, stack: Stack) -> None:
    pbx = ItooLabsServer()
    with asked_at(functions, a_connection(), pbx):
        rung_and_lost(functions, a_connection())
        pbx.memory.mood = "failing"
        passed(functions)
        assert contact_of(stack).reason == "nobody_answered"
        began_at = stack.clock.ms // 1000 - 3 * DAYS - 240
        talk = Talk(Person("702", login="boris"), began_at + 9)
        pbx.memory.calls = [PastCall(CALL_ID, CLIENT, LINE, began_at, (talk,))]
        pbx.memory.mood = "well"
        pbx.memory.asked.clear()
        functions.backfill = functions.new_backfill()
        assert again(functions, CALL_ID) == {"made": False, "owned": True, "askLater": False}
    [asked] = pbx.memory.asked
    assert asked.query["end"][:8] == asked.query["start"][:8]  # not all that came since
    [owner] = contact_of(stack).responsibles
    assert (owner.who, owner.late, owner.evidence.event) == ("boris", False, "history (asked)")


def test_a_pbx_that_cannot_be_asked_now_is_to_be_asked_later(functions: Functions, stack: Stack) -> None:
    pbx, connection = ZadarmaServer(), a_connection("the-pbx", "zadarma", adopt_on_later_call=True)
    with asked_at(functions, connection, pbx):
        for name in ("in_1", "in_2"):
            rung_and_lost(functions, connection, name)
        stack.clock.tick(240)
        stack.messages(stack.backfill_queue_url)
        while functions.sweep():
            stack.clock.tick(60)
        stack.clock.tick(DAYS)
        assert again(functions, "in_1", "the-pbx")["askLater"] is False  # asked, and nothing known
        assert again(functions, "in_2", "the-pbx")["askLater"] is True  # three times a minute, no more
        stack.clock.tick(20)
        assert again(functions, "in_2", "the-pbx")["askLater"] is False
