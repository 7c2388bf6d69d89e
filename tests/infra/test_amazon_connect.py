"""The stack's door for Amazon Connect: shut unless an instance is named, and open for that one only."""

from __future__ import annotations

import re

import pytest

from tests.support.stack import read_template


def test_no_contact_flow_may_invoke_anything_unless_an_instance_is_named() -> None:
    template = read_template()
    assert template["Parameters"]["ConnectInstanceArn"]["Default"] == ""
    assert template["Conditions"]["ConnectGiven"] == {"Not": [{"Equals": [{"Ref": "ConnectInstanceArn"}, ""]}]}
    permissions = {
        name: each
        for name, each in template["Resources"].items()
        if each["Type"] == "AWS::Lambda::Permission" and "connect" in each["Properties"]["Principal"]
    }
    assert set(permissions) == {"WebhookConnectPermission", "RouteConnectPermission"}
    for name, each in permissions.items():
        assert each["Condition"] == "ConnectGiven"
        assert each["Properties"] == {
            "Action": "lambda:InvokeFunction",
            "FunctionName": {"Ref": f"{name.removesuffix('ConnectPermission')}Function.Alias"},
            "Principal": "connect.amazonaws.com",
            "SourceAccount": {"Ref": "AWS::AccountId"},
            "SourceArn": {"Ref": "ConnectInstanceArn"},
        }


@pytest.mark.parametrize(
    ("text", "taken"),
    [
        ("", True),
        ("arn:aws:connect:eu-central-1:123456789012:instance/c8c0e68d-2200-4265-82c0-000000000000", True),
        ("arn:aws-cn:connect:cn-north-1:123456789012:instance/c8c0e68d-2200-4265-82c0-000000000000", True),
        ("arn:aws:connect:eu-central-1:123456789012:instance/*", False),
        ("arn:aws:lambda:eu-central-1:123456789012:function:other", False),
    ],
)
def test_only_an_instance_can_be_named(text: str, *, taken: bool) -> None:
    pattern = read_template()["Parameters"]["ConnectInstanceArn"]["AllowedPattern"]
    assert (re.fullmatch(pattern, text) is not None) is taken
