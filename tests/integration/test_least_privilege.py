"""Each function has the rights it needs, and no other: with all of them nothing is refused, without any one of them
something comes out differently.

The rights are read from the template, so a right that nothing needs fails here. That they are enforced on a deployed
stack is seen in tests/e2e/test_roles.py.
"""

from __future__ import annotations

import functools
import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

import pytest
from moto import mock_aws

from functions.admin.settings import Settings as AdminSettings
from functions.admin.wiring import build as build_admin
from functions.backfill.handle_backfill import build as build_backfill
from functions.backfill.handle_backfill import build_sweeper, handle, handle_sweep
from functions.backfill.settings import Settings as BackfillSettings
from functions.command.send_to_mango import CommandCarrier, MangoApi
from functions.route.settings import Settings as RouteSettings
from functions.route.wiring import build as build_route
from functions.webhook.settings import Settings as WebhookSettings
from functions.webhook.wiring import build as build_webhook
from shared.companies import Companies
from shared.company_file.yaml_source import load
from shared.table import company_key
from tests.integration.admin.conftest import ADMIN_TOKEN, EXAMPLE, RawAdmin
from tests.support.faults import Killed, failing, killed_before_write
from tests.support.functions import BACKFILL_DELAY_SECONDS, SECRETS, Functions
from tests.support.histories import rung_and_lost
from tests.support.pbx import TOKEN, ItooLabs, Mango
from tests.support.roles import Right, clients_with, rights_of
from tests.support.stack import CLIENT, Stack, a_company, a_connection
from tools.functions import FUNCTIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.roles import Clients

USED_BY_LAMBDA_ITSELF = {
    "logs:CreateLogStream",
    "logs:PutLogEvents",
    "sqs:ReceiveMessage",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
}
"""The service writes the logs and reads the queues with the function's role; without these it does neither."""

NOWHERE = "http://127.0.0.1:9"
OTHER, THIRD, FOURTH = "+79167654321", "+79161112233", "+79162223344"


class Scene(NamedTuple):
    """A stack with a past, and clients that may only do what is allowed."""

    stack: Stack
    functions: Functions  # with every right, to make the past
    clients: Clients
    editor: str
    reader: str
    seen: list[object]

    def note(self, answer: object) -> None:
        """Remember what came out."""
        self.seen.append(answer)


def play_webhook(scene: Scene) -> None:
    """A first call, one whose contact is taken back, a look-up after the company's check is due, a command."""
    stack, clients = scene.stack, scene.clients
    settings = WebhookSettings(
        stack.table, stack.secret_arn, stack.backfill_queue_url, stack.command_queue_url, BACKFILL_DELAY_SECONDS
    )
    webhook = build_webhook(settings, *clients, stack.clock)
    pbx = ItooLabs(webhook)
    scene.note(pbx.event("INCOMING", "anna"))
    scene.note(pbx.event("ACCEPTED", "anna"))
    other = ItooLabs(webhook, call_id="other", phone=OTHER.removeprefix("+"))
    scene.note(other.history("missed", "pbx"))
    scene.note(other.event("INCOMING", "guard", ext="999"))
    stack.clock.tick(11)
    scene.note(pbx.send({"cmd": "contact", "phone": CLIENT, "callid": "asks", "diversion": pbx.line}))
    scene.note(Mango(webhook).leg("ivr-leg", 1, "Appeared", "ivr"))
    stack.clock.tick(11)
    with failing({"GetItem"}, clients.dynamodb):  # the company's check; its look-up makes it good
        scene.note(pbx.send({"cmd": "contact", "phone": CLIENT, "callid": "again", "diversion": pbx.line}))


def play_route(scene: Scene) -> None:
    """A question, and another when the company's check is due."""
    stack = scene.stack
    ItooLabs(scene.functions.webhook).event("INCOMING", "anna")
    ItooLabs(scene.functions.webhook).event("ACCEPTED", "anna")
    settings = RouteSettings(stack.table, stack.secret_arn)
    route = build_route(settings, scene.clients.dynamodb, scene.clients.secretsmanager, stack.clock)
    for seconds in (0, 11):
        stack.clock.tick(seconds)
        pbx = ItooLabs(route)
        scene.note(pbx.send({"cmd": "contact", "phone": CLIENT, "callid": "asks", "diversion": pbx.line}))


