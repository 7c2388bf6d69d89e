"""Handovers that are killed, done by several at once, or met by a change: nothing is lost, doubled or overwritten."""

from __future__ import annotations

import json
from contextlib import contextmanager
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest

from functions.admin.handover import run as handover_run
from shared.contacts import Contacts
from shared.table import shard_of
from tests.support.faults import Killed, killed_before_write
from tests.support.handovers import Handover, begun, now, own, owners, ownership, remember

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from shared.contact import Contact
    from tests.integration.admin.conftest import RawAdmin
    from tests.support.stack import Stack

FEWEST_WRITES = 8
"""Audit record, decisions, a new set of owners, four contacts, the end: each must have been the one not done."""


@pytest.fixture
def left(applied: RawAdmin, document: dict[str, Any]) -> RawAdmin:
    document["employees"]["galina"]["active"] = False
    assert applied.put("company", document).status == 200
    return applied


@pytest.fixture
def four(left: RawAdmin) -> list[Contact]:
    """Give Galina three contacts of her own and one together with Elena."""
    remember(left.stack, "elena,galina")
    return [
        *(own(left.stack, "galina", number=number) for number in range(3)),
        own(left.stack, "elena", "galina", number=3),
    ]


@contextmanager
def meanwhile(stack: Stack, operation: str, act: Callable[[], object], *, key: str = "") -> Iterator[list[str]]:
    """Do something once, just before the first call of an operation (on keys that begin so) is sent."""
    done: list[str] = []

    def before(model: Any, params: dict[str, Any], **_: object) -> None:
        if model.name == operation and not done and f'"{key}' in str(params["body"]):
            done.append(operation)
            act()

    stack.dynamodb.meta.events.register_first("before-call", before)
    try:
        yield done
    finally:
        stack.dynamodb.meta.events.unregister("before-call", before)


def killed(job: Handover, what: str, number: int) -> bool:
    """Send a request whose function is killed before its write of this number; say whether it came so far."""
    try:
        with killed_before_write(number, job.admin.stack.dynamodb):
            job.ask(what)
    except Killed:
        return True
    return False


@pytest.mark.rule("R14")
def test_killed_before_any_of_its_writes_it_is_resumed_and_undone_as_if_nothing_had_been(
    left: RawAdmin, four: list[Contact]
) -> None:
    before = [ownership(each) for each in four]
    for number in count(1):
        job = begun(left, "galina", "spread:sales")
        were_killed = [killed(job, "continue", number)]
        done = job.ended("continue")
        assert (done["handed_over"], done["received"]) == (4, {"anna": 2, "boris": 2})
        whose = [owners(left.stack, each) for each in four]
        assert sorted(whose[:3]) in ([["anna"], ["anna"], ["boris"]], [["anna"], ["boris"], ["boris"]])
        assert whose[3] in (["elena", "anna"], ["elena", "boris"])
        assert left.send("GET", "contacts", query="responsible=elena").json["items"][0]["id"] == four[3].id

        were_killed.append(killed(job, "undo", number))
        undone = job.ended("undo")
        assert (undone["restored"], undone["changed"]) == (4, 0)
        assert [ownership(now(left.stack, each)) for each in four] == before
        if not any(were_killed):
            break
    assert number > FEWEST_WRITES


def test_a_handover_killed_in_the_middle_is_undone_without_being_resumed(left: RawAdmin, four: list[Contact]) -> None:
    before = [ownership(each) for each in four]
    for number in range(2, FEWEST_WRITES):
        job = begun(left, "galina", "boris")
        assert killed(job, "continue", number)
        undone = job.ended("undo")
        assert (undone["restored"], undone["changed"]) == (undone["handed_over"], 0)
        assert [ownership(now(left.stack, each)) for each in four] == before


@pytest.mark.parametrize(("operation", "key"), [("TransactWriteItems", "job#"), ("UpdateItem", "phone#")])
@pytest.mark.parametrize("what", ["continue", "undo"])
def test_two_at_once_do_it_once(left: RawAdmin, four: list[Contact], operation: str, key: str, what: str) -> None:
    job = begun(left, "galina", "spread:sales")
    if what == "undo":
        job.ended("continue")
    with meanwhile(left.stack, operation, lambda: job.ask(what), key=key) as other:
        job.ask(what)
    assert other == [operation]
    ended = job.ended(what)
    assert (ended["handed_over"], ended["received"]) == (4, {"anna": 2, "boris": 2})
    assert (ended["restored"], ended["changed"]) == ((4, 0) if what == "undo" else (0, 0))
    assert len({tuple(owners(left.stack, each)) for each in four[:3]}) == (2 if what == "continue" else 1)
    assert {now(left.stack, each).manual for each in four} == {what == "continue"}


