"""Each function's bundle, built as for the local cloud, stands on its own: nothing of it comes from this machine."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tools.bootstrap import ENVIRONMENTS
from tools.bundle import bundle, target_named
from tools.functions import FUNCTIONS
from tools.slim import OPERATIONS

UNCHECKED_HASH = 0b01

IMPORTING = """
import importlib, json, os, sys
folder, name = sys.argv[1:]
sys.path.insert(0, folder)
os.environ.update(
    AWS_ACCESS_KEY_ID="k", AWS_SECRET_ACCESS_KEY="s", AWS_DEFAULT_REGION="eu-central-1", TABLE_NAME="t",
    CONNECTIONS_SECRET_ARN="c", ADMIN_TOKEN_SECRET_ARN="a", BACKFILL_QUEUE_URL="http://127.0.0.1:9/b",
    COMMAND_QUEUE_URL="http://127.0.0.1:9/c", BACKFILL_DELAY_SECONDS="240",
    READER_TOKEN_SECRET_ARN="r", ADMIN_AUTH="token", EDIT_SCOPE="edit", AUDIT_RETENTION_DAYS="400",
    PBX_API_URLS="{}", AWS_ENDPOINT_URL="http://127.0.0.1:9", AWS_MAX_ATTEMPTS="1",
)
handler = importlib.import_module(f"functions.{name}.app").handler
import boto3
session = boto3.session.Session()
operations = {}
for service in session.get_available_services():
    client = session.client(service)
    operations[service] = sorted(client.meta.service_model.operation_names)
    if "Query" in operations[service]:
        client.get_paginator("query")
import phonenumbers, zoneinfo
zoneinfo.reset_tzpath(to=[])  # Lambda may have no time zone database of its own
zoneinfo.ZoneInfo("Asia/Yekaterinburg")
loaded = {name: getattr(module, "__file__", None) for name, module in sys.modules.items()}
print(json.dumps({"handler": callable(handler), "operations": operations, "loaded": loaded}))
"""


@pytest.fixture(scope="module")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("bundles")
    for name in FUNCTIONS:
        bundle(name, place / name, target_named("local"))
    return place


def imported(folder: Path, name: str) -> dict[str, object]:
    # -I and -S: no environment of ours and no installed packages, as on Lambda.
    python = ENVIRONMENTS["cloud"] / "bin" / "python"
    arguments = [str(python), "-I", "-S", "-c", IMPORTING, str(folder), name]
    done = subprocess.run(arguments, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout.splitlines()[-1])
    assert isinstance(result, dict)
    return result


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_handler_imports_and_its_clients_open(bundles: Path, name: str) -> None:
    result = imported(bundles / name, name)
    assert result["handler"] is True
    assert result["operations"] == {service: sorted(names) for service, names in OPERATIONS[name].items()}


@pytest.mark.parametrize("name", ["webhook", "route"])
def test_the_hot_paths_load_nothing_heavy(bundles: Path, name: str) -> None:
    loaded = imported(bundles / name, name)["loaded"]
    assert isinstance(loaded, dict)
    assert not loaded.keys() & {"pydantic", "holidays", "aws_xray_sdk", "asyncio", "shared.company_file"}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_everything_compiled_is_never_checked_against_its_source(bundles: Path, name: str) -> None:
    compiled = list((bundles / name).rglob("*.pyc"))
    assert compiled
    for file in compiled:
        assert int.from_bytes(file.read_bytes()[4:8], "little") == UNCHECKED_HASH, file


def test_our_own_code_keeps_its_source_and_no_secret_tools_come_along(bundles: Path) -> None:
    sources = sorted(str(file.relative_to(bundles / "route")) for file in (bundles / "route").rglob("*.py"))
    assert "functions/route/app.py" in sources
    assert all(file.startswith(("functions/route/", "shared/")) for file in sources)
    assert not any(file.startswith("shared/company_file") for file in sources)


def test_the_same_input_gives_the_same_bytes(bundles: Path, tmp_path: Path) -> None:
    bundle("route", tmp_path / "again", target_named("local"))
    assert contents(tmp_path / "again") == contents(bundles / "route")


def contents(folder: Path) -> dict[str, tuple[bytes, float]]:
    return {
        str(file.relative_to(folder)): (file.read_bytes(), file.stat().st_mtime)
        for file in folder.rglob("*")
        if file.is_file()
    }


def test_the_bundle_for_lambda_is_for_arm_and_small_enough(tmp_path: Path) -> None:

    for name in ("webhook", "route"):
        bundle(name, tmp_path / name, target_named("lambda"))
        packed = Path(shutil.make_archive(str(tmp_path / f"{name}-packed"), "zip", tmp_path / name))
        assert packed.stat().st_size <= 4_000_000
        assert not list((tmp_path / name).rglob("*x86_64*"))
