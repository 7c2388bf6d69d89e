"""The same calls over HTTP, against the template deployed to a local cloud of its own, IAM enforced.

How quick that cloud is says nothing about AWS. What counts is that every request is answered as it must be, that every
caller has exactly one contact in the end, and what the functions' own processes spend.
"""

from __future__ import annotations

import json
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median, quantiles
from typing import TYPE_CHECKING, cast
from urllib.parse import quote

from firstcall.simulator.wire import INVOKE
from load import processes
from load.day import FAMILIES, PlannedCall, plan
from load.setting import company_document
from load.speech import Addresses, Speaker, crowded, number_of
from tools import stack
from tools.deployed import find_local
from tools.local_cloud import HOST, LocalCloud
from tools.terminal import Refused
from tools.web import send

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from load.speech import Said
    from tools.deployed import DeployedStack, Record

OK = 200
THREADS = 8
KNOWN = 24  # contacts that are made first, to be the known callers
EMPLOYEES = 12
BACKFILL_DELAY_SECONDS = 4
PATIENCE = 30


@dataclass(frozen=True, slots=True)
class Result:
    """What was seen."""

    calls: int
    requests: int
    contacts: int
    seconds: float
    median_ms: float
    slow_ms: float  # 95 of 100 were quicker
    functions: Mapping[str, processes.Spent]
    cloud_seconds: float
    mistakes: tuple[str, ...]


@contextmanager
def local_stack(place: Path) -> Iterator[tuple[LocalCloud, DeployedStack]]:
    """Have a stack of one's own while the block lasts."""
    with socket.socket() as free:
        free.bind((HOST, 0))
        port = free.getsockname()[1]
    cloud = LocalCloud(port, place)
    cloud.start()
    try:
        log = place / "deploy.log"
        parameters = {"BackfillDelaySeconds": str(BACKFILL_DELAY_SECONDS)}
        stack.deploy(stack.build("local", log), "load", parameters, cloud.environment, log)
        yield cloud, find_local(cloud, "load")
    finally:
        cloud.stop()


def play(cloud: LocalCloud, deployed: DeployedStack, calls: int, seed: int, done: Callable[[int], None]) -> Result:
    """Apply the company, make the known callers known, then play a mix of calls, several at a time."""
    file = cloud.place / "company.yaml"
    file.write_text(json.dumps(company_document(EMPLOYEES, tuple(FAMILIES))))  # JSON is YAML
    deployed.apply(file, {})
    addresses = {name: Addresses(each.webhook_url, each.route_url) for name, each in deployed.connections().items()}
    speaker = Speaker(EMPLOYEES, tuple(FAMILIES), addresses)
    now = int(time.time() * 1000)
    families = list(FAMILIES)
    known = [
        PlannedCall(now, families[each % len(families)], "known", "direct", "once", each, each % EMPLOYEES)
        for each in range(KNOWN)
    ]
    _all(deployed, speaker, known, lambda _: None)
    before = processes.spent(cloud)
    mix = crowded(plan(calls, contacts=KNOWN, employees=EMPLOYEES, seed=seed), now, 0)
    began = time.monotonic()
    times, mistakes = _all(deployed, speaker, mix, done)
    seconds = time.monotonic() - began
    callers = {number_of(call) for call in [*known, *mix] if call.caller in {"first", "known"}}
    mistakes += _wrong_contacts(deployed, callers)
    after = processes.spent(cloud)
    return Result(
        calls=calls,
        requests=len(times),
        contacts=len(callers),
        seconds=seconds,
        median_ms=median(times) * 1000,
        slow_ms=quantiles(times, n=20)[-1] * 1000,
        functions={name: after.functions[name].since(before.functions.get(name)) for name in after.functions},
        cloud_seconds=after.cloud - before.cloud,
        mistakes=tuple(mistakes),
    )


def _all(
    deployed: DeployedStack, speaker: Speaker, calls: list[PlannedCall], done: Callable[[int], None]
) -> tuple[list[float], list[str]]:
    """Play calls, several at a time and each in its own order; give every request's seconds, and what went wrong."""
    times: list[float] = []
    mistakes: list[str] = []

    def one(call: PlannedCall) -> None:
        for said in speaker.say(call):
            began = time.monotonic()
            status, text = _send(deployed, said)
            times.append(time.monotonic() - began)
            if status != OK:
                mistakes.append(f"{said.connection}, {said.request.says}: answered {status} {text[:200]}")

    with ThreadPoolExecutor(THREADS) as pool:
        for number, _ in enumerate(pool.map(one, calls), 1):
            done(number)
    return times, mistakes


def _send(deployed: DeployedStack, said: Said) -> tuple[int, str]:
    request = said.request
    if request.method == INVOKE:
        name = deployed.outputs["WebhookFunctionName"]
        text = deployed.functions().invoke(FunctionName=name, Payload=request.body)["Payload"].read().decode()
        return (0 if "error" in json.loads(text) else OK), text
    body = request.body if request.method == "POST" else None
    reply = send(request.method, said.url, body, dict(request.headers))
    return reply.status, reply.text


def _wrong_contacts(deployed: DeployedStack, callers: set[str]) -> list[str]:
    """Look for callers with no contact or with several, and for contacts that stay undecided."""
    until = time.monotonic() + PATIENCE
    wrong = sorted(callers)
    while True:
        found = {phone: _contacts_of(deployed, phone) for phone in wrong}
        wrong = [
            phone
            for phone, items in found.items()
            if len(items) != 1 or any(each["state"] == "pending" for each in items)
        ]
        if not wrong or time.monotonic() > until:
            return [f"{phone} has {len(found[phone])} contacts, {_states(found[phone])}" for phone in wrong]
        time.sleep(1)


def _states(items: list[Record]) -> str:
    return ", ".join(str(each["state"]) for each in items) or "so it was forgotten"


def _contacts_of(deployed: DeployedStack, phone: str) -> list[Record]:
    reply = deployed.admin("GET", f"contacts?phone={quote(phone)}")
    answer = reply.json()
    if reply.status != OK or not isinstance(answer, dict):
        raise Refused(f"the admin API answered {reply.status}: {reply.text[:300]}")
    return cast("list[Record]", answer["items"])
