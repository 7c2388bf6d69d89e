"""Nothing secret gets out: everything printed while real requests are handled is searched for what was in them.

The root logger listens at DEBUG, as it does on Lambda where LogLevel says so: what libraries tell then counts too.
"""

from __future__ import annotations

import contextlib
import json
import logging
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_plus, urlsplit

import boto3
import pytest
from botocore.exceptions import BotoCoreError

from firstcall import stacks
from firstcall.cli import main
from firstcall.outcome import DONE, FOUND_WRONG
from functions.admin.settings import Settings
from functions.admin.wiring import build
from shared.company_file.yaml_source import load
from tests.contract.recorded import ALL, Recorded, is_signed, proof_of, with_other_text, with_proof
from tests.integration.admin.conftest import ADMIN_TOKEN, EXAMPLE, RawAdmin
from tests.integration.test_history import past_call
from tests.support.admin_server import served
from tests.support.faults import failing
from tests.support.functions import SECRETS, Functions
from tests.support.histories import asked_at, rung_and_lost
from tests.support.pbx import api_event
from tests.support.pbx_servers.families import SERVERS
from tests.support.pbx_servers.server import Person, Talk
from tests.support.stack import ANNA, BORIS, CLIENT, KEY, Stack, a_company, a_connection
from tools.deployed import DeployedStack

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from shared.api_gateway import ApiEvent
    from shared.company import Connection
    from shared.pbx.protocol import PbxRequest

THE_TESTS_OWN = ("moto", "responses", "werkzeug", "hypothesis", "asyncio", "faker")
"""Loggers of what stands in for AWS here."""

KNOWN_TO_ALL = {"true", "false", "local-only"}
SHORTEST = 8
"""Shorter texts stand in any line by chance."""


@dataclass(slots=True)
class Overheard:
    """All that was printed and logged."""

    capsys: pytest.CaptureFixture[str]
    caplog: pytest.LogCaptureFixture
    printed: list[str] = field(default_factory=list)

    def text(self) -> str:
        """Put it together: what was printed, and each record with whatever hangs on it."""
        self.printed += self.capsys.readouterr()
        records = [each for each in self.caplog.records if not each.name.startswith(THE_TESTS_OWN)]
        logged = [f"{each.getMessage()} {each.__dict__} {each.exc_text}" for each in records]
        return "\n".join([*self.printed, *logged])

    def holds(self, secrets: Iterable[str]) -> set[str]:
        """Find the secrets in it, in any of the ways they may be written."""
        text = self.text()
        return {secret for secret in secrets if any(each in text for each in spellings(secret))}


def spellings(secret: str) -> set[str]:
    return {secret, quote(secret, safe=""), quote_plus(secret), json.dumps(secret)[1:-1], repr(secret)[1:-1]}


