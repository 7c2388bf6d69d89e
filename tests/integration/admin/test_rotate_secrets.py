"""A connection's address and secrets renewed while its PBX goes on calling, in the dialects of several PBXs."""

from __future__ import annotations

import json
import zlib
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlencode

import pytest

from functions.admin.kept_secrets import LONGEST_RENEWAL_DAYS
from shared.companies import CHECK_AFTER_MS, read_secrets
from shared.contact_flow import answer_flow
from shared.table import company_key
from tests.support.functions import Functions
from tests.support.pbx import TOKEN, ItooLabs, Mango, Zadarma, api_event

if TYPE_CHECKING:
    from collections.abc import Mapping

    from functions.webhook.handle_webhook import WebhookHandler
    from shared.api_gateway import ApiEvent
    from shared.companies import ConnectionSecrets
    from shared.pbx.protocol import PbxResponse
    from tests.integration.admin.conftest import Answer, RawAdmin

MEGAFON, MANGO, ZADARMA, BINOTEL, CONNECT = "megafon-main", "mango-main", "zadarma-main", "binotel-main", "connect-main"
OLD_MANGO = {"vpbx_api_key": "local-only-key", "vpbx_api_salt": "local-only-salt"}


class Office:
    """A company with PBXs of several dialects, its admin, and a webhook that learns what he changes."""

    def __init__(self, admin: RawAdmin, document: dict[str, Any]) -> None:
        self.admin = admin
        self.document = document
        document["connections"][BINOTEL] = {"operator": "binotel", "template": "default"}
        document["connections"][CONNECT] = {"operator": "amazon-connect", "template": "default"}
        self.put()
        self.webhook = Functions(admin.stack).webhook

    def put(self) -> dict[str, Any]:
        """Apply the document; give what the API says of it."""
        answer = self.admin.put("company", self.document)
        assert answer.status == 200, answer.json
        return cast("dict[str, Any]", answer.json)

    def stored(self) -> Mapping[str, ConnectionSecrets]:
        """Read what is in force, as nobody gets it from the API."""
        stack = self.admin.stack
        version = stack.dynamodb.get_item(TableName=stack.table, Key=company_key())["Item"]["secret_version"]["S"]
        reply = stack.secretsmanager.get_secret_value(SecretId=stack.secret_arn, VersionId=version)
        return read_secrets(reply["SecretString"])

    def post(self, connection: str, body: object, more: str = "") -> Answer:
        """Renew, or finish."""
        answer = self.admin.send("POST", f"connections/{connection}/secrets{more}", json.dumps(body))
        self.admin.stack.clock.tick(CHECK_AFTER_MS / 1000)  # until a warm function has looked
        return answer

    def begin(self, connection: str, *, key: bool = False, **secrets: str | None) -> dict[str, Any]:
        """Begin, and hold against what is stored that no value came back."""
        answer = self.post(connection, {"secrets": secrets, "key": key})
        assert answer.status == 200, answer.json
        proof = self.stored()[connection]
        values = [proof.key, proof.previous_key, *proof.secrets.values(), *(proof.previous_secrets or {}).values()]
        assert [each for each in values if each and each in answer.text] == []
        return cast("dict[str, Any]", answer.json)

    def finish(self, connection: str) -> None:
        """Finish."""
        answer = self.post(connection, {}, "/finish")
        assert (answer.status, answer.json["rotating_since"]) == (200, None)

    def at(self, key: str) -> WebhookHandler:
        """Give the webhook as it is reached under an address with this key."""
        return cast("WebhookHandler", _Address(self.webhook, key))

    def megafon(self, key: str, token: str) -> int:
        """Report a call as MegaFon does."""
        return ItooLabs(self.at(key), common={"crm_token": token}).event("INCOMING", "anna").status

    def mango(self, secrets: Mapping[str, str]) -> int:
        """Report a call as Mango does."""
        at = self.at(self.stored()[MANGO].key)
        pbx = Mango(at, key=secrets["vpbx_api_key"], salt=secrets["vpbx_api_salt"])
        return pbx.leg("A", 1, "Appeared", "abonent", "12").status

    def zadarma(self, secret: str) -> int:
        """Report a call as Zadarma does."""
        return Zadarma(self.at(self.stored()[ZADARMA].key), secret=secret).notify("NOTIFY_START").status


class _Address:
    def __init__(self, webhook: WebhookHandler, key: str) -> None:
        self._webhook, self._key = webhook, key

    def handle(self, event: ApiEvent) -> PbxResponse:
        named = {**event.get("pathParameters", {}), "key": self._key}
        return self._webhook.handle({**event, "pathParameters": named})


