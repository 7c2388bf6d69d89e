"""What must stay true of the stack's description, whoever edits it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.roles import action_of
from tests.support.stack import TEMPLATE, read_template
from tools.bundle import target_named
from tools.functions import FUNCTIONS
from tools.slim import OPERATIONS

if TYPE_CHECKING:
    from collections.abc import Iterator

LOGS = {"logs:CreateLogStream", "logs:PutLogEvents"}


@pytest.fixture(scope="module")
def resources() -> dict[str, Any]:
    found = read_template()["Resources"]
    assert isinstance(found, dict)
    return found


def of_type(resources: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: each["Properties"] for key, each in resources.items() if each["Type"] == name}


def statements(resources: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, role in of_type(resources, "AWS::IAM::Role").items():
        for policy in role["Policies"]:
            for statement in policy["PolicyDocument"]["Statement"]:
                yield name.removesuffix("Role").lower(), statement


def actions_of(resources: dict[str, Any], function: str) -> set[str]:
    return {action for name, each in statements(resources) for action in each["Action"] if name == function} - LOGS


def test_every_function_has_a_folder_a_handler_a_role_a_log_group_and_an_error_alarm(
    resources: dict[str, Any],
) -> None:
    functions = of_type(resources, "AWS::Serverless::Function")
    assert sorted(functions) == sorted(f"{name.title()}Function" for name in FUNCTIONS)
    alarms = of_type(resources, "AWS::CloudWatch::Alarm").values()
    watched = [each["Dimensions"][0]["Value"] for each in alarms if each["MetricName"] == "Errors"]
    for name in FUNCTIONS:
        function, title = functions[f"{name.title()}Function"], name.title()
        assert function["CodeUri"] == f"../functions/{name}"
        assert function["Handler"] == f"functions.{name}.app.handler"
        assert function["Role"] == {"GetAtt": f"{title}Role.Arn"}
        assert function["LoggingConfig"]["LogGroup"] == {"Ref": f"{title}Logs"}
        assert "RetentionInDays" in resources[f"{title}Logs"]["Properties"]
        assert {"Ref": f"{title}Function"} in watched


def test_no_role_has_a_wildcard_and_each_action_names_its_resources(resources: dict[str, Any]) -> None:
    for name, statement in statements(resources):
        assert statement["Effect"] == "Allow"
        for action in statement["Action"]:
            assert re.fullmatch(r"[a-z]+:[A-Za-z]+", action), f"{name}: {action}"
        for resource in statement["Resource"]:
            assert "*" not in str(resource), f"{name}: {resource}"
            assert isinstance(resource, dict), f"{name}: {resource} is written out instead of taken from a resource"


def test_no_role_brings_a_managed_policy(resources: dict[str, Any]) -> None:
    assert not any("ManagedPolicyArns" in role for role in of_type(resources, "AWS::IAM::Role").values())


def test_the_look_up_may_read_only(resources: dict[str, Any]) -> None:
    assert actions_of(resources, "route") == {
        "dynamodb:GetItem",
        "dynamodb:BatchGetItem",
        "secretsmanager:GetSecretValue",
    }


def test_the_bundles_keep_every_operation_that_a_role_allows() -> None:
    # The queue is read by Lambda itself, not by our client.
    not_called = {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"}
    for name in FUNCTIONS:
        kept = {action_of(service, each) for service, operations in OPERATIONS[name].items() for each in operations}
        assert actions_of(read_template()["Resources"], name) - not_called <= kept, name


def test_every_environment_variable_is_read_and_every_one_read_is_set(resources: dict[str, Any]) -> None:
    given_by_libraries = {"LOG_LEVEL", "POWERTOOLS_METRICS_NAMESPACE", "POWERTOOLS_SERVICE_NAME"}
    shared = set(read_template()["Globals"]["Function"]["Environment"]["Variables"])
    for name in FUNCTIONS:
        source = (TEMPLATE.parents[1] / "functions" / name / "settings.py").read_text(encoding="utf-8")
        read = set(re.findall(r'"([A-Z][A-Z_]+)"', source))
        given = shared | set(resources[f"{name.title()}Function"]["Properties"]["Environment"]["Variables"])
        assert given - given_by_libraries == read, name


def test_data_outlive_the_stack_and_can_be_brought_back(resources: dict[str, Any]) -> None:
    for name in ("Table", "ConnectionsSecret"):
        assert resources[name]["DeletionPolicy"] == resources[name]["UpdateReplacePolicy"] == "Retain"
    table = resources["Table"]["Properties"]
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}


@pytest.mark.rule("R3")
def test_a_message_that_failed_comes_again_inside_five_minutes_of_the_first_event(resources: dict[str, Any]) -> None:
    queue, function = resources["BackfillQueue"]["Properties"], resources["BackfillFunction"]["Properties"]
    longest_delay = read_template()["Parameters"]["BackfillDelaySeconds"]["MaxValue"]
    assert function["Timeout"] <= queue["VisibilityTimeout"]
    assert longest_delay + queue["VisibilityTimeout"] + function["Timeout"] < 300
    sweep = function["Events"]["Sweep"]["Properties"]
    assert sweep["ScheduleExpression"] == "rate(1 minute)"


def test_every_queue_that_is_consumed_has_dead_letters_with_an_alarm(resources: dict[str, Any]) -> None:
    queues = of_type(resources, "AWS::SQS::Queue")
    watched = [
        each["Dimensions"][0]["Value"]["GetAtt"]
        for each in of_type(resources, "AWS::CloudWatch::Alarm").values()
        if each["Namespace"] == "AWS/SQS"
    ]
    for name in ("BackfillQueue", "CommandQueue"):
        target = queues[name]["RedrivePolicy"]["deadLetterTargetArn"]["GetAtt"]
        assert target.removesuffix(".Arn") in queues
        assert target.replace(".Arn", ".QueueName") in watched


def test_the_api_keeps_no_log_of_paths_because_they_carry_keys(resources: dict[str, Any]) -> None:
    assert "AccessLogSettings" not in resources["ApiStage"]["Properties"]


def test_every_address_of_the_contract_leads_to_its_function(resources: dict[str, Any]) -> None:
    routes = {each["RouteKey"]: each["Target"] for each in of_type(resources, "AWS::ApiGatewayV2::Route").values()}
    expected = {"ANY /admin/{proxy+}": "Admin"}
    for kind in ("webhook", "route"):
        for method in ("GET", "POST"):
            for tail in ("", "/{suffix+}"):
                expected[f"{method} /{kind}/{{connection}}/{{key}}{tail}"] = kind.title()
    assert routes == {key: {"Sub": f"integrations/${{{name}Integration}}"} for key, name in expected.items()}


def test_the_bundles_are_built_for_the_runtime_that_the_template_names() -> None:
    function = read_template()["Globals"]["Function"]
    runtime = target_named("lambda").install
    assert function["Runtime"] == f"python{runtime[runtime.index('--python-version') + 1]}"
    assert function["Architectures"] == ["arm64"]
    assert "aarch64" in runtime[runtime.index("--python-platform") + 1]