@pytest.fixture
def overheard(capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> Overheard:
    """Listen to everything from here on."""
    caplog.set_level(logging.DEBUG)
    capsys.readouterr()
    return Overheard(capsys, caplog)


def one_of_each_kind() -> list[Recorded]:
    """Choose a request of every dialect for everything that it can say."""
    kinds = {
        (
            record.family,
            record.lookup is not None,
            record.command is not None,
            tuple((event.kind, event.direction, event.name, event.phone is None) for event in record.events),
        ): record
        for record in ALL
    }
    return list(kinds.values())


def connection_of(record: Recorded) -> str:
    return re.sub(r"\W", "-", f"{record.operator}-{record.family}-{record.situation}")[:60]


def connection_for(name: str, records: list[Recorded]) -> Connection:
    """Make a connection on which everybody named in a situation is one of the company's."""
    events = [event for record in records for event in record.events]
    extensions = {event.ext: (ANNA, BORIS)[place % 2] for place, event in enumerate(events) if event.ext}
    logins = {event.login: (ANNA, BORIS)[place % 2] for place, event in enumerate(events) if event.login}
    return a_connection(
        name,
        records[0].family,
        operator=records[0].operator,
        employees_by_ext={**extensions, "701": ANNA, "702": BORIS},
        employees_by_login={**logins, "anna": ANNA, "boris": BORIS},
    )


def numbers_of(records: Iterable[Recorded]) -> set[str]:
    """Give the callers' numbers, whole and as their digits."""
    phones = {each.phone for record in records for each in record.events if each.phone}
    phones |= {record.lookup.phone for record in records if record.lookup and record.lookup.phone}
    digits = {"".join(filter(str.isdigit, phone)) for phone in phones}
    return {each for each in digits if len(each) >= SHORTEST}


def secrets_of(records: Iterable[Recorded]) -> set[str]:
    """Give what proves: the secrets, and what stood in the requests because of them."""
    known = {secret for record in records for secret in record.secrets.values()}
    return {each for each in known | {proof_of(record) or "" for record in records} if len(each) >= SHORTEST} | {KEY}


def event_of(record: Recorded, request: PbxRequest, key: str = KEY) -> ApiEvent:
    """Word a request as API Gateway does; the address as the PBX signed it, where it signs that."""
    event = api_event(
        connection_of(record),
        key=key,
        method=request.method,
        suffix=request.suffix,
        query=request.query,
        headers=request.headers,
        body=request.body,
    )
    if request.url:
        parts = urlsplit(request.url)
        event["rawPath"], event["rawQueryString"] = parts.path, parts.query
        event["headers"] = {**event["headers"], "host": parts.netloc, "x-forwarded-proto": parts.scheme}
    return event


@pytest.fixture
def wired(stack: Stack) -> Functions:
    return wire(stack)


def wire(stack: Stack) -> Functions:
    """Put a connection for each recorded situation in force, with its secrets."""
    functions = Functions(stack)
    situations: dict[str, list[Recorded]] = {}
    for record in ALL:
        situations.setdefault(connection_of(record), []).append(record)
    company = a_company(*(connection_for(name, records) for name, records in situations.items()))
    functions.company = company
    stack.apply(company, {name: records[0].secrets for name, records in situations.items()})
    functions.webhook, functions.route, functions.backfill = (
        functions.new_webhook(),
        functions.new_route(),
        functions.new_backfill(),
    )
    return functions


def test_no_recorded_request_of_any_dialect_leaves_a_secret_or_a_number_behind(
    wired: Functions, overheard: Overheard
) -> None:
    answered: dict[str, set[int]] = {}
    for record in one_of_each_kind():
        event = event_of(record, record.request)
        answered.setdefault(record.family, set()).add(wired.webhook.handle(event).status)
        wired.route.handle(event)
    wired.stack.clock.tick(300)
    wired.deliver()
    assert all(200 in statuses for statuses in answered.values()), answered
    assert overheard.holds(secrets_of(ALL)) == set()
    assert overheard.holds(numbers_of(ALL)) == set()


def spoilt(record: Recorded) -> Iterator[tuple[PbxRequest, str]]:
    """Spoil a request in each way that somebody could, with the key it is sent to."""
    request = record.request
    yield request, "a-guess-at-the-key-of-it"
    yield request._replace(body=request.body[: len(request.body) // 2]), KEY
    yield request._replace(body=b"\xff" + request.body, query={}), KEY
    if proof := proof_of(record):
        yield with_proof(record, proof[:-1] + ("0" if proof[-1] != "0" else "1")), KEY
        yield with_proof(record, None), KEY
    if is_signed(record):
        for changed in with_other_text(record):
            yield changed, KEY


def test_no_wrong_request_of_any_dialect_leaves_a_secret_or_a_number_behind(
    wired: Functions, overheard: Overheard
) -> None:
    refused: set[int] = set()
    guesses = {"a-guess-at-the-key-of-it"}
    for record in one_of_each_kind():
        for request, key in spoilt(record):
            refused.add(wired.webhook.handle(event_of(record, request, key)).status)
            wired.route.handle(event_of(record, request, key))
            guesses.add(proof[:-1] if (proof := proof_of(record)) and len(proof) > SHORTEST else KEY)
    assert {400, 401, 404} <= refused
    assert overheard.holds(secrets_of(ALL) | guesses) == set()
    assert overheard.holds(numbers_of(ALL)) == set()


BROKEN = [{"GetItem"}, {"UpdateItem"}, {"BatchGetItem"}, {"SendMessage"}, {"GetItem", "BatchGetItem", "UpdateItem"}]


@pytest.mark.parametrize("operations", BROKEN, ids=lambda names: "+".join(sorted(names)))
def test_no_failure_inside_leaves_a_secret_or_a_number_behind(
    wired: Functions, overheard: Overheard, operations: set[str]
) -> None:
    one_of_each = {record.family: record for record in ALL if record.events or record.lookup}  # the last of each
    with failing(operations, wired.stack.dynamodb, wired.stack.sqs):
        for record in one_of_each.values():
            wired.webhook.handle(event_of(record, record.request))
            wired.route.handle(event_of(record, record.request))
        wired.stack.clock.tick(300)
        wired.deliver()
    assert overheard.holds(secrets_of(ALL)) == set()
    assert overheard.holds(numbers_of(ALL)) == set()


def test_a_start_that_reads_the_secrets_tells_nothing_of_them(wired: Functions, overheard: Overheard) -> None:
    wired.new_webhook()
    wired.new_route()
    with failing({"GetSecretValue"}, wired.stack.secretsmanager):  # type: ignore[arg-type]
        wired.new_webhook()
    assert "company not loaded at start" in overheard.text()
    assert overheard.holds(secrets_of(ALL)) == set()


@pytest.mark.parametrize("family", sorted(SERVERS))
@pytest.mark.parametrize("mood", ["well", "failing", "garbage"])
def test_asking_a_pbx_tells_nothing_of_what_opens_it(
    functions: Functions, overheard: Overheard, family: str, mood: str
) -> None:
    pbx, stack = SERVERS[family](), functions.stack
    connection = a_connection("the-pbx", family, employees_by_login={"1": "anna", "2": "boris"})
    with asked_at(functions, connection, pbx):
        secrets = {**SECRETS.get(family, {}), **stack.secrets["the-pbx"].secrets}
        secrets = {name: value for name, value in secrets.items() if name != "pbx_url"}
        rung_and_lost(functions, connection, "2345678901")
        talks = (Talk(Person("701", login="1"), None), Talk(Person("702", login="2"), stack.clock() // 1000 + 9))
        pbx.memory.calls = [past_call(stack, *talks, call_id="2345678901")]
        pbx.memory.mood = mood  # type: ignore[assignment]
        stack.clock.tick(236)
        functions.sweep()
    assert pbx.memory.asked
    assert overheard.holds({*secrets.values(), KEY}) == set()
    assert overheard.holds({CLIENT.removeprefix("+")}) == set()


OLD_CRM_TOKEN, NEW_CRM_TOKEN, READER_TOKEN = "the-first-crm-token", "the-second-crm-token", "the-reader-token"


@pytest.fixture
def admin(stack: Stack) -> RawAdmin:
    editor = stack.secretsmanager.create_secret(Name="admin", SecretString=ADMIN_TOKEN)["ARN"]
    reader = stack.secretsmanager.create_secret(Name="reader", SecretString=READER_TOKEN)["ARN"]
    settings = Settings(stack.table, stack.secret_arn, editor, reader)
    return RawAdmin(build(settings, stack.dynamodb, stack.secretsmanager, stack.clock), stack)


@pytest.fixture
def document() -> dict[str, Any]:
    return load(EXAMPLE, {"MEGAFON_CRM_TOKEN": OLD_CRM_TOKEN})


def stored_secrets(stack: Stack) -> set[str]:
    """Give the keys of the addresses and every secret that is kept, of all versions."""
    texts: set[str] = set()
    for version in stack.secretsmanager.list_secret_version_ids(SecretId=stack.secret_arn)["Versions"]:
        kept = stack.secretsmanager.get_secret_value(SecretId=stack.secret_arn, VersionId=version["VersionId"])
        for row in json.loads(kept["SecretString"]).get("connections", {}).values():
            every = [row["key"], row.get("previous_key"), *row["secrets"].values()]
            texts |= {str(each) for each in (*every, *(row.get("previous_secrets") or {}).values()) if each}
    return {each for each in texts if len(each) >= SHORTEST}


def test_no_answer_of_the_admin_api_and_nothing_it_prints_holds_a_secret(
    admin: RawAdmin, stack: Stack, document: dict[str, Any], overheard: Overheard
) -> None:
    changed = json.loads(json.dumps(document).replace(OLD_CRM_TOKEN, NEW_CRM_TOKEN))
    wrong = {**changed, "employees": 7, "groups": {"sales": ["nobody", NEW_CRM_TOKEN]}}
    connections = changed["connections"]
    misplaced = {**changed, "connections": {**connections, "x": {**connections["megafon-main"], "secrets": {}}}}
    asked = f"phone={quote(CLIENT)}"
    answers = [
        admin.put("company", document),
        admin.send("POST", "company/plan", json.dumps(changed)),
        admin.put("company", wrong),
        admin.put("company", misplaced),
        admin.put("company", changed),
        admin.send("GET", "company"),
        admin.send("GET", "company/versions"),
        admin.send("GET", "company/versions/1"),
        admin.send("POST", "company/rollback", '{"version": 1}'),
        admin.send("POST", "connections/megafon-main/secrets", json.dumps({"secrets": {}, "key": True})),
        admin.send("GET", "secrets"),
        admin.send("POST", "connections/megafon-main/secrets/finish"),
        admin.send("GET", "contacts", query=asked),
        admin.send("GET", "explain", query=f"connection=megafon-main&{asked}"),
        admin.send("PUT", f"contacts/{CLIENT}/responsibles", '{"responsibles": []}'),
        admin.send("GET", "company", authorization=f"Bearer {ADMIN_TOKEN}x"),
        admin.send("PUT", "company", authorization=f"Bearer {READER_TOKEN}"),
        admin.send("GET", "audit"),
    ]
    assert {answer.status for answer in answers} >= {200, 401, 403, 404, 422}
    for operations in BROKEN:
        with failing(operations, stack.dynamodb), contextlib.suppress(BotoCoreError):
            answers.append(admin.put("company", document))
    secrets = stored_secrets(stack) | {ADMIN_TOKEN, READER_TOKEN, OLD_CRM_TOKEN, NEW_CRM_TOKEN}
    assert {OLD_CRM_TOKEN, NEW_CRM_TOKEN} <= stored_secrets(stack)
    # What stands where an employee's name should is no secret, whatever it looks like: it is told, to be found.
    told = "\n".join(
        answer.text for answer in answers if NEW_CRM_TOKEN not in str(wrong["groups"]) or answer.status != 422
    )
    assert {secret for secret in secrets if secret in told} == set()
    assert overheard.holds(secrets) == set()
    assert overheard.holds({CLIENT.removeprefix("+")}) == set()


def test_no_command_prints_a_secret_unless_it_is_asked_for_one(
    admin: RawAdmin, stack: Stack, overheard: Overheard, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MEGAFON_CRM_TOKEN", OLD_CRM_TOKEN)
    mistaken = tmp_path / "mistaken.yaml"
    mistaken.write_text(EXAMPLE.read_text(encoding="utf-8").replace("operator: megafon", "operator: megafone"))
    statuses = set()
    with served(admin.door) as url:
        outputs = {"AdminTokenSecretArn": "admin", "ConnectionsSecretArn": stack.secret_arn, "TableName": stack.table}
        deployed = DeployedStack(boto3.session.Session(), outputs, url)
        monkeypatch.setattr(stacks, "find", lambda _name: deployed)
        for words in (
            ["plan", str(EXAMPLE)],
            ["apply", str(EXAMPLE)],
            ["apply", str(mistaken)],
            ["plan", str(mistaken)],
            ["diff", str(EXAMPLE)],
            ["export"],
            ["history"],
            ["contacts", "--phone", "+79161234567"],
            ["explain", "megafon-main", "--phone", "+79161234567"],
            ["calls", "megafon-main", "none"],
            ["rollback", "7"],
            ["secrets"],
            ["audit"],
        ):
            for options in ([], ["--json"]):
                statuses.add(main(["--stack", "test", *options, *words]))
        monkeypatch.setenv("FIRSTCALL_TOKEN", "a-wrong-token-that-was-typed")
        statuses.add(main(["--stack", "test", "history"]))
    assert statuses >= {DONE, FOUND_WRONG}
    typed = {"a-wrong-token-that-was-typed", ADMIN_TOKEN, READER_TOKEN, OLD_CRM_TOKEN}
    assert overheard.holds(stored_secrets(stack) | typed) == set()
