"""The dial plans and scripts printed for Asterisk and FreePBX: each request they make, and what becomes of the call."""

from __future__ import annotations

import json
import stat
import subprocess
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

import pytest

from tests.contract.recorded import ROOT
from tests.support.dialplan import Asterisk, Channel, Plan, blocks, read_plan
from tests.support.functions import Functions
from tests.support.loopback import Answering, on_loopback
from tests.support.pbx import TOKEN, api_event
from tests.support.stack import CLIENT, LINE, Stack, a_company, a_connection

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from shared.call import Call
    from shared.company import Connection

PAGES = ROOT / "docs" / "operators"
CALL_ID = "1795000000.11"
ASTERISK = a_connection("asterisk-main", "asterisk")
FREEPBX = a_connection("freepbx-main", "freepbx")


def plan_of(connection: str) -> Plan:
    (asterisk,) = blocks((PAGES / "asterisk.md").read_text(encoding="utf-8"), "ini")
    plan = read_plan(asterisk)
    if connection == "freepbx-main":
        _, *more = blocks((PAGES / "freepbx.md").read_text(encoding="utf-8"), "ini")
        for block in more:
            plan |= read_plan(block)
    plan["globals"] = {
        "": [("", "FIRSTCALL", f"https://firstcall.example.com/{connection}"), ("", "FIRSTCALL_TOKEN", TOKEN)]
    }
    return plan


def script_of(page: str) -> str:
    (script,) = blocks((PAGES / page).read_text(encoding="utf-8"), "sh")
    return script


@pytest.fixture
def functions(stack: Stack) -> Functions:
    functions = Functions(stack)
    functions.apply(a_company(ASTERISK, FREEPBX))
    return functions


class Posts:
    """Takes what `CURL()` posts to the webhook."""

    def __init__(self, functions: Functions) -> None:
        self.functions = functions
        self.events: list[str] = []

    def __call__(self, url: str, body: str) -> str:
        self.functions.stack.clock.tick(1)
        fields = parse_qs(body, keep_blank_values=True)
        self.events += fields.get("event", ["asked"])
        response = self.functions.webhook.handle(api_event(url.rpartition("/")[2], body=body.encode()))
        assert response.status == 200
        return response.body


def asterisk(posts: Posts, picks_up: Callable[[list[str]], str | None], connection: str = "asterisk-main") -> Asterisk:
    return Asterisk(plan_of(connection), posts, picks_up)


def owners(stack: Stack) -> list[str]:
    contact = stack.contact(CLIENT)
    assert contact is not None
    return [each.who for each in contact.responsibles]


def stored(stack: Stack, connection: Connection = ASTERISK) -> Call:
    call = stack.call(connection, CALL_ID)
    assert call is not None
    return call


def boris_picks_up(numbers: list[str]) -> str | None:
    return "702" if "702" in numbers else None


def nobody_picks_up(numbers: list[str]) -> None:  # noqa: ARG001
    return None


@pytest.mark.rule("R2")
@pytest.mark.rule("T1")
def test_who_picks_up_owns_the_caller_and_is_rung_first_the_next_time(functions: Functions, stack: Stack) -> None:
    posts = Posts(functions)
    pbx = asterisk(posts, boris_picks_up)
    pbx.call("from-trunk", LINE, CLIENT)
    assert posts.events == ["asked", "ringing", "ringing", "answered", "ended"]
    assert pbx.rung == [["701", "702"]]
    assert owners(stack) == ["boris"]
    call = stored(stack)
    assert (call.phone, call.line, call.state, call.outcome) == (CLIENT, LINE, "ended", "answered")
    second = asterisk(Posts(functions), boris_picks_up)
    second.call("from-trunk", LINE, CLIENT, call_id="1795000100.12")
    assert second.rung == [["702"]]


@pytest.mark.rule("R4")
def test_by_the_row_a_caller_belongs_to_whom_he_was_first_directed_to(functions: Functions, stack: Stack) -> None:
    functions.apply(a_company(ASTERISK._replace(answerer="first_directed")))
    asterisk(Posts(functions), boris_picks_up).call("from-trunk", LINE, CLIENT)
    assert owners(stack) == ["anna"]


@pytest.mark.rule("T11")
def test_when_the_responsible_does_not_pick_up_the_admins_plan_goes_on(functions: Functions, stack: Stack) -> None:
    asterisk(Posts(functions), boris_picks_up).call("from-trunk", LINE, CLIENT)
    pbx = asterisk(Posts(functions), nobody_picks_up)
    pbx.call("from-trunk", LINE, CLIENT, call_id="1795000100.12")
    assert pbx.rung == [["702"], ["701", "702"]]
    assert pbx.applications[-1] == "Return"
    assert "VoiceMail" in pbx.applications
    assert owners(stack) == ["boris"]


@pytest.mark.rule("K4")
@pytest.mark.rule("R7")
def test_a_call_that_ends_in_voicemail_is_missed(functions: Functions, stack: Stack) -> None:
    posts = Posts(functions)
    asterisk(posts, nobody_picks_up).call("from-trunk", LINE, CLIENT)
    assert posts.events == ["asked", "ringing", "ringing", "ended"]
    call = stored(stack)
    assert (call.outcome, call.first_answer) == ("missed", None)
    assert owners(stack) == []


