"""Schemathesis reads the API's own description and sends whatever it allows, and what it does not: never a 5xx."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import hypothesis
import schemathesis
from hypothesis import HealthCheck, Phase
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.integration.admin.conftest import ADMIN_TOKEN
from tests.support.admin_server import served

if TYPE_CHECKING:
    from tests.integration.admin.conftest import RawAdmin

EXAMPLES = 12
"""Of each operation, right and wrong ones each."""

CHECKS = [
    schemathesis.checks.not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]

quickly = hypothesis.settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def test_every_operation_answers_as_it_is_described_whatever_is_sent(applied: RawAdmin) -> None:
    schema = schemathesis.openapi.from_dict(applied.send("GET", "openapi.json").json)
    tried = set()
    with served(applied.door) as url:
        for found in schema.get_all_operations():
            assert isinstance(found, Ok), found
            operation = found.ok()
            for mode in schemathesis.GenerationMode:
                cases = operation.as_strategy(generation_mode=mode)

                @quickly
                @hypothesis.given(case=cases)
                def send(case: schemathesis.Case[Any]) -> None:
                    headers = {"Authorization": f"Bearer {ADMIN_TOKEN}"}
                    case.call_and_validate(base_url=url, headers=headers, checks=CHECKS)

                send()
            tried.add((operation.method.upper(), operation.path))
    described = applied.send("GET", "openapi.json").json["paths"]
    assert tried == {(method.upper(), path) for path, methods in described.items() for method in methods}
