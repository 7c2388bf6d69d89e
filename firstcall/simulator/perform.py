"""Turns a scenario into the requests of one PBX: once, twice, shuffled or forged."""

from __future__ import annotations

import random
import secrets
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from firstcall.simulator.script import Ask, Start, seconds_before
from firstcall.simulator.wire import Inexpressible, WireCall, url_of
from tools.terminal import Refused

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from firstcall.simulator.script import Scenario, Step
    from firstcall.simulator.stage import Stage
    from firstcall.simulator.wire import Dialect, WireRequest

OK, REFUSED, UNKNOWN = 200, 401, 404


@dataclass(frozen=True, slots=True)
class Delivery:
    """One request to be sent: where, when, and the status that must come back."""

    request: WireRequest
    url: str
    status: int = OK
    note: str = ""


@dataclass(frozen=True, slots=True)
class Performance:
    """A call in one PBX's words."""

    call_id: str
    phone: str | None
    started: datetime
    deliveries: tuple[Delivery, ...]


def perform(stage: Stage, scenario: Scenario, phone: str | None, *, real: bool = False, seed: int = 0) -> Performance:
    """Write all requests of a scenario; raise Inexpressible where the PBX has no words for a step."""
    if scenario.people > len(stage.people):
        raise Refused(
            f"{scenario.name} takes {scenario.people} employees with a phone on {stage.connection.id}, "
            f"there are {len(stage.people)}"
        )
    number = None if scenario.withheld else phone
    now = datetime.now(UTC)
    # Played fast, the call lies in the past: a PBX's clock is never ahead of what it tells.
    length = 0 if real else max(request.at for _, request in _told(stage, scenario, _call(stage, number, now)))
    started = now - timedelta(seconds=length + 1)
    call_id = _call(stage, number, started, outgoing=scenario.outgoing).id
    told = _deliveries(stage, scenario, _call(stage, number, started, call_id))
    match scenario.delivery:
        case "twice":
            told = [each for delivery in told for each in (delivery, replace(delivery, note="again"))]
        case "shuffled":
            told = shuffled(told, seed)
        case "forged":
            told = list(_forged(stage, scenario, call_id, number, started))
        case _:
            pass
    return Performance(call_id, number, started, tuple(told))


def question(stage: Stage, phone: str) -> Delivery | None:
    """Ask whose caller it is, as the PBX does at the caller's next call; None: this PBX never asks."""
    call = _call(stage, phone, datetime.now(UTC))
    request = stage.dialect.ask(call)
    return None if request is None else Delivery(request, url_of(call, request))


def cannot(stage: Stage, scenario: Scenario) -> str | None:
    """Say why a scenario cannot be played here, or None."""
    try:
        perform(stage, scenario, "+79990000000")
    except (Inexpressible, Refused) as reason:
        return str(reason)
    return None


def shuffled(told: list[Delivery], seed: int) -> list[Delivery]:
    """Shuffle the requests; the moments at which something is sent stay."""
    moments = [delivery.request.at for delivery in told]
    mixed = random.Random(seed).sample(told, len(told))  # noqa: S311 -- a shuffle that can be repeated
    return [replace(each, request=replace(each.request, at=at)) for each, at in zip(mixed, moments, strict=True)]


def _forged(stage: Stage, scenario: Scenario, call_id: str, phone: str | None, started: datetime) -> Iterator[Delivery]:
    """Take wrong secrets for the right address, then the right secrets for a wrong address."""
    wrong = {**stage.connection.secrets, **{name: f"guess-{secrets.token_hex(4)}" for name in stage.dialect.PROOF}}
    if stage.dialect.PROOF:
        for each in _deliveries(stage, scenario, _call(stage, phone, started, call_id, proofs=wrong)):
            yield replace(each, status=REFUSED, note="wrong secret")
    for each in _deliveries(
        stage, scenario, _call(stage, phone, started, call_id, key=f"guess-{secrets.token_hex(12)}")
    ):
        yield replace(each, status=UNKNOWN, note="wrong address")


def _deliveries(stage: Stage, scenario: Scenario, call: WireCall) -> list[Delivery]:
    return [Delivery(request, url_of(call, request)) for call, request in _told(stage, scenario, call)]


def _told(stage: Stage, scenario: Scenario, call: WireCall) -> Iterator[tuple[WireCall, WireRequest]]:
    call.outgoing = scenario.outgoing
    for step in scenario.steps:
        call.clock += seconds_before(step)
        for request in _said(stage.dialect, step, call):
            yield call, replace(request, at=call.clock)
        call.note(step)


def _said(dialect: Dialect, step: Step, call: WireCall) -> Iterator[WireRequest]:
    if isinstance(step, Start | Ask):
        asked = dialect.ask(call)
        if asked is not None:
            yield asked
        elif isinstance(step, Ask):
            raise Inexpressible("this PBX never asks, it is told whom to ring")
    if not isinstance(step, Ask):
        yield from dialect.play(step, call)


def _call(
    stage: Stage,
    phone: str | None,
    started: datetime,
    call_id: str = "",
    *,
    outgoing: bool = False,
    proofs: Mapping[str, str] | None = None,
    key: str | None = None,
) -> WireCall:
    webhook, route = stage.connection.webhook_url, stage.connection.route_url
    if key is not None:
        webhook, route = (f"{address.rpartition('/')[0]}/{key}" for address in (webhook, route))
    call = WireCall(
        id=call_id,
        phone=phone,
        line=stage.line,
        country=stage.country,
        people=stage.people,
        secrets=stage.connection.secrets if proofs is None else proofs,
        operator=stage.operator.id,
        webhook_url=webhook,
        route_url=route,
        started=started,
        outgoing=outgoing,
    )
    call.id = call_id or stage.dialect.call_id(call)
    return call
