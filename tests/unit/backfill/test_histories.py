"""Each PBX's history, asked as its description says, against a server that speaks it: who answered?"""

from __future__ import annotations

import json
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import pytest
import urllib3

from functions.backfill.history import HISTORIES, Question, history_of
from shared.pbx.api import PbxApi, Unanswered
from tests.support.pbx_servers.binotel import BinotelServer
from tests.support.pbx_servers.families import SERVERS
from tests.support.pbx_servers.itoolabs import ItooLabsServer
from tests.support.pbx_servers.mango import MangoServer
from tests.support.pbx_servers.server import Asked, Memory, PastCall, PbxServer, Person, Talk, running
from tests.support.pbx_servers.telphin import TelphinServer
from tests.support.pbx_servers.uis import UisServer
from tests.support.pbx_servers.zadarma import ZadarmaServer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shared.pbx.protocol import CallEvent

pytestmark = pytest.mark.rule("K8")

BEGAN = 1_795_000_000
ANNA, BORIS = Person("101", "Анна Петрова", "11"), Person("102", "Борис Орлов", "12")
CALL_IDS = {"uis": "2345678901", "binotel": "2098765432", "telphin": "0f3c9a52-7d1e-4b44-9d67-3a1c5e8b2f10"}
BY_LOGIN = {"itoolabs", "uis"}
WHOLE_CALLS = ["binotel", "itoolabs", "telphin", "uis"]
LEGS_ONLY = ["mango", "zadarma"]


def call_id_of(family: str) -> str:
    return CALL_IDS.get(family, "in_ae6b03b3b0765d127ec0b739209346bbc4f0d52d")


def a_call(family: str, *talks: Talk, **changes: object) -> PastCall:
    fields = {"call_id": call_id_of(family), "phone": "+79161234567", "line": "+74951112200", "began_at": BEGAN}
    return PastCall(**{**fields, **changes}, talks=talks)  # type: ignore[arg-type]


@contextmanager
def asking(pbx: PbxServer, slept: list[float] | None = None) -> Iterator[tuple[PbxApi, dict[str, str]]]:
    waits = slept if slept is not None else []
    with running(pbx) as url:
        yield PbxApi(url, urllib3.PoolManager(), sleep=waits.append), pbx.secrets(url)


def ask(family: str, pbx: PbxServer, *, secrets: dict[str, str] | None = None) -> tuple[CallEvent, ...]:
    history = history_of(family)
    assert history is not None
    question = Question((call_id_of(family),), "+79161234567", (BEGAN - 600) * 1000, (BEGAN + 240) * 1000)
    with asking(pbx) as (api, own):
        return history.ask(question, {**own, **(secrets or {})}, api)


def who(family: str, event: CallEvent) -> str | None:
    return event.login if family in BY_LOGIN else event.ext


def name_of(family: str, person: Person) -> str:
    return person.login if family in BY_LOGIN else person.ext


@pytest.mark.parametrize("family", HISTORIES)
def test_the_second_of_two_who_were_rung_answered(family: str) -> None:
    pbx = SERVERS[family]()
    pbx.memory.calls = [
        a_call(family, Talk(ANNA, BEGAN + 2), call_id="9" * 10),
        a_call(family, Talk(ANNA, None), Talk(BORIS, BEGAN + 12)),
    ]
    (event,) = ask(family, pbx)
    assert pbx.memory.complaints == []
    assert (event.call_id, who(family, event), event.direction) == (call_id_of(family), name_of(family, BORIS), "in")
    assert event.kind == "answered" or event.outcome == "answered"
    assert event.at in {(BEGAN + 12) * 1000, None}
    assert event.name.endswith("(asked)")


@pytest.mark.parametrize("family", sorted(set(HISTORIES) - {"uis"}))
def test_when_somebody_picked_up_is_read_from_the_pbxs_clock(family: str) -> None:
    pbx = SERVERS[family]()
    pbx.memory.calls = [a_call(family, Talk(BORIS, BEGAN + 12))]
    (event,) = ask(family, pbx)
    assert event.at == (BEGAN + 12) * 1000


