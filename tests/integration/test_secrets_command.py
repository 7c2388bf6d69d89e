"""`firstcall secrets` against the real admin function: what is shown, to whom, and how often."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

import pytest

from firstcall.old_secrets import UNKNOWN
from firstcall.outcome import FOUND_WRONG, WRONG_USE
from tests.support.terminal import at_work
from tools.bootstrap import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.stack import Stack
    from tests.support.terminal import Terminal

EXAMPLE = ROOT / "examples" / "company.yaml"
OLD = "local-only"


@pytest.fixture
def terminal(stack: Stack, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Terminal]:
    with at_work(stack, capsys, monkeypatch) as terminal:
        terminal.done("apply", EXAMPLE)
        yield terminal


def in_force(terminal: Terminal, connection: str = "megafon-main") -> dict[str, str]:
    return dict(terminal.deployed.connections()[connection].secrets)


def test_every_connection_is_listed_with_the_names_of_its_secrets(terminal: Terminal) -> None:
    assert terminal.done("secrets").splitlines() == [
        "megafon-main (megafon): crm_token",
        "mango-main (mango): vpbx_api_key, vpbx_api_salt",
        "zadarma-main (zadarma): api_secret",
        "site (generic): token",
    ]
    assert terminal.done("secrets", "list", "site") == "site (generic): token\n"


def test_a_secret_that_was_made_is_printed_once_with_what_to_do(terminal: Terminal) -> None:
    told = terminal.done("secrets", "rotate", "megafon-main")
    made = in_force(terminal)["crm_token"]
    assert f"\n  crm_token: {made}\n" in told
    assert "docs/operators/megafon.md" in told
    assert "firstcall secrets rotate megafon-main --finish" in told
    assert (ROOT / "docs" / "operators" / "megafon.md").is_file()
    listed = terminal.done("secrets")
    assert "  crm_token: being renewed since 2026-" in listed
    assert f"last use of the old: {UNKNOWN}" in listed  # no function is deployed here
    ended = terminal.done("secrets", "rotate", "megafon-main", "--finish")
    assert ended.startswith("megafon-main: crm_token: the old stops counting")
    assert not [each for each in (listed, ended) if made in each or OLD in each]
    assert "renewed" not in terminal.done("secrets")


def test_a_new_address_is_printed_and_the_secrets_stay(terminal: Terminal) -> None:
    before = terminal.deployed.connections()["megafon-main"]
    told = terminal.done("secrets", "rotate", "megafon-main", "--key")
    after = terminal.deployed.connections()["megafon-main"]
    assert f"  webhook_url: {after.webhook_url}\n  route_url: {after.route_url}\n" in told
    assert (after.webhook_url != before.webhook_url, after.secrets) == (True, before.secrets)


def test_address_and_token_are_made_together(terminal: Terminal) -> None:
    told = terminal.json("secrets", "rotate", "megafon-main", "--key", "--generate")
    assert told["made"] == in_force(terminal)
    assert told["webhook_url"] == terminal.deployed.connections()["megafon-main"].webhook_url
    assert told["key_renewed"] is True


def test_what_the_vendor_issued_is_taken_and_not_printed(terminal: Terminal) -> None:
    given = ("--set", "vpbx_api_key=new-key", "--set", "vpbx_api_salt=new=salt")
    told = terminal.done("secrets", "rotate", "mango-main", *given)
    assert in_force(terminal, "mango-main") == {"vpbx_api_key": "new-key", "vpbx_api_salt": "new=salt"}
    assert ("new-key" in told, "new=salt" in told) == (False, False)


def test_a_value_that_is_left_out_is_read_and_an_empty_one_is_made(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("asked-for\n\n"))
    terminal.done("secrets", "rotate", "zadarma-main", "--set", "api_secret")
    assert in_force(terminal, "zadarma-main") == {"api_secret": "asked-for"}
    told = terminal.json("secrets", "rotate", "site", "--set", "token")
    assert told["made"] == in_force(terminal, "site")


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (("rotate",), WRONG_USE, "name the connection"),
        (("--key",), WRONG_USE, "belong to `firstcall secrets rotate CONNECTION`"),
        (("rotate", "site", "--key", "--finish"), WRONG_USE, "--finish stands alone"),
        (("rotate", "site", "--set", "=x"), WRONG_USE, "NAME=VALUE"),
        (("list", "nobody"), WRONG_USE, "no connection 'nobody'"),
        (("rotate", "nobody"), FOUND_WRONG, "no connection 'nobody'"),
        (("rotate", "mango-main"), FOUND_WRONG, "secrets.vpbx_api_key: is issued by the PBX's vendor"),
        (("rotate", "site", "--finish"), FOUND_WRONG, "site is not being renewed"),
    ],
)
def test_what_cannot_be_done_is_said_in_words(
    terminal: Terminal, words: tuple[str, ...], status: int, said: str
) -> None:
    ended, out, err = terminal.run("secrets", *words)
    assert (ended, out) == (status, "")
    assert said in err


def test_a_refusal_in_json_is_what_the_api_said(terminal: Terminal) -> None:
    status, out, _ = terminal.run("--json", "secrets", "rotate", "mango-main")
    assert (status, len(json.loads(out)["mistakes"])) == (FOUND_WRONG, 2)
