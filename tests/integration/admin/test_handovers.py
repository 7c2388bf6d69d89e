"""People who leave: whose contacts go to whom, and back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from functions.admin import contact_lists
from functions.admin.handover import jobs as handover_jobs
from functions.admin.handover import run as handover_run
from shared.contact import Evidence, Responsible
from shared.contacts import Contacts
from tests.support.handovers import begin, begun, now, own, owners, ownership, plan, remember

if TYPE_CHECKING:
    from tests.integration.admin.conftest import RawAdmin
    from tests.support.stack import Stack

MANY = 205


@pytest.fixture
def left(applied: RawAdmin, document: dict[str, Any]) -> RawAdmin:
    """Let Galina have left, with Denis, who has left too, then Elena as her deputies."""
    galina, denis = document["employees"]["galina"], document["employees"]["denis"]
    galina |= {"active": False, "away": [{"from": "2020-01-01", "to": "2099-01-01", "deputy": "denis"}]}
    denis |= {"active": False, "away": [{"from": "2099-01-01", "deputy": "elena"}]}
    assert applied.put("company", document).status == 200
    return applied


def listed(admin: RawAdmin, who: str) -> int:
    found, query = 0, f"responsible={who}"
    while True:
        page = admin.send("GET", "contacts", query=query).json
        found += len(page["items"])
        if page["cursor"] is None:
            return found
        query = f"responsible={who}&cursor={page['cursor']}"


def choose(admin: RawAdmin, contact_id: str, *names: str) -> None:
    assert admin.put(f"contacts/{contact_id}/responsibles", {"responsibles": names}).status == 200


@pytest.mark.rule("R14")
def test_a_plan_counts_what_is_the_leavers_and_changes_nothing(left: RawAdmin, document: dict[str, Any]) -> None:
    document["employees"]["galina"]["active"] = True
    left.put("company", document)
    for number in range(3):
        own(left.stack, "galina", number=number)
    own(left.stack, "anna", number=7)
    choose(left, own(left.stack, "elena", number=8).id, "boris", "galina")
    choose(left, own(left.stack, "elena", number=9).id, "boris", "anna")
    assert plan(left, "galina", "spread:sales").json == {
        "from": "galina",
        "to": "spread:sales",
        "recipients": ["anna", "boris"],
        "contacts": 4,
        "shared": 1,
    }
    assert left.send("GET", "handovers").json == {"items": [], "cursor": None}


@pytest.mark.rule("R14", "R9", "R13")
def test_all_contacts_go_to_another_who_gets_their_calls_and_all_come_back_as_they_were(left: RawAdmin) -> None:
    stack = left.stack
    contacts = [own(stack, "galina", number=number) for number in range(MANY)]
    other = own(stack, "boris", number=999)
    job = begun(left, "galina", "boris")
    first = job.ask("continue").json
    assert (first["state"], first["handed_over"], first["contacts"]) == ("running", 200, MANY)
    done = job.ended("continue")
    assert (done["handed_over"], done["received"]) == (MANY, {"boris": MANY})
    assert (done["from"], done["to"], done["started_by"]) == ("galina", "boris", "olga")
    expected = Responsible("boris", "manual", stack.clock.ms, Evidence("handover"))
    assert {ownership(now(stack, each)) for each in contacts} == {((expected,), "assigned", None, True)}
    assert now(stack, other) == other
    assert (listed(left, "galina"), listed(left, "boris")) == (0, MANY + 1)
    query = f"connection=megafon-main&phone=%2B{contacts[0].phones[0][1:]}"
    assert [each["employee"] for each in left.send("GET", "explain", query=query).json["targets"]] == ["boris"]

    assert job.ask("continue").json == done  # harmless, however often
    assert job.ask("undo").json["state"] == "undoing"
    undone = job.ended("undo")
    assert (undone["restored"], undone["changed"], undone["changed_contacts"]) == (MANY, 0, [])
    assert [ownership(now(stack, each)) for each in contacts] == [ownership(each) for each in contacts]
    assert (listed(left, "galina"), listed(left, "boris")) == (MANY, 1)
    assert job.ask("undo").json == undone
    assert job.ask("continue").status == 409


@pytest.mark.rule("R14")
def test_a_spread_is_even_and_rather_gives_a_contact_to_somebody_who_does_not_own_it(left: RawAdmin) -> None:
    remember(left.stack, "galina,anna")
    alone = [own(left.stack, "galina", number=number) for number in range(7)]
    shared = own(left.stack, "galina", "anna", number=7)
    done = begun(left, "galina", "spread:sales").ended("continue")
    assert done["received"] == {"anna": 4, "boris": 4}
    assert owners(left.stack, shared) == ["boris", "anna"]
    assert sorted(owners(left.stack, each)[0] for each in alone) == ["anna"] * 4 + ["boris"] * 3


@pytest.mark.rule("R14", "R13")
def test_of_a_contact_with_several_owners_only_the_leavers_place_changes(left: RawAdmin) -> None:
    stack = left.stack
    remember(stack, "anna,galina,group:support", "galina,elena")
    contact = own(stack, "anna", "galina", "group:support", number=1)
    hers = own(stack, "galina", "elena", number=2)
    job = begun(left, "galina", "elena")
    done = job.ended("continue")
    assert (done["contacts"], done["handed_over"]) == (2, 2)
    anna, elena, support = now(stack, contact).responsibles
    assert (anna, support) == (contact.responsibles[0], contact.responsibles[2])
    assert elena == Responsible("elena", "manual", stack.clock.ms, Evidence("handover"))
    # She owned it already, by a call: that stays her evidence, and nobody stands there twice.
    assert now(stack, hers).responsibles == (hers.responsibles[1],)
    # A set of owners that was new is one that lists find.
    assert (listed(left, "elena"), listed(left, "group:support"), listed(left, "galina")) == (2, 1, 0)
    job.ended("undo")
    assert [ownership(now(stack, each)) for each in (contact, hers)] == [ownership(each) for each in (contact, hers)]


@pytest.mark.rule("R14")
def test_contacts_go_to_a_group_as_such(left: RawAdmin) -> None:
    contact = own(left.stack, "galina")
    done = begun(left, "galina", "group:sales").ended("continue")
    assert (owners(left.stack, contact), done["received"]) == (["group:sales"], {"group:sales": 1})


@pytest.mark.rule("R14", "T7")
def test_the_deputy_is_the_first_in_the_chain_who_is_active(left: RawAdmin) -> None:
    contact = own(left.stack, "galina")
    done = begun(left, "galina", "deputy").ended("continue")
    assert (done["to"], done["recipients"], owners(left.stack, contact)) == ("deputy", ["elena"], ["elena"])


def test_somebody_who_is_out_of_the_file_can_still_hand_over(left: RawAdmin, document: dict[str, Any]) -> None:
    contact = own(left.stack, "galina")
    del document["employees"]["galina"]
    document["groups"]["support"].remove("galina")
    assert left.put("company", document).status == 200
    assert "'galina' has no active deputy" in plan(left, "galina", "deputy").text
    begun(left, "galina", "spread:sales").ended("continue")
    assert owners(left.stack, contact) == ["anna"]


@pytest.mark.rule("R14")
@pytest.mark.parametrize(
    ("leaver", "to", "mistake"),
    [
        ("galina", "anne", "to: no employee 'anne'; did you mean 'anna'?"),
        ("galina", "sales", "to: no employee 'sales'; did you mean 'group:sales'?"),
        ("galina", "group:sale", "to: no group 'sale'; did you mean 'sales'?"),
        ("galina", "spread:nobody", "to: no group 'nobody'; there are sales and support"),
        ("galina", "galina", "to: 'galina' has them already; name a person"),
        ("galina", "vera", "to: 'vera' is not active and would get no call; name a person"),
        ("anna", "deputy", "to: 'anna' has no active deputy, neither today nor without limit; name a person"),
        ("elena", "group:support", "to: nobody in group 'support' is active but 'elena'; name a person"),
        ("elena", "spread:support", "to: nobody in group 'support' is active but 'elena'; name a person"),
        ("galena", "anna", "from: no employee 'galena', and no contact of one; did you mean 'galina'?"),
        ("group:sales", "anna", "from: no employee 'group:sales', and no contact of one"),
    ],
)
def test_a_handover_that_cannot_be_is_refused_in_words(left: RawAdmin, leaver: str, to: str, mistake: str) -> None:
    for answer in (plan(left, leaver, to), begin(left, leaver, to)):
        assert answer.status == 422
        assert answer.json["error"] == "this handover cannot be; nothing is changed"
        assert answer.json["mistakes"][0].startswith(mistake)


def test_deputies_in_a_circle_are_none(left: RawAdmin, document: dict[str, Any]) -> None:
    document["employees"]["denis"]["away"] = [{"from": "2020-01-01", "deputy": "galina"}]
    assert left.put("company", document).status == 200
    assert "no active deputy" in plan(left, "galina", "deputy").text


@pytest.mark.parametrize("body", ["{}", "[]", '{"from": "galina"}', '{"from": 1, "to": "anna"}', '{"from": "galina"'])
def test_what_is_no_handover_is_refused(left: RawAdmin, body: str) -> None:
    for path in ("handovers", "handovers/plan"):
        assert left.send("POST", path, body).status in {400, 422}
    long = json.dumps({"from": "galina", "to": "a" * 200})
    assert left.send("POST", "handovers", long).status == 422
    for path in ("handovers/nope/continue", "handovers/nope/undo"):
        assert (left.send("POST", path).status, left.send("GET", "handovers/nope").status) == (404, 404)


def test_the_same_handover_begun_twice_is_one_and_another_must_wait(left: RawAdmin) -> None:
    own(left.stack, "galina")
    job = begun(left, "galina", "boris")
    assert begun(left, "galina", "boris").id == job.id
    refused = begin(left, "galina", "anna")
    assert (refused.status, refused.json["error"]) == (
        409,
        f"handover {job.id} of galina to boris is running: finish it or undo it first",
    )
    job.ended("continue")
    assert begun(left, "galina", "anna").id != job.id


@pytest.mark.rule("R14")
def test_whoever_leaves_while_contacts_come_gets_no_more(
    left: RawAdmin, document: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handover_run, "MOST_CONTACTS", 2)
    for number in range(6):
        own(left.stack, "galina", number=number)
    job = begun(left, "galina", "spread:sales")
    assert job.ask("continue").json["received"] == {"anna": 1, "boris": 1}
    document["employees"]["anna"]["active"] = False
    assert left.put("company", document).status == 200
    assert job.ask("continue").json["received"] == {"anna": 1, "boris": 3}
    document["employees"]["boris"]["active"] = False
    assert left.put("company", document).status == 200
    refused = job.ask("continue")
    assert (refused.status, refused.json["error"]) == (
        409,
        f"anna and boris can receive no contacts any more: undo handover {job.id}, then begin another",
    )
    assert job.ended("undo")["restored"] == 4
    assert listed(left, "galina") == 6


def test_what_a_person_changed_since_stays_and_is_told_when_the_handover_is_undone(left: RawAdmin) -> None:
    stack = left.stack
    chosen, renamed, untouched = (own(stack, "galina", number=number) for number in range(3))
    job = begun(left, "galina", "boris")
    job.ended("continue")
    choose(left, chosen.id, "boris")  # the same person, but by a choice of its own
    Contacts(stack.dynamodb, stack.table).revise(now(stack, renamed)._replace(name="Renamed"))
    undone = job.ended("undo")
    assert (undone["restored"], undone["changed"], undone["changed_contacts"]) == (2, 1, [chosen.id])
    assert job.shown() == undone
    assert owners(stack, chosen) == ["boris"]
    assert (now(stack, renamed).name, ownership(now(stack, renamed))) == ("Renamed", ownership(renamed))
    assert ownership(now(stack, untouched)) == ownership(untouched)


def test_what_was_merged_since_is_told_as_changed_and_its_contact_gets_its_own_owners_back(left: RawAdmin) -> None:
    kept, absorbed = own(left.stack, "galina", number=1), own(left.stack, "galina", number=2)
    job = begun(left, "galina", "boris")
    job.ended("continue")
    merged = left.send("POST", f"contacts/{kept.id}/merge", json.dumps({"contact": absorbed.id}))
    assert (merged.status, len(merged.json["phones"])) == (200, 2)
    undone = job.ended("undo")
    assert (undone["restored"], undone["changed_contacts"]) == (1, [absorbed.id])
    assert ownership(now(left.stack, absorbed)) == ownership(now(left.stack, kept)) == ownership(kept)


def test_handovers_one_after_another_are_undone_one_after_another(left: RawAdmin) -> None:
    contact = own(left.stack, "galina", manual=True, reason="manual")
    first = begun(left, "galina", "boris")
    first.ended("continue")
    left.stack.clock.tick(60)
    second = begun(left, "boris", "anna")
    second.ended("continue")
    assert [each["id"] for each in left.send("GET", "handovers").json["items"]] == [second.id, first.id]
    second.ended("undo")
    first.ended("undo")
    assert ownership(now(left.stack, contact)) == ownership(contact)


def test_a_request_ends_in_time(left: RawAdmin, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contact_lists, "PAGE", 3)
    for number in range(5):
        own(left.stack, "galina", number=number)
    job = begun(left, "galina", "boris")

    def slow(model: Any, **_: object) -> None:
        if model.name == "UpdateItem":
            left.stack.clock.tick(4)

    left.stack.dynamodb.meta.events.register_first("before-call", slow)
    first, second = job.ask("continue").json, job.ask("continue").json
    left.stack.dynamodb.meta.events.unregister("before-call", slow)
    assert (first["handed_over"], first["state"], second["handed_over"]) == (3, "running", 5)


def test_handovers_come_in_pages_and_are_forgotten_after_a_year(
    left: RawAdmin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handover_jobs, "PAGE", 2)
    ids = []
    for number in range(3):
        own(left.stack, "galina", number=number)
        job = begun(left, "galina", "boris")
        job.ended("continue")
        ids.append(job.id)
        left.stack.clock.tick(1)
    page = left.send("GET", "handovers").json
    assert [each["id"] for each in page["items"]] == [ids[2], ids[1]]
    rest = left.send("GET", "handovers", query=f"cursor={page['cursor'].replace('#', '%23')}").json
    assert ([each["id"] for each in rest["items"]], rest["cursor"]) == ([ids[0]], None)
    assert left.send("GET", "handovers", query="cursor=x").status == 422
    stored = jobs_in(left.stack)
    assert len(stored) == 6
    for item in stored:
        assert 365 < (int(item["expires_at"]["N"]) - left.stack.clock.ms / 1000) / 86_400 <= 366
        assert "+7999" not in repr(item)  # the contact's number is in the contact alone


def jobs_in(stack: Stack) -> list[Any]:
    items = stack.dynamodb.scan(TableName=stack.table)["Items"]
    return [item for item in items if item["pk"]["S"].startswith("job#")]
