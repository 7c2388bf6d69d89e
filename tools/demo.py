"""Plays a new customer's first and second call, in the words a MegaFon PBX would use, and shows what became of them.

Everything goes over HTTP through the deployed functions; what is shown is read back from the admin API.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast
from urllib.parse import quote, urlencode

from tools.demo_stage import Stage, new_call_id, new_customer, set_stage
from tools.terminal import Refused, say

if TYPE_CHECKING:
    from tools.deployed import DeployedStack, Record

PATIENCE = 15  # seconds until the answerer must be the responsible; it takes a fraction of one
WIDTH = 52


def play(deployed: DeployedStack) -> None:
    """Play both calls; only say why where the company file has no PBX to play them on."""
    stage = set_stage(deployed)
    if stage is None:
        say("no demo calls: they need a connection of a MegaFon-like operator with two active employees on it")
        return
    customer = new_customer(deployed)
    first, second = stage.first, stage.second
    say()
    say("Whose caller is this? Watch a new customer call twice.")
    say()
    say(f"1. {spoken(customer)} calls {spoken(stage.line) or 'the company'} for the first time")
    show(
        f"{stage.brand} asks: whose caller is this?",
        f"{stage.lookup(customer)}  nobody's yet, the PBX follows its own plan",
    )
    call_id = play_first_call(deployed, stage, customer)
    contact = contact_of(deployed, customer)
    show("they talk, the call ends", outcome(deployed, stage, call_id))
    say()
    show(
        "Responsible for this customer from now on:",
        responsible(contact, {each.employee: each.name for each in (first, second)}),
    )
    show("because of:", evidence(contact))
    say()
    say("2. The same customer calls again")
    answer = stage.lookup(customer)
    show(f"{stage.brand} asks: whose caller is this?", answer)
    if f'"{second.login}"' in answer or f'"{second.ext}"' in answer:
        show(f"so it rings {second.name} ({second.ext}) first", "")
    else:
        show("it rings nobody by our word, because", why(deployed, stage, customer))


def why(deployed: DeployedStack, stage: Stage, customer: str) -> str:
    """Say what decided: a line closed at this hour, a responsible who is not working now."""
    question = {"connection": stage.connection.id, "phone": customer, "line": stage.line}
    steps = cast("list[Record]", deployed.record(f"explain?{urlencode(question)}")["steps"])
    return str(steps[-2]["text"] if len(steps) > 1 else steps[-1]["text"])


def play_first_call(deployed: DeployedStack, stage: Stage, customer: str) -> str:
    """Ring two employees; the second answers. Give the call's id."""
    call_id, first, second = new_call_id(), stage.first, stage.second
    stage.event("INCOMING", first, customer, call_id)
    stage.event("INCOMING", second, customer, call_id)
    show(f"{first.name} ({first.ext}) and {second.name} ({second.ext}) ring", state(contact_of(deployed, customer)))
    started = time.monotonic()
    stage.event("ACCEPTED", second, customer, call_id)
    stage.event("CANCELLED", first, customer, call_id)
    contact = contact_of(deployed, customer)
    while contact["state"] == "pending" and time.monotonic() - started < PATIENCE:
        time.sleep(0.2)
        contact = contact_of(deployed, customer)
    show(f"{second.name} picks up, the other phone goes quiet", state(contact))
    stage.event("COMPLETED", second, customer, call_id)
    stage.history(second, customer, call_id, datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ"))
    return call_id


def show(what: str, result: str) -> None:
    """Print what happened, and beside it what the system made of it."""
    say(f"   {what:{WIDTH}}{result}".rstrip())


def contact_of(deployed: DeployedStack, customer: str) -> Record:
    """Read the customer's contact."""
    items = cast("list[Record]", deployed.record(f"contacts?phone={quote(customer)}").get("items"))
    if len(items) != 1:
        raise Refused(f"expected one contact for {customer}, found {len(items)} (the functions' log: .local/cloud.log)")
    return items[0]


def outcome(deployed: DeployedStack, stage: Stage, call_id: str) -> str:
    """Say how a call went, from the call as stored."""
    call = deployed.record(f"calls/{stage.connection.id}/{call_id}")
    legs = ", ".join(f"{leg.get('ext')} {leg.get('state')}" for leg in cast("list[Record]", call.get("legs") or []))
    return f"{call.get('outcome')} by {call.get('answered_by')} ({legs})"


def state(contact: Record) -> str:
    """Say where a contact stands."""
    owners = cast("list[Record]", contact["responsibles"])
    if not owners:
        return f"contact made, {contact['state']}: nobody is responsible yet"
    return f"{owner(owners[0])} is responsible, source {owners[0].get('source')!r}"


def responsible(contact: Record, names: dict[str, str]) -> str:
    """Name the responsibles."""
    owners = [owner(each) for each in cast("list[Record]", contact["responsibles"])]
    return (
        ", ".join(names.get(each, each) for each in owners) or f"nobody ({contact.get('reason') or contact['state']})"
    )


def owner(row: Record) -> str:
    """Name one responsible by id."""
    return str(row.get("employee") or f"group:{row.get('group')}")


def evidence(contact: Record) -> str:
    """Say what made somebody responsible."""
    for row in cast("list[Record]", contact["responsibles"]):
        proof = cast("Record", row.get("evidence") or {})
        return f"{proof.get('event')} of call {proof.get('call_id')} on {proof.get('connection')}, {row.get('at')}"
    return "nothing"


def spoken(number: str) -> str:
    """Space a Russian number as people write it."""
    if not number.startswith("+7") or len(number) != len("+79991234567"):
        return number
    return f"+7 {number[2:5]} {number[5:8]}-{number[8:10]}-{number[10:]}"
