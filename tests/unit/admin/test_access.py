"""Who asks, read from the events that API Gateway sends.

The shapes are those of the HTTP API's payload 2.0 as AWS describes it ("Working with AWS Lambda proxy integrations for
HTTP APIs") and as Powertools types it (`RequestContextV2Authorizer`): claims are text whatever they were, `scopes` is
null where the route asks for none.
"""

from __future__ import annotations

from typing import Any

import pytest

from functions.admin.access import Asker, IamAccess, JwtAccess, changes

JWT = JwtAccess("firstcall.edit")


def by_jwt(**claims: str) -> dict[str, Any]:
    return {
        "requestContext": {
            "authorizer": {
                "jwt": {
                    "claims": {
                        "aud": "firstcall",
                        "exp": "1795003600",
                        "iat": "1795000000",
                        "iss": "https://login.example.com/",
                        **claims,
                    },
                    "scopes": None,
                }
            }
        }
    }


def by_iam(arn: str) -> dict[str, Any]:
    return {
        "requestContext": {
            "accountId": "123456789012",
            "authorizer": {
                "iam": {
                    "accessKey": "AKIAIOSFODNN7EXAMPLE",
                    "accountId": "123456789012",
                    "callerId": "AIDACKCEVSQ6C2EXAMPLE",
                    "cognitoIdentity": None,
                    "principalOrgId": None,
                    "userArn": arn,
                    "userId": "AIDACKCEVSQ6C2EXAMPLE",
                }
            },
        }
    }


@pytest.mark.parametrize(
    "scopes",
    [
        {"scope": "openid firstcall.edit"},
        {"scp": "firstcall.edit"},
        {"scp": "[openid firstcall.edit]"},
        {"scope": "openid,firstcall.edit"},
    ],
)
def test_the_scope_makes_an_editor(scopes: dict[str, str]) -> None:
    assert JWT.asker(by_jwt(sub="u1", **scopes)) == Asker("jwt", may_edit=True, name="u1")


@pytest.mark.parametrize(
    "claims",
    [
        {},
        {"scope": ""},
        {"scope": "firstcall.editor xfirstcall.edit"},
        {"scope": "FIRSTCALL.EDIT"},
        {"roles": "firstcall.edit"},
        {"sub": "firstcall.edit"},
    ],
)
def test_whoever_has_no_such_scope_may_only_read(claims: dict[str, str]) -> None:
    asker = JWT.asker(by_jwt(**claims))
    assert asker is not None
    assert not asker.may_edit


@pytest.mark.parametrize(
    ("claims", "name"),
    [
        ({"sub": "u1", "email": "anna@example.com"}, "anna@example.com (u1)"),
        ({"sub": "u1", "preferred_username": "anna"}, "anna (u1)"),
        ({"sub": "anna", "username": "anna"}, "anna"),
        ({"client_id": "nightly"}, "nightly"),
        ({"email": "anna@example.com"}, "anna@example.com"),
        ({}, None),
    ],
)
def test_a_token_names_its_subject_and_whom_a_person_would_recognise(claims: dict[str, str], name: str | None) -> None:
    asker = JWT.asker(by_jwt(**claims))
    assert asker is not None
    assert asker.name == name


@pytest.mark.parametrize(
    ("arn", "name"),
    [
        ("arn:aws:iam::123456789012:user/anna", "123456789012:user/anna"),
        ("arn:aws:sts::123456789012:assumed-role/Admin/anna", "123456789012:assumed-role/Admin/anna"),
        ("arn:aws-cn:iam::123456789012:root", "123456789012:root"),
    ],
)
def test_a_signature_names_its_identity_and_whoever_the_policies_let_through_may_edit(arn: str, name: str) -> None:
    assert IamAccess().asker(by_iam(arn)) == Asker("iam", may_edit=True, name=name)


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"requestContext": {}},
        {"requestContext": {"authorizer": None}},
        {"requestContext": {"authorizer": {}}},
        {"requestContext": {"authorizer": {"jwt": None, "iam": None}}},
        {"requestContext": {"authorizer": {"jwt": {"claims": {}, "scopes": None}, "iam": {"userArn": None}}}},
        {"requestContext": {"authorizer": {"lambda": {"sub": "u1", "scope": "firstcall.edit"}}}},
    ],
)
def test_an_event_in_which_api_gateway_has_proven_nothing_lets_nobody_in(event: dict[str, Any]) -> None:
    assert JWT.asker(event) is None
    assert IamAccess().asker(event) is None


def test_the_proof_of_one_way_is_none_of_the_other() -> None:
    assert JWT.asker(by_iam("arn:aws:iam::123456789012:user/anna")) is None
    assert IamAccess().asker(by_jwt(sub="u1", scope="firstcall.edit")) is None


@pytest.mark.parametrize(
    ("method", "path", "is_change"),
    [
        ("GET", "/admin/company", False),
        ("HEAD", "/admin/company", False),
        ("OPTIONS", "/admin/company", False),
        ("POST", "/admin/company/plan", False),
        ("POST", "/admin/company/plan/", True),
        ("PUT", "/admin/company/plan", True),
        ("POST", "/admin/company/rollback", True),
        ("DELETE", "/admin/contacts/c1", True),
        ("", "/admin/company", True),
        ("post", "/admin/company/plan", True),
    ],
)
def test_a_request_changes_something_unless_it_is_known_to_only_ask(method: str, path: str, is_change: bool) -> None:
    assert changes(method, path) is is_change
