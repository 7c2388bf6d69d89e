"""Zadarma: its handshake, its signature, whom each notification names, and the answer it reads."""

from __future__ import annotations

import json
from base64 import b64encode
from urllib.parse import urlencode

import pytest

from shared.call import derive, to_fact
from shared.pbx.families import zadarma
from shared.pbx.protocol import Answer, CallEvent, Malformed, Parsed, PbxRequest, Target, Unauthorized
from tests.contract.whole_calls import CONNECTIONS, who

SECRETS = {"api_secret": "zadarma-secret"}
PBX = CONNECTIONS["zadarma"]
CALL_ID = "in_5f0c1d7ab3e94286c0d1f2a3b4c5d6e7f8091a2b"
CLIENT, LINE = "79161234567", "74951112233"
START = {"event": "NOTIFY_START", "caller_id": CLIENT, "called_did": LINE, "call_start": "2026-11-23 10:15:30"}
START_SIGNATURE = "Y2EyZjcxNzc4MTdkOGU1MDZlNjg3ZDc2NzBhOTNkMjY1Njk3YTU3Mg=="


def request(
    fields: dict[str, str], signature: str = "", *, body: bytes | None = None, query: dict[str, str] | None = None
) -> PbxRequest:
    return PbxRequest(
        "POST", "", query or {}, {"signature": signature}, urlencode(fields).encode() if body is None else body
    )


def event(name: str, **fields: str) -> CallEvent:
    (only,) = events(name, **fields)
    return only


def events(name: str, **fields: str) -> tuple[CallEvent, ...]:
    return zadarma.parse(request({**START, "event": name, "pbx_call_id": CALL_ID, **fields})).events


def multipart(fields: dict[str, str], boundary: str, *, newline: str = "\r\n") -> bytes:
    parts = [
        f'--{boundary}{newline}Content-Disposition: form-data; name="{name}"{newline * 2}{value}{newline}'
        for name, value in fields.items()
    ]
    return "".join([*parts, f"--{boundary}--{newline}"]).encode()


@pytest.mark.parametrize(
    ("fields", "signature"),
    [
        (START, START_SIGNATURE),
        (
            {
                "event": "NOTIFY_ANSWER",
                "caller_id": CLIENT,
                "destination": "101",
                "call_start": "2026-11-23 10:15:30",
            },
            "YTk3ZGU1ZmY4ZmU2M2M2ZDAzMjVjMGZkMzUyZWIyNWY2MTUwNDQ0Mg==",
        ),
        (
            {
                "event": "NOTIFY_OUT_END",
                "internal": "101",
                "destination": CLIENT,
                "call_start": "2026-11-23 10:20:00",
                "caller_id": LINE,
            },
            "N2VkMjlmY2VjOTBiNGYwNWUyY2M1ODEwMzViZjg4NGNjNzMzMTA1Mg==",
        ),
        (
            {
                "event": "NOTIFY_RECORD",
                "pbx_call_id": "in_37b89b64859f6a41b4ac1e3964b4c607820c0638",
                "call_id_with_rec": "1781129241.26640977",
            },
            "OTA2NjY0ZTZkMjA4NDkzYzFlOWEzMTkyNTUzYjkwOTE1NWFkOTAyMA==",
        ),
    ],
)
def test_each_kind_of_event_is_signed_over_its_own_fields(fields: dict[str, str], signature: str) -> None:
    zadarma.authenticate(request(fields, signature), SECRETS)
    for name in fields.keys() - {"event"}:
        if (fields["event"], name) != ("NOTIFY_OUT_END", "caller_id"):
            with pytest.raises(Unauthorized):
                zadarma.authenticate(request({**fields, name: fields[name] + "1"}, signature), SECRETS)


def test_the_digest_counts_in_hex_as_captured_and_raw_as_the_vendors_own_client_takes_it() -> None:
    digest = "ca2f7177817d8e506e687d7670a93d265697a572"
    assert b64encode(digest.encode()).decode() == START_SIGNATURE
    zadarma.authenticate(request(START, b64encode(bytes.fromhex(digest)).decode()), SECRETS)
    for wrong in (digest, b64encode(digest.upper().encode()).decode(), b64encode(bytes(20)).decode(), "", "Подпись"):
        with pytest.raises(Unauthorized):
            zadarma.authenticate(request(START, wrong), SECRETS)


