"""The description of the admin API says what the API does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.integration.admin.conftest import RawAdmin


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for inner in node.values():
            yield from references(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from references(inner)


def test_every_operation_is_described_needs_the_token_and_shows_how_it_refuses(admin: RawAdmin) -> None:
    described = admin.send("GET", "openapi.json").json
    assert described["security"] == [{"token": []}]
    assert described["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
    for operations in described["paths"].values():
        for operation in operations.values():
            assert operation["summary"]
            assert set(operation["responses"]) == {"200", "4XX"}
            shown = operation["responses"]["4XX"]["content"]["application/json"]["schema"]["$ref"]
            assert shown == "#/components/schemas/Refusal"


def test_every_schema_that_is_named_is_there(admin: RawAdmin) -> None:
    described = admin.send("GET", "openapi.json").json
    schemas = {f"#/components/schemas/{name}" for name in described["components"]["schemas"]}
    assert set(references(described)) <= schemas
    assert set(described["components"]["schemas"]["Refusal"]["properties"]) == {"error", "mistakes"}