@pytest.mark.parametrize("family", WHOLE_CALLS)
def test_a_missed_call_is_known_to_be_over(family: str) -> None:
    pbx = SERVERS[family]()
    pbx.memory.calls = [a_call(family, Talk(ANNA, None))]
    (event,) = ask(family, pbx)
    assert (event.kind, event.outcome, event.final) == ("ended", "missed", True)
    assert (event.ext, event.login) == (None, None)


@pytest.mark.parametrize("family", LEGS_ONLY)
def test_where_only_legs_are_listed_nobody_is_said_to_have_missed_the_call(family: str) -> None:
    pbx = SERVERS[family]()
    pbx.memory.calls = [a_call(family, Talk(ANNA, None))]
    assert ask(family, pbx) == ()


@pytest.mark.parametrize("family", ["binotel", "mango", "uis", "zadarma"])
def test_after_a_transfer_both_are_named_in_their_order(family: str) -> None:
    pbx = SERVERS[family]()
    pbx.memory.calls = [a_call(family, Talk(ANNA, BEGAN + 5), Talk(BORIS, BEGAN + 65))]
    first, last = ask(family, pbx)
    assert [who(family, each) for each in (first, last)] == [name_of(family, each) for each in (ANNA, BORIS)]


@pytest.mark.parametrize("family", HISTORIES)
def test_a_call_the_pbx_does_not_know_yet_says_nothing(family: str) -> None:
    assert ask(family, SERVERS[family]()) == ()


@pytest.mark.parametrize("family", HISTORIES)
def test_wrong_secrets_are_an_answer_that_names_none(family: str) -> None:
    wrong = dict.fromkeys(history_of(family).NEEDS[0], "wrong-secret") | {"pbx_token": "wrong-secret"}  # type: ignore[union-attr]
    wrong.pop("pbx_url", None)
    pbx = SERVERS[family]()
    with pytest.raises(Unanswered) as raised:
        ask(family, pbx, secrets=wrong)
    assert pbx.memory.complaints
    assert "wrong-secret" not in str(raised.value)


@pytest.mark.parametrize("family", HISTORIES)
@pytest.mark.parametrize("mood", ["refusing", "failing", "garbage", "empty"])
def test_a_pbx_in_trouble_is_unanswered_or_silent(family: str, mood: str) -> None:
    pbx = SERVERS[family]()
    pbx.memory.mood = mood  # type: ignore[assignment]
    with suppress(Unanswered):
        assert ask(family, pbx) == ()


class Fixed:
    """Answers everything with one document."""

    def __init__(self, body: bytes, like: PbxServer) -> None:
        self.memory, self._body, self._like = Memory(), body, like

    def secrets(self, url: str) -> dict[str, str]:
        return self._like.secrets(url)

    def answer(self, _asked: Asked) -> tuple[int, bytes]:
        return 200, self._body


@pytest.mark.parametrize("family", HISTORIES)
@pytest.mark.parametrize("row", [None, 5, "text", [], {}, {"id": None}, "the call"])
def test_a_form_nobody_described_is_unanswered_or_silent(family: str, row: object) -> None:
    call_id = call_id_of(family)
    if row == "the call":  # with its id, and everything else of a strange kind
        row = dict.fromkeys(("uid", "pbx_call_id", "id", "call_uuid", "generalCallID"), call_id) | {
            name: {"strange": [1]}
            for name in (
                "type", "status", "user", "start", "wait", "duration", "disposition", "destination", "callstart",
                "first_answered_employee_id", "finish_time", "direction", "historyData", "internalNumber", "startTime",
                "bridged_username", "bridged_time_gmt", "flow", "cdr", "pbxNumberData",
            )
        }  # fmt: skip
    document = {
        "status": "success", "unixtime": 0, "datetime": "1970-01-01 00:00:00", "access_token": "t", "key": "k",
        "stats": [row], "result": {"data": [row]}, "callDetails": {call_id: row}, "call_uuid": call_id, "cdr": [row],
        "bridged_time_gmt": row, "bridged_username": row,
    }  # fmt: skip
    body = json.dumps([row] if family == "itoolabs" else document).encode()
    with suppress(Unanswered):
        assert all(who(family, event) is None for event in ask(family, Fixed(body, SERVERS[family]())))


