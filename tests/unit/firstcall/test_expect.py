"""The simulator is its own check: whatever the system gets wrong is named."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from firstcall.simulator import expect
from firstcall.simulator.perform import Performance, perform
from firstcall.simulator.script import SCENARIOS
from firstcall.simulator.wire import Opinion
from tests.unit.firstcall.stages import LINE, PHONE, stage_of

if TYPE_CHECKING:
    from tools.deployed import Json, Record

GROUP = SCENARIOS["group"]


def right_contact(performed: Performance) -> Record:
    return {
        "id": "c1",
        "state": "assigned",
        "reason": None,
        "created_by": {"connection": "main", "call_id": performed.call_id, "line": LINE},
        "responsibles": [{"employee": "boris", "source": "answered"}],
    }


def right_call() -> Record:
    return {
        "direction": "in",
        "state": "ended",
        "outcome": "answered",
        "phone": PHONE,
        "line": LINE,
        "answered_by": "boris",
        "last_held_by": "boris",
        "first_directed": "anna",
        "contact_id": "c1",
        "legs": [{"employee": "anna"}, {"employee": "boris"}],
    }


def mistakes(contact: dict[str, Json] | None = None, call: dict[str, Json] | None = None) -> list[str]:
    stage = stage_of("megafon")
    performed = perform(stage, GROUP, PHONE)
    wrong_contact = {**right_contact(performed), **(contact or {})}
    wanted = expect.ownership(stage, GROUP, PHONE)
    found = expect.contact_mistakes(stage, performed, wanted, wrong_contact, new=True)
    return found + expect.call_mistakes(stage, GROUP, performed, {**right_call(), **(call or {})}, wrong_contact)


def test_what_is_right_has_no_mistakes() -> None:
    assert mistakes() == []


@pytest.mark.parametrize(
    ("contact", "named"),
    [
        ({"responsibles": [{"employee": "anna", "source": "answered"}]}, "responsible is anna, must be boris"),
        ({"responsibles": [], "state": "pending"}, "the contact is pending, must be assigned"),
        ({"responsibles": [{"employee": "boris", "source": "first_directed"}]}, "the source is first_directed"),
        ({"created_by": {"connection": "other", "call_id": "9"}}, "was made by call 9 on other"),
    ],
)
def test_a_wrong_contact_is_named(contact: dict[str, Json], named: str) -> None:
    assert any(named in each for each in mistakes(contact=contact))


@pytest.mark.parametrize("field", [name for name in right_call() if name != "legs"])
def test_every_wrong_field_of_the_call_is_named(field: str) -> None:
    assert any(field in each and "wrong" in each for each in mistakes(call={field: "wrong"}))


def test_a_phone_that_is_missing_among_those_rung_is_named() -> None:
    assert mistakes(call={"legs": [{"employee": "boris"}]}) == ["the call reached boris, must be anna, boris"]


def test_nothing_may_be_stored_of_a_forged_call() -> None:
    stage, forged = stage_of("megafon"), SCENARIOS["forged"]
    performed = perform(stage, forged, PHONE)
    assert expect.ownership(stage, forged, PHONE) is None
    contact = right_contact(performed)
    assert expect.contact_mistakes(stage, performed, None, contact, new=True) == [
        "a contact was made, there must be none"
    ]
    assert expect.call_mistakes(stage, forged, performed, right_call(), contact) == [
        "the call was stored, nothing may be"
    ]


def owners(scenario: str, operator: str = "megafon", **options: Json) -> expect.Ownership | None:
    return expect.ownership(stage_of(operator, **options), SCENARIOS[scenario], PHONE)


def test_the_owner_follows_the_company_file() -> None:
    assert owners("group") == expect.Ownership((("boris",),), "answered")
    assert owners("group", "generic") == expect.Ownership((("anna",),), "first_directed")
    assert owners("group", answerer="first_directed") == expect.Ownership((("anna",),), "first_directed")
    assert owners("transfer-blind", owner_after_transfer="last") == expect.Ownership((("boris",),), "answered")
    assert owners("missed") == expect.Ownership(((),), reason="nobody_answered")
    assert owners("missed", missed_owner="group:sales") == expect.Ownership((("group:sales",),), "missed_owner")
    assert owners("missed", missed_calls="ignore") is None
    assert owners("outgoing") is None
    assert owners("outgoing", outgoing_calls="create") == expect.Ownership(((),), reason="outgoing_call")


def test_a_later_call_changes_nothing() -> None:
    stage = stage_of("megafon")
    before: Record = {"state": "assigned", "responsibles": [{"employee": "denis"}]}
    assert expect.changed_by_later_call(stage, GROUP, before).owners == (("denis",),)
    adopting = stage_of("megafon", adopt_on_later_call=True)
    unowned: Record = {"state": "unowned", "responsibles": []}
    assert expect.changed_by_later_call(adopting, GROUP, unowned).owners == (("boris",),)


def test_the_answer_to_a_look_up_must_name_the_owner_and_nobody_else() -> None:
    stage = stage_of("megafon")
    contact: Record = {"responsibles": [{"employee": "boris"}]}
    assert expect.answer_mistakes(stage, contact, Opinion(("1702",))) == []
    assert expect.answer_mistakes(stage, contact, Opinion(("1701",))) == ["the answer names 1701, must name 1702"]
    assert expect.answer_mistakes(stage, contact, Opinion()) == ["the answer names nobody, must name 1702"]
    assert expect.answer_mistakes(stage, None, Opinion(("1701",))) == ["the answer names 1701, must name nobody"]
    off = stage_of("megafon", redirect_to_responsible="off")
    assert expect.answer_mistakes(off, contact, Opinion(("1702",))) != []
    by_hours = stage_of("megafon", redirect_to_responsible="working_time", single_without_hours="skip")
    assert expect.answer_mistakes(by_hours, contact, Opinion()) == []
