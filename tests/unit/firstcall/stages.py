"""A connection of any operator, set up without a deployment."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from firstcall.simulator.dialects import DIALECTS
from firstcall.simulator.stage import Stage
from firstcall.simulator.wire import Person
from shared.pbx.operators import OPERATORS
from tools.deployed import Connection

if TYPE_CHECKING:
    from tools.deployed import DeployedStack, Json

PEOPLE = (
    Person("anna", "Anna", "701", "1701"),
    Person("boris", "Boris", "702", "1702"),
    Person("denis", "Denis", "704", "1704"),
)
LINE, PHONE = "+74951112233", "+79161234567"


def stage_of(operator: str, **options: Json) -> Stage:
    """Set up a connection `main` with three people and a line."""
    row = OPERATORS[operator]
    dialect = DIALECTS[row.family]
    secrets = {name: f"the-right-{name}" for name in dialect.PROOF}
    address = "https://firstcall.example/{}/main/the-right-key"
    connection: dict[str, Json] = {"operator": operator, "template": "default", "lines": {LINE: {"name": "Main"}}}
    employees: dict[str, Json] = {
        each.employee: {"name": each.name, "extensions": {"main": {"ext": each.ext, "login": each.login}}}
        for each in PEOPLE
    }
    return Stage(
        deployed=cast("DeployedStack", None),
        company={
            "company": {"country": "RU"},
            "employees": employees,
            "templates": {"default": {}},
            "connections": {"main": {**connection, **options}},
        },
        connection=Connection("main", operator, address.format("webhook"), address.format("route"), secrets),
        operator=row,
        dialect=dialect,
        admin_token="none",
        country="RU",
        line=LINE,
        people=PEOPLE,
    )