@pytest.fixture
def office(admin: RawAdmin, document: dict[str, Any]) -> Office:
    return Office(admin, document)


def test_a_token_of_our_own_is_made_and_both_count_until_it_is_finished(office: Office) -> None:
    key = office.stored()[MEGAFON].key
    told = office.begin(MEGAFON)
    assert told["secrets"] == [{"name": "crm_token", "proves": True, "own": True, "renewed": True}]
    assert (told["key_renewed"], told["rotating_since"] is not None) == (False, True)
    fresh = office.stored()[MEGAFON].secrets["crm_token"]
    assert (len(fresh), fresh != TOKEN) == (32, True)
    assert [office.megafon(key, token) for token in (TOKEN, fresh, "guessed")] == [200, 200, 401]
    office.finish(MEGAFON)
    assert [office.megafon(key, token) for token in (TOKEN, fresh)] == [401, 200]
    assert office.stored()[MEGAFON].key == key


def test_a_secret_that_is_given_is_taken(office: Office) -> None:
    office.begin(MEGAFON, crm_token="a-new-token")
    assert office.stored()[MEGAFON].secrets == {"crm_token": "a-new-token"}


@pytest.mark.parametrize("old_address", [True, False])
@pytest.mark.parametrize("old_token", [True, False])
def test_address_and_token_can_be_renewed_together_and_changed_one_after_the_other(
    office: Office, *, old_address: bool, old_token: bool
) -> None:
    old = office.stored()[MEGAFON].key
    told = office.begin(MEGAFON, key=True, crm_token=None)
    new = office.stored()[MEGAFON]
    assert (told["key_renewed"], new.key != old) == (True, True)
    assert office.megafon(old if old_address else new.key, TOKEN if old_token else new.secrets["crm_token"]) == 200
    office.finish(MEGAFON)
    assert office.megafon(old, new.secrets["crm_token"]) == 404
    assert office.megafon(new.key, TOKEN) == 401
    assert office.megafon(new.key, new.secrets["crm_token"]) == 200


def test_mangos_pair_counts_as_a_pair_and_never_crosswise(office: Office) -> None:
    new = {"vpbx_api_key": "new-key", "vpbx_api_salt": "new-salt"}
    office.begin(MANGO, vpbx_api_key="new-key", vpbx_api_salt="new-salt")
    assert (office.mango(OLD_MANGO), office.mango(new)) == (200, 200)
    assert office.mango({**new, "vpbx_api_salt": "local-only-salt"}) == 401
    assert office.mango({**OLD_MANGO, "vpbx_api_salt": "new-salt"}) == 401
    office.finish(MANGO)
    assert (office.mango(OLD_MANGO), office.mango(new)) == (401, 200)


def test_of_mangos_pair_one_alone_can_be_renewed(office: Office) -> None:
    told = office.begin(MANGO, vpbx_api_salt="new-salt")
    assert [each["renewed"] for each in told["secrets"]] == [False, True]
    assert office.mango(OLD_MANGO) == 200
    assert office.mango({**OLD_MANGO, "vpbx_api_salt": "new-salt"}) == 200


def test_zadarmas_signature_counts_with_either_secret(office: Office) -> None:
    office.begin(ZADARMA, api_secret="new-secret")
    assert [office.zadarma(each) for each in ("local-only", "new-secret", "guessed")] == [200, 200, 401]
    office.finish(ZADARMA)
    assert [office.zadarma(each) for each in ("local-only", "new-secret")] == [401, 200]


def test_a_pbx_that_only_its_address_proves_gets_a_new_address(office: Office) -> None:
    def ask(key: str) -> int:
        fields = {"requestType": "apiCallSettings", "callType": "0", "externalNumber": "0501234567"}
        return office.webhook.handle(api_event(BINOTEL, key=key, body=urlencode(fields).encode())).status

    old = office.stored()[BINOTEL].key
    refused = office.post(BINOTEL, {})
    assert (refused.status, "renew the key" in refused.json["error"]) == (422, True)
    assert office.begin(BINOTEL, key=True)["secrets"] == []
    new = office.stored()[BINOTEL].key
    assert [ask(each) for each in (old, new, "guessed")] == [200, 200, 404]
    office.finish(BINOTEL)
    assert [ask(each) for each in (old, new)] == [404, 200]


def test_a_contact_flow_of_amazon_connect_may_bring_either_key(office: Office) -> None:
    def invoke(key: str) -> Mapping[str, str]:
        details = {"ContactData": {"ContactId": "c-1"}, "Parameters": {"connection": CONNECT, "key": key}}
        return answer_flow({"Name": "ContactFlowEvent", "Details": details}, office.webhook.handle)

    old = office.stored()[CONNECT].key
    office.begin(CONNECT, key=True)
    new = office.stored()[CONNECT].key
    assert ["error" in invoke(each) for each in (old, new, "guessed")] == [False, False, True]
    office.finish(CONNECT)
    assert ["error" in invoke(each) for each in (old, new)] == [True, False]


