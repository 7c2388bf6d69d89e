"""The load tool plays what PBXs send, its table behaves as DynamoDB does, and nothing wrong passes unseen."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from moto import mock_aws

from load import backlog, company_costs, growth, setting
from load.cost import bill
from load.day import CALLERS, FAMILIES, MIDNIGHT, PlannedCall, kind_of, plan
from load.expressions import UnknownExpression, holds, updated
from load.functions import build, running
from load.growth import Size
from load.player import Player
from load.server import serve
from load.speech import Speaker, crowded
from load.table import Table
from shared.companies import read_secrets
from shared.company_json import dump
from shared.table import company_key
from tests.support.functions import Functions
from tests.support.stack import Clock, Stack
from tools.terminal import Refused

if TYPE_CHECKING:
    from pathlib import Path

    from load.speech import Said
    from shared.company_file import CompanyFile

ALL = tuple(FAMILIES)
EMPLOYEES = 6
CONTACTS = 20
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "k", "AWS_SECRET_ACCESS_KEY": "s", "AWS_DEFAULT_REGION": "eu-central-1"}


@pytest.fixture(autouse=True)
def _credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)


@pytest.fixture(scope="module")
def company() -> CompanyFile:
    return setting.read(setting.company_document(EMPLOYEES, ALL))


@pytest.fixture(scope="module")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("bundles")
    build(place)
    return place


@pytest.fixture
def table(tmp_path: Path, company: CompanyFile) -> Table:
    file = tmp_path / "contacts.db"
    setting.store(file, CONTACTS, EMPLOYEES, lambda _: None)
    return Table(file, setting.company_items(company), setting.secrets_text(company))


def some_calls(count: int = 24, seed: int = 3) -> list[PlannedCall]:
    planned = plan(count, contacts=CONTACTS, employees=EMPLOYEES, seed=seed)
    spread = [each._replace(family=ALL[number % len(ALL)]) for number, each in enumerate(planned)]
    return crowded(spread, MIDNIGHT, 30_000)


def test_a_day_is_the_same_for_the_same_seed_and_another_for_another() -> None:
    first, again, other = (plan(50, contacts=9, employees=3, seed=seed) for seed in (1, 1, 2))
    assert first == again != other


def test_the_same_kinds_of_calls_come_whatever_is_stored() -> None:
    small, large = (plan(200, contacts=count, employees=count, seed=1) for count in (1, 1_000))
    assert [call[:5] for call in small] == [call[:5] for call in large]


def test_a_day_has_the_callers_and_the_peaks_of_a_day() -> None:
    day = plan(5_000, contacts=100, employees=10, seed=1)
    callers = Counter(call.caller for call in day)
    assert {caller: round(100 * callers[caller] / 5_000) for caller in CALLERS} == pytest.approx(CALLERS, abs=2)
    hours = Counter((call.at - MIDNIGHT) // 3_600_000 for call in day)
    assert hours[10] > hours[12] > hours[8] > hours[3]
    assert {call.family for call in day} == set(ALL)


def test_every_new_caller_has_a_number_of_his_own() -> None:
    numbers = [call.number for call in plan(500, contacts=9, employees=3, seed=1, first=100) if call.caller == "first"]
    assert numbers == list(range(100, 100 + len(numbers)))


def test_what_the_table_keeps_is_what_dynamodb_keeps(table: Table, company: CompanyFile) -> None:
    requests = Speaker(EMPLOYEES, ALL).day(some_calls())
    with serve(table) as serving:
        of_stand_in = Stack(
            boto3.client("dynamodb", endpoint_url=serving.url),
            boto3.client("sqs", endpoint_url=serving.url),
            boto3.client("secretsmanager", endpoint_url=serving.url),
            "firstcall",
            "arn:aws:secretsmanager:eu-central-1:123456789012:secret:connections",
            f"{serving.url}/backfill",
            f"{serving.url}/commands",
        )
        played(of_stand_in, requests)
        assert serving.complaints == []
        kept = {key: item for key, item in table.written.items() if item is not None}
    with mock_aws():
        stack = Stack.make()
        put_in_force(stack, company)
        for _, row in setting.contacts(CONTACTS, EMPLOYEES):
            stack.dynamodb.put_item(TableName=stack.table, Item=json.loads(row))
        played(stack, requests)
        pages = stack.dynamodb.get_paginator("scan").paginate(TableName=stack.table)
        stored = [item for page in pages for item in page["Items"]]
    wanted = {f"{item['pk']['S']}\n{item['sk']['S']}": item for item in stored}
    assert plain(kept) == plain({key: wanted[key] for key in kept})
    assert {key for key in wanted if key.startswith("call#")} <= kept.keys()


def put_in_force(stack: Stack, company: CompanyFile) -> None:
    secrets = read_secrets(setting.secrets_text(company))
    stack.secrets = dict(secrets)
    version = stack.secretsmanager.put_secret_value(
        SecretId=stack.secret_arn, SecretString=setting.secrets_text(company)
    )["VersionId"]
    packed: dict[str, Any] = {
        "version": {"N": "1"},
        "company": {"B": dump(company.company)},
        "secret_version": {"S": version},
    }
    stack.dynamodb.put_item(TableName=stack.table, Item={**company_key(), **packed})
    stack.dynamodb.put_item(TableName=stack.table, Item={**company_key("version"), "version": {"N": "1"}})


def played(stack: Stack, requests: list[Said]) -> None:
    """Play on the handlers in this process; what is no HTTP goes through the wrapper of contact flows elsewhere."""
    stack.clock = Clock(MIDNIGHT)
    functions = Functions(stack)
    for said in requests:
        stack.clock.ms = said.at
        if said.request.method == "INVOKE":
            continue
        handler = functions.webhook if said.function == "webhook" else functions.route
        assert handler.handle(said.event).status == 200, said  # type: ignore[arg-type]


def plain(items: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Leave out what is never the same twice: a contact's id and what is sorted by it, and what is packed."""
    made_up = {"contact_id", "listed_at", "list", "owner", "claim"}

    def value(name: str, attribute: Any) -> Any:
        if name != "contact":
            return attribute
        return {key: part for key, part in json.loads(attribute["S"]).items() if key != "id"}

    return {
        key: {name: value(name, each) for name, each in item.items() if name not in made_up and "B" not in each}
        for key, item in items.items()
        if key.startswith(("call#", "phone#", "pace#"))
    }


