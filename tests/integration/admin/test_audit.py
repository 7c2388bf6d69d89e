"""Every change through the admin API leaves a record: who, what, when, and how it ended."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from functions.admin.api import AdminApi
from functions.admin.audit import summarise
from functions.admin.audit_log import AuditLog, Change
from functions.admin.door import AdminDoor
from shared.table import DAY_MS
from tests.integration.admin.conftest import ADMIN_TOKEN
from tests.support.faults import failing
from tests.support.pbx import TOKEN
from tests.support.stack import CLIENT

if TYPE_CHECKING:
    from aws_lambda_powertools.event_handler import APIGatewayHttpResolver

    from tests.integration.admin.conftest import RawAdmin

BY = {"x-firstcall-user": "%D0%90%D0%BD%D0%BD%D0%B0"}  # Анна


def records(admin: RawAdmin, query: str = "") -> list[dict[str, Any]]:
    answer = admin.send("GET", "audit", query=query)
    assert answer.status == 200, answer.text
    found: list[dict[str, Any]] = answer.json["items"]
    return found


def changed(document: dict[str, Any], group: str) -> str:
    return json.dumps({**document, "groups": {**document["groups"], group: ["galina"]}})


def test_a_change_says_who_what_when_and_how_it_ended(applied: RawAdmin, document: dict[str, Any]) -> None:
    applied.stack.clock.tick(60)
    assert applied.send("PUT", "company", changed(document, "night"), headers=BY).status == 200
    newest, oldest = records(applied)
    assert newest == {
        "at": "2026-11-18T11:07:40.000Z",
        "by": "Анна",
        "way": "token",
        "method": "PUT",
        "path": "/admin/company",
        "parts": {},
        "status": 200,
        "summary": "version 2, 1 change",
    }
    assert (oldest["by"], oldest["summary"]) == (None, "version 1, 20 changes")


def test_a_choice_names_the_contact_and_the_chosen(applied: RawAdmin) -> None:
    applied.stack.clock.tick(1)  # records of one moment have no order
    assert applied.put("contacts/c1/responsibles", {"responsibles": ["galina"]}).status == 404
    record = records(applied)[0]
    assert (record["path"], record["parts"]) == ("/admin/contacts/{contact_id}/responsibles", {"contact_id": "c1"})
    assert (record["status"], record["summary"]) == (404, None)


def test_what_is_only_asked_and_what_has_no_path_leaves_no_record(applied: RawAdmin, document: dict[str, Any]) -> None:
    applied.send("GET", "company")
    applied.send("POST", "company/plan", changed(document, "night"))
    applied.send("DELETE", "company")
    applied.send("PUT", "nowhere", "{}")
    applied.send("PUT", "contacts/{contact_id}", "{}")
    assert len(records(applied)) == 1


def test_no_record_holds_a_secret_or_a_whole_number(applied: RawAdmin, document: dict[str, Any]) -> None:
    secret = json.loads(json.dumps(document).replace(TOKEN, "another-crm-token"))
    assert applied.put("company", secret).status == 200
    applied.stack.clock.tick(1)
    applied.put(f"contacts/{CLIENT}/responsibles", {"responsibles": ["galina"]})
    items = applied.stack.dynamodb.scan(TableName=applied.stack.table)["Items"]
    kept = str([item for item in items if item["pk"]["S"].startswith("audit#")])
    assert kept.count("method") == 3
    for never in (TOKEN, "another-crm-token", ADMIN_TOKEN, CLIENT, CLIENT.removeprefix("+")):
        assert never not in kept
    assert records(applied)[0]["parts"] == {"contact_id": "+7916***67"}


class Fails:
    """Paths of a function that has a bug."""

    def add_to(self, app: APIGatewayHttpResolver) -> None:
        @app.put("/admin/broken/<part>")
        def broken(part: str) -> dict[str, str]:
            summarise(app, "never kept")
            raise ZeroDivisionError(part)

        @app.delete("/admin/working/<part>")
        def working(part: str) -> dict[str, str]:
            summarise(app, f"took {part} and {CLIENT} away")
            return {}


def with_other_paths(applied: RawAdmin) -> RawAdmin:
    stack = applied.stack
    log = AuditLog(stack.dynamodb, stack.table, stack.clock, 400)
    return replace(applied, door=AdminDoor(applied.door._access, AdminApi([Fails()], log, "token")))


def test_a_path_cannot_forget_its_record_even_where_it_breaks(applied: RawAdmin) -> None:
    other = with_other_paths(applied)
    applied.stack.clock.tick(1)
    with pytest.raises(ZeroDivisionError):
        other.send("PUT", "broken/x")
    applied.stack.clock.tick(1)
    assert other.send("DELETE", "working/x").status == 200
    working, broken = records(applied)[:2]
    assert (broken["path"], broken["status"], broken["summary"]) == ("/admin/broken/{part}", 500, None)
    assert (working["method"], working["status"]) == ("DELETE", 200)
    assert working["summary"] == "took x and +7916***67 away"


def test_where_no_record_can_be_begun_nothing_is_changed(applied: RawAdmin, document: dict[str, Any]) -> None:
    with failing({"PutItem"}, applied.stack.dynamodb):
        answer = applied.send("PUT", "company", changed(document, "night"))
    assert answer.status == 503
    assert answer.json == {"error": "the audit record cannot be written, so nothing was changed: try again later"}
    assert "night" not in applied.send("GET", "company").json["groups"]


def test_a_record_that_cannot_be_ended_stays_and_says_that_its_end_is_not_known(applied: RawAdmin) -> None:
    applied.stack.clock.tick(1)
    with failing({"UpdateItem"}, applied.stack.dynamodb):
        assert with_other_paths(applied).send("DELETE", "working/x").status == 200
    newest = records(applied)[0]
    assert (newest["path"], newest["status"], newest["summary"]) == ("/admin/working/{part}", None, None)


def a_change(name: str) -> Change:
    return Change(name, "token", "PUT", "/admin/company", {})


def test_records_are_found_by_time_over_months_and_years_and_come_in_pages(admin: RawAdmin) -> None:
    stack = admin.stack
    log = AuditLog(stack.dynamodb, stack.table, stack.clock, 400)
    start = stack.clock.ms
    for number in range(230):  # one a day and a half: eleven months, a New Year between them
        log.begin(a_change(str(number)))
        stack.clock.tick(1.5 * 86_400)
    names, cursor, pages = [], "", 0
    while True:
        answer = admin.send("GET", "audit", query=cursor and f"cursor={cursor}").json
        names += [each["by"] for each in answer["items"]]
        pages += 1
        if answer["cursor"] is None:
            break
        cursor = answer["cursor"]
    assert names == [str(number) for number in reversed(range(230))]
    assert pages == 3
    some = records(admin, "from=2026-12-31T00:00:00Z&to=2027-01-02")
    assert [each["at"][:10] for each in some] == ["2027-01-02", "2026-12-31"]
    assert {item["expires_at"]["N"] for item in oldest(admin)} == {str(start // 1000 + 400 * 86_400)}


def oldest(admin: RawAdmin) -> list[Any]:
    items = admin.stack.dynamodb.scan(TableName=admin.stack.table)["Items"]
    return sorted((item for item in items if item["pk"]["S"].startswith("audit#")), key=lambda item: item["sk"]["S"])[
        :1
    ]


def test_many_records_of_one_moment_are_each_shown_once(admin: RawAdmin) -> None:
    log = AuditLog(admin.stack.dynamodb, admin.stack.table, admin.stack.clock, 400)
    for number in range(205):
        log.begin(a_change(str(number)))
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = admin.send("GET", "audit", query=cursor and f"cursor={cursor}").json
        seen += [each["by"] for each in page["items"]]
        cursor = page["cursor"]
    assert sorted(seen, key=int) == [str(number) for number in range(205)]


def test_what_is_older_than_it_is_kept_is_not_shown_even_before_the_table_drops_it(admin: RawAdmin) -> None:
    log = AuditLog(admin.stack.dynamodb, admin.stack.table, admin.stack.clock, 400)
    log.begin(a_change("old"))
    admin.stack.clock.ms += 401 * DAY_MS
    assert records(admin) == []


@pytest.mark.parametrize("query", ["from=soon", "to=2026-13-01", "from=2026-12-31T18:30:00", "to=", "from=0001-01-01"])
def test_a_time_that_is_none_is_400_and_says_how_to_write_one(admin: RawAdmin, query: str) -> None:
    answer = admin.send("GET", "audit", query=query)
    if query in {"to=", "from=0001-01-01"}:
        assert (answer.status, answer.json) == (200, {"items": [], "cursor": None})
    else:
        assert (answer.status, answer.json["error"].split(":")[0]) == (400, query.partition("=")[0])


@pytest.mark.parametrize("cursor", ["x", "1795000000000", "1795000000000%2312345678", "1795000000000-1234567Z", "-"])
def test_a_cursor_that_was_never_given_is_4xx(admin: RawAdmin, cursor: str) -> None:
    assert admin.send("GET", "audit", query=f"cursor={cursor}").status == 422
