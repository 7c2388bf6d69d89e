"""How every family words a decision, and that it has words for every decision there is."""

from __future__ import annotations

import json
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from shared.pbx import FAMILIES, family
from shared.pbx.protocol import NO_OPINION, Answer, Target

NAME = 'Ольга "Ромашка" Ёж'
ANNA = Target("anna", "701", "anna.p", 20)
BORIS = Target("boris", "702", "boris.o", 25)

DECISIONS = {
    "unknown": Answer(None, None, (), "no_contact"),
    "known": Answer("c-1", NAME, (), "no_responsible"),
    "one target": Answer("c-1", NAME, (ANNA,), "responsible"),
    "several targets": Answer("c-1", NAME, (BORIS, ANNA), "fallback"),
    "login only": Answer("c-1", NAME, (Target("anna", None, "anna.p", 20),), "responsible"),
    "ext only": Answer("c-1", NAME, (Target("anna", "701", None, 20),), "responsible"),
    "neither": Answer("c-1", NAME, (Target("anna", None, None, 20),), "responsible"),
}


def row(employee: str, ext: str | None, ring_seconds: int = 20) -> dict[str, Any]:
    return {"ext": ext, "employee": employee, "ring_seconds": ring_seconds}


def itoolabs(responsible: str | None = None) -> dict[str, Any]:
    return {"contact_name": NAME} | ({"responsible": responsible} if responsible else {})


def zadarma(redirect: str | None = None, seconds: int = 20) -> dict[str, Any]:
    return {"caller_name": NAME} | ({"redirect": redirect, "return_timeout": seconds} if redirect else {})


def binotel(number: str | None = None) -> dict[str, Any]:
    return {"customerData": {"name": NAME} | ({"assignedToEmployeeNumber": number} if number else {})}


def yeastar(responsible: str | None = None) -> dict[str, Any]:
    return {"data": [{"id": "c-1", "name": NAME, "phone": ""} | ({"responsible": responsible} if responsible else {})]}


def generic(reason: str, *targets: dict[str, Any]) -> dict[str, Any]:
    return {"contact": {"id": "c-1", "name": NAME}, "targets": list(targets), "reason": reason}


WORDED: dict[str, dict[str, dict[str, Any]]] = {
    "planfix_api": {
        "unknown": {},
        "known": itoolabs(),
        "one target": itoolabs("701"),
        "several targets": itoolabs("702"),
        "login only": itoolabs(),
        "ext only": itoolabs("701"),
        "neither": itoolabs(),
    },
    "itoolabs": {
        "unknown": {},
        "known": itoolabs(),
        "one target": itoolabs("anna.p"),
        "several targets": itoolabs("boris.o"),
        "login only": itoolabs("anna.p"),
        "ext only": itoolabs("701"),
        "neither": itoolabs(),
    },
    "zadarma": {
        "unknown": {},
        "known": zadarma(),
        "one target": zadarma("701"),
        "several targets": zadarma("702", 25),
        "login only": zadarma(),
        "ext only": zadarma("701"),
        "neither": zadarma(),
    },
    "gravitel": {
        "unknown": {},
        "known": itoolabs(),
        "one target": itoolabs("701"),
        "several targets": itoolabs("702"),
        "login only": itoolabs("anna.p"),
        "ext only": itoolabs("701"),
        "neither": itoolabs(),
    },
    "binotel": {
        "unknown": {},
        "known": binotel(),
        "one target": binotel("701"),
        "several targets": binotel("702"),
        "login only": binotel(),
        "ext only": binotel("701"),
        "neither": binotel(),
    },
    "generic": {
        "unknown": {"contact": None, "targets": [], "reason": "no_contact"},
        "known": generic("no_responsible"),
        "one target": generic("responsible", row("anna", "701")),
        "several targets": generic("fallback", row("boris", "702", 25), row("anna", "701")),
        "login only": generic("responsible", row("anna", "anna.p")),
        "ext only": generic("responsible", row("anna", "701")),
        "neither": generic("responsible"),
    },
    "yeastar": {
        "unknown": {"data": []},
        "known": yeastar(),
        "one target": yeastar("701"),
        "several targets": yeastar("702"),
        "login only": yeastar("anna.p"),
        "ext only": yeastar("701"),
        "neither": yeastar(),
    },
}


NOBODY: dict[str, dict[str, Any]] = {
    "generic": {"contact": None, "targets": [], "reason": "error"},
    "freepbx": {"error": "no persons responsible"},
    "sipuni": {"success": True},
    "yeastar": {"data": []},
    "exolve": {
        "id": "1",
        "jsonrpc": "2.0",
        "result": {"redirect_type": 1, "masking": False, "followme_struct": [1, []]},
    },
}
"""How "no opinion" reads where it is not the empty object, or nothing at all."""


@pytest.mark.rule("T10")
@pytest.mark.parametrize("decision", DECISIONS)
@pytest.mark.parametrize("name", WORDED)
def test_a_decision_is_worded_as_the_pbx_reads_it(name: str, decision: str) -> None:
    response = family(name).answer(DECISIONS[decision])
    assert response.status == 200
    assert response.content_type == "application/json; charset=utf-8"
    assert json.loads(response.body) == WORDED[name][decision]


@pytest.mark.parametrize("name", WORDED)
def test_a_name_is_sent_in_its_own_letters(name: str) -> None:
    assert "Ольга" in family(name).answer(DECISIONS["one target"]).body


@pytest.mark.rule("T12")
@pytest.mark.parametrize("decision", [*DECISIONS, None])
@pytest.mark.parametrize("name", FAMILIES)
def test_every_family_has_words_for_every_decision(name: str, decision: str | None) -> None:
    response = family(name).answer(DECISIONS[decision] if decision else NO_OPINION)
    assert response.status == 200
    assert "boris" not in response.body or decision == "several targets"


@pytest.mark.rule("T12")
@pytest.mark.parametrize("name", FAMILIES)
def test_no_opinion_names_nobody_to_ring(name: str) -> None:
    response = family(name).answer(NO_OPINION)
    if "xml" in response.content_type:
        assert len(ET.fromstring(response.body)) == 0  # noqa: S314 -- our own answer
    else:
        assert json.loads(response.body or "{}") == NOBODY.get(name, {})
