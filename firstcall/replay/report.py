"""The differences in words, and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from firstcall.replay.compare import Change, Difference, Value
    from firstcall.replay.stored import Sent

MADE = {"made": "would be made", "not_made": "would not be made"}
TOLD_IN_SHORT = {
    "contact": ("responsibles", "reason", "template"),
    "call": ("phone", "outcome", "answered_by"),
}
"""What is said of a contact or call that is there on one side only."""


class Report(NamedTuple):
    """What was played, what of it would be otherwise, and what could not be judged."""

    requests: int
    calls: int
    contacts: int
    differences: Sequence[Difference]
    unreadable: Sequence[Sent]
    homeless: Sequence[Sent]
    without_requests: int  # calls
    asked: int  # calls

    @property
    def is_same(self) -> bool:
        """Whether nothing would be otherwise."""
        return not self.differences and not self.unreadable


def told(report: Report) -> Iterator[str]:
    """Say it in lines."""
    calls, contacts = _count(report.calls, "call"), _count(report.contacts, "contact")
    yield f"{_count(report.requests, 'request')} played again: {calls}, {contacts}"
    yield from _notes(report)
    if report.is_same:
        yield "no differences"
        return
    for request in report.unreadable:
        about = f" about call {request.call_id}" if request.call_id else ""
        yield f"a request of {request.connection}{about}: it would be answered 400, it cannot be read"
    for each in report.differences:
        yield from _told(each)
    yield _count(len(report.differences) + len(report.unreadable), "difference")


def document(report: Report) -> dict[str, object]:
    """Give it as JSON data."""
    return {
        "requests": report.requests,
        "calls": report.calls,
        "contacts": report.contacts,
        "differences": [_row(each) for each in report.differences],
        "unreadable": [{"connection": each.connection, "call_id": each.call_id} for each in report.unreadable],
        "not_judged": {
            "requests_of_other_connections": len(report.homeless),
            "calls_without_requests": report.without_requests,
            "calls_known_by_history": report.asked,
        },
    }


def _notes(report: Report) -> Iterator[str]:
    if report.homeless:
        names = ", ".join(sorted({each.connection for each in report.homeless}))
        yield f"  left out: {_count(len(report.homeless), 'request')} of {names}, which this company does not have"
    if report.without_requests:
        yield f"  left out: {_count(report.without_requests, 'call')} whose requests are not kept"
    if report.asked:
        yield f"  not judged: {_count(report.asked, 'call')} whose answerer the PBX's own history told, when asked"


def _told(difference: Difference) -> Iterator[str]:
    name = _name(difference)
    if difference.what == "changed":
        yield name
        for change in difference.changes:
            yield f"    {_title(change)}: {_words(change.stored)} -> {_words(change.replayed)}"
        return
    yield f"{name}: {MADE[difference.what]}"
    for change in difference.changes:
        value = change.replayed if difference.what == "made" else change.stored
        if value and change.name in TOLD_IN_SHORT[difference.about]:
            yield f"    {_title(change)}: {_words(value)}"


def _name(difference: Difference) -> str:
    if difference.about == "contact":
        return f"contact {difference.key[0]}"
    connection, call_id = difference.key
    return f"call {call_id} on {connection}"


def _title(change: Change) -> str:
    return "made by call" if change.name == "created_by" else change.name.replace("_", " ")


def _words(value: Value) -> str:
    if isinstance(value, list):
        return ", ".join(value) or "nobody"
    return value or "none"


def _row(difference: Difference) -> dict[str, object]:
    if difference.about == "contact":
        key = {"phone": difference.key[0]}
    else:
        key = dict(zip(("connection", "call_id"), difference.key, strict=True))
    changes = {each.name: {"stored": each.stored, "replayed": each.replayed} for each in difference.changes}
    return {"about": difference.about, **key, "what": difference.what, "changes": changes}


def _count(count: int, noun: str) -> str:
    return f"1 {noun}" if count == 1 else f"{count:,} {noun}s"
