from __future__ import annotations

from typing import Any

import pytest

from tests.unit.company_file.example import company_file, mistakes, mistakes_with

DAYS = "days are mon, tue, wed, thu, fri, sat and sun, written mon, mon-thu or mon,wed"
WHOLE_DAY = "a whole day is 00:00-24:00, a day off is []"
LOGIN = 'must be a mapping such as {ext: "701", login: anna}'


def test_twenty_mistakes_are_named_at_once_in_the_order_of_the_file() -> None:
    document: dict[str, Any] = {
        "version": 2,
        "company": {"time_zone": "Europe/Moskow", "zone": "x"},
        "calendars": {
            "office": {
                "weekly": {"mon-thux": ["09:00-13:00"], "fri": ["09:00-09:00", "25:00-26:00", "9-18"]},
                "holidays": "RS1",
                "exceptions": {"2026-02-30": [], "31.12.2026": []},
            }
        },
        "employees": {
            "anna": {"name": "Anna", "hours": "offce", "phones": 5, "extensions": {"megafon": {"ext": "701"}}},
            "boris": {"hours": 7, "away": [{"from": "2026-12-14", "to": "2026-12-01", "deputy": "group:sales"}]},
        },
        "groups": {"sales": ["anna", "borris", "group:all"]},
        "templates": {"default": {"kind": "firm", "name": "{fone}", "responsibles": ["sales"]}},
        "connections": {
            "main": {"operator": "megafone", "template": "deflt", "ring_seconds": 1, "source_ips": ["10.0.0.1/8"]},
            "second": {"operator": "mango", "template": "default", "secrets": {"vpbx_key": "hidden-secret"}},
            "third": [],
        },
    }
    assert mistakes(document) == (
        "version: this release reads version 1 of the company file",
        "company.time_zone: no time zone 'Europe/Moskow'; did you mean 'Europe/Moscow'?",
        "company.zone: unknown key; did you mean 'time_zone'?",
        "company.country: is missing",
        f"calendars.office.weekly.mon-thux: 'thux' is no day; {DAYS}",
        f"calendars.office.weekly.fri[0]: '09:00-09:00' ends when it starts; {WHOLE_DAY}",
        "calendars.office.weekly.fri[1]: '25:00-26:00' has a time that no clock shows; a day is 00:00-24:00",
        "calendars.office.weekly.fri[2]: '9-18' is no interval; write it as 09:00-18:00",
        "calendars.office.holidays: no country with known holidays 'RS1'; did you mean 'RS'?",
        "calendars.office.exceptions.2026-02-30: there is no day 2026-02-30",
        "calendars.office.exceptions.'31.12.2026': '31.12.2026' is no date; write it as 2026-12-31",
        "employees.anna.hours: no calendar 'offce'; did you mean 'office'?",
        "employees.anna.phones: must be a list",
        "employees.anna.extensions.megafon: no connection 'megafon'; there are main, second and third",
        "employees.boris.hours: no calendar '7'; there is office",
        "employees.boris.away[0].to: 2026-12-01 lies before 2026-12-14, the first day",
        "employees.boris.away[0].deputy: takes a person, not a group",
        "employees.boris.name: is missing",
        "groups.sales[1]: no employee 'borris'; did you mean 'boris'?",
        "groups.sales[2]: 'group:all' is a group; groups hold people, not groups",
        "templates.default.kind: must be person or company, not 'firm'",
        "templates.default.name: no placeholder '{fone}'; did you mean '{phone}'?",
        "templates.default.responsibles[0]: no employee 'sales'; did you mean 'group:sales'?",
        "connections.main.operator: no operator 'megafone'; did you mean 'megafon'?",
        "connections.main.template: no template 'deflt'; did you mean 'default'?",
        "connections.main.ring_seconds: must be from 3 to 300 seconds, not 1",
        "connections.main.source_ips[0]: '10.0.0.1/8' is neither an address nor a network; did you mean '10.0.0.0/8'?",
        "connections.second.secrets.vpbx_key: unknown secret; did you mean 'vpbx_api_key'?",
        "connections.second.secrets.vpbx_api_key: is missing; mango proves its webhooks with it",
        "connections.second.secrets.vpbx_api_salt: is missing; mango proves its webhooks with it",
        "connections.third: must be a mapping",
    )


