"""`firstcall replay` over a day that the real webhook has recorded, in several dialects."""

from __future__ import annotations

import json
import os
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from firstcall.commands import replay
from firstcall.outcome import DONE, FOUND_WRONG, WRONG_USE
from shared.companies import read_secrets, write_secrets
from shared.contact import Contact, CreatedBy, Evidence, Responsible
from shared.contacts import Contacts
from shared.table import company_key, text_of
from tests.support.functions import SECRETS, Functions
from tests.support.pbx import TOKEN, Generic, ItooLabs, Mango, Zadarma
from tests.support.stack import KEY
from tests.support.terminal import at_work
from tools.bootstrap import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.stack import Stack
    from tests.support.terminal import Terminal

EXAMPLE = ROOT / "examples" / "company.yaml"
MAIN, VIP = "74951112233", "74951112244"

GROUP, MISSED, SITE, ZADARMA, MANGO, LEFT_RINGING = (f"+7916100000{number}" for number in range(1, 7))
VIP_CLIENT, HANDED_OVER, SHUFFLED, OUT, OLD, CHOSEN, STRANGERS = (f"+7916200000{number}" for number in range(1, 8))


class Day:
    """A day of calls to the functions, and the admin who plays it again."""

    def __init__(self, stack: Stack, terminal: Terminal) -> None:
        self.stack = stack
        self.terminal = terminal
        self.began = stack.clock.ms
        self.functions = Functions(stack)

    def pbx(self, phone: str, call_id: str, line: str = MAIN) -> ItooLabs:
        """Begin a call of MegaFon's."""
        return ItooLabs(self.functions.webhook, call_id, phone.removeprefix("+"), line)

    def pause(self, seconds: float = 5) -> None:
        """Let time pass."""
        self.stack.clock.tick(seconds)

    def replay(self, *words: str | Path) -> tuple[int, str, str]:
        """Play it again, to a moment ago."""
        period = [datetime.fromtimestamp(ms / 1000, UTC).isoformat() for ms in (self.began, self.stack.clock.ms + 1)]
        status, out, err = self.terminal.run("replay", "--from", period[0], "--to", period[1], *words)
        return status, re.sub(r"^  (requests|calls|contacts) (read|played): .*\n", "", out, flags=re.MULTILINE), err

    def differences(self, *words: str | Path) -> list[dict[str, Any]]:
        """Give what would be otherwise."""
        status, out, err = self.replay("--json", *words)
        found = json.loads(out)["differences"]
        assert (status, err) == (FOUND_WRONG if found else DONE, "")
        assert isinstance(found, list)
        return found


@pytest.fixture
def day(stack: Stack, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Day]:
    secrets = {"MEGAFON_CRM_TOKEN": TOKEN, "SITE_TOKEN": TOKEN, "ZADARMA_API_SECRET": "zadarma-secret"}
    secrets |= {"MANGO_API_KEY": SECRETS["mango"]["vpbx_api_key"], "MANGO_API_SALT": SECRETS["mango"]["vpbx_api_salt"]}
    for name, value in secrets.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(replay, "now_ms", stack.clock)
    with at_work(stack, capsys, monkeypatch) as terminal:
        terminal.done("apply", EXAMPLE)
        know_the_keys(stack)
        yield Day(stack, terminal)


def know_the_keys(stack: Stack) -> None:
    """Let every address have the key that the tests' PBXs call."""
    item = stack.dynamodb.get_item(TableName=stack.table, Key=company_key())["Item"]
    manager, arn = stack.secretsmanager, stack.secret_arn
    text = manager.get_secret_value(SecretId=arn, VersionId=text_of(item, "secret_version") or "")["SecretString"]
    rows = {name: row._replace(key=KEY) for name, row in read_secrets(text).items()}
    version = manager.put_secret_value(SecretId=arn, SecretString=write_secrets(rows))["VersionId"]
    stack.dynamodb.put_item(TableName=stack.table, Item={**item, "secret_version": {"S": version}})


@pytest.fixture
def recorded(day: Day) -> Day:
    """Record a day with all that can happen in it."""
    somebody_is_known(day)
    several_dialects(day)
    odd_calls(day)
    a_person_decides(day)
    day.pause(240)
    day.functions.deliver()
    day.pause(60)
    day.functions.sweep()
    return day


def somebody_is_known(day: Day) -> None:
    """Let a contact be there from before."""
    at = day.began - 7_200_000
    owner = Responsible("anna", "answered", at, Evidence("ACCEPTED", "megafon-main", "yesterday"))
    made_by = CreatedBy("megafon-main", "yesterday", f"+{MAIN}")
    contact = Contact("old", "person", OLD, (OLD,), "default", at, made_by, responsibles=(owner,), state="assigned")
    Contacts(day.stack.dynamodb, day.stack.table).create(contact)
    again = day.pbx(OLD, "again")
    again.event("INCOMING", "boris")
    again.event("ACCEPTED", "boris")


