"""What of a replay counts as a difference, and how it is said."""

from __future__ import annotations

import re
from typing import Any

import pytest

from firstcall.replay.compare import ASKED, Change, Difference, compare
from firstcall.replay.play import Replayed
from firstcall.replay.report import Report, document, told
from firstcall.replay.seeds import Played, seeds
from firstcall.replay.stored import Sent, moment
from functions.admin.documents import CallDocument, ContactDocument
from functions.backfill.history import HISTORIES
from shared.pbx.protocol import PbxRequest
from tools.bootstrap import ROOT

PHONE, OTHER = "+79161234567", "+79167654321"
BEFORE, DURING, AFTER = "2026-11-22T10:00:00.000Z", "2026-11-23T10:00:00.000Z", "2026-11-24T10:00:00.000Z"
TODAY = Played(frozenset({("main", "today")}), moment("2026-11-24T00:00:00.000Z"))


def owner(who: str, call: str | None = "today", **changes: Any) -> dict[str, Any]:
    proof = {"connection": "main" if call else None, "call_id": call, "event": "ACCEPTED"}
    return {"employee": who, "source": "answered", "at": DURING, "late": False, "evidence": proof, **changes}


def contact(*owners: dict[str, Any], **changes: Any) -> ContactDocument:
    return ContactDocument.model_validate(
        {
            "id": "c1",
            "kind": "person",
            "name": PHONE,
            "phones": [PHONE],
            "tags": [],
            "fields": {},
            "template": "default",
            "created_at": DURING,
            "created_by": {"connection": "main", "call_id": "today", "line": None},
            "responsibles": list(owners),
            "state": "assigned" if owners else "unowned",
            "reason": None if owners else "nobody_answered",
            **changes,
        }
    )


def by(call: str, line: str | None = None) -> dict[str, str | None]:
    return {"connection": "main", "call_id": call, "line": line}


def call(**changes: Any) -> CallDocument:
    return CallDocument.model_validate(
        {
            "connection": "main",
            "call_id": "today",
            "direction": "in",
            "phone": PHONE,
            "line": None,
            "state": "ended",
            "outcome": "answered",
            "legs": [{"ext": "701", "employee": "anna", "state": "answered"}],
            "first_directed": "anna",
            "answered_by": "anna",
            "last_held_by": "anna",
            "contact_id": "c1",
            **changes,
        }
    )


def differences(
    stored: ContactDocument | None, replayed: ContactDocument | None, phone: str = PHONE
) -> list[tuple[str, list[str]]]:
    there = {} if stored is None else {phone: stored}
    found = Replayed({} if replayed is None else {phone: replayed}, {})
    compared = compare(there, {}, found, TODAY, phones=[phone])
    return [(each.what, [change.name for change in each.changes]) for each in compared.differences]


def test_what_is_the_same_is_no_difference_whenever_it_was_written_and_under_which_id() -> None:
    again = contact(owner("anna", at=AFTER), id="other", created_at=AFTER)
    assert differences(contact(owner("anna")), again) == []
    assert differences(None, None) == []


def test_another_owner_source_reason_or_template_is_a_difference() -> None:
    stored = contact(owner("anna"))
    assert differences(stored, contact(owner("boris"))) == [("changed", ["responsibles"])]
    assert differences(stored, contact(owner("anna", source="template"))) == [("changed", ["responsibles"])]
    assert differences(stored, contact(owner("anna", late=True))) == [("changed", ["responsibles"])]
    assert differences(stored, contact()) == [("changed", ["responsibles", "state", "reason"])]
    vip = contact(owner("anna"), template="vip", name="VIP")
    assert differences(stored, vip) == [("changed", ["template", "name"])]


def test_a_contact_on_one_side_only_is_made_or_not_made() -> None:
    assert [what for what, _ in differences(contact(), None)] == ["not_made"]
    assert [what for what, _ in differences(None, contact())] == ["made"]


@pytest.mark.rule("R9")
def test_what_a_person_decided_is_no_difference_but_that_the_contact_would_not_be_there_is() -> None:
    chosen = contact(owner("denis", None, source="manual"))
    nobody = contact(reason="manual")
    for stored in (chosen, nobody):
        assert differences(stored, contact(owner("anna"))) == []
        assert [what for what, _ in differences(stored, None)] == ["not_made"]


def test_a_number_that_a_person_gave_a_contact_is_no_difference() -> None:
    joined = contact(owner("anna"), phones=[PHONE, OTHER])
    assert differences(joined, contact(owner("boris"), created_by=by("another")), OTHER) == []
    assert differences(joined, contact(owner("boris")), PHONE) == [("changed", ["responsibles"])]


@pytest.mark.rule("R10")
def test_what_calls_decided_that_are_not_played_is_no_difference() -> None:
    adopted_later = contact(owner("boris", "tomorrow", at=AFTER))
    assert differences(adopted_later, contact()) == []
    assert differences(adopted_later, contact(owner("anna"))) == [("changed", ["responsibles"])]
    made_later = contact(owner("boris", "tomorrow"), created_at=AFTER, created_by=by("tomorrow"))
    assert differences(made_later, None) == []
    assert [what for what, _ in differences(made_later, contact())] == ["made"]


