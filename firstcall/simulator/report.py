"""Shows what was played, what was answered and what became of it: in words, or as one JSON document."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, cast
from urllib.parse import unquote_plus, urlsplit

from firstcall.simulator.expect import owner_of
from tools.terminal import say

if TYPE_CHECKING:
    from firstcall.simulator.perform import Delivery
    from firstcall.simulator.play import Exchange, Result
    from firstcall.simulator.script import Scenario
    from firstcall.simulator.stage import Stage
    from tools.deployed import Record

_WIDTH = 66
_LONGEST = 160


def begin(stage: Stage, scenario: Scenario, phone: str | None) -> None:
    """Say what is going to be played."""
    say(f"{stage.connection.id} ({stage.operator.title}), {scenario.name}: {scenario.title}")
    say(f"caller {'withheld' if scenario.withheld else phone}, line {stage.line or 'none'}")
    say()


def show(exchange: Exchange) -> None:
    """Say one request and its answer."""
    note = f" [{exchange.delivery.note}]" if exchange.delivery.note else ""
    says = f"{exchange.delivery.request.says}{note}"
    say(f"  {says:{_WIDTH}} {exchange.status} {_short(exchange.text)}")


def show_wire(stage: Stage, delivery: Delivery) -> None:
    """Show a request as it goes over the wire, without what is secret."""
    request, address = delivery.request, urlsplit(delivery.url)
    say(f"    {request.method} …/{request.suffix}{'?' + address.query if address.query else ''}")
    for text in (unquote_plus(request.body.decode()), *(f"{name}: {value}" for name, value in request.headers.items())):
        if text:
            say(f"    {_without_secrets(stage, text)}")


def end(result: Result) -> None:
    """Say what became of it."""
    say()
    say("What became of it")
    for name, text in _became(result):
        say(f"  {name:18}{text}")
    say()
    if result.mistakes:
        say("NOT as it must be:")
        for mistake in result.mistakes:
            say(f"  - {mistake}")
    else:
        say("As it must be.")


def document(result: Result) -> str:
    """Give all of it as JSON."""
    second = result.second
    return json.dumps(
        {
            "connection": result.stage.connection.id,
            "operator": result.stage.operator.id,
            "scenario": result.scenario.name,
            "phone": result.phone,
            "line": result.stage.line or None,
            "call_id": result.performed.call_id,
            "requests": [_exchange(each) for each in result.exchanges],
            "contact": result.contact,
            "call": result.call,
            "second_call": _exchange(second) if second else result.decision and {"decision": result.decision},
            "mistakes": result.mistakes,
        },
        ensure_ascii=False,
        indent=2,
    )


def _exchange(exchange: Exchange) -> dict[str, object]:
    delivery, opinion = exchange.delivery, exchange.opinion
    told: dict[str, object] = {"says": delivery.request.says, "at": delivery.request.at}
    told |= {"note": delivery.note, "status": exchange.status, "answer": exchange.text}
    return told if opinion is None else {**told, "targets": list(opinion.targets), "names": opinion.contact}


def _became(result: Result) -> list[tuple[str, str]]:
    told = [("contact", _contact(result)), ("responsible", _responsible(result)), ("call", _call(result.call))]
    if result.call:
        told.append(("phones rung", _legs(result.call)))
    if result.second is not None:
        told.append(("the next call", f"{_second(result)}   {_short(result.second.text)}"))
    elif result.decision is not None:
        told.append(("the next call", _second(result)))
    return told


def _contact(result: Result) -> str:
    contact = result.contact
    if contact is None:
        return "none"
    made = "was there before" if result.before else "made by this call"
    return f"{contact['name']}, {contact['state']}, {made}"


def _responsible(result: Result) -> str:
    contact = result.contact
    if contact is None:
        return "nobody"
    rows = cast("list[Record]", contact["responsibles"])
    told = []
    for row in rows:
        proof = cast("Record", row.get("evidence") or {})
        told.append(
            f"{_named(result.stage, owner_of(row))}, source {row.get('source')}: {proof.get('event')} of call "
            f"{proof.get('call_id')} on {proof.get('connection')}, {row.get('at')}"
        )
    return "; ".join(told) or f"nobody ({contact.get('reason') or 'not decided yet'})"


def _call(call: Record | None) -> str:
    if call is None:
        return "not stored"
    who = f"answered by {call['answered_by'] or 'nobody of the company'}"
    return (
        f"{call['direction']}, {call['state']}, {call['outcome']}; {who}; first sent to "
        f"{call['first_directed'] or 'nobody'}; held last by {call['last_held_by'] or 'nobody'}"
    )


def _legs(call: Record) -> str:
    legs = cast("list[Record]", call["legs"])
    return ", ".join(f"{leg.get('ext') or leg.get('employee')} {leg['state']}" for leg in legs) or "none"


def _second(result: Result) -> str:
    if result.second is None:
        decided = cast("list[Record]", (result.decision or {}).get("targets") or [])
        to = ", ".join(_named(result.stage, str(each["employee"])) for each in decided)
        can = any(result.stage.dialect.named(person) for person in result.stage.people)
        how = "this PBX is told, it never asks" if can else "this PBX neither asks nor is told"
        return f"{f'belongs to {to}' if to else 'goes as the PBX likes'} ({how})"
    names = {result.stage.dialect.named(person): person.shown for person in result.stage.people}
    targets = result.second.opinion.targets if result.second.opinion else ()
    return "rings " + ", ".join(names.get(each, each) for each in targets) if targets else "goes as the PBX likes"


def _named(stage: Stage, employee: str) -> str:
    return next((person.shown for person in stage.people if person.employee == employee), employee)


def _without_secrets(stage: Stage, text: str) -> str:
    for value in filter(None, stage.connection.secrets.values()):
        text = text.replace(value, "***")
    return text


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
