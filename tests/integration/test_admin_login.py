"""The commands sign in as the stack asks for it, seen from the other side; and `firstcall audit`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from firstcall import stacks
from firstcall.cli import main
from firstcall.outcome import DONE, FOUND_WRONG, WRONG_USE
from functions.admin.settings import Settings
from functions.admin.wiring import build
from tests.support.admin_server import served
from tests.unit.admin.test_access import by_iam, by_jwt
from tools.deployed import DeployedStack

if TYPE_CHECKING:
    from functions.admin.access import Way
    from functions.admin.door import AdminDoor
    from tests.support.stack import Stack

EXAMPLE = Path(__file__).parents[2] / "examples" / "company.yaml"
SECRET_KEY = "testing"


class Gateway:
    """Proves who asks, as API Gateway does, before the function is called."""

    def __init__(self, door: AdminDoor, way: Way) -> None:
        self._door = door
        self._way = way

    def handle(self, event: dict[str, Any], context: object) -> dict[str, Any]:
        """Let through what is proven."""
        proven: dict[str, Any] = {}
        if self._way == "iam" and signature_is_right(event):
            proven = by_iam("arn:aws:iam::123456789012:user/anna")
        if self._way == "jwt" and event["headers"].get("authorization") == "Bearer a.json.token":
            proven = by_jwt(sub="u1", scope="firstcall.edit")
        if self._way != "token" and not proven:
            return {"statusCode": 403, "body": '{"message": "Forbidden"}'}
        context_of = {**event["requestContext"], **proven.get("requestContext", {})}
        return self._door.handle({**event, "requestContext": context_of}, context)


def signature_is_right(event: dict[str, Any]) -> bool:
    """Sign what has arrived with the same key and compare."""
    headers = event["headers"]
    given = dict(part.strip().split("=", 1) for part in headers["authorization"].partition(" ")[2].split(","))
    signed = {name: headers[name] for name in given["SignedHeaders"].split(";")}
    query = f"?{event['rawQueryString']}" if event["rawQueryString"] else ""
    url = f"http://{headers['host']}{event['requestContext']['http']['path']}{query}"
    request = AWSRequest(event["requestContext"]["http"]["method"], url, signed, event["body"].encode())
    request.context["timestamp"] = headers["x-amz-date"]
    signer = SigV4Auth(Credentials("testing", SECRET_KEY), "execute-api", "eu-central-1")
    text = signer.string_to_sign(request, signer.canonical_request(request))
    return bool(signer.signature(text, request) == given["Signature"])


@pytest.fixture
def commands(stack: Stack, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Any:
    """Give `run(way, *words)`: one command against an API that is proven to in a way."""
    monkeypatch.delenv("FIRSTCALL_TOKEN", raising=False)
    editor = stack.secretsmanager.create_secret(Name="admin", SecretString="the-admin-token")["ARN"]
    reader = stack.secretsmanager.create_secret(Name="reader", SecretString="the-reader-token")["ARN"]

    def run(way: Way, *words: str | Path, key: str = SECRET_KEY) -> tuple[int, str, str]:
        settings = Settings(stack.table, stack.secret_arn, editor, reader, auth=way)
        door = build(settings, stack.dynamodb, stack.secretsmanager, stack.clock)
        with served(Gateway(door, way)) as url:  # type: ignore[arg-type]
            outputs = {"AdminAuth": way, "AdminTokenSecretArn": editor, "ReaderTokenSecretArn": reader}
            outputs |= {"ConnectionsSecretArn": stack.secret_arn, "TableName": stack.table}
            deployed = DeployedStack(boto3.session.Session("testing", key, region_name="eu-central-1"), outputs, url)
            monkeypatch.setattr(stacks, "find", lambda _name: deployed)
            status = main(["--stack", "test", *map(str, words)])
        printed = capsys.readouterr()
        # The function runs in this process, so that its log comes out here too.
        out = "".join(line for line in printed.out.splitlines(keepends=True) if not line.startswith('{"level"'))
        stack.clock.tick(1)
        return status, out, printed.err

    return run


@pytest.mark.parametrize("way", ["token", "iam"])
def test_a_command_signs_in_by_itself_where_the_credentials_are_enough(commands: Any, way: Way) -> None:
    assert commands(way, "apply", EXAMPLE)[0] == DONE
    status, out, _ = commands(way, "explain", "megafon-main", "--phone", "+7 916 123-45-67")
    assert (status, "nobody" in out) == (DONE, True), out
    assert commands(way, "contacts", "--phone", "+7 (916) 123-45-67")[:2] == (DONE, "no such contact\n")


def test_a_signature_by_other_credentials_is_refused_in_words(commands: Any) -> None:
    assert commands("iam", "history", key="another") == (FOUND_WRONG, "", "error: Forbidden\n")


def test_a_token_of_an_identity_provider_is_taken_from_the_environment(
    commands: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    status, _, error = commands("jwt", "apply", EXAMPLE)
    assert (status, "export it as FIRSTCALL_TOKEN" in error) == (FOUND_WRONG, True)
    monkeypatch.setenv("FIRSTCALL_TOKEN", "a.json.token")
    assert commands("jwt", "apply", EXAMPLE)[0] == DONE


def test_a_readers_token_in_the_environment_reads_and_is_told_that_it_may_not_change(
    commands: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert commands("token", "apply", EXAMPLE)[0] == DONE
    monkeypatch.setenv("FIRSTCALL_TOKEN", "the-reader-token")
    assert commands("token", "history")[0] == DONE
    status, _, error = commands("token", "rollback", "1")
    assert (status, error.startswith("error: this token may only read")) == (FOUND_WRONG, True)


def test_credentials_that_may_see_the_readers_token_alone_read_with_it(
    commands: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(_: DeployedStack) -> str:
        raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "GetSecretValue")

    assert commands("token", "apply", EXAMPLE)[0] == DONE
    monkeypatch.setattr(DeployedStack, "admin_token", denied)
    assert commands("token", "history")[0] == DONE
    assert commands("token", "rollback", "1")[0] == FOUND_WRONG


def test_the_audit_says_each_change_in_a_line_the_newest_first(commands: Any) -> None:
    assert commands("iam", "audit")[1] == "nothing was changed\n"
    commands("iam", "apply", EXAMPLE)
    commands("iam", "rollback", "7")
    _, out, _ = commands("iam", "audit")
    refused, applied = out.splitlines()
    assert (
        refused
        == "2026-11-18T11:06:42 UTC  123456789012:user/anna (iam)  POST company/rollback  refused, 404".replace(
            "T", " ", 1
        )
    )
    assert applied.endswith("PUT company  version 1, 20 changes")
    assert commands("iam", "audit", "--limit", "1")[1].endswith("there are more than 1: --limit shows more\n")
    assert commands("iam", "audit", "--to", "2026-11-17")[1] == "nothing was changed then\n"
    assert len(json.loads(commands("iam", "--json", "audit", "--from", "2026-11-18")[1])) == 2
    assert commands("iam", "audit", "--from", "soon")[2].startswith("error: from: 'soon' is no day such as")
    assert commands("iam", "audit", "--limit", "0")[0] == WRONG_USE
