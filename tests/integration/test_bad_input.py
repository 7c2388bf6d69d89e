"""Bad input gets the answer of the contract, nothing half-written, no secret in a log line."""

from __future__ import annotations

import json
from io import StringIO
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.observability import logger
from tests.support.faults import failing
from tests.support.functions import SECRETS, Functions
from tests.support.pbx import TOKEN, ItooLabs, api_event
from tests.support.stack import CLIENT, KEY, Stack, a_company, a_connection

CONNECTIONS = ["megafon-main", "site", "zadarma-main", "mango-main"]


def form(**fields: str) -> bytes:
    return urlencode(fields).encode()


def test_unknown_connection_and_wrong_key_get_the_same_404(functions: Functions) -> None:
    for handler in (functions.webhook, functions.route):
        unknown = handler.handle(api_event("nobody"))
        wrong = handler.handle(api_event("megafon-main", key="wrong"))
        none = handler.handle(api_event("megafon-main", key=""))
        assert unknown == wrong == none
        assert unknown.status == 404


def test_a_stack_without_a_company_knows_no_connection(stack: Stack) -> None:
    functions = Functions(stack)
    assert functions.webhook.handle(api_event("megafon-main")).status == 404
    assert functions.route.handle(api_event("megafon-main")).status == 404


def test_a_wrong_token_is_401_in_the_familys_words(functions: Functions, stack: Stack) -> None:
    body = form(cmd="event", type="INCOMING", crm_token="wrong", phone="79161234567", user="anna", callid="1")
    response = functions.webhook.handle(api_event("megafon-main", body=body))
    assert (response.status, json.loads(response.body)) == (401, {"error": "Invalid token"})
    assert stack.count("call#") == 0


def test_a_right_token_without_a_command_is_400_in_the_familys_words(functions: Functions) -> None:
    for handler in (functions.webhook, functions.route):
        response = handler.handle(api_event("megafon-main", body=form(crm_token=TOKEN)))
        assert (response.status, json.loads(response.body)) == (400, {"error": "Invalid parameters"})


def test_json_cut_short_is_400(functions: Functions) -> None:
    headers = {"authorization": f"Bearer {TOKEN}", "content-type": "application/json"}
    response = functions.webhook.handle(api_event("site", headers=headers, body=b'{"event": "ringing", "call_id"'))
    assert response.status == 400


def test_an_address_that_is_not_allowed_is_403(functions: Functions) -> None:
    functions.apply(a_company(a_connection(source_ips=("10.1.0.0/16", "192.0.2.7"))))
    body = urlencode(ItooLabs(functions.webhook).event_fields("INCOMING", "anna") | {"crm_token": TOKEN}).encode()
    for source, status in (("10.1.2.3", 200), ("192.0.2.7", 200), ("192.0.2.8", 403), ("", 403)):
        event = api_event("megafon-main", body=body, source_ip=source)
        assert functions.webhook.handle(event).status == status


@pytest.mark.parametrize("size", [300_000, 1_000_000])
def test_a_huge_body_is_400_and_leaves_nothing(functions: Functions, stack: Stack, size: int) -> None:
    fields = ItooLabs(functions.webhook).event_fields("INCOMING", "anna") | {"crm_token": TOKEN, "junk": "x" * size}
    assert functions.webhook.handle(api_event("megafon-main", body=urlencode(fields).encode())).status == 400
    assert stack.count("call#") == 0


@pytest.mark.parametrize("call_id", ["", "x" * 5000, "ю" * 400])
def test_a_call_id_that_cannot_be_one_is_400(functions: Functions, stack: Stack, call_id: str) -> None:
    pbx = ItooLabs(functions.webhook, call_id=call_id)
    assert pbx.event("INCOMING", "anna").status in {200, 400}
    assert stack.count("call#") == 0


def test_a_second_call_id_that_cannot_be_one_is_400(functions: Functions, stack: Stack) -> None:
    response = ItooLabs(functions.webhook).event("TRANSFERRED", "anna", second_callid="x" * 600)
    assert (response.status, stack.count("call#")) == (400, 0)


def test_an_endless_name_does_not_swell_the_call(functions: Functions, stack: Stack) -> None:
    pbx = ItooLabs(functions.webhook)
    assert pbx.event("INCOMING", "anna" * 5000).status == 200
    item = stack.dynamodb.scan(
        TableName=stack.table, FilterExpression="sk = :s", ExpressionAttributeValues={":s": {"S": "call"}}
    )
    assert len(json.dumps(item["Items"])) < 2000


def test_an_event_at_the_look_up_address_is_refused_and_not_lost_without_a_word(functions: Functions) -> None:
    assert ItooLabs(functions.route).event("INCOMING", "anna").status == 400