@pytest.mark.parametrize(
    ("changes", "place", "mistake"),
    [
        ({"company": None}, "company", "is missing"),
        (
            {"company__blocked": ["12"]},
            "company.blocked[0]",
            "'12' is no phone number, neither in RU nor with + in front",
        ),
        (
            {"company__country": "ru"},
            "company.country",
            "no country 'ru'; write its two letters, such as RU or KZ; did you mean 'RU'?",
        ),
        (
            {"calendars__office__weekly": {"mon-fri": [], "wed": []}},
            "calendars.office.weekly.wed",
            "wed is already set by 'mon-fri'",
        ),
        ({"calendars__office__weekly": {"mon,mon": []}}, "calendars.office.weekly.mon,mon", "names a day twice"),
        ({"calendars__office__weekly": {"mon": None}}, "calendars.office.weekly.mon", "must be a list"),
        (
            {"calendars__nights__weekly": {"mon": ["22:00-06:00", "23:00-24:00"]}},
            "calendars.nights.weekly.mon[1]",
            "'23:00-24:00' overlaps another interval of the day",
        ),
        ({"employees__anna__extensions": {"mango-main": "12"}}, "employees.anna.extensions.mango-main", f"{LOGIN}"),
        (
            {"employees__anna__extensions": {"mango-main": {}}},
            "employees.anna.extensions.mango-main",
            "needs an ext or a login",
        ),
        (
            {"employees__boris__phones": ["+7 916 0000001"]},
            "employees.boris.phones[0]",
            "+79160000001 is already a number of employees.anna",
        ),
        (
            {"employees__boris__extensions": {"mango-main": {"ext": 12}}},
            "employees.boris.extensions.mango-main.ext",
            "'12' is already the ext of employees.anna",
        ),
        (
            {"employees__boris__extensions": {"megafon-main": {"login": "ANNA"}}},
            "employees.boris.extensions.megafon-main.login",
            "'ANNA' is already the login of employees.anna",
        ),
        ({"employees__boris__active": "perhaps"}, "employees.boris.active", "must be true or false"),
        ({"employees__boris__name": " "}, "employees.boris.name", "must not be empty"),
        ({"employees__boris__name": "x" * 201}, "employees.boris.name", "is longer than 200 characters"),
        (
            {"employees__boris__name": "a\nb"},
            "employees.boris.name",
            "has a line break or another character that cannot be seen",
        ),
        ({"groups__sales": ["anna", "anna"]}, "groups.sales[1]", "'anna' is listed twice"),
        ({"groups__all": ["sales"]}, "groups.all[0]", "'sales' is a group; groups hold people, not groups"),
        ({"templates__vip__responsibles": ["anna", "anna"]}, "templates.vip.responsibles[1]", "'anna' is listed twice"),
        (
            {"templates__vip__responsibles": ["group:sale"]},
            "templates.vip.responsibles[0]",
            "no group 'sale'; did you mean 'sales'?",
        ),
        (
            {"templates__vip__name": "{phone"},
            "templates.vip.name",
            "'{phone' has a brace without its pair; placeholders are {phone}, {line}, {line_name}, {connection}",
        ),
        ({"connections__mango-main__template": None}, "connections.mango-main.template", "is missing"),
        (
            {"connections__mango-main__redirect_to_responsible": True},
            "connections.mango-main.redirect_to_responsible",
            "must be off, always or working_time",
        ),
        (
            {"connections__mango-main__redirect_to_responsible": "worktime"},
            "connections.mango-main.redirect_to_responsible",
            "must be off, always or working_time, not 'worktime'; did you mean 'working_time'?",
        ),
        (
            {"connections__mango-main__missed_owner": "ana"},
            "connections.mango-main.missed_owner",
            "no employee 'ana'; did you mean 'anna'?",
        ),
        ({"connections__mango-main__fallback": "none"}, "connections.mango-main.fallback", "must be a list"),
        (
            {"connections__mango-main__ring_seconds": "20"},
            "connections.mango-main.ring_seconds",
            "must be a whole number",
        ),
        (
            {"connections__mango-main__source_ips": ["pbx.example"]},
            "connections.mango-main.source_ips[0]",
            "'pbx.example' is neither an address nor a network; write 203.0.113.5 or 203.0.113.0/24",
        ),
        (
            {"connections__mango-main__lines": {"+7495111223": {}}},
            "connections.mango-main.lines.+7495111223",
            "'+7495111223' is no phone number, neither in RU nor with + in front",
        ),
        (
            {"connections__mango-main__lines": {"74951112233": {}}},
            "connections.mango-main.lines.74951112233",
            "+74951112233 is already a line of connections.megafon-main",
        ),
        (
            {"connections__mango-main__lines": {"0611": {"closed": "no_opinion"}}},
            "connections.mango-main.lines.0611.closed",
            "needs the line's hours: a calendar that says when it is open",
        ),
        (
            {"connections__mango-main__secrets__vpbx_api_key": ""},
            "connections.mango-main.secrets.vpbx_api_key",
            "must not be empty",
        ),
        (
            {"connections__mango-main__secrets__vpbx_api_key": "hidden-secret "},
            "connections.mango-main.secrets.vpbx_api_key",
            "has a space at its start or end",
        ),
        (
            {"connections__mango-main__secrets__vpbx_api_key": "***"},
            "connections.mango-main.secrets.vpbx_api_key",
            "*** keeps the stored secret, but none is stored; write the secret itself",
        ),
        (
            {"connections__mango-main__secrets__password": "hidden-secret"},
            "connections.mango-main.secrets.password",
            "unknown secret; mango takes vpbx_api_key and vpbx_api_salt",
        ),
    ],
)
def test_each_mistake_says_where_what_and_what_instead(changes: dict[str, object], place: str, mistake: str) -> None:
    assert mistakes_with(**changes) == (f"{place}: {mistake}",)