def several_dialects(day: Day) -> None:
    """Let customers call on every PBX."""
    group = day.pbx(GROUP, "group")
    for who in ("anna", "boris"):
        group.event("INCOMING", who)
        day.pause(1)
    group.event("ACCEPTED", "boris")
    day.pause(1)
    group.event("ACCEPTED", "boris")  # sent twice
    group.event("CANCELLED", "anna")
    group.send({"cmd": "something-new"})  # understood by nobody yet
    missed = day.pbx(MISSED, "missed")
    missed.event("INCOMING", "anna")
    day.pause()
    group.event("COMPLETED", "boris")
    group.history("Success", "boris")
    missed.event("CANCELLED", "anna")
    missed.history("missed", "pbx")

    site = Generic(day.functions.webhook, "site-1", SITE)
    site.event("ringing", ext="21")
    day.pause()
    site.event("answered", ext="22")
    site.event("ended", ext="22", status="answered")

    zadarma = Zadarma(day.functions.webhook, phone=ZADARMA.removeprefix("+"), line="74951112277")
    zadarma.notify("NOTIFY_START")
    day.pause()
    zadarma.notify("NOTIFY_INTERNAL", internal="101")
    day.pause()
    zadarma.notify("NOTIFY_ANSWER", destination="101", internal="101")
    zadarma.notify(
        "NOTIFY_END", internal="101", disposition="answered", duration="4", status_code="16", is_recorded="0"
    )

    mango = Mango(day.functions.webhook, phone=MANGO.removeprefix("+"), line="74951112266")
    mango.leg("ivr-leg", 1, "Appeared", "ivr")
    mango.leg("A", 2, "Appeared", "abonent", "13")
    day.pause()
    mango.leg("A", 3, "Connected", "abonent", "13")
    mango.summary("13", answered=True)


def odd_calls(day: Day) -> None:
    """Let calls end without a word, reach strangers, go out, be handed over, and be told in the wrong order."""
    day.pbx(LEFT_RINGING, "left-ringing").event("INCOMING", "boris")  # and nothing more is ever heard of it
    day.pbx(VIP_CLIENT, "vip", VIP).event("INCOMING", "galina", ext="703")
    day.pbx(STRANGERS, "strangers").event("INCOMING", "guard", ext="999")
    day.pbx(OUT, "out").event("OUTGOING", "anna", direction="out")

    first = day.pbx(HANDED_OVER, "first")
    first.event("INCOMING", "boris")
    first.event("ACCEPTED", "boris")
    day.pause()
    second = day.pbx(HANDED_OVER, "second")
    second.event("ACCEPTED", "anna")
    first.event("TRANSFERRED", "boris", second_callid="second")
    second.event("COMPLETED", "anna")
    second.history("Success", "anna")

    shuffled = day.pbx(SHUFFLED, "shuffled")
    shuffled.history("Success", "anna")
    day.pause()
    shuffled.event("ACCEPTED", "anna")
    shuffled.event("COMPLETED", "anna")
    shuffled.event("INCOMING", "anna")
    shuffled.event("INCOMING", "boris")


def a_person_decides(day: Day) -> None:
    """Let an admin give a contact of today to somebody else."""
    chosen = day.pbx(CHOSEN, "chosen")
    chosen.event("INCOMING", "anna")
    chosen.event("ACCEPTED", "anna")
    found = day.stack.contact(CHOSEN)
    assert found is not None
    day.pause()
    manual = Responsible("denis", "manual", day.stack.clock.ms, Evidence("manual"))
    Contacts(day.stack.dynamodb, day.stack.table).revise(found._replace(responsibles=(manual,), manual=True))


@pytest.mark.rule("K2")
def test_a_day_played_again_by_the_same_company_and_code_is_the_same_and_nothing_of_it_reaches_the_stack(
    recorded: Day,
) -> None:
    stack = recorded.stack
    stack.messages(stack.backfill_queue_url)
    before, environment = stack.count(""), dict(os.environ)
    status, out, err = recorded.replay()
    assert (status, err) == (DONE, ""), out
    assert out.splitlines() == ["41 requests played again: 13 calls, 11 contacts", "no differences"]
    assert (stack.dynamodb.list_tables()["TableNames"], stack.count("")) == ([stack.table], before)
    assert stack.messages(stack.backfill_queue_url) == []
    assert dict(os.environ) == environment
    status, out, _ = recorded.replay("--connection", "mango-main")
    assert (status, out.splitlines()) == (DONE, ["4 requests played again: 1 call, 1 contact", "no differences"])