@pytest.mark.rule("T12")
@pytest.mark.parametrize("operation", ["GetItem", "BatchGetItem"])
def test_a_look_up_with_the_table_gone_gives_no_opinion_with_200(functions: Functions, operation: str) -> None:
    ItooLabs(functions.webhook).event("INCOMING", "anna")
    ItooLabs(functions.webhook).event("ACCEPTED", "anna")
    for handler in (functions.webhook, functions.route):
        ItooLabs(handler).ask()
        if operation == "BatchGetItem":
            functions.stack.clock.tick(11)
        with failing({"GetItem", "BatchGetItem"}, functions.stack.dynamodb):
            assert ItooLabs(handler).ask() == {}


@pytest.mark.rule("T12")
def test_a_look_up_before_anything_could_be_loaded_gives_no_opinion_with_200(functions: Functions) -> None:
    with failing({"GetItem"}, functions.stack.dynamodb):
        fresh = functions.new_route()
        response = fresh.handle(
            api_event("megafon-main", body=form(cmd="contact", phone="79161234567", crm_token=TOKEN))
        )
    assert (response.status, response.body) == (200, "{}")


@pytest.mark.rule("T12")
def test_a_look_up_writes_nothing(functions: Functions, stack: Stack) -> None:
    ItooLabs(functions.webhook).ask()
    ItooLabs(functions.route).ask()
    assert stack.count("phone#") + stack.count("call#") == 0


@pytest.mark.parametrize("connection", CONNECTIONS)
@pytest.mark.parametrize("where", ["webhook", "route"])
@given(
    body=st.binary(max_size=300) | st.text(max_size=200).map(str.encode),
    headers=st.dictionaries(
        st.sampled_from(["content-type", "authorization", "signature", "x-test"]), st.text(max_size=60), max_size=3
    ),
    query=st.dictionaries(st.text(max_size=12), st.text(max_size=30), max_size=3),
    suffix=st.text(max_size=20),
    method=st.sampled_from(["GET", "POST"]),
)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_and_headers_get_a_declared_answer(
    functions: Functions,
    connection: str,
    where: str,
    body: bytes,
    headers: dict[str, str],
    query: dict[str, str],
    suffix: str,
    method: str,
) -> None:
    handler = functions.webhook if where == "webhook" else functions.route
    event = api_event(connection, method=method, suffix=suffix, query=query, headers=headers, body=body)
    assert handler.handle(event).status in {200, 400, 401}
    assert functions.stack.count("phone#") == 0


def test_no_secret_and_no_whole_number_stands_in_a_log_line(
    functions: Functions, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = StringIO()
    monkeypatch.setattr(logger.registered_handler, "stream", log)
    pbx = ItooLabs(functions.webhook)
    pbx.event("INCOMING", "anna")
    pbx.ask()
    with failing({"UpdateItem", "SendMessage"}, functions.stack.dynamodb, functions.stack.sqs):
        pbx.event("ACCEPTED", "anna")
    functions.webhook.handle(api_event("megafon-main", key="a-wrong-key-somebody-tried"))
    functions.webhook.handle(api_event("megafon-main", body=form(crm_token="a-wrong-token", cmd="event")))
    printed = log.getvalue()
    assert "megafon-main" in printed
    secrets = [KEY, "a-wrong-key-somebody-tried", "a-wrong-token", CLIENT, CLIENT.removeprefix("+")]
    secrets += [value for row in SECRETS.values() for value in row.values()]
    assert [secret for secret in secrets if secret in printed] == []


def test_a_company_that_cannot_be_checked_goes_on_as_it_is(functions: Functions) -> None:
    functions.webhook.handle(api_event("megafon-main"))
    functions.stack.clock.tick(60)
    with failing({"GetItem"}, functions.stack.dynamodb):
        assert ItooLabs(functions.webhook).event("INCOMING", "anna").status == 200


def test_a_connection_just_added_is_known_to_a_warm_look_up_that_nobody_else_asks(functions: Functions) -> None:
    functions.apply(a_company(a_connection("site", "generic")))
    route = functions.route
    question = {"cmd": "contact", "phone": CLIENT}
    assert ItooLabs(route).send(question).status == 404
    functions.apply(a_company(a_connection("site", "generic"), a_connection(), version=2))
    assert ItooLabs(route).send(question).status == 404
    functions.stack.clock.tick(10)
    assert ItooLabs(route).send(question).status == 200


def test_a_new_company_is_in_force_everywhere_after_ten_seconds(functions: Functions) -> None:
    webhook, route = functions.webhook, functions.route
    ItooLabs(webhook).event("INCOMING", "anna")
    ItooLabs(webhook).event("ACCEPTED", "anna")
    assert ItooLabs(route).ask()["responsible"] == "anna"
    assert functions.company is not None
    people = {**functions.company.employees, "anna": functions.company.employees["anna"]._replace(active=False)}
    functions.apply(functions.company._replace(version=2, employees=people))
    functions.stack.clock.tick(10)
    assert "responsible" not in ItooLabs(route).ask()
    assert "responsible" not in ItooLabs(webhook).ask()
