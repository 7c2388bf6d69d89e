"""3CX: the template we ship, and that its fields are what is read."""

from __future__ import annotations

import re
from urllib.parse import urlencode
from xml.etree import ElementTree as ET

import pytest

from shared.pbx.families import threecx
from shared.pbx.protocol import NO_OPINION, Answer, Malformed, Parsed, PbxRequest, Target
from tests.contract.recorded import ROOT

TEMPLATE = ET.parse(ROOT / "docs" / "operators" / "3cx.xml").getroot()  # noqa: S314 -- our own file
ADDRESS = "https://api.example.com/webhook/3cx-main/KEY"
STARTED = "2026-11-23T10:15:30Z"
CALL = {
    "CallType": "Inbound",
    "Number": "+79161234567",
    "Agent": "701",
    '[CallStartTimeUTC].ToString("yyyy-MM-ddTHH:mm:ssZ")': STARTED,
    "Address": ADDRESS,
}


def scenario(name: str) -> ET.Element:
    (found,) = (each for each in TEMPLATE.iter("Scenario") if each.get("Id") == name)
    return found


def filled(text: str) -> str:
    """Fill the template's variables as 3CX does."""
    for name, value in CALL.items():
        text = text.replace(f"[{name}]", value)
    return text


def report(**fields: str) -> Parsed:
    whole = {"call_type": "Inbound", "number": "+79161234567", "agent": "701", "started": STARTED} | fields
    return threecx.parse(PbxRequest("POST", "", {}, {}, urlencode(whole).encode()))


def test_the_template_reports_the_fields_that_are_read() -> None:
    request = scenario("ReportCall").find("Request")
    assert request is not None
    assert (filled(request.attrib["Url"]), request.get("RequestType"), request.get("RequestEncoding")) == (
        ADDRESS,
        "Post",
        "UrlEncoded",
    )
    fields = {each.attrib["Key"]: filled(each.text or "") for each in request.iter("Value")}
    assert tuple(fields) == threecx.FIELDS
    (event,) = threecx.parse(PbxRequest("POST", "", {}, {}, urlencode(fields).encode())).events
    assert (event.call_id, event.phone, event.ext, event.at, event.outcome) == (
        f"{STARTED}/+79161234567",
        "+79161234567",
        "701",
        1795428930000,
        "answered",
    )


def test_the_template_asks_as_is_understood_and_reads_the_answer_given() -> None:
    asking = scenario("")
    request = asking.find("Request")
    assert request is not None
    base, _, query = filled(request.attrib["Url"]).partition("?")
    name, _, number = query.partition("=")
    lookup = threecx.parse(PbxRequest("GET", "", {name: number}, {}, b"")).lookup
    assert (base, lookup and lookup.phone) == (ADDRESS, "+79161234567")
    answer = threecx.answer(Answer("c-1", "Olga", (Target("anna", "701", "anna", 20),), "responsible"))
    assert answer.body == '{"contact": {"id": "c-1", "name": "Olga", "responsible": "701"}}'
    paths = {each.attrib["Path"] for each in asking.iter("Variable")} | {each.text for each in asking.iter("Rule")}
    assert paths == {"contact.id", "contact.name"}


def test_the_template_names_no_variable_that_it_does_not_fill() -> None:
    outputs = {each.attrib["Value"].strip("[]") for each in scenario("").iter("Output") if "[" in each.attrib["Value"]}
    known = {each.attrib["Name"] for each in scenario("").iter("Variable")} | {"Number"}
    assert outputs <= known
    address = next(each for each in TEMPLATE.iter("Parameter") if each.get("Name") == "Address")
    assert re.fullmatch(r"https://[A-Z-]+/webhook/[A-Z]+/[A-Z]+", address.attrib["Default"])


@pytest.mark.rule("T12")
def test_an_unknown_number_is_an_empty_object() -> None:
    assert threecx.answer(NO_OPINION).body == "{}"


@pytest.mark.parametrize("agent", ["[Agent]", "", "  "])
def test_a_variable_that_was_not_filled_is_nobody(agent: str) -> None:
    (event,) = report(call_type="Missed", agent=agent).events
    assert (event.ext, event.outcome) == (None, "missed")


def test_reports_of_one_call_have_one_id_and_calls_without_a_number_are_told_apart() -> None:
    assert report().events[0].call_id == report(call_type="Missed", agent="702").events[0].call_id
    assert report(number="").events[0].call_id != report(number="", agent="702").events[0].call_id


@pytest.mark.parametrize(
    ("text", "at"), [(STARTED, 1795428930000), ("2026-11-23T10:15:30", 1795428930000), ("soon", None)]
)
def test_the_start_is_utc_as_the_template_writes_it(text: str, at: int | None) -> None:
    assert report(started=text).events[0].at == at


@pytest.mark.parametrize("fields", [{"started": ""}, {"started": "[CallStartTimeUTC]"}])
def test_a_report_without_a_start_is_malformed(fields: dict[str, str]) -> None:
    with pytest.raises(Malformed, match="no start"):
        report(**fields)


def test_a_request_that_is_neither_is_malformed() -> None:
    for query, body in (({}, b""), ({}, b"number=1"), ({"number": "1"}, b"agent=701")):
        with pytest.raises(Malformed, match="neither"):
            threecx.parse(PbxRequest("POST", "", query, {}, body))