def test_by_another_company_exactly_what_it_changes_would_be_otherwise(recorded: Day, tmp_path: Path) -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    other = tmp_path / "company.yaml"

    # Another owner of an extension.
    remapped = text.replace('mango-main: {ext: "13"}', 'mango-main: {ext: "15"}')
    other.write_text(remapped.replace('mango-main: {ext: "14"}', 'mango-main: {ext: "13"}'), encoding="utf-8")
    contact, call = recorded.differences("--company", other)
    assert (contact["about"], contact["phone"], contact["what"]) == ("contact", MANGO, "changed")
    assert contact["changes"] == {"responsibles": {"stored": ["boris (answered)"], "replayed": ["elena (answered)"]}}
    assert (call["about"], call["connection"], call["what"]) == ("call", "mango-main", "changed")
    assert set(call["changes"]) == {"first_directed", "answered_by", "last_held_by"}

    # Owners in a template; what a person chose stays.
    other.write_text(text.replace('    name: "{phone}"\n', '    name: "{phone}"\n    responsibles: [galina]\n', 1))
    found = {each["phone"]: each["changes"] for each in recorded.differences("--company", other)}
    assert set(found) == {GROUP, MISSED, SITE, ZADARMA, MANGO, LEFT_RINGING, HANDED_OVER, SHUFFLED}
    assert {tuple(each["responsibles"]["replayed"]) for each in found.values()} == {("galina (template)",)}
    assert found[MISSED]["reason"] == {"stored": "nobody_answered", "replayed": None}

    # Contacts made of other calls.
    options = "    operator: megafon\n    outgoing_calls: create\n    missed_calls: ignore\n"
    other.write_text(text.replace("    operator: megafon\n", options), encoding="utf-8")
    status, out, _ = recorded.replay("--company", other)
    assert status == FOUND_WRONG
    assert sorted(line for line in out.splitlines() if line.startswith("contact ")) == [
        f"contact {phone}: would {'' if phone == OUT else 'not '}be made"
        for phone in (MISSED, LEFT_RINGING, VIP_CLIENT, OUT)
    ]
    assert f"contact {MISSED}: would not be made\n    reason: nobody_answered\n    template: default\n" in out

    # A connection that is gone.
    without = text[: text.index("\n  site:") + 1]
    for ext in ("21", "22"):
        without = without.replace(f'      site: {{ext: "{ext}"}}\n', "")
    other.write_text(without, encoding="utf-8")
    status, out, err = recorded.replay("--company", other)
    assert (status, err) == (DONE, ""), out
    assert "  left out: 3 requests of site, which this company does not have\n" in out


def test_a_call_that_is_not_decided_yet_is_not_decided_by_the_replay(day: Day) -> None:
    day.pbx(GROUP, "group").event("INCOMING", "anna")
    day.pause(100)
    assert day.differences() == []
    day.pause(200)  # now it is overdue: nobody swept
    [difference] = day.differences()
    assert difference["changes"]["state"] == {"stored": "pending", "replayed": "unowned"}


def test_a_call_whose_requests_are_not_kept_is_left_out(day: Day) -> None:
    pbx = day.pbx(GROUP, "group")
    pbx.event("INCOMING", "anna")
    pages = day.stack.dynamodb.get_paginator("scan").paginate(TableName=day.stack.table)
    for item in [each for page in pages for each in page["Items"] if each["sk"]["S"].startswith("raw#")]:
        day.stack.dynamodb.delete_item(TableName=day.stack.table, Key={"pk": item["pk"], "sk": item["sk"]})
    day.pause()
    later = day.pbx(GROUP, "later")  # finds the contact of the first
    later.event("INCOMING", "boris")
    later.event("ACCEPTED", "boris")
    status, out, _ = day.replay()
    assert status == DONE, out
    assert "  left out: 1 call whose requests are not kept\n" in out


def test_a_request_that_todays_code_cannot_read_is_a_difference(day: Day, tmp_path: Path) -> None:
    Generic(day.functions.webhook, "site-1", SITE).event("ringing", ext="21")
    other = tmp_path / "company.yaml"
    text = EXAMPLE.read_text(encoding="utf-8").replace("    operator: generic\n", "    operator: planfix-api\n")
    other.write_text(text.replace('{token: "${SITE_TOKEN:-local-only}"}', "{planfix_token: x}"), encoding="utf-8")
    status, out, _ = day.replay("--company", other)
    assert status == FOUND_WRONG
    assert "a request of site about call site-1: it would be answered 400, it cannot be read\n" in out
    assert f"contact {SITE}: would not be made\n" in out


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((), "say which period"),
        (("--to", "2026-11-24"), "--to goes with --from"),
        (("--from", "someday"), "--from: write a day"),
        (("--from", "2026-11-17", "--to", "2026-11-19", "--connection", "nowhere"), "there are mango-main, megafon"),
    ],
)
def test_a_wrong_use_says_what_would_be_right(day: Day, words: tuple[str, ...], says: str) -> None:
    status, out, err = day.terminal.run("replay", *words)
    assert (status, out, says in err) == (WRONG_USE, "", True), err


def test_a_wrong_company_file_is_refused_with_its_mistakes_before_anything_is_read(day: Day, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(EXAMPLE.read_text(encoding="utf-8").replace("hours: office", "hours: offce"), encoding="utf-8")
    status, out, err = day.replay("--company", wrong)
    assert (status, out) == (FOUND_WRONG, "")
    assert "wrong.yaml has mistakes:\n  employees.anna.hours: no calendar 'offce'" in err


def test_a_period_without_anything_has_no_differences(day: Day) -> None:
    assert day.replay()[:2] == (DONE, "0 requests played again: 0 calls, 0 contacts\nno differences\n")
