"""The commands against the real admin function over HTTP, its stores on moto, as on a stack on AWS."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import boto3

from firstcall import stacks
from firstcall.cli import main
from firstcall.outcome import DONE
from functions.admin.settings import Settings
from functions.admin.wiring import build
from tests.support.admin_server import served
from tools.deployed import DeployedStack

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pytest

    from tests.support.stack import Stack


class Terminal:
    """Runs commands and reads what they print."""

    def __init__(self, capsys: pytest.CaptureFixture[str], deployed: DeployedStack) -> None:
        self._capsys = capsys
        self.deployed = deployed

    def run(self, *words: str | Path) -> tuple[int, str, str]:
        """Run one command; give its status and what it printed."""
        self._capsys.readouterr()
        status = main(["--stack", "test", *map(str, words)])
        printed = self._capsys.readouterr()
        # The function runs in this process, so that its log comes out here too.
        out = "".join(line for line in printed.out.splitlines(keepends=True) if not line.startswith('{"level"'))
        return status, out, printed.err

    def done(self, *words: str | Path) -> str:
        """Run what must succeed."""
        status, out, err = self.run(*words)
        assert (status, err) == (DONE, "")
        return out

    def json(self, *words: str | Path) -> Any:
        """Run what must succeed and answer in JSON."""
        return json.loads(self.done("--json", *words))


@contextmanager
def at_work(
    stack: Stack, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, **outputs: str
) -> Iterator[Terminal]:
    """Sit down at a terminal whose stack has these stores; more outputs where a command needs them."""
    token = stack.secretsmanager.create_secret(Name="admin", SecretString="the-admin-token")["ARN"]
    door = build(Settings(stack.table, stack.secret_arn, token), stack.dynamodb, stack.secretsmanager, stack.clock)
    with served(door) as url:
        known = {"AdminTokenSecretArn": token, "ConnectionsSecretArn": stack.secret_arn, "TableName": stack.table}
        deployed = DeployedStack(boto3.session.Session(), {**known, **outputs}, url)
        monkeypatch.setattr(stacks, "find", lambda _name: deployed)
        yield Terminal(capsys, deployed)
