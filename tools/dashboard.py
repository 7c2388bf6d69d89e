"""`python -m tools.dashboard`: writes the dashboard into infra/template.yaml, one widget a line.

What a figure can be divided by is taken from the types of the code, so that a new reason or source has its line here
too. tests/infra/test_dashboard.py fails where the template is behind.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, TypeAlias, get_args

from shared.contact import Source
from shared.lookup import DEADLINE_SECONDS
from shared.pbx.protocol import Outcome
from shared.routing import Reason
from tools.bootstrap import ROOT
from tools.functions import FUNCTIONS
from tools.terminal import command, say

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool"
Metric = list[Json]

TEMPLATE = ROOT / "infra" / "template.yaml"
BODY = re.compile(r"(?<=      DashboardBody: !Sub \|\n)(?: {8}.*\n)+")
ALARM = re.compile(r"^  (\w+):\n    Type: AWS::CloudWatch::Alarm$", re.MULTILINE)

NAMESPACE = "Firstcall/${AWS::StackName}"
WIDTH, HEIGHT, COLUMNS = 8, 6, 3

UNOWNED = (
    *("nobody_answered", "answerer_unmapped", "answerer_inactive", "missed_owner_inactive", "nobody_rung"),
    *("outgoing_call", "manual"),
)
"""Why a contact may have nobody (shared/ownership.py; `manual`: an admin's choice)."""

FATES = ("queued", "left_out", "not_queued", "taken", "refused", "not_delivered", "too_late", "connection_gone")
"""What may become of a command: the first three in the webhook, the others in the command function."""

ANSWERS = ("learnt", "nothing", "failed")
"""What a PBX's history may answer."""

REFUSALS = ("400", "401", "403", "404")


def main() -> None:
    """Write the dashboard into the template."""
    text = TEMPLATE.read_text(encoding="utf-8")
    TEMPLATE.write_text(BODY.sub(lambda _: body(text), text), encoding="utf-8")
    say(f"{TEMPLATE.relative_to(ROOT)}: the dashboard is up to date")


def body(template: str) -> str:
    """Word the dashboard as the template holds it; its first widget shows the template's alarms."""
    alarms: Json = {
        "type": "alarm",
        **_place(-COLUMNS, width=WIDTH * COLUMNS, height=3),
        "properties": {"title": "Alarms", "alarms": [f"${{{name}.Arn}}" for name in ALARM.findall(template)]},
    }
    rows = [json.dumps(each, separators=(",", ":")) for each in (alarms, *_widgets())]
    return "".join(f"        {line}\n" for line in ('{"widgets":[', *[f"{row}," for row in rows[:-1]], rows[-1], "]}"))


def _widgets() -> Iterable[Json]:
    charts = (
        _chart("Calls, by what came of them", _calls()),
        _chart("Contacts", [*_by_service("ContactsCreated"), *_by_service("ContactsTakenBack")]),
        _chart("Contacts that have a responsible now, by source", _by("ContactsAssigned", "source", get_args(Source))),
        _chart("Contacts that have nobody, by reason", _by("ContactsUnowned", "reason", UNOWNED)),
        _chart("Look-ups, by reason", _by("LookupTime", "reason", get_args(Reason)), stat="SampleCount"),
        _chart("Time of a look-up, ms", _lookup_times(), stat="p99", stacked=False, limit=DEADLINE_SECONDS * 1000),
        _chart("Errors", _errors()),
        _chart("Requests turned away, by status", _by("RequestsRefused", "status", REFUSALS)),
        _chart("Refused by AWS for want of capacity", _throttles()),
        _chart("Ages, s: the oldest contact pending, the oldest messages", _ages(), stat="Maximum", stacked=False),
        _chart("Dead letters", _dead_letters(), stat="Maximum"),
        _chart(
            "Commands to PBXs and questions to their history",
            [*_by("Commands", "fate", FATES), *_by("HistoryAsked", "answer", ANSWERS)],
        ),
    )
    for number, chart in enumerate(charts):
        yield {"type": "metric", **_place(number), "properties": chart}


def _place(number: int, width: int = WIDTH, height: int = HEIGHT) -> dict[str, Json]:
    row, column = divmod(number, COLUMNS)
    return {"x": column * WIDTH, "y": 3 + row * HEIGHT if row >= 0 else 0, "width": width, "height": height}


def _chart(
    title: str, metrics: Sequence[Metric], stat: str = "Sum", *, stacked: bool = True, limit: float | None = None
) -> Json:
    chart: dict[str, Json] = {
        "title": title,
        "region": "${AWS::Region}",
        "view": "timeSeries",
        "stacked": stacked,
        "stat": stat,
        "period": 300,
        "metrics": list(metrics),
    }
    if limit is not None:
        chart["annotations"] = {"horizontal": [{"label": "no opinion from here on", "value": limit}]}
    return chart


def _calls() -> list[Metric]:
    return [
        _own("Calls", {"direction": direction, "outcome": outcome}, f"{direction}, {outcome}")
        for direction in ("in", "out")
        for outcome in get_args(Outcome)
    ]


def _by(name: str, dimension: str, values: Iterable[str]) -> list[Metric]:
    return [_own(name, {dimension: value}, value) for value in values]


def _by_service(name: str) -> list[Metric]:
    return [_own(name, {"service": service}, f"{name}, {service}") for service in ("webhook", "backfill")]


def _lookup_times() -> list[Metric]:
    times: list[Metric] = []
    for service in ("route", "webhook"):
        times.append(_own("LookupTime", {"service": service}, f"{service}, p99"))
        times.append(_own("LookupTime", {"service": service}, f"{service}, half of them", stat="p50"))
    return times


def _errors() -> list[Metric]:
    return [
        *[_aws("AWS/Lambda", "Errors", {"FunctionName": f"${{{each.title()}Function}}"}, each) for each in FUNCTIONS],
        _aws("AWS/ApiGateway", "5xx", {"ApiId": "${Api}"}, "API, 5xx"),
        _own("EventsNotStored", {"service": "webhook"}, "events not stored"),
    ]


def _throttles() -> list[Metric]:
    return [
        *[
            _aws("AWS/Lambda", "Throttles", {"FunctionName": f"${{{each.title()}Function}}"}, each)
            for each in FUNCTIONS
        ],
        *[
            _aws("AWS/DynamoDB", "ThrottledRequests", {"TableName": "${Table}", "Operation": each}, f"table, {each}")
            for each in ("GetItem", "UpdateItem")
        ],
    ]


def _ages() -> list[Metric]:
    return [
        _own("OldestPendingContact", {"service": "backfill"}, "pending contact"),
        *[
            _aws(
                "AWS/SQS",
                "ApproximateAgeOfOldestMessage",
                {"QueueName": f"${{{each}Queue.QueueName}}"},
                f"{each} queue",
            )
            for each in ("Backfill", "Command")
        ],
    ]


def _dead_letters() -> list[Metric]:
    return [
        _aws("AWS/SQS", "ApproximateNumberOfMessagesVisible", {"QueueName": f"${{{each}DeadLetters.QueueName}}"}, each)
        for each in ("Backfill", "Command")
    ]


def _own(name: str, dimensions: Mapping[str, str], label: str, **options: Json) -> Metric:
    return _aws(NAMESPACE, name, dimensions, label, **options)


def _aws(namespace: str, name: str, dimensions: Mapping[str, str], label: str, **options: Json) -> Metric:
    flat = [word for dimension in dimensions.items() for word in dimension]
    return [namespace, name, *flat, {"label": label, **options}]


if __name__ == "__main__":
    command(main)
