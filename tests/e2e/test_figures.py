"""The deployed functions write their figures where the deployed alarms and the dashboard look for them."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import pytest

from tests.support.deployed import put_in_force
from tests.support.figures import Figure, figures_in
from tools.bootstrap import ROOT
from tools.web import send

if TYPE_CHECKING:
    from collections.abc import Callable

    from tools.deployed import DeployedStack


@pytest.fixture(scope="module")
def dashboard(deployed: DeployedStack) -> list[list[str]]:
    """Read the metrics of the deployed dashboard."""
    cloudwatch = deployed.session.client("cloudwatch", endpoint_url=deployed.endpoint)
    name = deployed.outputs["DashboardUrl"].rpartition("/")[2]
    widgets = json.loads(cloudwatch.get_dashboard(DashboardName=name)["DashboardBody"])["widgets"]
    return [metric[:-1] for widget in widgets for metric in widget["properties"].get("metrics", ())]


def logged(deployed: DeployedStack, function: str, wanted: Callable[[Figure], bool], seconds: float) -> Figure:
    """Wait for a figure in a function's log."""
    logs, until = deployed.logs(), time.monotonic() + seconds
    name = deployed.outputs[f"{function.title()}FunctionName"]
    group = deployed.functions().get_function_configuration(FunctionName=name)["LoggingConfig"]["LogGroup"]
    while True:
        pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group)
        lines = [event["message"] for page in pages for event in page["events"]]
        found = [each for each in figures_in("\n".join(lines)) if wanted(each)]
        if found:
            return found[0]
        assert time.monotonic() < until, f"no such figure in {group}"
        time.sleep(0.5)


def test_a_look_ups_figures_are_those_the_dashboard_shows(deployed: DeployedStack, dashboard: list[list[str]]) -> None:
    put_in_force(deployed, ROOT / "examples" / "company.yaml")
    connection = deployed.connections()["megafon-main"]
    body = f"cmd=contact&phone=79990000001&callid=figures-1&crm_token={connection.secrets['crm_token']}".encode()
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    assert send("POST", connection.route_url, body, headers).status == 200
    found = logged(deployed, "route", lambda each: ("reason", "no_contact") in each.dimensions, 10)
    assert found.value > 0
    assert [found.namespace, "LookupTime", "reason", "no_contact"] in dashboard


def test_the_sweep_says_how_long_the_oldest_contact_waits(deployed: DeployedStack, dashboard: list[list[str]]) -> None:
    name = deployed.outputs["BackfillFunctionName"]
    invoked = deployed.functions().invoke(FunctionName=name, Payload=b'{"sweep": true}')
    assert not invoked.get("FunctionError")
    found = logged(deployed, "backfill", lambda each: each.name == "OldestPendingContact", 10)
    assert [found.namespace, "OldestPendingContact", "service", "backfill"] in dashboard
