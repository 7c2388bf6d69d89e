"""While a connection's address or secret is renewed, the previous one counts as well."""

from __future__ import annotations

import json
import re
from io import StringIO
from typing import Any

import pytest

from firstcall.old_secrets import LINE
from shared.companies import CompanyInForce, ConnectionSecrets, read_secrets, write_secrets
from shared.http import Admitted, admit
from shared.observability import logger
from shared.pbx import FAMILIES, family
from tests.support.pbx import TOKEN, api_event
from tests.support.stack import KEY, a_company, a_connection
from tools.bootstrap import ROOT

PAGE = ROOT / "docs" / "secrets.md"
OLD_KEY = "key-before"
OLD_TOKEN = "token-before"
ASK = b"cmd=contact&phone=79161234567&callid=1&crm_token="


def in_force(proof: ConnectionSecrets, **connection: Any) -> CompanyInForce:
    return CompanyInForce(a_company(a_connection(**connection)), {"megafon-main": proof})


def ask(proof: ConnectionSecrets, key: str = KEY, token: str = TOKEN) -> int:
    """Ask at an address; give the status, 200 where the request is let in."""
    admitted = admit(api_event("megafon-main", key=key, body=ASK + token.encode()), in_force(proof))
    return 200 if isinstance(admitted, Admitted) else admitted.status


NEW, OLD = {"crm_token": TOKEN}, {"crm_token": OLD_TOKEN}
QUIET = ConnectionSecrets(KEY, NEW)
ROTATING = ConnectionSecrets(KEY, NEW, OLD_KEY, OLD, 1)


@pytest.mark.parametrize(
    ("key", "token", "status"),
    [
        (KEY, TOKEN, 200),
        (KEY, OLD_TOKEN, 200),
        (OLD_KEY, TOKEN, 200),
        (OLD_KEY, OLD_TOKEN, 200),
        (KEY, "guessed", 401),
        (OLD_KEY, "guessed", 401),
        ("guessed", TOKEN, 404),
        ("", TOKEN, 404),
        (KEY, "", 401),
    ],
)
def test_while_both_are_renewed_either_of_each_lets_in_and_nothing_else(key: str, token: str, status: int) -> None:
    assert ask(ROTATING, key, token) == status


@pytest.mark.parametrize(("key", "token", "status"), [(OLD_KEY, TOKEN, 404), (KEY, OLD_TOKEN, 401)])
def test_afterwards_only_todays_count(key: str, token: str, status: int) -> None:
    assert ask(QUIET, key, token) == status


def test_an_empty_previous_one_lets_nobody_in() -> None:
    empty = ConnectionSecrets(KEY, NEW, "", {"crm_token": ""}, 1)
    assert (ask(empty, key=""), ask(empty, token="")) == (404, 401)


def test_a_body_that_cannot_be_read_stays_400() -> None:
    event = api_event("megafon-main", body=ASK.replace(b"cmd=contact", b"x=1") + OLD_TOKEN.encode())
    refused = admit(event, in_force(ROTATING))
    assert not isinstance(refused, Admitted)
    assert refused.status == 400


def test_a_source_that_is_not_allowed_is_not_let_in_by_an_old_key_either() -> None:
    event = api_event("megafon-main", key=OLD_KEY, body=ASK + TOKEN.encode(), source_ip="198.51.100.7")
    refused = admit(event, in_force(ROTATING, source_ips=("203.0.113.0/24",)))
    assert not isinstance(refused, Admitted)
    assert refused.status == 403


@pytest.mark.parametrize(
    ("key", "token", "told"),
    [
        (KEY, TOKEN, None),
        (KEY, OLD_TOKEN, {"address": False, "secrets": True}),
        (OLD_KEY, TOKEN, {"address": True, "secrets": False}),
        (OLD_KEY, OLD_TOKEN, {"address": True, "secrets": True}),
    ],
)
def test_the_log_tells_that_the_cabinet_still_has_the_old_one_and_shows_neither(
    key: str, token: str, told: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = StringIO()
    monkeypatch.setattr(logger.registered_handler, "stream", log)
    ask(ROTATING, key, token)
    printed = log.getvalue()
    lines = [json.loads(line) for line in printed.splitlines()]
    assert [(each["connection"], each["previous"]) for each in lines] == ([("megafon-main", told)] if told else [])
    assert [each["message"] for each in lines] == [LINE] * len(lines)  # which `firstcall secrets` looks for
    for secret in (KEY, TOKEN, OLD_KEY, OLD_TOKEN):
        assert secret not in printed


def test_what_is_stored_reads_back_and_what_was_stored_before_reads_as_nothing_being_renewed() -> None:
    both = {"quiet": QUIET, "rotating": ROTATING, "key-only": ConnectionSecrets(KEY, {}, OLD_KEY, None, 1)}
    assert read_secrets(write_secrets(both)) == both
    before = '{"connections": {"site": {"key": "k", "secrets": {"token": "t"}}}}'
    assert read_secrets(before) == {"site": ConnectionSecrets("k", {"token": "t"})}
    assert write_secrets(read_secrets(before)) == before


@pytest.mark.parametrize("name", FAMILIES)
def test_the_page_says_of_every_family_whether_its_secret_can_be_made_here(name: str) -> None:
    rows = [line.split("|")[1:4] for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    mine = [(secrets, made) for families, secrets, made in rows if name in families.replace(" ", "").split(",")]
    [(secrets, made)] = mine
    module = family(name)
    assert re.findall(r"`(\w+)`", secrets) == list(module.SECRETS)
    assert ("--set" in made, "--key" in made) == (
        bool(set(module.SECRETS) - set(module.OWN_SECRETS)),
        not module.SECRETS,
    )