@pytest.mark.parametrize("name", ["none", "first_directed"])
def test_an_id_with_a_meaning_of_its_own_is_refused(name: str) -> None:
    document = company_file()
    document["employees"][name] = {"name": "Nobody"}
    assert mistakes(document) == (f"employees.{name}: '{name}' has a meaning of its own, choose another id",)


@pytest.mark.parametrize("name", ["my pbx", "МегаФон", "a/b", "", "x" * 65, "_x"])
def test_an_id_that_cannot_stand_in_an_address_is_refused(name: str) -> None:
    document = company_file()
    document["connections"][name] = document["connections"].pop("mango-main")
    document["employees"] = {}
    document["groups"] = {}
    document["templates"]["vip"] = {}
    document["connections"]["megafon-main"]["fallback"] = []
    (mistake,) = mistakes(document)
    assert mistake.endswith(
        "an id is made of Latin letters, digits, - and _, starts with a letter or digit and has at most 64 characters"
    )


def test_a_section_that_cannot_be_read_is_not_followed_by_a_mistake_for_every_name_in_it() -> None:
    assert mistakes_with(employees=["anna"], calendars="office") == (
        "calendars: must be a mapping",
        "employees: must be a mapping",
    )


@pytest.mark.parametrize("document", [None, [], "version: 1", 5])
def test_something_that_is_no_company_file_is_told_so(document: object) -> None:
    assert mistakes(document) == ("the company file must be a mapping with the keys version, company, employees, …",)


def test_what_json_cannot_hold_is_refused() -> None:
    assert mistakes({"version": object()}) == ("the company file must be made of what JSON can hold",)
    assert mistakes({"version": float("nan")}) == ("the company file must be made of what JSON can hold",)
    assert mistakes({"version": "\ud800"}) == ("the company file has characters that are no valid Unicode",)
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]
    assert mistakes(deep) == ("the company file is nested too deep",)


def test_a_file_that_cannot_be_kept_is_refused_with_its_size() -> None:
    assert mistakes({"version": "x" * 1_000_000}) == (
        "the company file has 1,000,015 bytes; at most 1,000,000 can be kept",
    )


def test_secrets_that_cannot_be_kept_together_are_refused() -> None:
    document = company_file()
    for number in range(60):
        row = {
            "operator": "mango",
            "secrets": dict.fromkeys(("vpbx_api_key", "vpbx_api_salt"), "s" * 1000),
            "template": "vip",
        }
        document["connections"][f"mango-{number}"] = row
    (mistake,) = mistakes(document)
    assert mistake.startswith("connections: all secrets together have 12")
    assert mistake.endswith("bytes; at most 48,000 can be kept")


def test_thousands_of_mistakes_are_counted_not_all_written() -> None:
    found = mistakes_with(groups={"all": [f"nobody{number}" for number in range(3000)]}, templates__vip={})
    assert len(found) == 1001
    assert found[-1] == "and 2001 more mistakes"