def test_itoolabs_falls_back_to_the_older_list_of_calls() -> None:
    pbx = ItooLabsServer(has_v1=False)
    pbx.memory.calls = [a_call("itoolabs", Talk(ANNA, None), Talk(BORIS, BEGAN + 12))]
    (event,) = ask("itoolabs", pbx)
    assert [asked.path for asked in pbx.memory.asked] == ["/crmapi/v1/history/json", "/sys/crm_api.wcgp"]
    assert (event.login, event.at, event.line) == ("12", (BEGAN + 12) * 1000, "+74951112200")


def test_itoolabs_older_list_names_a_missed_call_by_its_type() -> None:
    pbx = ItooLabsServer(has_v1=False)
    pbx.memory.calls = [a_call("itoolabs", Talk(ANNA, None))]
    (event,) = ask("itoolabs", pbx)
    assert (event.outcome, event.login) == ("missed", None)


@pytest.mark.parametrize("written", ["{host}", "http://{host}", "http://{host}/", "http://{host}/sys/planfix_api.wcgp"])
def test_itoolabs_address_is_taken_as_the_cabinet_shows_it(written: str) -> None:
    pbx = ItooLabsServer()
    pbx.memory.calls = [a_call("itoolabs", Talk(BORIS, BEGAN + 12))]
    history = history_of("itoolabs")
    assert history is not None
    question = Question((call_id_of("itoolabs"),), "+79161234567", (BEGAN - 600) * 1000, (BEGAN + 240) * 1000)
    with running(pbx) as url:
        address = written.format(host=url.removeprefix("http://"))
        api = PbxApi("", urllib3.PoolManager())
        if "://" not in address:
            with pytest.raises(Unanswered, match="did not answer"):  # https, which the test's server does not speak
                history.ask(question, {**pbx.secrets(url), "pbx_url": address}, api)
            return
        assert history.ask(question, {**pbx.secrets(url), "pbx_url": address}, api)


def test_mango_is_given_time_for_its_report_and_no_more_looks_than_it_wants() -> None:
    pbx, slept = MangoServer(looks_until_ready=1), list[float]()
    pbx.memory.calls = [a_call("mango", Talk(BORIS, BEGAN + 12))]
    history = history_of("mango")
    assert history is not None
    question = Question((call_id_of("mango"),), "+79161234567", (BEGAN - 600) * 1000, (BEGAN + 240) * 1000)
    with asking(pbx, slept) as (api, secrets):
        assert len(history.ask(question, secrets, api)) == 1
        assert slept == [1.0, 5.0]
        pbx.looks_until_ready = 2
        with pytest.raises(Unanswered, match="not ready"):
            history.ask(question, secrets, api)


def test_mango_is_not_waited_for_when_there_is_no_time() -> None:
    pbx = MangoServer(looks_until_ready=1)
    history = history_of("mango")
    assert history is not None
    question = Question((call_id_of("mango"),), "+79161234567", 0, BEGAN * 1000)
    with running(pbx) as url, pytest.raises(Unanswered, match="no time left"):
        history.ask(question, pbx.secrets(url), PbxApi(url, urllib3.PoolManager(), seconds=0.9))


def test_a_binotel_call_that_goes_on_is_not_decided_from() -> None:
    pbx = BinotelServer(online=True)
    pbx.memory.calls = [a_call("binotel", Talk(BORIS, BEGAN + 12))]
    assert ask("binotel", pbx) == ()


def test_telphin_behind_a_forwarding_names_the_extension_that_forwarded() -> None:
    pbx = TelphinServer(forwards=True)
    pbx.memory.calls = [a_call("telphin", Talk(BORIS, BEGAN + 12))]
    (event,) = ask("telphin", pbx)
    assert event.ext == "102"


def test_a_zadarma_scenario_that_answered_is_nobody() -> None:
    pbx = ZadarmaServer()
    pbx.memory.calls = [a_call("zadarma")]
    assert ask("zadarma", pbx) == ()


def test_an_id_that_is_no_session_of_uis_is_not_asked_for() -> None:
    history, pbx = history_of("uis"), UisServer()
    assert history is not None
    with asking(pbx) as (api, secrets):
        assert history.ask(Question(("not-a-number", "9" * 40), "+79161234567", 0, 1), secrets, api) == ()
    assert pbx.memory.asked == []


def test_a_family_without_a_documented_history_has_none() -> None:
    assert history_of("generic") is None
