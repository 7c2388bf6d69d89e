"""What the template must keep to beyond what the policy scanner of `make check` knows."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.support.stack import read_template

SECRETS = {"AdminTokenSecret", "ReaderTokenSecret", "ConnectionsSecret"}


@pytest.fixture
def resources() -> dict[str, Any]:
    found: dict[str, Any] = read_template()["Resources"]
    return found


def of_type(resources: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: each["Properties"] for key, each in resources.items() if each["Type"] == name}


def chosen(value: Any, conditions: dict[str, bool]) -> Any:
    """Work out `!If`."""
    while isinstance(value, dict) and "If" in value:
        condition, then, otherwise = value["If"]
        value = then if conditions[condition] else otherwise
    return value


@pytest.mark.parametrize(("auth", "kind"), [("token", "NONE"), ("jwt", "JWT"), ("iam", "AWS_IAM")])
def test_each_way_of_proving_who_asks_makes_its_route(resources: dict[str, Any], auth: str, kind: str) -> None:
    given = read_template()["Conditions"]
    conditions = {name: given[name]["Equals"] == [{"Ref": "AdminAuth"}, auth] for name in ("AdminJwt", "AdminIam")}
    route = resources["AdminAny"]["Properties"]
    assert chosen(route["AuthorizationType"], conditions) == kind
    authorizer = chosen(route["AuthorizerId"], conditions)
    assert authorizer == ({"Ref": "AdminAuthorizer"} if auth == "jwt" else {"Ref": "AWS::NoValue"})
    assert auth in read_template()["Parameters"]["AdminAuth"]["AllowedValues"]


def test_the_authorizer_takes_tokens_of_the_one_issuer_for_the_one_audience(resources: dict[str, Any]) -> None:
    authorizer = resources["AdminAuthorizer"]
    assert authorizer["Condition"] == "AdminJwt"
    assert authorizer["Properties"]["AuthorizerType"] == "JWT"
    assert authorizer["Properties"]["JwtConfiguration"] == {
        "Issuer": {"Ref": "JwtIssuer"},
        "Audience": [{"Ref": "JwtAudience"}],
    }


def test_no_stack_takes_json_web_tokens_of_just_any_issuer_or_audience() -> None:
    rule = read_template()["Rules"]["JwtIsWhole"]
    assert rule["RuleCondition"] == {"Equals": [{"Ref": "AdminAuth"}, "jwt"]}
    needed = [each["Assert"]["Not"][0]["Equals"] for each in rule["Assertions"]]
    assert needed == [[{"Ref": "JwtIssuer"}, ""], [{"Ref": "JwtAudience"}, ""]]


def test_pbxs_prove_themselves_to_the_function_and_only_to_it(resources: dict[str, Any]) -> None:
    for name, route in of_type(resources, "AWS::ApiGatewayV2::Route").items():
        if name != "AdminAny":
            assert "AuthorizationType" not in route, name


def test_no_secrets_value_is_in_an_environment_or_an_output(resources: dict[str, Any]) -> None:
    for name, function in of_type(resources, "AWS::Serverless::Function").items():
        for variable, value in function["Environment"]["Variables"].items():
            assert not (re.search("SECRET|TOKEN", variable) and not variable.endswith("_ARN")), f"{name}: {variable}"
            assert "resolve:" not in str(value), f"{name}: {variable}"
    for name, output in read_template()["Outputs"].items():
        for secret in SECRETS:
            assert secret not in str(output["Value"]) or name.endswith("SecretArn"), name


def test_only_the_admin_function_writes_secrets_or_reads_the_admins_tokens(resources: dict[str, Any]) -> None:
    for name, role in of_type(resources, "AWS::IAM::Role").items():
        for statement in role["Policies"][0]["PolicyDocument"]["Statement"]:
            reads_tokens = any("TokenSecret" in str(each) for each in statement["Resource"])
            writes = any("Put" in each for each in statement["Action"] if each.startswith("secretsmanager:"))
            assert name == "AdminRole" or not (reads_tokens or writes), name


def test_nobody_else_may_invoke_a_function_and_the_api_only_by_its_own_paths(resources: dict[str, Any]) -> None:
    for name, permission in of_type(resources, "AWS::Lambda::Permission").items():
        assert permission["Principal"] in {"apigateway.amazonaws.com", "connect.amazonaws.com"}, name
        assert permission["SourceArn"], name
        if permission["Principal"].startswith("apigateway"):
            path = name.removesuffix("Permission").lower()
            assert permission["SourceArn"]["Sub"].endswith(f"${{Api}}/*/*/{path}/*"), name


def test_what_waits_in_queues_is_encrypted_and_every_request_is_throttled(resources: dict[str, Any]) -> None:
    assert all(queue["SqsManagedSseEnabled"] for queue in of_type(resources, "AWS::SQS::Queue").values())
    assert resources["ApiStage"]["Properties"]["DefaultRouteSettings"] == {
        "ThrottlingRateLimit": {"Ref": "ThrottleRate"},
        "ThrottlingBurstLimit": {"Ref": "ThrottleBurst"},
    }


def test_whatever_the_scanner_is_told_to_pass_over_says_why(resources: dict[str, Any]) -> None:
    passed_over = {
        name: each["Metadata"]["checkov"] for name, each in resources.items() if "checkov" in each.get("Metadata", {})
    }
    assert passed_over
    for name, row in passed_over.items():
        ids = [each["id"] for each in row["skip"]]
        assert ids == sorted(set(ids)), name
        for each in row["skip"]:
            assert len(each["comment"].split()) >= 5, f"{name}: {each['id']}"
