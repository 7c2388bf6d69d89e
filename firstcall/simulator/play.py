"""Sends a performed call to a deployment, and looks at what became of it."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from firstcall.simulator import expect
from firstcall.simulator.perform import OK, UNKNOWN, perform, question
from firstcall.simulator.wire import INVOKE, Opinion
from tools.web import Reply, send

if TYPE_CHECKING:
    from collections.abc import Callable

    from firstcall.simulator.perform import Delivery, Performance
    from firstcall.simulator.script import Scenario
    from firstcall.simulator.stage import Stage
    from firstcall.simulator.wire import WireRequest
    from tools.deployed import Record

PATIENCE = 10
"""Seconds until what a call proves must be stored; it takes a fraction of one."""


_NOT_YET = "a company file applied less than a minute ago may not be in force everywhere yet"


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request sent, and the answer."""

    delivery: Delivery
    status: int
    text: str
    opinion: Opinion | None = None  # of a question that was answered 200


@dataclass(slots=True)
class Result:
    """What was played and what became of it."""

    stage: Stage
    scenario: Scenario
    phone: str | None
    performed: Performance
    before: Record | None = None
    exchanges: list[Exchange] = field(default_factory=list)
    contact: Record | None = None
    call: Record | None = None
    second: Exchange | None = None
    decision: Record | None = None  # instead of `second`, where the PBX never asks
    mistakes: list[str] = field(default_factory=list)


def play(
    stage: Stage,
    scenario: Scenario,
    phone: str | None,
    *,
    real: bool = False,
    seed: int = 0,
    show: Callable[[Exchange], None] = lambda _: None,
) -> Result:
    """Play one scenario; raise Inexpressible where the PBX has no words for it."""
    performed = perform(stage, scenario, phone, real=real, seed=seed)
    result = Result(stage, scenario, performed.phone, performed, before=stage.contact_of(performed.phone))
    began = time.monotonic()
    for delivery in performed.deliveries:
        if real:
            time.sleep(max(0.0, began + delivery.request.at - time.monotonic()))
        exchange = _exchange(stage, delivery)
        show(exchange)
        result.exchanges.append(exchange)
        result.mistakes += _answer_mistakes(result, exchange)
    _observe(result)
    if scenario.outcome is not None and performed.phone is not None:
        _call_again(result, performed.phone)
    return result


def _exchange(stage: Stage, delivery: Delivery) -> Exchange:
    request = delivery.request
    if request.method == INVOKE:
        reply = _invoke(stage, request)
    else:
        body = request.body if request.method == "POST" else None
        reply = send(request.method, delivery.url, body, dict(request.headers))
    read = request.asks and reply.status == delivery.status == 200  # noqa: PLR2004
    opinion = stage.dialect.read_answer(reply.text) if read else None
    return Exchange(delivery, reply.status, reply.text, opinion)


def _invoke(stage: Stage, request: WireRequest) -> Reply:
    """Invoke the webhook function as a contact flow does, which learns of a refusal by a word in the answer."""
    name = stage.deployed.outputs["WebhookFunctionName"]
    text = stage.deployed.functions().invoke(FunctionName=name, Payload=request.body)["Payload"].read().decode()
    return Reply(UNKNOWN if "error" in json.loads(text) else OK, text)


def _answer_mistakes(result: Result, exchange: Exchange) -> list[str]:
    says = exchange.delivery.request.says
    if exchange.status != exchange.delivery.status:
        wanted, new = exchange.delivery.status, exchange.status == UNKNOWN
        hint = f"; {_NOT_YET}" if new else f": {exchange.text[:200]}"
        return [f"“{says}” was answered {exchange.status}, must be {wanted}{hint}"]
    # Shuffled or repeated, a question may come when the call has made its contact already.
    if exchange.opinion is None or result.scenario.delivery != "once":
        return []
    return expect.answer_mistakes(result.stage, result.before, exchange.opinion)


def _observe(result: Result) -> None:
    stage, scenario, performed, before = result.stage, result.scenario, result.performed, result.before
    wanted: expect.Ownership | None
    if before is None:
        wanted = expect.ownership(stage, scenario, performed.phone)
    elif scenario.outcome is None:
        wanted = expect.unchanged(before)
    else:
        wanted = expect.changed_by_later_call(stage, scenario, before)
    until = time.monotonic() + PATIENCE
    while True:
        result.contact = stage.contact_of(performed.phone)
        result.call = stage.call_stored(performed.call_id)
        found = expect.contact_mistakes(stage, performed, wanted, result.contact, new=before is None)
        found += expect.call_mistakes(stage, scenario, performed, result.call, result.contact)
        if not found or time.monotonic() > until:
            result.mistakes += found
            return
        time.sleep(0.3)


def _call_again(result: Result, phone: str) -> None:
    """Ask as the PBX will when the same caller calls again; where it never asks, see what it would be told."""
    stage, asked = result.stage, question(result.stage, phone)
    if asked is not None:
        result.second = _exchange(stage, asked)
        if result.second.status != asked.status:
            result.mistakes.append(f"the second call's question was answered {result.second.status}, must be 200")
            return
        result.mistakes += expect.answer_mistakes(stage, result.contact, result.second.opinion or Opinion())
        return
    result.decision = stage.explain(phone)
    employees = (str(each["employee"]) for each in cast("list[Record]", result.decision["targets"]))
    result.mistakes += expect.answer_mistakes(stage, result.contact, Opinion(tuple(employees)), by_employee=True)
