"""Figures as CloudWatch has them: read from what the functions print, and an alarm of the template judged by them.

What AWS itself measures of a function, a queue or a table is worded here as AWS names it.
"""

from __future__ import annotations

import json
import math
import re
from contextlib import contextmanager
from statistics import fmean
from typing import TYPE_CHECKING, Any, NamedTuple

from botocore.exceptions import ClientError

from tests.support.stack import read_template

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    import pytest
    from mypy_boto3_dynamodb import DynamoDBClient

STACK = "the-stack"


class Figure(NamedTuple):
    """One value of one metric."""

    namespace: str
    name: str
    dimensions: frozenset[tuple[str, str]]
    value: float


def figure(namespace: str, name: str, value: float, **dimensions: str) -> Figure:
    """Make a figure."""
    return Figure(namespace, name, frozenset(dimensions.items()), value)


def resolved(node: Any) -> Any:
    """Resolve what the template leaves to CloudFormation: a resource is called by its logical name."""
    match node:
        case {"Ref": str(name)}:
            return STACK if name == "AWS::StackName" else name
        case {"GetAtt": str(name)}:
            return name
        case {"Sub": str(text)}:
            return re.sub(r"\$\{([\w:.]+)\}", r"\1", text.replace("${AWS::StackName}", STACK))
    return node


class Figures:
    """Runs functions with the environment that the template gives them, and reads the figures they print."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch = monkeypatch
        self._capsys = capsys
        self.printed = ""

    def run_as(self, function: str) -> None:
        """Let what runs from here on be this function."""
        template = read_template()
        own = template["Resources"][f"{function.title()}Function"]["Properties"]["Environment"]["Variables"]
        for name, value in {**template["Globals"]["Function"]["Environment"]["Variables"], **own}.items():
            if name.startswith("POWERTOOLS_"):
                self._monkeypatch.setenv(name, resolved(value))

    def read(self) -> list[Figure]:
        """Give the figures printed since the last reading."""
        printed = self._capsys.readouterr().out
        self.printed += printed
        return list(figures_in(printed))


def figures_in(printed: str) -> Iterator[Figure]:
    """Read lines as CloudWatch does: one in the embedded metric format is so many figures, any other is none."""
    for line in printed.splitlines():
        if not line.startswith('{"_aws"'):
            continue
        document = json.loads(line)
        for directive in document["_aws"]["CloudWatchMetrics"]:
            for metric in directive["Metrics"]:
                values = document[metric["Name"]]
                for names in directive["Dimensions"]:
                    dimensions = frozenset((name, document[name]) for name in names)
                    for value in values if isinstance(values, list) else [values]:
                        yield Figure(directive["Namespace"], metric["Name"], dimensions, value)


def of_name(figures: Iterable[Figure], name: str, dimension: str) -> dict[str, float]:
    """Sum up the figures of one metric by one of its dimensions."""
    sums: dict[str, float] = {}
    for each in figures:
        found = dict(each.dimensions)
        if each.name == name and set(found) == {dimension}:
            sums[found[dimension]] = sums.get(found[dimension], 0) + each.value
    return sums


def alarms() -> Mapping[str, dict[str, Any]]:
    """Read the template's alarms."""
    resources = read_template()["Resources"]
    return {name: each["Properties"] for name, each in resources.items() if each["Type"] == "AWS::CloudWatch::Alarm"}


def fires(alarm: Mapping[str, Any], figures: Iterable[Figure]) -> bool:
    """Judge an alarm, had each of its periods these figures."""
    namespace = resolved(alarm["Namespace"])
    dimensions = frozenset((each["Name"], resolved(each["Value"])) for each in alarm["Dimensions"])
    values = [
        each.value
        for each in figures
        if (each.namespace, each.name, each.dimensions) == (namespace, alarm["MetricName"], dimensions)
    ]
    if not values:
        return bool(alarm["TreatMissingData"] == "breaching")
    value, threshold = _statistic(alarm, sorted(values)), alarm["Threshold"]
    match alarm["ComparisonOperator"]:
        case "GreaterThanOrEqualToThreshold":
            return bool(value >= threshold)
        case "GreaterThanThreshold":
            return bool(value > threshold)
        case "LessThanThreshold":
            return bool(value < threshold)
    raise AssertionError(alarm["ComparisonOperator"])


def _statistic(alarm: Mapping[str, Any], values: Sequence[float]) -> float:
    statistic = alarm.get("Statistic") or alarm["ExtendedStatistic"]
    if statistic.startswith("p"):
        return values[math.ceil(float(statistic[1:]) / 100 * len(values)) - 1]
    measures: Mapping[str, Callable[[Sequence[float]], float]] = {
        "Sum": sum,
        "SampleCount": len,
        "Maximum": max,
        "Average": fmean,
    }
    return measures[statistic](values)


def invocation(function: str, run: Callable[[], object]) -> list[Figure]:
    """Run a function and give what Lambda measures of it."""
    try:
        run()
    except Exception:  # noqa: BLE001 -- whatever it is, Lambda counts it
        failed = 1
    else:
        failed = 0
    name = f"{function.title()}Function"
    return [
        figure("AWS/Lambda", "Errors", failed, FunctionName=name),
        figure("AWS/Lambda", "Throttles", 0, FunctionName=name),
    ]


@contextmanager
def out_of_capacity(dynamodb: DynamoDBClient, *operations: str) -> Iterator[list[Figure]]:
    """Let DynamoDB refuse these operations for want of capacity; yields what it measures of that."""
    measured: list[Figure] = []

    def refuse(model: Any, **_: object) -> None:
        if model.name in operations:
            measured.append(figure("AWS/DynamoDB", "ThrottledRequests", 1, TableName="Table", Operation=model.name))
            code = "ProvisionedThroughputExceededException"
            raise ClientError({"Error": {"Code": code, "Message": "slow down"}}, model.name)

    dynamodb.meta.events.register_first("before-call", refuse)
    try:
        yield measured
    finally:
        dynamodb.meta.events.unregister("before-call", refuse)
