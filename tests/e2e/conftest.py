"""The real template on a local cloud of its own, IAM enforced: started for the session, thrown away after it."""

from __future__ import annotations

import json
import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from firstcall import stacks
from firstcall.cli import main
from tools import stack
from tools.deployed import DeployedStack, find_local
from tools.local_cloud import HOST, LocalCloud

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

BACKFILL_DELAY_SECONDS = 3
"""The delayed message of these stacks comes soon, so that a test can wait for it."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark everything here, so that `-m 'not e2e'` leaves it out."""
    for item in items:
        if item.path.is_relative_to(__file__.rpartition("/")[0]):
            item.add_marker("e2e")


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    """Run a local cloud on a free port with state that nobody has seen before."""
    with socket.socket() as free:
        free.bind((HOST, 0))
        port = free.getsockname()[1]
    cloud = LocalCloud(port, tmp_path_factory.mktemp("cloud"))
    cloud.start()
    try:
        yield cloud
    finally:
        cloud.stop()


@pytest.fixture(scope="session")
def deploy_stack(cloud: LocalCloud) -> Callable[..., DeployedStack]:
    """Deploy a stack of its own for a set of parameters: `deploy_stack(BackfillDelaySeconds=240)`."""
    deployed: dict[str, DeployedStack] = {}

    def deploy(**parameters: object) -> DeployedStack:
        chosen = {key: str(value) for key, value in parameters.items()}
        if repr(chosen) not in deployed:
            name, log = f"test-{len(deployed) + 1}", cloud.place / "deploy.log"
            stack.deploy(stack.build("local", log), name, chosen, cloud.environment, log)
            deployed[repr(chosen)] = find_local(cloud, name)
        return deployed[repr(chosen)]

    return deploy


@pytest.fixture(scope="session")
def deployed(deploy_stack: Callable[..., DeployedStack]) -> DeployedStack:
    """Deploy the stack that most tests share; apply a company file with `deployed.apply(path, environ)`."""
    return deploy_stack(BackfillDelaySeconds=BACKFILL_DELAY_SECONDS)


@pytest.fixture
def ask(
    deployed: DeployedStack, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Any]:
    """Run a command that must succeed, and read what it answers in JSON."""
    monkeypatch.setattr(stacks, "find", lambda _name: deployed)

    def run(*words: object) -> Any:
        capsys.readouterr()
        # A name, so that the addresses of this machine's own local stack stay as they are.
        status = main(["--stack", "test", "--json", *map(str, words)])
        printed = capsys.readouterr()
        assert (status, printed.err) == (0, "")
        return json.loads(printed.out)

    return run


@pytest.fixture(scope="session")
def without_action() -> Callable[..., AbstractContextManager[None]]:
    """Take actions from a role for a while: `with without_action(deployed, "RouteRole", "dynamodb:GetItem"):`."""
    return _without_action


@contextmanager
def _without_action(deployed: DeployedStack, role: str, *actions: str) -> Iterator[None]:
    function = deployed.outputs[f"{role.removesuffix('Role')}FunctionName"]
    arn = deployed.functions().get_function_configuration(FunctionName=function)["Role"]
    iam, name = deployed.iam(), arn.rpartition("/")[2]
    [policy] = iam.list_role_policies(RoleName=name)["PolicyNames"]
    whole = iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]
    less = json.loads(json.dumps(whole))
    for statement in less["Statement"]:
        statement["Action"] = [each for each in statement["Action"] if each not in actions]
    less["Statement"] = [each for each in less["Statement"] if each["Action"]]
    assert less != whole, f"{role} does not allow {', '.join(actions)} in the first place"
    iam.put_role_policy(RoleName=name, PolicyName=policy, PolicyDocument=json.dumps(less))
    try:
        yield
    finally:
        iam.put_role_policy(RoleName=name, PolicyName=policy, PolicyDocument=json.dumps(whole))