def test_a_field_not_sent_is_signed_as_an_empty_one() -> None:
    fields = {"event": "NOTIFY_OUT_START", "destination": CLIENT, "call_start": "2026-11-23 10:20:00"}
    of_both = "NTAzZmRkZTkyNGQ5MzJjZDJlYjczNmY1OTNkODA5ZDE4Y2RhZTVlYw=="  # the destination and the time
    for each in (fields, {**fields, "internal": ""}):
        zadarma.authenticate(request(each, of_both), SECRETS)


@pytest.mark.parametrize("secrets", [{}, {"api_secret": ""}, {"api_key": "zadarma-secret"}])
def test_a_connection_without_a_secret_lets_nobody_in(secrets: dict[str, str]) -> None:
    with pytest.raises(Unauthorized):
        zadarma.authenticate(request(START, START_SIGNATURE), secrets)


def test_an_unknown_event_is_let_in_by_any_known_ones_fields_and_says_nothing() -> None:
    unknown = request({**START, "event": "NOTIFY_TELEPATHY"}, START_SIGNATURE)
    zadarma.authenticate(unknown, SECRETS)
    assert zadarma.parse(unknown) == Parsed()


def test_what_names_no_event_or_no_call_is_malformed() -> None:
    for fields in ({}, {"event": ""}, START, {**START, "pbx_call_id": ""}):
        with pytest.raises(Malformed):
            zadarma.parse(request(fields))


@pytest.mark.parametrize("boundary", ["--------------------------d74496d66958873e", "x"])
@pytest.mark.parametrize("newline", ["\r\n", "\n"])
def test_multipart_is_read_by_the_boundary_in_the_body_whatever_the_header_says(boundary: str, newline: str) -> None:
    body = multipart({**START, "pbx_call_id": CALL_ID}, boundary, newline=newline)
    sent = PbxRequest(
        "POST", "", {}, {"content-type": "multipart/form-data; boundary=y", "signature": START_SIGNATURE}, body
    )
    zadarma.authenticate(sent, SECRETS)
    assert zadarma.parse(sent).events == events("NOTIFY_START")


def test_zd_echo_is_given_back_as_plain_text_before_any_proof() -> None:
    for sent in (
        PbxRequest("GET", "", {"zd_echo": "a1B2-c_3.d"}, {}, b""),
        request({"zd_echo": "a1B2-c_3.d"}),
        PbxRequest("POST", "", {}, {}, multipart({"zd_echo": "a1B2-c_3.d"}, "x")),
    ):
        response = zadarma.handshake(sent)
        assert response is not None
        assert (response.status, response.body) == (200, "a1B2-c_3.d")
        assert response.content_type.startswith("text/plain")


@pytest.mark.parametrize("echo", ["", "<script>", "a b", "x" * 65, "é", "a\n"])
def test_an_echo_that_is_not_short_and_plain_is_not_given_back(echo: str) -> None:
    assert zadarma.handshake(PbxRequest("GET", "", {"zd_echo": echo}, {}, b"")) is None
    assert zadarma.handshake(request({"zd_echo": echo})) is None


def test_an_event_is_no_handshake_whatever_it_carries() -> None:
    assert zadarma.handshake(request({**START, "zd_echo": "abc"})) is None
    assert zadarma.handshake(PbxRequest("POST", "", {}, {}, b"zd_echo=\xff")) is None
    assert zadarma.handshake(request({}, body=b"zd_echo=abc&x=" + b"y" * 2000)) is None


def test_an_address_saved_with_an_echo_in_it_still_takes_events() -> None:
    assert zadarma.handshake(request(START, query={"zd_echo": "abc"})) is None


@pytest.mark.rule("K5")
@pytest.mark.parametrize(
    ("fields", "direction", "ext", "phone", "line"),
    [
        ({"destination": "101", "internal": "101"}, "in", "101", CLIENT, LINE),
        ({"destination": "101"}, "in", "101", CLIENT, LINE),
        ({"destination": "79160000001", "internal": "101"}, "in", "101", CLIENT, LINE),
        ({"destination": "79160000001"}, "in", None, CLIENT, LINE),
        ({"destination": "101", "caller_id": "102"}, "internal", "101", "102", LINE),
        ({"pbx_call_id": "out_1", "destination": CLIENT, "internal": "101"}, "out", "101", CLIENT, CLIENT),
        ({"pbx_call_id": "out_1", "destination": CLIENT, "caller_id": "0"}, "out", None, CLIENT, None),
        ({"pbx_call_id": "strange", "destination": "101"}, "in", "101", CLIENT, LINE),
    ],
)
def test_an_answer_is_an_employees_or_by_its_id_the_clients(
    fields: dict[str, str], direction: str, ext: str | None, phone: str, line: str | None
) -> None:
    read = event("NOTIFY_ANSWER", **fields)
    assert (read.kind, read.direction, read.ext, read.phone, read.line) == ("answered", direction, ext, phone, line)