def play_backfill(scene: Scene) -> None:
    """A message, a sweep, a call whose contact is taken back, a PBX asked with its secret, a sweep with much to do."""
    stack, functions = scene.stack, scene.functions
    ItooLabs(functions.webhook).event("INCOMING", "anna")
    other = ItooLabs(functions.webhook, call_id="other", phone=OTHER.removeprefix("+"))
    other.history("missed", "pbx")
    functions.deliver()
    zadarma = a_connection("zadarma-main", "zadarma")
    rung_and_lost(functions, zadarma, "pbx-call")
    taken_back(scene)
    settings = BackfillSettings(
        stack.table, BACKFILL_DELAY_SECONDS, stack.secret_arn, stack.backfill_queue_url, {"zadarma": NOWHERE}
    )
    backfill = build_backfill(settings, scene.clients.dynamodb, scene.clients.secretsmanager, stack.clock)
    stack.clock.tick(300)
    body = json.dumps({"connection": "megafon-main", "call_id": ItooLabs(functions.webhook).call_id})
    scene.note(handle(backfill, {"Records": [{"messageId": "1", "body": body}]}))
    clients = scene.clients
    scene.note(handle_sweep(build_sweeper(settings, backfill, clients.dynamodb, clients.sqs, stack.clock)))
    for number in (THIRD, FOURTH):
        ItooLabs(functions.webhook, call_id=number, phone=number.removeprefix("+")).event("INCOMING", "anna")
    stack.messages(stack.backfill_queue_url)
    stack.clock.tick(300)
    swamped = build_sweeper(settings, backfill, clients.dynamodb, clients.sqs, stack.clock, at_once=1)
    scene.note(handle_sweep(swamped))


def taken_back(scene: Scene) -> None:
    """The last event of a call is stored by a webhook that dies before it settles what it means."""
    webhook = scene.functions.new_webhook()
    with pytest.raises(Killed), killed_before_write(2, scene.stack.dynamodb):
        ItooLabs(webhook, call_id="other", phone=OTHER.removeprefix("+")).event("INCOMING", "guard", ext="999")


def play_command(scene: Scene) -> None:
    """A command whose company and key must be read."""
    dynamodb, _, secretsmanager = scene.clients
    stack = scene.stack
    companies = Companies(dynamodb, stack.table, stack.clock, secretsmanager, stack.secret_arn)
    sent: list[object] = []

    class Pool:
        def request(self, _method: str, _url: str, fields: dict[str, str], **_: object) -> Any:
            sent.append(fields["sign"])
            return type("Reply", (), {"status": 200})

    carrier = CommandCarrier(companies, MangoApi("http://127.0.0.1:9", Pool()), stack.clock)  # type: ignore[arg-type]
    message = {"connection": "mango-main", "call_id": "c", "leg_id": "l", "to_number": "701", "contact_name": None}
    scene.note(carrier.carry(json.dumps({**message, "not_after": stack.clock() + 1000})))
    scene.note(sent)


def play_admin(scene: Scene) -> None:
    """Everything that an admin can do."""
    stack = scene.stack
    call = ItooLabs(scene.functions.webhook)
    call.event("INCOMING", "anna")
    call.event("ACCEPTED", "anna")
    ItooLabs(scene.functions.webhook, call_id="third", phone=THIRD.removeprefix("+")).event("INCOMING", "boris")
    contacts = [contact.id for phone in (CLIENT, THIRD) if (contact := stack.contact(phone))]
    settings = AdminSettings(stack.table, stack.secret_arn, scene.editor, scene.reader)
    admin = RawAdmin(build_admin(settings, scene.clients.dynamodb, scene.clients.secretsmanager, stack.clock), stack)
    document: dict[str, Any] = load(EXAMPLE, {"MEGAFON_CRM_TOKEN": TOKEN})

    def send(method: str, path: str, body: object = None, query: str = "", token: str = ADMIN_TOKEN) -> None:
        stack.clock.tick(1)
        text = None if body is None else json.dumps(body)
        answer = admin.send(method, path, text, query=query, authorization=f"Bearer {token}")
        scene.note((method, path.replace(contacts[0], "c1"), answer.status, answer.json))

    send("GET", "contacts", query="state=assigned")
    send("GET", "contacts", query="responsible=anna")
    send("GET", "contacts", query=f"phone={quote(CLIENT)}")
    send("GET", "calls", query=f"phone={quote(CLIENT)}")
    send("GET", "calls", query="from=2026-11-18T00:00:00Z&to=2026-11-19T00:00:00Z")
    send("GET", "calls/megafon-main/" + call.call_id)
    send("PUT", f"contacts/{contacts[0]}/responsibles", {"responsibles": ["boris"]})
    send("PUT", f"contacts/{contacts[0]}/phones", {"phones": [OTHER]})
    send("POST", f"contacts/{contacts[0]}/merge", {"contact": contacts[1]})
    send("GET", "people", query=f"phone={quote(OTHER)}")
    send("POST", "people/erase", {"phone": OTHER})
    stack.dynamodb.delete_item(TableName=stack.table, Key=company_key())  # the tests' own way to put one in force
    send("PUT", "company", document)
    send("PUT", "company", {**document, "groups": {**document["groups"], "night": ["galina"]}})
    send("GET", "company")
    send("GET", "company", token="the-reader-token")
    send("GET", "company/versions")
    send("GET", "audit")


