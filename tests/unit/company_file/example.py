"""A small company to break in one place at a time."""

from __future__ import annotations

import copy
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from shared.company_file import CompanyMistakes, read_company

if TYPE_CHECKING:
    from shared.company import Company

TODAY = date(2026, 11, 25)

COMPANY: dict[str, Any] = {
    "version": 1,
    "company": {"time_zone": "Europe/Moscow", "country": "RU", "blocked": ["+74990000000"]},
    "calendars": {
        "office": {
            "weekly": {"mon-thu": ["09:00-13:00", "14:00-18:00"], "fri": ["09:00-13:00", "14:00-17:00"]},
            "holidays": "RU",
            "exceptions": {"2026-12-31": ["09:00-13:00"], "2027-01-09": []},
        },
        "nights": {"weekly": {"mon-sun": ["22:00-06:00"]}},
    },
    "employees": {
        "anna": {
            "name": "Анна Петрова",
            "time_zone": "Asia/Yekaterinburg",
            "hours": "office",
            "phones": ["8 (916) 000-00-01"],
            "extensions": {"megafon-main": {"ext": "701", "login": "Anna"}, "mango-main": {"ext": "012"}},
            "away": [{"from": "2026-12-01", "to": "2026-12-14", "deputy": "boris"}],
        },
        "boris": {
            "name": "Борис Орлов",
            "extensions": {"megafon-main": {"ext": "702", "login": "boris"}, "mango-main": {"ext": "13"}},
        },
        "vera": {"name": "Вера Лис", "active": False, "extensions": {"megafon-main": {"ext": "702"}}},
    },
    "groups": {"sales": ["anna", "boris"]},
    "templates": {
        "default": {"kind": "person", "name": "{phone}"},
        "vip": {
            "kind": "company",
            "name": "VIP {phone}",
            "responsibles": ["anna", "group:sales"],
            "tags": ["vip"],
            "fields": {"source": "call"},
        },
    },
    "connections": {
        "megafon-main": {
            "operator": "megafon",
            "secrets": {"crm_token": "first-secret"},
            "template": "default",
            "redirect_to_responsible": "working_time",
            "fallback": ["group:sales"],
            "ring_seconds": 25,
            "lines": {
                "8 495 111 22 33": {"name": "Main", "template": "vip", "fallback": []},
                "+74951112244": {"name": "Night", "hours": "nights", "closed": "no_opinion"},
                "trunk-a": {"time_zone": "Asia/Omsk"},
            },
        },
        "mango-main": {
            "operator": "mango",
            "secrets": {"vpbx_api_key": "second-secret", "vpbx_api_salt": "third-secret"},
            "template": "default",
        },
    },
}


def company_file(**changes: object) -> dict[str, Any]:
    """Give a fresh copy; `connections__megafon-main__template="vip"` sets one value, None takes a key away."""
    document = copy.deepcopy(COMPANY)
    for path, value in changes.items():
        *above, last = path.split("__")
        here = document
        for part in above:
            here = here[part]
        if value is None:
            del here[last]
        else:
            here[last] = value
    return document


def compiled(**changes: object) -> Company:
    """Read and compile a changed company."""
    return read_company(company_file(**changes), 7, today=TODAY).company


def mistakes(document: object) -> tuple[str, ...]:
    """Read a wrong file and give what is said of it."""
    with pytest.raises(CompanyMistakes) as refused:
        read_company(document, 7, today=TODAY)
    return refused.value.mistakes


def mistakes_with(**changes: object) -> tuple[str, ...]:
    """Change the company into a wrong one and give what is said of it."""
    return mistakes(company_file(**changes))
