"""What a plan says a change does: callers left alone, contacts that can ring nobody any more."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from zlib import crc32

import pytest

from functions.admin import plan_effects
from functions.admin.contact_lists import ContactLists
from shared.contact import Contact, CreatedBy, Evidence, Responsible
from shared.contacts import Contacts

if TYPE_CHECKING:
    from tests.integration.admin.conftest import RawAdmin


def effects(admin: RawAdmin, document: object) -> list[str]:
    answer = admin.send("POST", "company/plan", json.dumps(document))
    assert answer.status == 200, answer.text
    told: list[str] = answer.json["effects"]
    return told


def own(admin: RawAdmin, *owners: str, contacts: int = 1) -> None:
    store = Contacts(admin.stack.dynamodb, admin.stack.table)
    for number in range(contacts):
        digits = f"{crc32(repr((owners, number)).encode()) % 10**7:07d}"
        store.create(
            Contact(
                id=f"{'-'.join(owners).replace(':', '_')}-{number}",
                kind="person",
                name="Client",
                phones=(f"+7999{digits}",),
                template="default",
                created_at=number,
                created_by=CreatedBy("megafon-main", "1"),
                responsibles=tuple(Responsible(who, "manual", 0, Evidence("manual")) for who in owners),
                state="assigned",
            )
        )


def lost(told: list[str]) -> list[str]:
    return [each for each in told if "last responsible" in each or "not counted" in each]


def test_lines_without_any_fallback_are_named(admin: RawAdmin, document: dict[str, Any]) -> None:
    mango, zadarma = effects(admin, document)
    assert mango == (
        "connections.mango-main: there is no fallback: when nobody responsible can be rung, "
        "callers of +74951112266 (Spare parts) are left to the PBX alone"
    )
    assert "callers of +74951112277 (Abroad) are left" in zadarma


def test_a_fallback_that_can_ring_nobody_on_this_pbx_is_no_better(admin: RawAdmin, document: dict[str, Any]) -> None:
    document["connections"]["mango-main"]["fallback"] = ["galina"]  # has no extension there
    document["connections"]["zadarma-main"]["fallback"] = ["boris"]
    [told] = effects(admin, document)
    assert told.startswith("connections.mango-main: the fallback [galina] can ring nobody here: ")


def test_in_working_time_a_fallback_needs_people_who_have_any(admin: RawAdmin, document: dict[str, Any]) -> None:
    mango = document["connections"]["mango-main"]
    document["connections"]["zadarma-main"]["fallback"] = ["boris"]
    document["employees"]["denis"]["extensions"]["mango-main"] = {"ext": "15"}  # without hours
    document["groups"]["lonely"] = ["denis"]
    mango["fallback"] = ["group:lonely"]
    assert len(effects(admin, document)) == 1
    mango["fallback"] = ["denis"]
    assert effects(admin, document) == []
    mango["single_without_hours"] = "skip"
    assert len(effects(admin, document)) == 1


def test_a_line_with_its_own_fallback_or_without_one_is_told_apart(admin: RawAdmin, document: dict[str, Any]) -> None:
    for name in ("mango-main", "zadarma-main"):
        document["connections"][name]["redirect_to_responsible"] = "off"
    document["connections"]["megafon-main"]["lines"]["+74951112244"]["fallback"] = []
    [told] = effects(admin, document)
    assert "callers of +74951112244 (Key customers) are left" in told


def test_a_connection_without_lines_is_judged_as_a_whole_and_many_lines_are_cut_short(
    admin: RawAdmin, document: dict[str, Any]
) -> None:
    del document["connections"]["mango-main"]["lines"]
    document["connections"]["zadarma-main"]["lines"] = {f"+7495222{number:04d}": {} for number in range(13)}
    mango, zadarma = effects(admin, document)
    assert "when nobody responsible can be rung, callers are left to the PBX alone" in mango
    assert "+74952220009 and 3 more lines are left" in zadarma


def test_contacts_that_lose_their_last_responsible_are_counted_by_owner(
    applied: RawAdmin, document: dict[str, Any]
) -> None:
    own(applied, "galina", contacts=3)
    own(applied, "boris")
    own(applied, "group:sales", contacts=2)
    own(applied, "vera", contacts=2)  # has left long ago: nothing is lost now
    document["employees"]["galina"]["active"] = False
    assert lost(effects(applied, document)) == [
        "employees.galina: 3 contacts lose their last responsible who can be rung"
    ]
    for name in ("anna", "boris"):
        document["employees"][name]["extensions"] = {}
    assert lost(effects(applied, document)) == [
        "employees.boris: 1 contact loses its last responsible who can be rung",
        "employees.galina: 3 contacts lose their last responsible who can be rung",
        "groups.sales: 2 contacts lose their last responsible who can be rung",
    ]


def test_contacts_owned_by_several_lose_only_when_the_last_of_them_goes(
    applied: RawAdmin, document: dict[str, Any]
) -> None:
    own(applied, "anna", "group:sales")  # the set that the vip template gives
    document["employees"]["anna"]["active"] = False
    assert lost(effects(applied, document)) == []
    document["employees"]["boris"]["active"] = False
    assert lost(effects(applied, document)) == [
        "owned together by anna, group:sales: 1 contact loses its last responsible who can be rung"
    ]


def test_an_employee_who_is_taken_out_of_the_file_leaves_his_contacts_without_anybody(
    applied: RawAdmin, document: dict[str, Any]
) -> None:
    own(applied, "galina")
    del document["employees"]["galina"]
    document["groups"]["support"].remove("galina")
    assert lost(effects(applied, document)) == [
        "employees.galina: 1 contact loses its last responsible who can be rung"
    ]


def test_counting_has_an_end(applied: RawAdmin, document: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan_effects, "MOST_COUNTED", 1)
    own(applied, "anna")
    for employee in document["employees"].values():
        employee["active"] = False
    told = lost(effects(applied, document))
    assert told[0] == "employees.anna: 1 contact loses its last responsible who can be rung"
    assert told[-1].endswith("they are not counted")


def behind(told: list[str]) -> list[str]:
    return [each for each in told if "left behind" in each]


@pytest.mark.rule("R14")
def test_whoever_leaves_is_told_with_the_number_of_contacts_and_the_command_that_hands_them_over(
    applied: RawAdmin, document: dict[str, Any]
) -> None:
    own(applied, "galina", contacts=3)
    own(applied, "boris")
    own(applied, "anna", "group:sales", contacts=2)
    own(applied, "vera")  # had left before
    assert behind(effects(applied, document)) == []
    document["employees"]["anna"]["active"] = False
    for name in ("galina", "denis", "vera"):  # out of the file altogether
        del document["employees"][name]
    document["groups"]["support"] = ["elena"]
    how = "`firstcall handover {} --to WHO` hands them over (deputy, a person, group:… or spread:…)"
    told = [
        f"employees.anna: 2 contacts are left behind, 2 of them owned with others; {how.format('anna')}",
        f"employees.galina: 3 contacts are left behind; {how.format('galina')}",
    ]
    assert behind(effects(applied, document)) == told
    assert applied.put("company", document).json["effects"] == told
    assert applied.put("company", document).json["effects"] == []  # changes nothing, nobody leaves


def test_counting_of_leavers_has_an_end(
    applied: RawAdmin, document: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan_effects, "MOST_COUNTED", 2)
    for name in ("anna", "galina"):
        own(applied, name)
    for employee in document["employees"].values():
        employee["active"] = False
    told = behind(effects(applied, document))
    assert len(told) == 2
    assert told[0].startswith("employees.anna: 1 contact is left behind; ")
    assert told[1].startswith("and 4 more people leave; ")


def test_a_plan_changes_nothing(applied: RawAdmin, document: dict[str, Any]) -> None:
    document["employees"]["galina"]["active"] = False
    effects(applied, document)
    assert applied.send("GET", "company/versions").json["items"][0]["version"] == 1


def test_contacts_are_counted_over_all_shards(applied: RawAdmin) -> None:
    own(applied, "boris", contacts=40)
    assert ContactLists(applied.stack.dynamodb, applied.stack.table).count("boris") == 40
