"""What must come of a scenario, by the rules of the product and the company in force: written without its code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from firstcall.simulator.script import Ring, Transfer
from shared.phones import normalise

if TYPE_CHECKING:
    from firstcall.simulator.perform import Performance
    from firstcall.simulator.script import Scenario
    from firstcall.simulator.stage import Stage
    from firstcall.simulator.wire import Opinion
    from tools.deployed import Record


@dataclass(frozen=True, slots=True)
class Ownership:
    """Who must be responsible: any of `owners` where the order of arrival decides."""

    owners: tuple[tuple[str, ...], ...]
    source: str | None = None
    reason: str | None = None


def ownership(stage: Stage, scenario: Scenario, phone: str | None) -> Ownership | None:
    """Say who must own the contact that the call makes; None: it makes none."""
    row = stage.row
    if scenario.outcome is None or phone is None or _excluded(stage, phone):
        return None
    if scenario.outgoing:
        created = row.get("outgoing_calls") == "create"
        template = _template(stage)
        return (template or Ownership(((),), reason="outgoing_call")) if created else None
    if scenario.outcome == "missed" and row.get("missed_calls") == "ignore":
        return None
    return _template(stage) or _by_rule(stage, scenario)


def changed_by_later_call(stage: Stage, scenario: Scenario, before: Record) -> Ownership:
    """Say who must own a contact that was there before: a later call changes nothing (R10)."""
    owners = tuple(owner_of(row) for row in cast("list[Record]", before["responsibles"]))
    who = _answerer(stage, scenario)
    adopting = stage.row.get("adopt_on_later_call") and not owners and before["state"] == "unowned"
    if adopting and who is not None and not scenario.outgoing:
        return Ownership(((stage.people[who].employee,),), "answered")
    return unchanged(before)


def unchanged(before: Record) -> Ownership:
    """Say who owns a contact to which nothing happens."""
    owners = tuple(owner_of(row) for row in cast("list[Record]", before["responsibles"]))
    return Ownership((owners,), reason=cast("str | None", before.get("reason")))


def contact_mistakes(stage: Stage, performed: Performance, wanted: Ownership | None, contact: Record | None,
                     *, new: bool) -> list[str]:  # fmt: skip
    """Compare the contact with what must be."""
    if wanted is None or contact is None:
        if (wanted is None) == (contact is None):
            return []
        return ["a contact was made, there must be none" if contact else "no contact was made"]
    rows = cast("list[Record]", contact["responsibles"])
    owners, found = tuple(owner_of(row) for row in rows), []
    if owners not in wanted.owners:
        found.append(f"responsible is {_people(owners)}, must be {' or '.join(map(_people, wanted.owners))}")
    if not new:
        return found
    state = "assigned" if wanted.owners[0] else "unowned"
    if contact["state"] != state and not (state == "unowned" and _undecided(stage, contact)):
        found.append(f"the contact is {contact['state']}, must be {state}")
    elif contact["state"] == "unowned" and contact.get("reason") != wanted.reason:
        found.append(f"nobody is responsible because of {contact.get('reason')}, must be {wanted.reason}")
    sources = {row.get("source") for row in rows}
    if rows and sources != {wanted.source}:
        found.append(f"the source is {', '.join(map(str, sources))}, must be {wanted.source}")
    by = cast("Record", contact["created_by"])
    if (by.get("connection"), by.get("call_id")) != (stage.connection.id, performed.call_id):
        found.append(f"the contact was made by call {by.get('call_id')} on {by.get('connection')}, not by this one")
    return found


def call_mistakes(stage: Stage, scenario: Scenario, performed: Performance, call: Record | None,
                  contact: Record | None) -> list[str]:  # fmt: skip
    """Compare the call as stored with what must be."""
    if scenario.outcome is None:
        stored = call is not None and scenario.delivery == "forged"
        return ["the call was stored, nothing may be"] if stored else []
    if call is None:
        return ["the call was not stored"]
    wanted: Record = {
        "direction": "out" if scenario.outgoing else "in",
        "state": "ended",
        "outcome": scenario.outcome,
        "phone": performed.phone,
        "answered_by": _name(stage, scenario.answered_by),
        "last_held_by": _name(stage, scenario.held_last),
        "contact_id": contact["id"] if contact else None,
    }
    # Some PBXs do not tell which line an employee calls from, and one that reports a call in one word none at all.
    if stage.line and not scenario.outgoing and stage.dialect.HEARS != "last":
        wanted["line"] = stage.line
    found = [
        f"the call's {name} is {call.get(name)}, must be {value}"
        for name, value in wanted.items()
        if call.get(name) != value
    ]
    if scenario.outgoing:
        return found
    directed = [_name(stage, who) for who in _directed(stage, scenario)]
    if call.get("first_directed") not in (directed or [None]):
        found.append(f"the call's first_directed is {call.get('first_directed')}, must be {_people_or(directed)}")
    reached = {str(leg.get("employee")) for leg in cast("list[Record]", call["legs"])}
    must = {stage.people[who].employee for who in _reached(stage, scenario)}
    if reached != must:
        found.append(f"the call reached {_people(tuple(sorted(reached)))}, must be {_people(tuple(sorted(must)))}")
    return found


def answer_mistakes(stage: Stage, contact: Record | None, opinion: Opinion, *, by_employee: bool = False) -> list[str]:
    """Compare the answer to a look-up with what must be, where that does not depend on the hour (T1-T5)."""
    owners = cast("list[Record]", contact["responsibles"]) if contact else []
    if not owners or stage.row.get("redirect_to_responsible") == "off":
        return [f"the answer names {_people(opinion.targets)}, must name nobody"] if opinion.targets else []
    owner = str(owners[0].get("employee") or "")
    person = next((each for each in stage.people if each.employee == owner), None)
    if len(owners) > 1 or person is None or _depends_on_hours(stage, owner):
        return []
    name = person.employee if by_employee else stage.dialect.named(person)
    wanted = (name,) if name else ()
    return [] if opinion.targets[:1] == wanted else [
        f"the answer names {_people(opinion.targets)}, must name {_people(wanted)}"
    ]  # fmt: skip


def owner_of(row: Record) -> str:
    """Name one responsible as the company file does."""
    return str(row.get("employee") or f"group:{row.get('group')}")


def _depends_on_hours(stage: Stage, owner: str) -> bool:
    employee, row = stage.employee(owner), stage.row
    by_hours = row.get("redirect_to_responsible") == "working_time"
    free = not employee.get("hours") and row.get("single_without_hours", "route") == "route"
    return bool(employee.get("away") or stage.line_row.get("hours")) or (by_hours and not free)


def _by_rule(stage: Stage, scenario: Scenario) -> Ownership:
    directed = tuple((stage.people[who].employee,) for who in _directed(stage, scenario))
    by_first = Ownership(directed, "first_directed") if directed else None
    if (stage.row.get("answerer") or stage.operator.answerer) == "first_directed":
        return by_first or Ownership(((),), reason="nobody_rung")
    who = _answerer(stage, scenario)
    if who is not None:
        return Ownership(((stage.people[who].employee,),), "answered")
    missed_owner = str(stage.row.get("missed_owner") or "none")
    if missed_owner == "first_directed" and by_first is not None:
        return by_first
    if missed_owner in {"none", "first_directed", "False"}:
        return Ownership(((),), reason="nobody_answered")
    return Ownership(((missed_owner,),), "missed_owner")


def _reached(stage: Stage, scenario: Scenario) -> list[int]:
    """Whose phones the PBX tells of, in the order they rang."""
    steps = [step for step in scenario.steps if isinstance(step, Ring | Transfer)]
    rung = [step.who if isinstance(step, Ring) else step.to for step in steps]
    answered = [who for who in (scenario.answered_by, scenario.held_last) if who is not None]
    if stage.dialect.HEARS == "answered":
        return list(dict.fromkeys(answered))
    if stage.dialect.HEARS == "last":
        return answered[-1:] or rung[-1:]
    return list(dict.fromkeys(rung))


def _directed(stage: Stage, scenario: Scenario) -> list[int]:
    """Whom the call may have been sent to first, as far as this PBX tells."""
    reached, answerer = _reached(stage, scenario), scenario.answered_by
    if scenario.delivery == "shuffled" and not stage.dialect.TIMED:
        return reached  # R6: where nothing orders the phones, the first to be told of counts
    if stage.dialect.HEARS in {"ended", "answered"} and answerer is not None:
        return [answerer]
    if stage.dialect.HEARS != "rung":
        return reached
    return [] if scenario.first_directed is None else [scenario.first_directed]


def _answerer(stage: Stage, scenario: Scenario) -> int | None:
    return scenario.held_last if stage.row.get("owner_after_transfer") == "last" else scenario.answered_by


def _template(stage: Stage) -> Ownership | None:
    given = cast("list[str]", stage.template.get("responsibles") or [])
    return Ownership((tuple(given),), "template") if given else None


def _undecided(stage: Stage, contact: Record) -> bool:
    """Whether this PBX's last record does not say that a call was missed, so that the deadline decides."""
    return contact["state"] == "pending" and not stage.dialect.LAST_RECORD


def _excluded(stage: Stage, phone: str) -> bool:
    """Whether a number never becomes a contact (C4)."""
    head = cast("Record", stage.company.get("company") or {})
    numbers = cast("list[str]", head.get("blocked") or [])
    country = str(head.get("country") or "RU")
    for employee in cast("dict[str, Record]", stage.company.get("employees") or {}).values():
        numbers = [*numbers, *cast("list[str]", employee.get("phones") or [])]
    for row in cast("dict[str, Record]", stage.company.get("connections") or {}).values():
        numbers = [*numbers, *cast("Record", row.get("lines") or {})]
    return phone in {normalise(number, country) for number in numbers}


def _name(stage: Stage, who: int | None) -> str | None:
    return None if who is None else stage.people[who].employee


def _people_or(names: list[str | None]) -> str:
    return " or ".join(str(name) for name in names) or "nobody"


def _people(names: tuple[str, ...]) -> str:
    return ", ".join(names) or "nobody"