def test_a_day_is_played_to_the_functions_in_processes_of_their_own(bundles: Path, table: Table) -> None:
    calls = some_calls()
    requests = Speaker(EMPLOYEES, ALL).day(calls)
    with serve(table) as serving, running(bundles, serving.url, "day", MIDNIGHT) as functions:
        result = Player(functions, serving, sweep_every=5).play(requests)
        log_bytes = {name: each.log_bytes() / 100 for name, each in functions.items()}
    new = {call.number for call in calls if call.caller == "first"}
    assert sum("phone#+7926" in key for key in table.written) == len(new)
    outside = result.of(function="webhook").requests + result.of(function="route").requests
    assert outside == len(requests)
    assert result.of(function="backfill").requests > 0
    assert result.of(kind="sweep", sweeps=True).asked.operations["Query"] >= 8
    assert 0 < result.left_to_sweeps < len(calls)
    assert result.of().cpu_ns > 0
    kinds = Counter(map(kind_of, calls))
    assert set(kinds) <= {kind for kind, _ in result.costs}
    row = bill(len(calls), {name: result.of(function=name) for name in functions}, log_bytes)
    assert 1 < row.api < row.total < 200


def test_a_request_that_is_refused_ends_the_run(bundles: Path, table: Table) -> None:
    [call] = crowded(plan(1, contacts=1, employees=EMPLOYEES, seed=1, families=("generic",)), MIDNIGHT, 0)
    said = Speaker(EMPLOYEES, ALL).say(call)
    forged = [each._replace(url=each.url.replace(setting.KEY, "guessed")) for each in said]
    with (
        serve(table) as serving,
        running(bundles, serving.url, "forged", MIDNIGHT) as functions,
        pytest.raises(Refused, match="generic was answered"),
    ):
        Player(functions, serving).play(forged)


def test_a_write_that_the_table_does_not_understand_ends_the_run(
    bundles: Path, table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    [call] = crowded(plan(1, contacts=1, employees=EMPLOYEES, seed=1), MIDNIGHT, 0)
    first = call._replace(caller="first", scenario="direct", family="itoolabs")
    answer = table.answer

    def understands_no_contact(target: str, body: bytes) -> dict[str, Any]:
        if target.endswith("UpdateItem") and b"phone#" in body:
            raise UnknownExpression("new")
        return answer(target, body)

    monkeypatch.setattr(table, "answer", understands_no_contact)
    with (
        pytest.raises(Refused, match=r"does not understand: .*UpdateItem: UnknownExpression: new"),
        serve(table) as serving,
        running(bundles, serving.url, "unknown", MIDNIGHT) as functions,
    ):
        Player(functions, serving).play(Speaker(EMPLOYEES, ALL).say(first))


def test_what_a_function_logs_as_an_error_ends_the_run(bundles: Path, table: Table) -> None:
    with (
        pytest.raises(Refused, match="the webhook function logged 1 errors"),
        serve(table) as serving,
        running(bundles, serving.url, "broken", MIDNIGHT),
    ):
        (bundles / "broken-webhook.log").write_text('{"level":"ERROR","message":"call not settled now"}\n')


def test_a_backlog_is_cleared_by_one_sweep_and_its_messages(bundles: Path) -> None:
    cleared = backlog.clear(bundles, 125, lambda _: None)
    assert cleared.finished <= 100
    assert cleared.finished + cleared.handed_over == 125
    assert cleared.sweep.asked.operations["SendMessageBatch"] == cleared.messages.requests >= 3


def test_growth_is_told_as_a_ratio_to_the_smallest_size(bundles: Path) -> None:
    sizes = [Size(1, EMPLOYEES), Size(500, EMPLOYEES)]
    smallest, larger = growth.grow(bundles, sizes, growth.TWO, rounds=1, calls=12, done=lambda _: None)
    assert smallest.ratio("look-up", smallest) == 1
    assert larger.ratio("look-up", smallest) > 0
    assert larger.counted["look-up"] == smallest.counted["look-up"] > 0
    assert larger.counted["report"] == pytest.approx(smallest.counted["report"], rel=0.01)
    assert company_costs.file_costs(bundles, sizes[0]).item_bytes > 100


def test_an_expression_nobody_has_thought_of_is_refused_and_not_guessed() -> None:
    with pytest.raises(UnknownExpression):
        updated({}, "SET a = list_append(a, :b)", {}, {":b": {"S": "x"}})
    with pytest.raises(UnknownExpression):
        holds({}, "size(a) > :b", {}, {":b": {"N": "1"}})