@pytest.mark.usefixtures("four")
def test_two_who_decide_at_once_for_different_contacts_are_both_counted(
    left: RawAdmin, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = begun(left, "galina", "boris")
    first_of_all = next(number for number in count(100) if shard_of(f"{number:032x}") == 0)

    def another() -> None:
        own(left.stack, "elena", "galina", number=first_of_all, created_at=0)
        with monkeypatch.context() as few:
            few.setattr(handover_run, "MOST_CONTACTS", 1)
            assert job.ask("continue").json["handed_over"] == 1

    with meanwhile(left.stack, "TransactWriteItems", another, key="job#"):
        assert job.ended("continue")["received"] == {"boris": 5}
    assert job.ended("undo")["restored"] == 5


def test_what_one_has_decided_another_does_not_decide_again(left: RawAdmin, four: list[Contact]) -> None:
    job = begun(left, "galina", "boris")

    def die() -> None:
        raise Killed

    def another_dies_later() -> None:
        left.stack.clock.tick(1)
        with meanwhile(left.stack, "UpdateItem", die, key="phone#"), pytest.raises(Killed):
            job.ask("continue")

    with meanwhile(left.stack, "UpdateItem", another_dies_later, key="phone#"):
        job.ended("continue")
    undone = job.ended("undo")
    assert (undone["restored"], undone["changed"]) == (len(four), 0)


@pytest.mark.parametrize(("operation", "key"), [("TransactWriteItems", "job#"), ("UpdateItem", "phone#")])
def test_whoever_is_about_to_hand_over_lets_be_what_is_undone_meanwhile(
    left: RawAdmin, four: list[Contact], operation: str, key: str
) -> None:
    job = begun(left, "galina", "boris")
    with meanwhile(left.stack, operation, lambda: job.ended("undo"), key=key) as undone:
        answer = job.ask("continue")
    assert (undone, answer.json["state"]) == ([operation], "undone")
    shown = job.shown()
    assert (shown["state"], shown["restored"], shown["changed"]) == ("undone", shown["handed_over"], 0)
    assert [ownership(now(left.stack, each)) for each in four] == [ownership(each) for each in four]


@pytest.mark.parametrize(("operation", "key"), [("TransactWriteItems", "job#"), ("UpdateItem", "phone#")])
def test_a_contact_that_changes_in_between_is_handed_over_as_it_is_by_then(
    left: RawAdmin, operation: str, key: str
) -> None:
    contact, stack = own(left.stack, "galina"), left.stack
    contacts = Contacts(stack.dynamodb, stack.table)
    job = begun(left, "galina", "boris")

    def rename() -> None:
        contacts.revise(now(stack, contact)._replace(name="Renamed"))

    with meanwhile(stack, operation, rename, key=key):
        done = job.ended("continue")
    assert (done["handed_over"], owners(stack, contact), now(stack, contact).name) == (1, ["boris"], "Renamed")
    assert job.ended("undo")["restored"] == 1
    assert (ownership(now(stack, contact)), now(stack, contact).name) == (ownership(contact), "Renamed")


@pytest.mark.rule("R9")
@pytest.mark.parametrize(("operation", "key"), [("TransactWriteItems", "job#"), ("UpdateItem", "phone#")])
def test_what_a_person_chooses_in_between_stays(left: RawAdmin, operation: str, key: str) -> None:
    contact, job = own(left.stack, "galina"), begun(left, "galina", "boris")

    def choose() -> None:
        assert left.put(f"contacts/{contact.id}/responsibles", {"responsibles": ["anna"]}).status == 200

    with meanwhile(left.stack, operation, choose, key=key):
        assert job.ended("continue")["state"] == "done"
    chosen = now(left.stack, contact)
    assert owners(left.stack, contact) == ["anna"]
    undone = job.ended("undo")
    assert (undone["restored"], undone["changed_contacts"]) == (0, [contact.id] * undone["changed"])
    assert now(left.stack, contact) == chosen


@pytest.mark.rule("C9")
@pytest.mark.parametrize(("operation", "key"), [("TransactWriteItems", "job#"), ("UpdateItem", "phone#")])
def test_contacts_merged_in_between_are_handed_over_as_the_one_they_are_by_then(
    left: RawAdmin, four: list[Contact], operation: str, key: str
) -> None:
    job = begun(left, "galina", "boris")
    kept, absorbed, *_ = four

    def merge() -> None:
        body = json.dumps({"contact": absorbed.id})
        assert left.send("POST", f"contacts/{kept.id}/merge", body).status == 200

    with meanwhile(left.stack, operation, merge, key=key):
        job.ended("continue")
    assert [owners(left.stack, each)[-1] for each in four] == ["boris"] * 4
    assert now(left.stack, kept) == now(left.stack, absorbed)
    undone = job.ended("undo")
    assert (undone["restored"], undone["changed_contacts"]) == (3, [absorbed.id] * undone["changed"])
    assert [owners(left.stack, each)[-1] for each in four] == ["galina"] * 4