def test_what_only_the_history_of_the_pbx_knew_is_not_judged_unless_the_replay_says_otherwise() -> None:
    proof = {"connection": "main", "call_id": "today", "event": "stats (asked)"}
    stored = contact(owner("anna", evidence=proof))
    missed = call(outcome="missed", answered_by=None)
    found = Replayed({PHONE: contact()}, {("main", "today"): missed})
    compared = compare({PHONE: stored}, {("main", "today"): call()}, found, TODAY, phones=[PHONE])
    assert compared == ((), frozenset({("main", "today")}))
    assert differences(stored, contact(owner("boris"))) == [("changed", ["responsibles"])]


@pytest.mark.parametrize("family", HISTORIES)
def test_what_a_history_told_is_known_by_the_name_of_its_events(family: str) -> None:
    source = (ROOT / "functions" / "backfill" / "histories" / f"{family}.py").read_text(encoding="utf-8")
    names = re.findall(r'name="(.+?)"', source)
    assert names
    assert all(name.endswith(ASKED) for name in names)


def test_a_contact_is_there_from_before_as_it_was_before() -> None:
    [kept] = seeds([contact(owner("anna", "yesterday", at=BEFORE), created_by=by("yesterday"))], TODAY)
    assert ([each.who for each in kept.responsibles], kept.state, kept.manual) == (["anna"], "assigned", False)
    adopted = contact(owner("anna", "today"), created_by=by("yesterday"), created_at=BEFORE)
    [before] = seeds([adopted], TODAY)
    assert (before.responsibles, before.state) == ((), "unowned")
    [chosen] = seeds([contact(owner("anna", None), created_by=by("yesterday"), created_at=BEFORE)], TODAY)
    assert (chosen.manual, [each.who for each in chosen.responsibles]) == (True, ["anna"])


def test_a_contact_of_the_period_itself_or_of_later_is_not_there_from_before() -> None:
    later = contact(created_by=by("tomorrow"), created_at=AFTER)
    assert seeds([contact(owner("anna")), later], TODAY) == []


def report(*found: Difference, **changes: Any) -> Report:
    whole = Report(3, 2, 1, found, unreadable=(), homeless=(), without_requests=0, asked=0)
    return whole._replace(**changes)


def test_no_differences_are_said_in_two_lines() -> None:
    assert list(told(report())) == ["3 requests played again: 2 calls, 1 contact", "no differences"]
    assert document(report())["differences"] == []


def test_differences_are_said_by_contact_and_call_each_from_what_to_what() -> None:
    owners = Change("responsibles", ["anna (answered)"], [])
    reason = Change("reason", None, "nobody_answered")
    answered = Change("answered_by", "anna", None)
    found = (
        Difference("contact", (PHONE,), "changed", (owners, reason)),
        Difference("contact", (OTHER,), "made", (Change("responsibles", None, ["boris (template)"]),)),
        Difference("call", ("main", "today"), "changed", (answered, Change("created_by", "a", "b"))),
        Difference("call", ("main", "gone"), "not_made", (Change("phone", OTHER, None), Change("line", "1", None))),
    )
    assert list(told(report(*found)))[1:] == [
        f"contact {PHONE}",
        "    responsibles: anna (answered) -> nobody",
        "    reason: none -> nobody_answered",
        f"contact {OTHER}: would be made",
        "    responsibles: boris (template)",
        "call today on main",
        "    answered by: anna -> none",
        "    made by call: a -> b",
        "call gone on main: would not be made",
        f"    phone: {OTHER}",
        "4 differences",
    ]
    rows = document(report(*found))["differences"]
    assert rows == [
        {
            "about": "contact",
            "phone": PHONE,
            "what": "changed",
            "changes": {
                "responsibles": {"stored": ["anna (answered)"], "replayed": []},
                "reason": {"stored": None, "replayed": "nobody_answered"},
            },
        },
        {
            "about": "contact",
            "phone": OTHER,
            "what": "made",
            "changes": {"responsibles": {"stored": None, "replayed": ["boris (template)"]}},
        },
        {
            "about": "call",
            "connection": "main",
            "call_id": "today",
            "what": "changed",
            "changes": {
                "answered_by": {"stored": "anna", "replayed": None},
                "created_by": {"stored": "a", "replayed": "b"},
            },
        },
        {
            "about": "call",
            "connection": "main",
            "call_id": "gone",
            "what": "not_made",
            "changes": {"phone": {"stored": OTHER, "replayed": None}, "line": {"stored": "1", "replayed": None}},
        },
    ]


def test_what_could_not_be_played_or_judged_is_said() -> None:
    sent = Sent(1, "main", None, PbxRequest("POST", "", {}, {}, b""))
    lines = list(told(report(homeless=[sent, sent], without_requests=1, asked=2)))
    assert lines[1:] == [
        "  left out: 2 requests of main, which this company does not have",
        "  left out: 1 call whose requests are not kept",
        "  not judged: 2 calls whose answerer the PBX's own history told, when asked",
        "no differences",
    ]
    lines = list(told(report(unreadable=[sent, sent._replace(call_id="today")])))
    assert lines[1:] == [
        "a request of main: it would be answered 400, it cannot be read",
        "a request of main about call today: it would be answered 400, it cannot be read",
        "2 differences",
    ]
