"""Every alarm watches something that is there, tells somebody what to do, and is explained in the docs."""

from __future__ import annotations

import re

import pytest

from tests.support.figures import alarms
from tests.support.stack import TEMPLATE, read_template

DOCS = TEMPLATE.parents[1] / "docs" / "operating.md"

WATCHED = {
    "AWS/Lambda": ("FunctionName", "AWS::Serverless::Function"),
    "AWS/SQS": ("QueueName", "AWS::SQS::Queue"),
    "AWS/ApiGateway": ("ApiId", "AWS::ApiGatewayV2::Api"),
    "AWS/DynamoDB": ("TableName", "AWS::DynamoDB::Table"),
}


@pytest.mark.parametrize("name", alarms())
def test_an_alarm_watches_a_resource_of_its_namespace_or_a_figure_of_our_own(name: str) -> None:
    alarm = alarms()[name]
    first, *_ = alarm["Dimensions"]
    if alarm["Namespace"] == {"Sub": "Firstcall/${AWS::StackName}"}:
        assert first["Name"] in {"service", "reason", "status"}
        return
    dimension, kind = WATCHED[alarm["Namespace"]]
    target = first["Value"].get("Ref") or first["Value"]["GetAtt"].split(".")[0]
    assert (first["Name"], read_template()["Resources"][target]["Type"]) == (dimension, kind)


@pytest.mark.parametrize("name", alarms())
def test_an_alarm_tells_the_topic_when_it_begins_and_when_it_is_over(name: str) -> None:
    told = {"If": ["AlarmTopicGiven", [{"Ref": "AlarmTopicArn"}], {"Ref": "AWS::NoValue"}]}
    assert alarms()[name]["AlarmActions"] == alarms()[name]["OKActions"] == told


def test_the_docs_say_of_every_alarm_what_to_do_and_of_no_other() -> None:
    assert sorted(re.findall(r"^### (\w+)$", DOCS.read_text(encoding="utf-8"), re.MULTILINE)) == sorted(alarms())


def test_the_dead_letters_alarms_say_which_command_works_them() -> None:
    for name, alarm in alarms().items():
        if "DeadLetters" in name:
            assert "`firstcall dead-letters`" in alarm["AlarmDescription"]


def test_the_log_level_lets_the_figures_through() -> None:
    # Lambda drops what lies below its level, and takes a line without a level, as figures are, for INFO.
    assert read_template()["Parameters"]["LogLevel"]["AllowedValues"] == ["DEBUG", "INFO"]
