"""Says a planned call in its PBX's words, as API Gateway hands them to a function."""

from __future__ import annotations

import json
from base64 import b64encode
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlencode, urlsplit

from firstcall.simulator.dialects import DIALECTS
from firstcall.simulator.perform import Delivery, shuffled
from firstcall.simulator.script import SCENARIOS, Ask, Start, seconds_before
from firstcall.simulator.wire import INVOKE, Inexpressible, WireCall, url_of
from load.day import kind_of
from load.setting import HOST, KEY, cast_of, line_of, operator_of, phone_of, secrets_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from firstcall.simulator.script import Scenario
    from firstcall.simulator.wire import WireRequest
    from load.day import PlannedCall

JSON_TYPES = ("application/json", "text/")


class Said(NamedTuple):
    """One request of a PBX."""

    at: int  # ms
    kind: str  # of the call
    connection: str
    url: str
    request: WireRequest

    @property
    def function(self) -> str:
        """Name the function it goes to; what sends no HTTP invokes the webhook."""
        return "webhook" if self.request.method == INVOKE else self.request.door

    @property
    def event(self) -> object:
        """Give what the function is handed."""
        return json.loads(self.request.body) if self.request.method == INVOKE else _api_event(self.url, self.request)


class Addresses(NamedTuple):
    """Where a connection's PBX sends what it has to say."""

    webhook: str
    route: str


class Speaker:
    """Knows the company whose calls are played."""

    def __init__(
        self, employees: int, families: Sequence[str], addresses: Mapping[str, Addresses] | None = None
    ) -> None:
        """Without addresses, those of a stack that is played on in this process."""
        self._employees = employees
        self._families = families
        self._addresses = addresses or {
            name: Addresses(*(f"https://{HOST}/{door}/{name}/{KEY}" for door in ("webhook", "route")))
            for name in families
        }

    def day(self, calls: Sequence[PlannedCall]) -> list[Said]:
        """Give all requests of many calls in the order of their moments."""
        return sorted((each for call in calls for each in self.say(call)), key=lambda each: each.at)

    def say(self, call: PlannedCall) -> list[Said]:
        """Give the requests of a call; what its PBX has no words for becomes a plain call."""
        try:
            told = list(self._told(call, SCENARIOS[call.scenario]))
        except Inexpressible:
            told = list(self._told(call, SCENARIOS["direct"]))
        if call.delivery == "twice":
            told = [each for delivery in told for each in (delivery, delivery)]
        if call.delivery == "shuffled":
            told = shuffled(told, call.at)
        kind = kind_of(call)
        return [Said(call.at + each.request.at * 1000, kind, call.family, each.url, each.request) for each in told]

    def _told(self, call: PlannedCall, scenario: Scenario) -> Iterator[Delivery]:
        dialect, wire = DIALECTS[call.family], self._wire_call(call, scenario)
        for step in scenario.steps:
            wire.clock += seconds_before(step)
            requests: list[WireRequest] = []
            if isinstance(step, Start | Ask) and (asked := dialect.ask(wire)) is not None:
                requests.append(asked)
            if not isinstance(step, Ask):
                requests += dialect.play(step, wire)
            for request in requests:
                yield Delivery(replace(request, at=wire.clock), url_of(wire, request))
            wire.note(step)

    def _wire_call(self, call: PlannedCall, scenario: Scenario) -> WireCall:
        wire = WireCall(
            id="",
            phone=None if scenario.withheld else number_of(call),
            line=line_of(self._families.index(call.family)),
            country="RU",
            people=cast_of(call.meant_for, self._employees),
            secrets=secrets_of(call.family),
            operator=operator_of(call.family),
            webhook_url=self._addresses[call.family].webhook,
            route_url=self._addresses[call.family].route,
            started=datetime.fromtimestamp(call.at / 1000, UTC),
            outgoing=scenario.outgoing,
        )
        wire.id = DIALECTS[call.family].call_id(wire)
        return wire


def number_of(call: PlannedCall) -> str:
    """Give the outside number of a call."""
    return f"+7926{call.number:07d}" if call.caller == "first" else phone_of(call.number)


def _api_event(url: str, request: WireRequest) -> Mapping[str, object]:
    headers = {name.lower(): value for name, value in request.headers.items()}
    plain = headers.get("content-type", "").startswith(JSON_TYPES)
    path = urlsplit(url).path
    _, _, connection, key, *suffix = path.split("/", 4)
    return {
        "version": "2.0",
        "rawPath": path,
        "rawQueryString": urlencode(request.query),
        "pathParameters": {"connection": connection, "key": key, **({"suffix": suffix[0]} if suffix else {})},
        "headers": {"host": HOST, "x-forwarded-proto": "https", "x-forwarded-for": "203.0.113.7", **headers},
        "body": request.body.decode() if plain else b64encode(request.body).decode(),
        "isBase64Encoded": not plain,
        "requestContext": {
            "apiId": "api", "stage": "$default", "domainName": HOST,
            "http": {"method": request.method, "path": path, "sourceIp": "203.0.113.7"},
        },
    }  # fmt: skip


def crowded(calls: Sequence[PlannedCall], begin: int, every_ms: int) -> list[PlannedCall]:
    """Let calls follow one another closely, as in a busy hour of a large company."""
    return [call._replace(at=begin + number * every_ms) for number, call in enumerate(calls)]