@pytest.mark.rule("T12")
@pytest.mark.parametrize(
    "said",
    [
        "",
        "{}",
        "Invalid token",
        '{"message":"Internal Server Error"}',
        "<html><h1>502 Bad Gateway</h1></html>",
        "error 504, try 701",
        "701;rm",
        "701&702",
    ],
)
def test_whatever_is_no_list_of_extensions_leaves_the_call_to_the_admins_plan(said: str) -> None:
    pbx = Asterisk(plan_of("asterisk-main"), lambda url, body: said, nobody_picks_up)  # noqa: ARG005
    pbx.call("from-trunk", LINE, CLIENT)
    assert pbx.rung == [["701", "702"]]


def test_the_answer_is_rung_as_it_is() -> None:
    pbx = Asterisk(plan_of("asterisk-main"), lambda url, body: "" if "event" in body else "703,701", nobody_picks_up)  # noqa: ARG005
    pbx.call("from-trunk", LINE, CLIENT)
    assert pbx.rung == [["703", "701"], ["701", "702"]]


@pytest.mark.rule("K5")
@pytest.mark.rule("C7")
def test_an_outgoing_call_makes_nobody_responsible(functions: Functions, stack: Stack) -> None:
    posts = Posts(functions)
    asterisk(posts, lambda numbers: numbers[0]).call("from-internal", CLIENT.removeprefix("+"), "701")
    assert posts.events == ["outgoing", "ended"]
    call = stored(stack)
    assert (call.direction, call.outcome, call.first_answer) == ("out", "answered", None)
    assert stack.contact(CLIENT) is None


def test_a_call_among_colleagues_is_not_told(functions: Functions) -> None:
    posts = Posts(functions)
    asterisk(posts, lambda numbers: numbers[0]).call("from-internal", "702", "701")
    assert posts.events == []


def test_a_transferred_call_is_told_by_the_context_that_takes_it(functions: Functions, stack: Stack) -> None:
    posts = Posts(functions)
    pbx = asterisk(posts, lambda numbers: "701" if "701" in numbers else numbers[0])
    caller = pbx.call("from-trunk", LINE, CLIENT)
    pbx.now += 60
    # After the transfer the caller's channel goes on in the context that the employee dialled in.
    caller.variables["EXTEN"] = "702"
    pbx.run(caller, "from-internal", "_XXX", [])
    call = stored(stack)
    assert call.first_answer is not None
    assert call.last_answer is not None
    assert (call.first_answer.leg.employee, call.last_answer.leg.employee) == ("anna", "boris")


@pytest.fixture
def webhook(functions: Functions) -> Iterator[str]:
    """Put the webhook behind an address of this machine."""

    class Handler(Answering):
        def answer(self) -> None:
            body = self.sent()
            headers = {name: value for name, value in self.headers.items() if name.lower() != "content-length"}
            headers = {name.lower(): value for name, value in headers.items()}
            response = functions.webhook.handle(api_event(self.path.strip("/"), headers=headers, body=body))
            self.tell(response.status, response.body.encode())

        do_POST = answer  # noqa: N815 -- as http.server names it

    with on_loopback(Handler) as url:
        yield url


class Script:
    """An AGI script of a page, run as Asterisk runs it."""

    def __init__(self, page: str, folder: Path, address: str, token: str = TOKEN) -> None:
        self.file, self.settings = folder / "firstcall.sh", folder / "firstcall.conf"
        self.file.write_text(script_of(page), encoding="utf-8")
        self.file.chmod(self.file.stat().st_mode | stat.S_IXUSR)
        self.settings.write_text(f"FIRSTCALL={address}\nFIRSTCALL_TOKEN={token}\n", encoding="utf-8")

    def __call__(self, *arguments: str) -> str:
        asked = subprocess.run(
            [self.file, *arguments],
            env={"PATH": "/usr/bin:/bin", "FIRSTCALL_CONF": str(self.settings)},
            input="agi_request: firstcall.sh\nagi_channel: PJSIP/trunk-00000001\n\n200 result=1\n",
            capture_output=True,
            text=True,
            timeout=10,
            check=True,
        )
        assert asked.stderr == ""
        return asked.stdout

    def agi(self, channel: Channel, arguments: list[str]) -> None:
        """Take what the script sets."""
        said = self(*arguments[1:])
        assert said.startswith('SET VARIABLE FC_NUMBERS "')
        channel.variables["FC_NUMBERS"] = said.strip().removeprefix('SET VARIABLE FC_NUMBERS "').removesuffix('"')


def known_caller(functions: Functions, connection: str) -> None:
    pbx = asterisk(Posts(functions), boris_picks_up)
    pbx.plan = plan_of(connection)
    pbx.plan["from-trunk"]["_[+0-9]."].pop(1)
    pbx.call("from-trunk", LINE, CLIENT)