@pytest.mark.parametrize(
    ("connection", "body", "status", "words"),
    [
        (MANGO, {}, 422, "secrets.vpbx_api_salt: is issued by the PBX's vendor"),
        (MANGO, {"secrets": {"vpbx_api_salt": None}}, 422, "give the new one"),
        (MEGAFON, {"secrets": {"token": "x"}}, 422, "megafon-main has no such secret; it has crm_token"),
        (MEGAFON, {"secrets": {"pbx_token": "x"}}, 422, "has no such secret"),
        (BINOTEL, {"secrets": {"token": "x"}}, 422, "it has none"),
        (MEGAFON, {"secrets": {"crm_token": ""}}, 422, "in clear"),
        (MEGAFON, {"secrets": {"crm_token": "***"}}, 422, "in clear"),
        (MEGAFON, {"secrets": {"crm_token": " x"}}, 422, "in clear"),
        (MEGAFON, {"secrets": {"crm_token": "\ud800"}}, 422, ""),
        (MEGAFON, {"secrets": {"\ud800": "x"}}, 422, ""),
        (MEGAFON, {"secrets": {"crm_token": TOKEN}}, 422, "these are the secrets in force"),
        (MEGAFON, {"secrets": {"crm_token": "x" * 5000}}, 422, ""),
        (MEGAFON, {"secret": {}}, 422, ""),
        (MEGAFON, {"key": "yes"}, 422, ""),
        ("nobody", {}, 404, "no connection 'nobody'"),
    ],
)
def test_what_cannot_be_renewed_is_refused_in_words_and_changes_nothing(
    office: Office, connection: str, body: object, status: int, words: str
) -> None:
    before = office.stored()
    answer = office.post(connection, body)
    assert (answer.status, words in answer.text) == (status, True), answer.text
    assert office.stored() == before
    assert TOKEN not in answer.text


def test_only_one_renewal_of_a_connection_runs_at_a_time(office: Office) -> None:
    assert office.post(MEGAFON, {}, "/finish").status == 409
    office.begin(MEGAFON)
    before = office.stored()
    again = office.post(MEGAFON, {"key": True})
    assert (again.status, again.json["error"]) == (
        409,
        "megafon-main is being renewed already: finish that first; nothing is changed",
    )
    assert office.stored() == before
    office.begin(ZADARMA, api_secret="another")  # another connection's is its own matter
    office.finish(MEGAFON)
    assert office.post(MEGAFON, {}, "/finish").status == 409
    assert office.post("nobody", {}, "/finish").status == 404


def test_before_the_first_company_there_is_nothing_to_renew(admin: RawAdmin) -> None:
    for method, path in (("GET", "secrets"), ("GET", "connections/x/secrets"), ("POST", "connections/x/secrets")):
        assert admin.send(method, path, "{}" if method == "POST" else None).status == 409


def test_the_names_and_what_is_being_renewed_are_shown_and_no_value(office: Office) -> None:
    office.begin(MEGAFON, key=True, crm_token=None)
    every = office.admin.send("GET", "secrets")
    items = {each["connection"]: each for each in every.json["items"]}
    assert set(items) == set(office.document["connections"])
    assert [(name, each["rotating_since"] is not None) for name, each in items.items() if each["key_renewed"]] == [
        (MEGAFON, True)
    ]
    assert [each["name"] for each in items[MANGO]["secrets"]] == ["vpbx_api_key", "vpbx_api_salt"]
    assert office.admin.send("GET", f"connections/{MEGAFON}/secrets").json == items[MEGAFON]
    for proof in office.stored().values():
        assert proof.key not in every.text
        assert not any(value in every.text for value in proof.secrets.values())
    assert office.admin.send("GET", "connections/nobody/secrets").status == 404


def test_a_renewal_is_a_version_with_the_same_company(office: Office) -> None:
    before = office.admin.send("GET", "company").json
    assert office.begin(MEGAFON)["version"] == 2
    assert office.admin.send("GET", "company").json == before
    assert office.admin.send("GET", "company/versions").json["items"][0]["version"] == 2
    office.finish(MEGAFON)
    assert office.admin.send("GET", "company/versions/3").json == before


