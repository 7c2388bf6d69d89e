"""The admin API on moto: the company file, contacts, calls, a person's choice."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from functions.admin.settings import Settings
from functions.admin.wiring import build
from shared.company_file.yaml_source import load
from tests.support.functions import Functions
from tests.support.pbx import TOKEN, ItooLabs, api_event
from tests.support.stack import CLIENT, Stack

if TYPE_CHECKING:
    from functions.admin.door import AdminDoor

EXAMPLE = Path(__file__).parents[2] / "examples" / "company.yaml"
ADMIN_TOKEN = "the-admin-token"


@dataclass(slots=True)
class Admin:
    """An admin with a token."""

    door: AdminDoor
    token: str = ADMIN_TOKEN

    def ask(
        self, method: str, path: str, body: object = None, *, raw: str | None = None, **query: str
    ) -> tuple[int, Any]:
        """Send one request; give status and answer."""
        text = raw if raw is not None else "" if body is None else json.dumps(body)
        result = self.door.handle(
            {
                "version": "2.0",
                "rawPath": f"/admin/{path}",
                "rawQueryString": urlencode(query),
                "queryStringParameters": dict(query),
                "headers": {"authorization": f"Bearer {self.token}", "content-type": "application/json"},
                "requestContext": {
                    "http": {"method": method, "path": f"/admin/{path}", "sourceIp": "127.0.0.1"},
                    "stage": "$default",
                    "requestId": "1",
                },
                "body": text,
                "isBase64Encoded": False,
            },
            None,
        )
        return result["statusCode"], json.loads(result["body"])

    def get(self, path: str, **query: str) -> Any:
        """Read what must be there."""
        status, answer = self.ask("GET", path, **query)
        assert status == 200, answer
        return answer


@pytest.fixture
def admin(stack: Stack) -> Admin:
    token = stack.secretsmanager.create_secret(Name="admin", SecretString=ADMIN_TOKEN)["ARN"]
    return Admin(
        build(Settings(stack.table, stack.secret_arn, token), stack.dynamodb, stack.secretsmanager, stack.clock)
    )


@pytest.fixture
def document() -> dict[str, Any]:
    return load(EXAMPLE, {"MEGAFON_CRM_TOKEN": TOKEN})


@pytest.fixture
def functions(stack: Stack, admin: Admin, document: dict[str, Any]) -> Functions:
    status, answer = admin.ask("PUT", "company", document)
    assert status == 200, answer
    return Functions(stack)


def key_of(stack: Stack, connection: str) -> str:
    current = stack.dynamodb.get_item(TableName=stack.table, Key={"pk": {"S": "company"}, "sk": {"S": "current"}})
    secret = stack.secretsmanager.get_secret_value(
        SecretId=stack.secret_arn, VersionId=current["Item"]["secret_version"]["S"]
    )
    return str(json.loads(secret["SecretString"])["connections"][connection]["key"])


def pbx(functions: Functions, **changes: Any) -> ItooLabs:
    """Play MegaFon with the key that applying made."""
    key = key_of(functions.stack, "megafon-main")

    class Keyed(ItooLabs):
        def send(self, fields: Any) -> Any:
            body = urlencode({**fields, "crm_token": TOKEN}).encode()
            return self.handler.handle(api_event(self.connection, key=key, body=body))

    return Keyed(functions.webhook, line="74951112233", **changes)


def first_call(functions: Functions, **changes: Any) -> ItooLabs:
    call = pbx(functions, **changes)
    assert call.event("INCOMING", "anna").status == 200
    call.event("ACCEPTED", "boris")
    call.event("COMPLETED", "boris")
    return call


@pytest.mark.parametrize("token", ["", "wrong", ADMIN_TOKEN + "x", "ключ"])
@pytest.mark.parametrize("path", ["company", "contacts", "nowhere", "openapi.json"])
def test_without_the_token_nothing_is_told(admin: Admin, token: str, path: str) -> None:
    status, answer = Admin(admin.door, token).ask("GET", path)
    assert status == 401
    assert list(answer) == ["error"]


@pytest.mark.rule("R13")
def test_a_contact_is_shown_as_the_contract_words_it(admin: Admin, functions: Functions) -> None:
    call = first_call(functions)
    (contact,) = admin.get("contacts", phone="8 (916) 123-45-67")["items"]
    assert contact == admin.get(f"contacts/{contact['id']}")
    at = contact["created_at"]
    assert at.endswith("Z")
    assert contact == {
        "id": contact["id"],
        "kind": "person",
        "name": CLIENT,
        "phones": [CLIENT],
        "tags": [],
        "fields": {},
        "template": "default",
        "created_at": at,
        "created_by": {"connection": "megafon-main", "call_id": call.call_id, "line": "+74951112233"},
        "responsibles": [
            {
                "employee": "boris",
                "source": "answered",
                "at": at,
                "late": False,
                "evidence": {"connection": "megafon-main", "call_id": call.call_id, "event": "ACCEPTED"},
            }
        ],
        "state": "assigned",
        "reason": None,
    }


@pytest.mark.rule("K1")
def test_a_call_is_shown_as_the_contract_words_it(admin: Admin, functions: Functions) -> None:
    call_id = "odd/id with spaces?&#%2F=="
    call = first_call(functions, call_id=call_id)
    for path in (quote(call_id, safe=""), call_id.replace("%2F", "%252F")):
        shown = admin.get(f"calls/megafon-main/{path}")
        assert shown == {
            "connection": "megafon-main",
            "call_id": call.call_id,
            "direction": "in",
            "phone": CLIENT,
            "line": "+74951112233",
            "state": "ended",
            "outcome": "answered",
            "legs": [
                {"ext": "701", "employee": "anna", "state": "missed"},
                {"ext": "702", "employee": "boris", "state": "answered"},
            ],
            "first_directed": "anna",
            "answered_by": "boris",
            "last_held_by": "boris",
            "contact_id": admin.get("contacts", phone=CLIENT)["items"][0]["id"],
        }


@pytest.mark.usefixtures("functions")
def test_what_is_not_there_is_404(admin: Admin) -> None:
    for path in ("contacts/nobody", "calls/megafon-main/none", "calls/nowhere/none", "nowhere"):
        status, answer = admin.ask("GET", path)
        assert status == 404, path
        assert "error" in answer
    assert admin.get("contacts", phone="+79990000000") == {"items": [], "cursor": None}


@pytest.mark.usefixtures("functions")
@pytest.mark.parametrize(
    "query",
    [{}, {"phone": "x"}, {"phone": CLIENT, "state": "pending"}, {"state": "pending", "cursor": "nonsense"}],
)
def test_a_question_that_cannot_be_answered_is_400(admin: Admin, query: dict[str, str]) -> None:
    status, answer = admin.ask("GET", "contacts", **query)
    assert status == 400
    assert answer["error"]


@pytest.mark.usefixtures("functions")
def test_an_unknown_state_is_422_and_says_which_there_are(admin: Admin) -> None:
    status, answer = admin.ask("GET", "contacts", state="lost")
    assert status == 422
    assert "pending" in str(answer["mistakes"])


def test_contacts_are_listed_by_state_and_responsible_page_by_page(admin: Admin, functions: Functions) -> None:
    numbers = {f"+7916200{number:04d}" for number in range(60)}
    for number in sorted(numbers):
        call = pbx(functions, call_id=f"call{number}", phone=number)
        call.event("INCOMING", "anna")
        call.event("ACCEPTED", "boris")
    for query in ({"state": "assigned"}, {"responsible": "boris"}):
        seen: list[str] = []
        cursor: str | None = ""
        while cursor is not None:
            page = admin.get("contacts", **query, **({"cursor": cursor} if cursor else {}))
            seen += [item["phones"][0] for item in page["items"]]
            cursor = page["cursor"]
        assert sorted(seen) == sorted(numbers)
    assert admin.get("contacts", responsible="anna")["items"] == []
    assert admin.get("contacts", state="pending")["items"] == []


def test_a_contact_of_several_is_listed_under_each_of_them(admin: Admin, functions: Functions) -> None:
    call = pbx(functions)
    call.line = "74951112244"
    call.event("INCOMING", "boris")
    for who in ("anna", "group:sales"):
        (contact,) = admin.get("contacts", responsible=who)["items"]
        assert [each.get("employee") or "group:" + each["group"] for each in contact["responsibles"]] == [
            "anna",
            "group:sales",
        ]


@pytest.mark.rule("R9")
def test_a_persons_choice_stands(admin: Admin, functions: Functions) -> None:
    call = pbx(functions)
    call.event("INCOMING", "anna")
    contact_id = admin.get("contacts", phone=CLIENT)["items"][0]["id"]
    status, contact = admin.ask(
        "PUT", f"contacts/{contact_id}/responsibles", {"responsibles": ["group:sales", "denis"]}
    )
    assert status == 200
    assert [(each.get("group") or each.get("employee"), each["source"]) for each in contact["responsibles"]] == [
        ("sales", "manual"),
        ("denis", "manual"),
    ]
    call.event("ACCEPTED", "boris")
    assert admin.get(f"contacts/{contact_id}") == contact
    assert admin.get("contacts", responsible="denis")["items"] == [contact]
    assert admin.get("contacts", state="assigned")["items"] == [contact]
    status, contact = admin.ask("PUT", f"contacts/{contact_id}/responsibles", {"responsibles": []})
    assert (status, contact["state"], contact["reason"]) == (200, "unowned", "manual")
    assert admin.get("contacts", responsible="denis")["items"] == []


def test_a_choice_of_people_who_are_not_there_names_every_mistake_and_changes_nothing(
    admin: Admin, functions: Functions
) -> None:
    pbx(functions).event("INCOMING", "anna")
    contact = admin.get("contacts", phone=CLIENT)["items"][0]
    status, answer = admin.ask(
        "PUT", f"contacts/{contact['id']}/responsibles", {"responsibles": ["anya", "vera", "boris", "boris"]}
    )
    assert status == 422
    assert answer["mistakes"] == [
        "responsibles[0]: no employee or group 'anya'; did you mean 'anna'?",
        "responsibles[1]: 'vera' is not active and would get no call",
        "responsibles[3]: 'boris' is named twice",
    ]
    assert admin.get(f"contacts/{contact['id']}") == contact
    assert admin.ask("PUT", "contacts/nobody/responsibles", {"responsibles": []})[0] == 404


def test_a_company_is_applied_shown_masked_and_keeps_its_keys(
    admin: Admin, stack: Stack, document: dict[str, Any]
) -> None:
    status, answer = admin.ask("POST", "company/plan", document)
    assert status == 200
    assert admin.ask("GET", "company")[0] == 404  # planning changes nothing
    assert admin.ask("PUT", "company", document)[1]["version"] == 1
    shown = admin.get("company")
    assert shown["connections"]["megafon-main"]["secrets"] == {"crm_token": "***"}
    assert TOKEN not in json.dumps(shown)
    key = key_of(stack, "megafon-main")
    assert admin.ask("PUT", "company", shown)[1] == {
        "version": 1,
        "changes": [],
        "warnings": answer["warnings"],
        "effects": [],
    }
    shown["connections"]["megafon-main"]["template"] = "vip"
    status, answer = admin.ask("PUT", "company", shown)
    assert (status, answer["version"]) == (200, 2)
    assert answer["changes"] == ["connections.megafon-main.template: 'default' -> 'vip'"] or answer["changes"]
    assert key_of(stack, "megafon-main") == key


def test_a_wrong_company_is_refused_whole_with_every_mistake_and_nothing_changes(
    admin: Admin, document: dict[str, Any]
) -> None:
    admin.ask("PUT", "company", document)
    before = admin.get("company")
    wrong = json.loads(json.dumps(document))
    wrong["employees"]["anna"]["hours"] = "offce"
    wrong["connections"]["megafon-main"]["operator"] = "megafn"
    for method, path in (("PUT", "company"), ("POST", "company/plan")):
        status, answer = admin.ask(method, path, wrong)
        assert status == 422
        assert "employees.anna.hours: no calendar 'offce'; did you mean 'office'?" in answer["mistakes"]
        assert any(each.startswith("connections.megafon-main.operator:") for each in answer["mistakes"])
    assert admin.get("company") == before


def test_of_two_companies_applied_at_once_one_is_in_force_and_the_other_is_told(
    admin: Admin, stack: Stack, document: dict[str, Any]
) -> None:
    admin.ask("PUT", "company", document)
    nested: dict[str, Any] = {}

    def meanwhile(model: Any, **_: object) -> None:
        if model.name == "PutSecretValue" and not nested:
            nested["answer"] = None
            other = {**document, "groups": {**document["groups"], "night": ["galina"]}}
            nested["answer"] = admin.ask("PUT", "company", other)

    stack.secretsmanager.meta.events.register_first("before-call", meanwhile)
    status, answer = admin.ask("PUT", "company", {**document, "company": {**document["company"], "blocked": []}})
    assert nested["answer"][0] == 200
    assert (status, "meanwhile" in answer["error"]) == (409, True)
    shown = admin.get("company")
    assert ("night" in shown["groups"], shown["company"]["blocked"]) == (True, document["company"]["blocked"])
    assert key_of(stack, "megafon-main")


def test_the_openapi_document_names_every_path(admin: Admin) -> None:
    paths = admin.get("openapi.json")["paths"]
    assert sorted(paths) == [
        "/admin/audit",
        "/admin/calls",
        "/admin/calls/{connection}/{call_id}",
        "/admin/company",
        "/admin/company/plan",
        "/admin/company/rollback",
        "/admin/company/versions",
        "/admin/company/versions/{version}",
        "/admin/connections/{connection}/secrets",
        "/admin/connections/{connection}/secrets/finish",
        "/admin/contacts",
        "/admin/contacts/{contact_id}",
        "/admin/contacts/{contact_id}/merge",
        "/admin/contacts/{contact_id}/phones",
        "/admin/contacts/{contact_id}/responsibles",
        "/admin/explain",
        "/admin/handovers",
        "/admin/handovers/plan",
        "/admin/handovers/{handover_id}",
        "/admin/handovers/{handover_id}/continue",
        "/admin/handovers/{handover_id}/undo",
        "/admin/people",
        "/admin/people/erase",
        "/admin/raw-events",
        "/admin/secrets",
    ]


@pytest.mark.usefixtures("functions")
@pytest.mark.parametrize("raw", ["{", "[", '"text"', "[]", "1", "null", "\x00", "{}" * 2, '{"responsibles": "anna"}'])
def test_a_body_that_makes_no_sense_is_4xx(admin: Admin, raw: str) -> None:
    for method, path in (("PUT", "company"), ("POST", "company/plan"), ("PUT", "contacts/x/responsibles")):
        assert 400 <= admin.ask(method, path, raw=raw)[0] < 500
    assert admin.ask("PUT", "company", raw="9" * 2_000_001)[0] == 413


@pytest.mark.usefixtures("functions")
@given(
    method=st.sampled_from(["GET", "PUT", "POST", "DELETE", "PATCH"]),
    path=st.sampled_from(
        ["contacts", "contacts/x", "contacts/x/responsibles", "calls/a/b", "company", "company/plan", ""]
    )
    | st.text(max_size=30),
    raw=st.text(max_size=60)
    | st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=3),
        max_leaves=6,
    ).map(json.dumps),
    query=st.dictionaries(
        st.sampled_from(["phone", "state", "responsible", "cursor"]), st.text(max_size=20), max_size=3
    ),
)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_request_ends_in_a_500(admin: Admin, method: str, path: str, raw: str, query: dict[str, str]) -> None:
    status, answer = admin.ask(method, path, raw=raw, **query)
    assert status < 500, answer


@pytest.mark.rule("T14")
def test_explain_says_each_step_in_words_and_the_answer_in_the_pbxs_own_format(
    admin: Admin, functions: Functions
) -> None:
    first_call(functions)
    explained = admin.get("explain", connection="megafon-main", phone=CLIENT, line="+7 495 111-22-33")
    assert (explained["reason"], [each["employee"] for each in explained["targets"]]) == ("responsible", ["boris"])
    assert json.loads(explained["answer"]) == {"contact_name": CLIENT, "responsible": "boris"}
    assert [each["text"] for each in explained["steps"]] == [
        "megafon-main: redirect_to_responsible is always here: working time does not matter",
        f"contact {CLIENT} belongs to Борис Орлов (boris), source answered",
        "responsible Борис Орлов (boris): is rung",
        "the call goes to the responsible",
    ]
    ringing = admin.get("explain", connection="megafon-main", phone=CLIENT, called="702")
    assert (ringing["reason"], ringing["targets"]) == ("responsible", [])
    assert ringing["steps"][-2]["text"] == "Борис Орлов (boris) is left out: this extension is already ringing"


@pytest.mark.rule("T14")
def test_explain_answers_for_any_moment_past_or_future(admin: Admin, functions: Functions) -> None:
    first_call(functions)
    night = admin.get("explain", connection="mango-main", phone=CLIENT, at="2026-12-31T18:30:00+03:00")
    assert (night["reason"], night["at"]) == ("nobody_available", "2026-12-31T15:30:00Z")
    assert night["steps"][2]["text"] == (
        "responsible Борис Орлов (boris): left out, outside working time; "
        "it is Thu 18:30 in Europe/Moscow, calendar office begins again 2027-01-12 09:00"
    )
    day = admin.get("explain", connection="mango-main", phone=CLIENT, at="2026-11-24T07:00:00Z")
    assert day["reason"] == "responsible"
    assert admin.get("explain", connection="mango-main", phone="+79998887766")["reason"] == "no_contact"
    assert admin.get("explain", connection="site", phone=CLIENT)["reason"] == "off"
    assert admin.get("explain", connection="mango-main")["steps"][-2]["verdict"] == "withheld"


@pytest.mark.usefixtures("functions")
@pytest.mark.parametrize(
    "at", ["soon", "2026-12-31", "2026-12-31T18:30:00", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59Z"]
)
def test_a_moment_that_is_none_is_400_and_says_how_to_write_one(admin: Admin, at: str) -> None:
    status, answer = admin.ask("GET", "explain", connection="megafon-main", at=at)
    assert (status, answer["error"].startswith("at:")) == (400, True)
    assert admin.ask("GET", "explain", connection="nowhere")[0] == 404
    assert admin.ask("GET", "explain")[0] == 422
