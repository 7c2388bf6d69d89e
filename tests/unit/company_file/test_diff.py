from __future__ import annotations

from shared.company_file.diff import changes
from tests.unit.company_file.example import company_file


def test_the_same_file_changes_nothing() -> None:
    assert changes(company_file(), company_file()) == ()


def test_each_change_is_said_by_its_path() -> None:
    new = company_file(
        company__country="KZ",
        employees__vera=None,
        employees__ivan={"name": "Ivan"},
        employees__boris__hours="office",
        employees__anna__hours=None,
        groups__sales=["boris"],
    )
    new["connections"]["megafon-main"] |= {"template": "vip", "adopt_on_later_call": True}
    new["employees"]["anna"]["away"] = []
    new["calendars"]["office"]["exceptions"]["2027-02-22"] = []
    assert changes(company_file(), new) == (
        "company.country: RU -> KZ",
        "calendars.office.exceptions.2027-02-22: set to []",
        "employees.anna.hours: removed",
        'employees.anna.away: [{"from": "2026-12-01", "to": "2026-12-14", "deputy": "boris"}] -> []',
        "employees.boris.hours: set to office",
        "employees.vera: removed",
        "employees.ivan: added",
        "groups.sales: [anna, boris] -> [boris]",
        "connections.megafon-main.template: default -> vip",
        "connections.megafon-main.adopt_on_later_call: set to true",
    )


def test_the_first_file_adds_everything() -> None:
    assert changes(None, company_file())[:4] == (
        "version: set to 1",
        "company.time_zone: set to Europe/Moscow",
        "company.country: set to RU",
        "company.blocked: set to [+74990000000]",
    )
    assert "employees.anna: added" in changes(None, company_file())


def test_a_key_with_nothing_after_it_is_no_change() -> None:
    new = company_file()
    new["employees"]["boris"]["hours"] = None
    new["groups"] = None
    assert changes(company_file(), new) == ("groups.sales: removed",)
    assert changes({**company_file(), "groups": {}}, new) == ()


def test_a_long_value_is_cut() -> None:
    (change,) = changes(company_file(), company_file(employees__boris__name="x" * 200))
    assert change == f"employees.boris.name: Борис Орлов -> {'x' * 79}…"
