"""Every warm function asks every 10 s which company is in force: it reads a small item, never the company itself."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from shared.companies import CHECK_AFTER_MS
from shared.table import company_key
from tests.support.pbx import Generic
from tests.support.stack import a_company, a_connection

if TYPE_CHECKING:
    import pytest

    from tests.support.functions import Functions
    from tests.support.stack import Stack


def keys_asked_for(stack: Stack) -> list[str]:
    """Note the sort key of each item of the company that is asked for from now on."""
    seen: list[str] = []

    def note(params: Any, **_: object) -> None:
        asked = json.loads(params["body"])
        keys = [asked["Key"]] if "Key" in asked else asked.get("RequestItems", {}).get(stack.table, {}).get("Keys", [])
        seen.extend(key["sk"]["S"] for key in keys if key["pk"]["S"] == "company")

    stack.dynamodb.meta.events.register("before-call", note)
    return seen


def test_a_check_reads_the_small_item_and_loads_the_company_only_where_it_is_another(
    functions: Functions, stack: Stack
) -> None:
    route, webhook = Generic(functions.route), Generic(functions.webhook)
    asked = keys_asked_for(stack)
    stack.clock.tick(CHECK_AFTER_MS / 1000)
    route.ask()
    webhook.event("ringing")
    assert asked == ["version", "version"]
    asked.clear()
    newer = a_company(a_connection("site", "generic"), version=2)
    stack.apply(newer, {"site": stack.secrets["site"].secrets})
    stack.clock.tick(CHECK_AFTER_MS / 1000)
    route.ask()
    webhook.event("ringing")
    assert asked == ["version", "current", "version", "current"]


def test_without_the_small_item_the_company_held_goes_on_and_is_not_loaded_at_every_check(
    functions: Functions, stack: Stack, caplog: pytest.LogCaptureFixture
) -> None:
    stack.dynamodb.delete_item(TableName=stack.table, Key=company_key("version"))
    route, webhook = Generic(functions.route), Generic(functions.webhook)
    asked = keys_asked_for(stack)
    for _ in range(3):
        stack.clock.tick(CHECK_AFTER_MS / 1000)
        route.ask()
        assert webhook.event("ringing").status == 200
    assert set(asked) == {"version"}
    assert not [record for record in caplog.records if record.levelname == "ERROR"]
