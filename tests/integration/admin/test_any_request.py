"""Whatever is sent to the admin API, the answer is one of its own: never a 500, never a secret."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.integration.admin.conftest import ADMIN_TOKEN
from tests.support.pbx import TOKEN

if TYPE_CHECKING:
    from tests.integration.admin.conftest import RawAdmin

METHODS = st.sampled_from(["GET", "PUT", "POST", "DELETE", "PATCH", "HEAD", "OPTIONS"])
PATHS = st.sampled_from(
    [
        "contacts",
        "contacts/x",
        "contacts/x/responsibles",
        "calls/megafon-main/x",
        "company",
        "company/plan",
        "openapi.json",
        "explain",
    ]
) | st.text(max_size=40).map(lambda text: f"calls/megafon-main/{text}")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["version", "company", "employees", "connections", "responsibles"]) | st.text(max_size=5),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)
BODIES = st.none() | st.text(max_size=60) | st.binary(max_size=60) | JSON.map(json.dumps)
QUERIES = st.text(max_size=60) | st.dictionaries(
    st.sampled_from(["phone", "state", "responsible", "cursor", "connection", "line", "at", "called"]),
    st.text(max_size=20).map(quote),
    max_size=3,
).map(lambda pairs: "&".join(f"{name}={value}" for name, value in pairs.items()))
HEADERS = st.dictionaries(
    st.sampled_from(["content-type", "Content-Type", "accept", "cookie"]), st.text(max_size=30), max_size=2
)


@given(method=METHODS, path=PATHS, body=BODIES, query=QUERIES, headers=HEADERS)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_request_ends_in_a_500(
    applied: RawAdmin, method: str, path: str, body: bytes | str | None, query: str, headers: dict[str, str]
) -> None:
    answer = applied.send(method, path, body, query=query, headers=headers)
    assert answer.status < 500
    assert TOKEN not in answer.text
    if answer.status >= 400:
        assert set(answer.json) <= {"error", "mistakes"}
        assert answer.json["error"]


@given(cursor=JSON.map(json.dumps) | st.text(max_size=40) | st.just("[" * 1400))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_cursor_that_was_never_given_is_400(applied: RawAdmin, cursor: str) -> None:
    text = base64.urlsafe_b64encode(cursor.encode()).decode().rstrip("=")
    if text:
        answer = applied.send("GET", "contacts", query=f"state=assigned&cursor={text}")
        assert (answer.status, answer.json["error"][:7]) == (400, "cursor:")


@pytest.mark.parametrize(
    "position",
    [
        ["assigned#0", "phone#+7", "x" * 1200],
        ["assigned#0", "phone#+7\ud800", "1795000000000#a"],
        ["assigned#0", "company", "1795000000000#a"],
        ["pending#0", "phone#+79161234567", "1795000000000#a"],
        ["assigned#9", "phone#+79161234567", "1795000000000#a"],
    ],
)
def test_a_cursor_that_was_made_up_or_belongs_to_another_list_is_400(applied: RawAdmin, position: list[str]) -> None:
    cursor = base64.urlsafe_b64encode(json.dumps(position).encode()).decode().rstrip("=")
    assert applied.send("GET", "contacts", query=f"state=assigned&cursor={cursor}").status == 400


@pytest.mark.parametrize(
    "authorization", [None, "", "Bearer", "Bearer ", f"Basic {ADMIN_TOKEN}", ADMIN_TOKEN, f"Bearer {ADMIN_TOKEN} x"]
)
def test_without_the_token_every_request_gets_the_same_401_however_wrong_it_is(
    applied: RawAdmin, authorization: str | None
) -> None:
    requests = [
        applied.send("PUT", "company", "{", authorization=authorization),
        applied.send("PUT", "company", "1" * 2_000_001, authorization=authorization),
        applied.send("PUT", "company", b"\xff", authorization=authorization),
        applied.send("GET", "nowhere", query="a=1&a=2", authorization=authorization),
        applied.send("DELETE", "contacts", authorization=authorization),
    ]
    assert {(answer.status, answer.text) for answer in requests} == {(401, requests[0].text)}
    assert requests[0].headers["www-authenticate"] == "Bearer"


def test_a_token_that_was_changed_is_taken_within_a_minute(applied: RawAdmin) -> None:
    applied.stack.secretsmanager.put_secret_value(SecretId="admin", SecretString="another-token")
    assert applied.send("GET", "company").status == 200
    applied.stack.clock.tick(60)
    assert applied.send("GET", "company").status == 401
    assert applied.send("GET", "company", authorization="bearer another-token").status == 200


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "company", "GET, PUT"),
        ("GET", "company/plan", "POST"),
        ("POST", "contacts/x/responsibles", "PUT"),
        ("PUT", "calls/megafon-main/a%2Fb/c", "GET"),
    ],
)
def test_a_method_that_a_path_does_not_take_is_405_and_names_those_it_takes(
    applied: RawAdmin, method: str, path: str, allowed: str
) -> None:
    answer = applied.send(method, path)
    assert (answer.status, answer.json["error"]) == (405, f"this path takes {allowed}")
    assert answer.headers["allow"] == allowed


def test_a_name_that_no_key_can_hold_is_not_there(applied: RawAdmin) -> None:
    # moto would look it up; DynamoDB refuses keys of more than 2048 bytes, so it must not be asked.
    assert applied.send("GET", f"calls/megafon-main/{'я' * 1100}").status == 404
    assert applied.send("GET", "contacts", query=f"responsible={'a' * 3000}").status == 400
    assert applied.send("GET", f"contacts/{'a' * 101}").status == 422
    body = {"responsibles": [f"p{number}" for number in range(26)]}
    answer = applied.put("contacts/x/responsibles", body)
    assert answer.status == 422
    assert answer.json["mistakes"] == ["responsibles: List should have at most 25 items after validation, not 26"]


@pytest.mark.parametrize("depth", [51, 400, 800, 950, 1_000, 5_000, 100_000])
@pytest.mark.parametrize("nested", [("[", "]"), ('{"a":', "}")])
def test_json_however_deep_is_4xx(
    applied: RawAdmin, document: dict[str, object], depth: int, nested: tuple[str, str]
) -> None:
    deep = nested[0] * depth + ("1" if nested[1] == "}" else "") + nested[1] * depth
    whole = json.dumps({**document, "groups": "HERE"}).replace('"HERE"', deep)
    for body in (deep, whole, f'{{"responsibles": {deep}}}'):
        for method, path in (("PUT", "company"), ("POST", "company/plan"), ("PUT", "contacts/x/responsibles")):
            assert 400 <= applied.send(method, path, body).status < 500