def test_asterisks_script_sets_whom_to_ring(functions: Functions, webhook: str, tmp_path: Path) -> None:
    script = Script("asterisk.md", tmp_path, f"{webhook}/asterisk-main")
    assert script(CLIENT, LINE, CALL_ID) == 'SET VARIABLE FC_NUMBERS ""\n'
    known_caller(functions, "asterisk-main")
    assert script(CLIENT, LINE, CALL_ID) == 'SET VARIABLE FC_NUMBERS "702"\n'


@pytest.mark.rule("T12")
@pytest.mark.parametrize("page", ["asterisk.md", "freepbx.md"])
def test_a_script_that_is_refused_or_reaches_nobody_sets_nothing(
    functions: Functions, webhook: str, tmp_path: Path, page: str
) -> None:
    connection = page.replace(".md", "-main")
    known_caller(functions, connection)
    for address, token in (
        (f"{webhook}/{connection}", "wrong"),
        (f"{webhook}/nobody", TOKEN),
        ("http://127.0.0.1:9", TOKEN),
    ):
        assert Script(page, tmp_path, address, token)(CALL_ID, "", CLIENT) == 'SET VARIABLE FC_NUMBERS ""\n'


@pytest.mark.rule("T9")
def test_freepbxs_script_reads_the_numbers_of_planfixs_answer(
    functions: Functions, webhook: str, tmp_path: Path
) -> None:
    script = Script("freepbx.md", tmp_path, f"{webhook}/freepbx-main")
    assert script(CALL_ID, "", CLIENT) == 'SET VARIABLE FC_NUMBERS ""\n'
    known_caller(functions, "freepbx-main")
    assert script(CALL_ID, "", CLIENT) == 'SET VARIABLE FC_NUMBERS "702"\n'
    assert script(CALL_ID, "702", CLIENT) == 'SET VARIABLE FC_NUMBERS ""\n'
    assert script(CALL_ID, "", '"anonymous" <x>') == 'SET VARIABLE FC_NUMBERS ""\n'


def test_freepbxs_dial_plan_tells_whom_its_own_plan_rings(
    functions: Functions, stack: Stack, webhook: str, tmp_path: Path
) -> None:
    posts = Posts(functions)
    pbx = asterisk(posts, boris_picks_up, "freepbx-main")
    pbx.agi = Script("freepbx.md", tmp_path, f"{webhook}/freepbx-main").agi
    caller = Channel("PJSIP/trunk-00000001", {"CALLERID(num)": CLIENT, "FROM_DID": LINE, "CHANNEL(linkedid)": CALL_ID})
    pbx.gosub(caller, "firstcall-in,s,1")
    assert pbx.rung == []
    # FreePBX's own plan rings extension 702: its hook, its Dial() with the options it then has, its hangup.
    caller.variables |= {"EXTTOCALL": "702", "D_OPTIONS": ""}
    pbx.gosub(caller, "macro-dialout-one-predial-hook,s,1")
    pbx.dial(caller, "PJSIP/702", "20", caller.variables["D_OPTIONS"])
    pbx.gosub(caller, caller.hangup_handler)
    assert posts.events == ["ringing", "answered", "ended"]
    assert owners(stack) == ["boris"]
    again = Channel(
        "PJSIP/trunk-00000002", {"CALLERID(num)": CLIENT, "FROM_DID": LINE, "CHANNEL(linkedid)": "1795000100.12"}
    )
    pbx.gosub(again, "firstcall-in,s,1")
    assert pbx.rung == [["702"], ["702"]]


def test_freepbxs_trunk_hook_tells_an_outgoing_call_only(functions: Functions, stack: Stack) -> None:
    posts = Posts(functions)
    pbx = asterisk(posts, boris_picks_up, "freepbx-main")
    employee = Channel("PJSIP/701-0000002a", {"OUTNUM": CLIENT, "AMPUSER": "701", "CHANNEL(linkedid)": CALL_ID})
    pbx.gosub(employee, "macro-dialout-trunk-predial-hook,s,1")
    forwarded = Channel("Local/702@x-1", {"FC_WAY": "in", "OUTNUM": CLIENT, "AMPUSER": "702"})
    pbx.gosub(forwarded, "macro-dialout-trunk-predial-hook,s,1")
    assert posts.events == ["outgoing"]
    assert stored(stack, FREEPBX).direction == "out"


def test_freepbx_answers_in_planfixs_words(functions: Functions) -> None:
    headers = {"authorization": f"Bearer {TOKEN}", "content-type": "application/json"}

    def post(**fields: str) -> str:
        body = json.dumps(fields).encode()
        return functions.webhook.handle(api_event("freepbx-main", headers=headers, body=body)).body

    ask = {"event": "callInfoRespNum", "uniqueId": CALL_ID, "intNum": "", "extNum": CLIENT}
    assert post(**ask) == '{"error": "no persons responsible"}'
    known_caller(functions, "freepbx-main")
    assert post(**ask) == '{"responsibleNumbers": ["702"]}'
    assert post(**{**ask, "intNum": "702"}) == '{"error": "no persons responsible"}'
    assert post(event="callMissedNotify", uniqueId=CALL_ID, intNum="702", extNum=CLIENT) == ""