def test_the_zoneless_start_of_the_call_is_no_time_of_an_event() -> None:
    names = ("NOTIFY_START", "NOTIFY_INTERNAL", "NOTIFY_ANSWER", "NOTIFY_END", "NOTIFY_OUT_START", "NOTIFY_OUT_END")
    assert {event(name, internal="101", destination="101").at for name in names} == {None}


@pytest.mark.parametrize(
    ("name", "disposition", "outcome"),
    [
        ("NOTIFY_END", "answered", "answered"),
        ("NOTIFY_END", "Answered", "answered"),
        ("NOTIFY_END", "busy", "busy"),
        ("NOTIFY_END", "cancel", "missed"),
        ("NOTIFY_END", "no answer", "missed"),
        ("NOTIFY_END", "line limit", "missed"),
        ("NOTIFY_END", "no such word", "missed"),
        ("NOTIFY_END", "", "missed"),
        ("NOTIFY_OUT_END", "answered", "answered"),
        ("NOTIFY_OUT_END", "busy", "busy"),
        ("NOTIFY_OUT_END", "cancel", "cancelled"),
        ("NOTIFY_OUT_END", "no answer", "cancelled"),
        ("NOTIFY_OUT_END", "no money, no limit", "failed"),
        ("NOTIFY_OUT_END", "call failed", "failed"),
    ],
)
@pytest.mark.rule("K6")
def test_a_disposition_is_an_outcome_and_an_unknown_one_is_no_answer(name: str, disposition: str, outcome: str) -> None:
    read = event(name, internal="101", destination=CLIENT, disposition=disposition)
    assert (read.kind, read.outcome, read.final) == ("ended", outcome, True)


@pytest.mark.rule("K7")
def test_an_end_may_name_two_who_held_the_call() -> None:
    first, last = events("NOTIFY_END", internal="702", last_internal="701", disposition="answered")
    assert (first.kind, first.ext) == ("answered", "702")
    assert (last.kind, last.ext, last.outcome) == ("ended", "701", "answered")
    assert event("NOTIFY_END", last_internal="701", disposition="answered").ext == "701"
    assert event("NOTIFY_END", internal="702", last_internal="702", disposition="answered").ext == "702"
    assert event("NOTIFY_END", internal="702", last_internal="701", disposition="cancel").ext == "702"


@pytest.mark.rule("C4")
@pytest.mark.parametrize("caller", ["0", "", " "])
def test_a_withheld_number_is_none_and_the_call_still_comes_in(caller: str) -> None:
    read = zadarma.parse(request({**START, "caller_id": caller, "pbx_call_id": CALL_ID}))
    assert read.lookup is not None
    assert (read.events[0].phone, read.events[0].direction, read.lookup.phone) == (None, "in", None)


@pytest.mark.rule("K3")
def test_an_end_of_one_leg_takes_nothing_from_an_answer_that_comes_later() -> None:
    # Whether a group's legs end one by one is not documented.
    read = [
        event("NOTIFY_INTERNAL", internal="701"),
        event("NOTIFY_END", internal="701", disposition="no answer"),
        event("NOTIFY_ANSWER", internal="702", destination="702"),
    ]
    call = derive(PBX, CALL_ID, [to_fact(each, PBX, 1000 + place) for place, each in enumerate(read)])
    assert (call.outcome, who(call)) == ("answered", ("boris", "boris"))


@pytest.mark.parametrize(("ring_seconds", "sent"), [(20, 20), (3, 3), (2, 3), (1, 3), (0, 3)])
def test_the_caller_always_comes_back_to_the_menu(ring_seconds: int, sent: int) -> None:
    decision = Answer("c-1", "Olga", (Target("anna", "101", None, ring_seconds),), "responsible")
    assert json.loads(zadarma.answer(decision).body) == {
        "redirect": "101",
        "return_timeout": sent,
        "caller_name": "Olga",
    }


@pytest.mark.rule("T12")
@pytest.mark.parametrize("ext", ["blacklist", "1", "12", "0-1", "0-main", "1a", "١٠١"])
def test_what_zadarma_reads_as_a_scenario_or_a_refusal_is_never_sent(ext: str) -> None:
    decision = Answer("c-1", "Olga", (Target("anna", ext, None, 20),), "responsible")
    assert json.loads(zadarma.answer(decision).body) == {"caller_name": "Olga"}
