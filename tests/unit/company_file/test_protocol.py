"""Which protocol a connection speaks, where the accounts of one brand differ."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from shared import company_json
from tests.unit.company_file.example import compiled, mistakes_with

if TYPE_CHECKING:
    from shared.company import Connection

HERE = "connections.mango-main"


def entry(operator: str, protocol: str | None = None, **secrets: str) -> dict[str, object]:
    return {"operator": operator, "protocol": protocol, "template": "default", "secrets": secrets}


def connection(operator: str, protocol: str | None = None, **secrets: str) -> Connection:
    company = compiled(**{"connections__mango-main": entry(operator, protocol, **secrets)})
    return company_json.load(company_json.dump(company)).connections["mango-main"]


def refused(operator: str, protocol: str | None = None, **secrets: str) -> tuple[str, ...]:
    return mistakes_with(**{"connections__mango-main": entry(operator, protocol, **secrets)})


@pytest.mark.parametrize(
    ("operator", "protocol", "secrets", "family", "answerer"),
    [
        ("gravitel", None, {"api_key": "k"}, "gravitel", "reported"),
        ("gravitel", "gravitel", {"api_key": "k"}, "gravitel", "reported"),
        ("gravitel", "itoolabs", {"crm_token": "t"}, "itoolabs", "reported"),
        ("novofon", None, {"api_secret": "s"}, "zadarma", "first_directed"),
        ("novofon", "uis", {}, "uis", "first_directed"),
        ("megafon", "itoolabs", {"crm_token": "t"}, "itoolabs", "reported"),
        ("uis", None, {"access_token": "t"}, "uis", "reported"),
    ],
)
def test_a_connection_speaks_what_its_account_does(
    operator: str, protocol: str | None, secrets: dict[str, str], family: str, answerer: str
) -> None:
    made = connection(operator, protocol, **secrets)
    assert (made.operator, made.family, made.answerer) == (operator, family, answerer)


def test_a_protocol_that_the_brand_does_not_speak_is_a_mistake() -> None:
    assert refused("gravitel", "itoolab", crm_token="t") == (
        f"{HERE}.protocol: gravitel does not speak 'itoolab'; did you mean 'itoolabs'?",
    )
    assert refused("gravitel", "mango", api_key="k") == (
        f"{HERE}.protocol: gravitel does not speak 'mango'; there are gravitel and itoolabs",
    )
    assert refused("megafon", "uis", crm_token="t") == (
        f"{HERE}.protocol: megafon does not speak 'uis'; there is itoolabs",
    )


def test_a_secret_of_the_brands_other_protocol_is_told_with_the_choice() -> None:
    choice = "if this account speaks itoolabs, write that as its protocol"
    proves = "is missing; gravitel proves its webhooks with it"
    assert refused("gravitel", crm_token="t") == (
        f"{HERE}.secrets.crm_token: unknown secret; gravitel takes api_key; {choice}",
        f"{HERE}.secrets.api_key: {proves}; {choice}",
    )
    assert refused("gravitel", "itoolabs") == (
        f"{HERE}.secrets.crm_token: {proves}; if this account speaks gravitel, write that as its protocol",
    )