PLAYS: dict[str, Callable[[Scene], None]] = {
    "webhook": play_webhook,
    "route": play_route,
    "backfill": play_backfill,
    "command": play_command,
    "admin": play_admin,
}


def played(function: str, rights: frozenset[Right]) -> list[str]:
    """Play with these rights; give what came out and what is stored."""
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        patch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
        stack = Stack.make()
        editor = stack.secretsmanager.create_secret(Name="admin", SecretString=ADMIN_TOKEN)["ARN"]
        reader = stack.secretsmanager.create_secret(Name="reader", SecretString="the-reader-token")["ARN"]
        functions = Functions(stack)
        company = a_company(
            a_connection(), a_connection("mango-main", "mango"), a_connection("zadarma-main", "zadarma")
        )
        if function == "backfill":  # nothing kept beside: a thread of its own would write at any moment
            company = company._replace(retention=company.retention._replace(raw_events=0))
        functions.apply(company)
        asking = {**SECRETS["zadarma"], "api_key": "zadarma-key"}
        stack.apply(
            company,
            {**{each.id: SECRETS[each.family] for each in company.connections.values()}, "zadarma-main": asking},
        )
        clients = clients_with(rights, stack, {editor: "AdminTokenSecret", reader: "ReaderTokenSecret"})
        scene = Scene(stack, functions, clients, editor, reader, [])
        try:
            PLAYS[function](scene)
        except Exception as error:  # noqa: BLE001 -- a function that fails is an outcome, too
            scene.note(repr(error))
        return [settled(repr(each)) for each in (*scene.seen, *stored(stack))]


def stored(stack: Stack) -> Iterator[object]:
    """Give the keys and the names of what is stored, and what waits in the queues."""
    for page in stack.dynamodb.get_paginator("scan").paginate(TableName=stack.table):
        yield sorted(settled(f"{item['pk']['S']} {item['sk']['S']} {sorted(item)}") for item in page["Items"])
    for url in (stack.backfill_queue_url, stack.command_queue_url):
        yield stack.messages(url)


def settled(text: str) -> str:
    """Take out what differs from one play to the next: ids made at random."""
    return re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{8,}|#\d\b", "…", text)


@functools.cache
def undisturbed(function: str) -> tuple[str, ...]:
    return tuple(played(function, rights_of(function)))


def own_rights() -> list[Any]:
    return [
        pytest.param(function, right, id=f"{function}: {right}")
        for function in FUNCTIONS
        for right in sorted(rights_of(function))
        if right.action not in USED_BY_LAMBDA_ITSELF
    ]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_with_its_rights_a_function_is_refused_nothing_and_does_the_same_twice(function: str) -> None:
    assert not [each for each in undisturbed(function) if "AccessDenied" in each or "Error" in each]
    assert tuple(played(function, rights_of(function))) == undisturbed(function)


@pytest.mark.parametrize(("function", "right"), own_rights())
def test_without_one_of_its_rights_a_function_fails_somebody(function: str, right: Right) -> None:
    assert tuple(played(function, rights_of(function) - {right})) != undisturbed(function)
