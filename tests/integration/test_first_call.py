"""The spine: the first call makes a contact, whoever answers owns it, the next call finds its owner."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from tests.support.pbx import Generic, ItooLabs
from tests.support.stack import CLIENT, VIP_LINE, Stack, a_company, a_connection

if TYPE_CHECKING:
    from tests.support.functions import Functions


@pytest.fixture
def pbx(functions: Functions) -> ItooLabs:
    return ItooLabs(functions.webhook)


@pytest.mark.rule("C1")
def test_the_first_ring_creates_the_contact_before_anyone_answers(pbx: ItooLabs, stack: Stack) -> None:
    assert pbx.event("INCOMING", "anna").status == 200
    contact = stack.contact(CLIENT)
    assert contact is not None
    assert (contact.state, contact.responsibles, contact.phones) == ("pending", (), (CLIENT,))
    assert contact.created_by.call_id == pbx.call_id


@pytest.mark.rule("C1")
def test_a_call_that_ends_without_reaching_an_extension_creates_the_contact_then(
    functions: Functions, stack: Stack
) -> None:
    pbx = ItooLabs(functions.webhook)
    pbx.ask()
    assert stack.contact(CLIENT) is None
    pbx.history("missed", "pbx")
    contact = stack.contact(CLIENT)
    assert contact is not None
    assert (contact.state, contact.reason) == ("unowned", "nobody_answered")


@pytest.mark.rule("C5")
def test_no_contact_while_only_unmapped_extensions_rang(pbx: ItooLabs, stack: Stack) -> None:
    pbx.event("INCOMING", "guard", ext="999")
    pbx.history("missed", "pbx")
    assert stack.contact(CLIENT) is None
    pbx.event("INCOMING", "boris")
    assert stack.contact(CLIENT) is not None


@pytest.mark.rule("C5")
def test_a_contact_made_by_the_end_of_a_call_goes_when_the_call_proves_to_have_reached_strangers_only(
    pbx: ItooLabs, stack: Stack
) -> None:
    pbx.history("missed", "pbx")
    assert stack.contact(CLIENT) is not None
    pbx.event("INCOMING", "guard", ext="999")
    assert stack.contact(CLIENT) is None


@pytest.mark.rule("R2")
@pytest.mark.rule("R13")
def test_the_employee_who_answered_becomes_responsible_with_evidence(pbx: ItooLabs, stack: Stack) -> None:
    pbx.event("INCOMING", "anna")
    pbx.event("INCOMING", "boris")
    pbx.event("ACCEPTED", "boris")
    pbx.event("CANCELLED", "anna")
    contact = stack.contact(CLIENT)
    assert contact is not None
    assert contact.state == "assigned"
    (owner,) = contact.responsibles
    assert (owner.who, owner.source, owner.late) == ("boris", "answered", False)
    assert (owner.evidence.connection, owner.evidence.call_id, owner.evidence.event) == (
        "megafon-main",
        pbx.call_id,
        "ACCEPTED",
    )


@pytest.mark.rule("K3")
def test_a_losing_leg_neither_ends_the_call_nor_makes_it_missed(pbx: ItooLabs, stack: Stack) -> None:
    pbx.event("INCOMING", "anna")
    pbx.event("CANCELLED", "anna")
    call = stack.call(a_connection(), pbx.call_id)
    assert call is not None
    assert (call.state, call.outcome) == ("ringing", None)
    contact = stack.contact(CLIENT)
    assert contact is not None
    assert contact.state == "pending"


@pytest.mark.rule("K4")
@pytest.mark.parametrize("machine", ["pbx", "g_0b1c2d3e-4f50-4617-8829-3a4b5c6d7e8f"])
def test_machines_and_departments_are_never_the_answerer(pbx: ItooLabs, stack: Stack, machine: str) -> None:
    pbx.event("INCOMING", "anna")
    pbx.event("ACCEPTED", machine, ext="")
    pbx.history("missed", machine)
    contact = stack.contact(CLIENT)
    assert contact is not None
    assert (contact.state, contact.reason) == ("unowned", "nobody_answered")


@pytest.mark.rule("K5")
@pytest.mark.rule("C7")
def test_an_outgoing_call_makes_neither_contact_nor_owner(pbx: ItooLabs, stack: Stack) -> None:
    pbx.event("OUTGOING", "anna", direction="out")
    pbx.event("ACCEPTED", "anna", direction="out")
    pbx.history("Success", "anna", type="out")
    assert stack.contact(CLIENT) is None
    call = stack.call(a_connection(), pbx.call_id)
    assert call is not None
    assert (call.direction, call.outcome, call.first_answer) == ("out", "answered", None)


@pytest.mark.rule("C7")
@pytest.mark.rule("K5")
def test_outgoing_calls_create_a_contact_without_owner_where_the_connection_says_so(functions: Functions) -> None:
    functions.apply(a_company(a_connection(outgoing_calls="create")))
    pbx = ItooLabs(functions.webhook)
    pbx.event("OUTGOING", "anna", direction="out")
    pbx.event("ACCEPTED", "anna", direction="out")
    contact = functions.stack.contact(CLIENT)
    assert contact is not None
    assert (contact.responsibles, contact.state, contact.reason) == ((), "unowned", "outgoing_call")


@pytest.mark.rule("C6")
def test_a_missed_first_call_creates_no_contact_where_the_connection_ignores_them(functions: Functions) -> None:
    functions.apply(a_company(a_connection(missed_calls="ignore")))
    pbx = ItooLabs(functions.webhook)
    pbx.event("INCOMING", "anna")
    pbx.history("missed", "pbx")
    assert functions.stack.contact(CLIENT) is None
    answered = ItooLabs(functions.webhook, call_id="ANOTHER")
    answered.event("INCOMING", "anna")
    answered.event("ACCEPTED", "anna")
    contact = functions.stack.contact(CLIENT)
    assert contact is not None
    assert [each.who for each in contact.responsibles] == ["anna"]


@pytest.mark.rule("K6")
def test_what_is_unknown_is_answered_200_and_changes_nothing(pbx: ItooLabs, stack: Stack) -> None:
    assert pbx.event("TELEPORTED", "anna").status == 200
    assert pbx.send({"cmd": "weather", "callid": "x"}).status == 200
    assert pbx.event("INCOMING", "anna", telepathy="yes").status == 200
    assert pbx.history("Levitated", "anna").status == 200
    assert stack.contact(CLIENT) is not None


@pytest.mark.rule("K7")
@pytest.mark.rule("K1")
def test_a_transfer_keeps_who_answered_first_and_who_held_last_under_both_ids(
    functions: Functions, stack: Stack
) -> None:
    first, second = ItooLabs(functions.webhook, "leg-a"), ItooLabs(functions.webhook, "leg-b")
    first.event("INCOMING", "anna")
    first.event("ACCEPTED", "anna")
    second.event("INCOMING", "boris")
    second.event("ACCEPTED", "boris")
    first.event("TRANSFERRED", "anna", second_callid="leg-b")
    second.event("COMPLETED", "boris")
    second.history("Success", "boris")
    for call_id in ("leg-a", "leg-b"):
        call = stack.call(a_connection(), call_id)
        assert call is not None
        assert call.call_id == "leg-a"
        assert call.first_answer is not None
        assert call.last_answer is not None
        assert (call.first_answer.leg.employee, call.last_answer.leg.employee) == ("anna", "boris")
        assert call.state == "ended"
    contact = stack.contact(CLIENT)
    assert contact is not None
    assert [each.who for each in contact.responsibles] == ["anna"]
    assert contact.created_by.call_id == "leg-a"


@pytest.mark.rule("R11")
def test_after_a_transfer_the_last_answerer_owns_where_the_connection_says_so(functions: Functions) -> None:
    functions.apply(a_company(a_connection(owner_after_transfer="last")))
    first, second = ItooLabs(functions.webhook, "leg-a"), ItooLabs(functions.webhook, "leg-b")
    first.event("INCOMING", "anna")
    first.event("ACCEPTED", "anna")
    second.event("ACCEPTED", "boris")
    first.event("TRANSFERRED", "anna", second_callid="leg-b")
    second.history("Success", "boris")
    contact = functions.stack.contact(CLIENT)
    assert contact is not None
    assert [each.who for each in contact.responsibles] == ["boris"]


@pytest.mark.rule("K8")
def test_the_final_record_proves_the_answerer_when_accepted_was_lost(pbx: ItooLabs, stack: Stack) -> None:
    pbx.event("INCOMING", "anna")
    pbx.event("INCOMING", "boris")
    pbx.history("Success", "boris@tenant.pbx.example")
    contact = stack.contact(CLIENT)
    assert contact is not None
    assert [(each.who, each.evidence.event) for each in contact.responsibles] == [("boris", "history")]


@pytest.mark.rule("C3")
@pytest.mark.parametrize("spelling", ["89161234567", "+7 (916) 123-45-67", "tel:+79161234567", "79161234567"])
def test_every_spelling_of_a_number_finds_the_one_contact(functions: Functions, stack: Stack, spelling: str) -> None:
    ItooLabs(functions.webhook, call_id="one").event("INCOMING", "anna")
    ItooLabs(functions.webhook, call_id="two", phone=spelling).event("INCOMING", "boris")
    assert stack.count("phone#") == 1


@pytest.mark.rule("C2")
@pytest.mark.rule("C10")
def test_two_pbxs_reporting_one_number_share_one_contact(functions: Functions, stack: Stack) -> None:
    ItooLabs(functions.webhook).event("INCOMING", "anna")
    Generic(functions.webhook).event("ringing", ext="702")
    assert stack.count("phone#") == 1
    contact = stack.contact(CLIENT)
    assert contact is not None
    assert contact.created_by.connection == "megafon-main"


@pytest.mark.rule("C4")
@pytest.mark.parametrize(
    ("phone", "why"),
    [
        ("", "withheld"),
        ("anonymous", "unparsable"),
        ("101", "extension to extension"),
        ("79160000001", "an employee's own phone"),
        ("74951112200", "the company's own line"),
        ("74990000000", "blocked"),
    ],
)
def test_no_contact_for(functions: Functions, stack: Stack, phone: str, why: str) -> None:
    pbx = ItooLabs(functions.webhook, phone=phone)
    assert pbx.event("INCOMING", "anna").status == 200
    pbx.event("ACCEPTED", "anna")
    assert pbx.history("Success", "anna").status == 200
    assert stack.count("phone#") == 0, why


@pytest.mark.rule("C8")
@pytest.mark.rule("R1")
def test_the_lines_template_gives_kind_name_tags_fields_and_owners_that_no_call_changes(
    functions: Functions, stack: Stack
) -> None:
    pbx = ItooLabs(functions.webhook, line=VIP_LINE)
    pbx.event("INCOMING", "anna")
    pbx.event("ACCEPTED", "anna")
    pbx.history("Success", "anna")
    contact = stack.contact(CLIENT)
    assert contact is not None
    assert (contact.kind, contact.name, contact.tags, contact.template) == (
        "company",
        f"VIP {CLIENT}",
        ("vip",),
        "vip",
    )
    assert contact.fields == {"level": "gold"}
    assert [(each.who, each.source) for each in contact.responsibles] == [
        ("boris", "template"),
        ("group:sales", "template"),
    ]
    assert contact.responsibles[0].evidence.event == "INCOMING"


@pytest.mark.rule("R1")
def test_a_company_file_applied_later_does_not_reach_back_to_owners_given_by_a_template(functions: Functions) -> None:
    pbx = ItooLabs(functions.webhook, line=VIP_LINE)
    pbx.event("INCOMING", "anna")
    assert functions.company is not None
    vip = functions.company.templates["vip"]._replace(responsibles=("anna",))
    functions.apply(functions.company._replace(version=2, templates={**functions.company.templates, "vip": vip}))
    pbx.handler = functions.webhook
    pbx.event("ACCEPTED", "anna")
    contact = functions.stack.contact(CLIENT)
    assert contact is not None
    assert [each.who for each in contact.responsibles] == ["boris", "group:sales"]


@pytest.mark.rule("R4")
@pytest.mark.rule("R5")
def test_elsewhere_the_employee_first_directed_to_owns_at_creation_even_if_another_picks_up(
    functions: Functions, stack: Stack
) -> None:
    pbx = Generic(functions.webhook)
    pbx.event("ringing", ext="702")
    contact = stack.contact(CLIENT)
    assert contact is not None
    assert [(each.who, each.source) for each in contact.responsibles] == [("boris", "first_directed")]
    stack.clock.tick(5)
    pbx.event("ringing", ext="701")
    pbx.event("answered", ext="701")
    pbx.event("ended", ext="701", status="answered")
    contact = stack.contact(CLIENT)
    assert contact is not None
    assert [each.who for each in contact.responsibles] == ["boris"]


@pytest.mark.rule("R5")
def test_a_connection_may_override_its_operators_answerer(functions: Functions) -> None:
    functions.apply(a_company(a_connection(answerer="first_directed"), a_connection("site", "generic")))
    ItooLabs(functions.webhook).event("INCOMING", "anna")
    contact = functions.stack.contact(CLIENT)
    assert contact is not None
    assert [each.source for each in contact.responsibles] == ["first_directed"]
    pbx = Generic(functions.webhook, phone="+79161112233")
    pbx.event("ringing", ext="702")
    pbx.event("answered", ext="701")
    contact = functions.stack.contact("+79161112233")
    assert contact is not None
    assert [(each.who, each.source) for each in contact.responsibles] == [("anna", "answered")]


@pytest.mark.rule("R6")
def test_first_directed_is_the_earliest_by_the_pbxs_own_time_whatever_arrives_first(
    functions: Functions, stack: Stack
) -> None:
    pbx = Generic(functions.webhook)
    pbx.event("ringing", ext="701", at="2026-11-23T10:15:31+00:00")
    pbx.event("ringing", ext="702", at="2026-11-23T10:15:30+00:00")
    contact = stack.contact(CLIENT)
    assert contact is not None
    assert [each.who for each in contact.responsibles] == ["boris"]


@pytest.mark.rule("R7")
def test_nobody_answered_leaves_the_contact_unowned_as_soon_as_the_last_record_says_so(
    pbx: ItooLabs, stack: Stack
) -> None:
    pbx.event("INCOMING", "anna")
    pbx.history("missed", "anna")
    contact = stack.contact(CLIENT)
    assert contact is not None
    assert (contact.responsibles, contact.state, contact.reason) == ((), "unowned", "nobody_answered")


@pytest.mark.rule("R7")
@pytest.mark.parametrize(
    ("missed_owner", "owner", "source"),
    [
        ("first_directed", "anna", "first_directed"),
        ("boris", "boris", "missed_owner"),
        ("group:sales", "group:sales", "missed_owner"),
    ],
)
def test_the_connection_may_name_who_owns_a_missed_caller(
    functions: Functions, missed_owner: str, owner: str, source: str
) -> None:
    functions.apply(a_company(a_connection(missed_owner=missed_owner)))
    pbx = ItooLabs(functions.webhook)
    pbx.event("INCOMING", "anna")
    pbx.history("missed", "pbx")
    contact = functions.stack.contact(CLIENT)
    assert contact is not None
    assert [(each.who, each.source) for each in contact.responsibles] == [(owner, source)]


@pytest.mark.rule("R8")
def test_an_answer_later_than_five_minutes_still_owns_and_is_marked_late(
    functions: Functions, pbx: ItooLabs, stack: Stack
) -> None:
    pbx.event("INCOMING", "anna")
    stack.clock.tick(400)
    functions.sweep()
    contact = stack.contact(CLIENT)
    assert contact is not None
    assert contact.state == "unowned"
    pbx.event("ACCEPTED", "anna")
    contact = stack.contact(CLIENT)
    assert contact is not None
    assert [(each.who, each.late) for each in contact.responsibles] == [("anna", True)]


@pytest.mark.rule("R8")
def test_a_pbx_whose_clock_is_hours_ahead_does_not_make_every_answer_late(functions: Functions, stack: Stack) -> None:
    functions.apply(a_company(a_connection("site", "generic", answerer="reported")))
    pbx = Generic(functions.webhook)
    ahead = datetime.fromtimestamp(stack.clock() / 1000 + 3 * 3600, UTC).isoformat()
    pbx.event("ringing", ext="701", at=ahead)
    pbx.event("answered", ext="701", at=ahead)
    contact = stack.contact(CLIENT)
    assert contact is not None
    assert [(each.late, each.at) for each in contact.responsibles] == [(False, stack.clock())]


@pytest.mark.rule("R10")
def test_a_later_call_changes_nobody(functions: Functions, stack: Stack) -> None:
    first = ItooLabs(functions.webhook)
    first.event("INCOMING", "anna")
    first.event("ACCEPTED", "anna")
    later = ItooLabs(functions.webhook, call_id="LATER")
    later.event("INCOMING", "boris")
    later.event("ACCEPTED", "boris")
    later.history("Success", "boris")
    contact = stack.contact(CLIENT)
    assert contact is not None
    assert [each.who for each in contact.responsibles] == ["anna"]


@pytest.mark.rule("R10")
@pytest.mark.parametrize(("adopts", "owners"), [(True, ["boris"]), (False, [])])
def test_the_answerer_of_a_later_call_owns_an_ownerless_contact_only_where_the_connection_says_so(
    functions: Functions, adopts: bool, owners: list[str]
) -> None:
    functions.apply(a_company(a_connection(adopt_on_later_call=adopts)))
    missed = ItooLabs(functions.webhook)
    missed.event("INCOMING", "anna")
    missed.history("missed", "pbx")
    for user in ("boris", "anna"):
        later = ItooLabs(functions.webhook, call_id=f"LATER-{user}")
        later.event("INCOMING", user)
        later.event("ACCEPTED", user)
        later.history("Success", user)
    missed.history("missed", "pbx")  # told again: it takes nothing from the owner found since
    contact = functions.stack.contact(CLIENT)
    assert contact is not None
    assert [each.who for each in contact.responsibles] == owners
    assert [(each.evidence.call_id, each.late) for each in contact.responsibles] == [("LATER-boris", False)] * len(
        owners
    )


@pytest.mark.rule("R12")
def test_an_answerer_on_an_unmapped_extension_makes_nobody_responsible_and_the_reason_is_kept(
    pbx: ItooLabs, stack: Stack
) -> None:
    pbx.event("INCOMING", "anna")
    pbx.event("ACCEPTED", "guard", ext="999")
    contact = stack.contact(CLIENT)
    assert contact is not None
    assert (contact.responsibles, contact.state, contact.reason) == ((), "unowned", "answerer_unmapped")


@pytest.mark.rule("R14")
def test_an_inactive_employee_never_becomes_responsible(pbx: ItooLabs, stack: Stack) -> None:
    pbx.event("INCOMING", "vera")
    pbx.event("ACCEPTED", "vera")
    contact = stack.contact(CLIENT)
    assert contact is not None
    assert (contact.responsibles, contact.reason) == ((), "answerer_inactive")


@pytest.mark.rule("T1")
@pytest.mark.rule("T10")
def test_the_next_call_is_sent_to_the_owner(functions: Functions, pbx: ItooLabs) -> None:
    assert pbx.ask() == {}
    pbx.event("INCOMING", "anna")
    pbx.event("ACCEPTED", "anna")
    later = ItooLabs(functions.webhook, call_id="LATER")
    assert later.ask() == {"contact_name": CLIENT, "responsible": "anna"}
    assert ItooLabs(functions.route, call_id="LATER").ask() == {"contact_name": CLIENT, "responsible": "anna"}