def test_nothing_that_proves_stands_in_the_table(office: Office) -> None:
    values = [office.stored()[MEGAFON].key, TOKEN, "a-new-token"]
    office.begin(MEGAFON, key=True, crm_token="a-new-token")
    values.append(office.stored()[MEGAFON].key)
    office.finish(MEGAFON)
    stack = office.admin.stack
    items = stack.dynamodb.scan(TableName=stack.table)["Items"]
    packed = [zlib.decompress(bytes(value["B"])) for item in items for value in item.values() if "B" in value]
    assert len(packed) >= 4
    everything = repr(items) + repr(packed)
    assert [each for each in values if each in everything] == []


def test_a_company_applied_meanwhile_leaves_the_renewal_as_it_is(office: Office) -> None:
    office.begin(MEGAFON, key=True, crm_token=None)
    during = office.stored()[MEGAFON]
    office.document["connections"][MEGAFON]["secrets"] = {"crm_token": "***"}
    office.document["employees"]["anna"]["name"] = "Another"
    assert office.put()["version"] == 3
    assert office.stored()[MEGAFON] == during


def test_a_pipeline_that_still_has_the_old_secret_does_not_undo_the_renewal_and_is_warned(office: Office) -> None:
    office.begin(MEGAFON)
    during = office.stored()[MEGAFON]
    office.document["employees"]["anna"]["name"] = "Another"
    planned = office.admin.send("POST", "company/plan", json.dumps(office.document)).json
    assert planned["changes"] == ["employees.anna.name: Анна Петрова -> Another"]
    warned = office.put()["warnings"]
    assert [each for each in warned if each.startswith("connections.megafon-main.secrets.crm_token: is being replaced")]
    assert office.stored()[MEGAFON] == during
    office.finish(MEGAFON)
    assert office.put()["changes"] == ["connections.megafon-main.secrets.crm_token: changed"]


def test_yet_another_secret_applied_in_clear_replaces_at_once_and_ends_the_renewal(office: Office) -> None:
    office.begin(MEGAFON)
    office.document["connections"][MEGAFON]["secrets"]["crm_token"] = "leaked-hence-another"
    assert office.put()["changes"] == ["connections.megafon-main.secrets.crm_token: changed"]
    proof = office.stored()[MEGAFON]
    assert (proof.secrets, proof.previous_secrets, proof.rotating_since) == (
        {"crm_token": "leaked-hence-another"},
        None,
        None,
    )
    assert office.post(MEGAFON, {}, "/finish").status == 409


def test_it_leaves_the_renewal_of_the_address_alone(office: Office) -> None:
    old = office.stored()[MEGAFON].key
    office.begin(MEGAFON, key=True, crm_token=None)
    office.document["connections"][MEGAFON]["secrets"]["crm_token"] = "leaked-hence-another"
    office.put()
    proof = office.stored()[MEGAFON]
    assert (proof.previous_key, proof.previous_secrets, proof.rotating_since is None) == (old, None, False)


def test_a_secret_for_asking_the_pbx_can_be_added_meanwhile(office: Office) -> None:
    office.begin(MEGAFON, crm_token="fresh")
    office.document["connections"][MEGAFON]["secrets"] = {"crm_token": "***", "pbx_token": "for-asking"}
    office.put()
    proof = office.stored()[MEGAFON]
    assert proof.secrets == {"crm_token": "fresh", "pbx_token": "for-asking"}
    assert proof.previous_secrets == {"crm_token": TOKEN, "pbx_token": "for-asking"}


@pytest.mark.parametrize("finished", [True, False])
def test_a_rollback_across_a_renewal_keeps_what_proves_today(office: Office, *, finished: bool) -> None:
    office.begin(MEGAFON, key=True, crm_token=None)
    if finished:
        office.finish(MEGAFON)
    office.document["connections"][MEGAFON]["secrets"] = {"crm_token": "***"}
    office.document["employees"]["anna"]["name"] = "Another"
    office.put()
    today = office.stored()[MEGAFON]
    answer = office.admin.send("POST", "company/rollback", '{"version": 1}')
    assert (answer.status, answer.json["changes"]) == (200, ["employees.anna.name: Another -> Анна Петрова"])
    assert office.stored()[MEGAFON] == today
    assert (today.rotating_since is None) is finished


def test_a_renewal_that_was_forgotten_is_told_by_every_plan(office: Office) -> None:
    office.begin(MEGAFON)
    office.document["connections"][MEGAFON]["secrets"] = {"crm_token": "***"}

    def told() -> list[str]:
        answer = office.admin.send("POST", "company/plan", json.dumps(office.document)).json
        return [each for each in answer["warnings"] if "--finish" in each]

    office.admin.stack.clock.tick(LONGEST_RENEWAL_DAYS * 86_400)
    assert told() == []
    office.admin.stack.clock.tick(86_400)
    [warning] = told()
    assert warning.startswith("connections.megafon-main: what proves it is being renewed for 15 days")
