"""The admin API: its paths put together, how it refuses, and its own description.

What each path takes and shows is declared in types (`functions/admin/paths`), from which the OpenAPI is made.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Protocol, cast

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response, content_types
from aws_lambda_powertools.event_handler.exceptions import NotFoundError  # noqa: TC002 -- read at run time
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError

from functions.admin.audit import ASKER, audited
from functions.admin.openapi import describe
from functions.admin.paths.calls import with_whole_call_id
from functions.admin.refusal import Refusal
from shared.companies import NoCompany

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aws_lambda_powertools.utilities.typing import LambdaContext

    from functions.admin.access import Asker, Way
    from functions.admin.audit_log import AuditLog


class Paths(Protocol):
    """Some of the API's paths, and what they work with."""

    def add_to(self, app: APIGatewayHttpResolver) -> None:
        """Declare them."""


class AdminApi:
    """Answers the admin's requests."""

    def __init__(self, paths: Iterable[Paths], log: AuditLog, way: Way) -> None:
        self._app = APIGatewayHttpResolver(enable_validation=True)
        self._way = way
        self._description: dict[str, Any] | None = None
        self._app.use([audited(log, lambda: self.openapi()["paths"])])
        for each in paths:
            each.add_to(self._app)
        self._describe_and_refuse(self._app)

    def handle(self, event: dict[str, Any], context: object, asker: Asker) -> dict[str, Any]:
        """Answer one authorised request."""
        self._app.context[ASKER] = asker
        return self._app.resolve(with_whole_call_id(event), cast("LambdaContext", context))

    def openapi(self) -> dict[str, Any]:
        """Describe the API."""
        if self._description is None:
            self._description = describe(self._app, self._way)
        return self._description

    def _describe_and_refuse(self, app: APIGatewayHttpResolver) -> None:
        @app.get("/admin/openapi.json", include_in_schema=False)
        def openapi() -> Response[str]:
            return _json(200, self.openapi())

        @app.exception_handler(Refusal)  # type: ignore[untyped-decorator]
        def refuse(refusal: Refusal) -> Response[str]:
            body: dict[str, object] = {"error": refusal.error}
            if refusal.mistakes:
                body["mistakes"] = refusal.mistakes
            return _json(refusal.status, body)

        @app.exception_handler(NoCompany)  # type: ignore[untyped-decorator]
        def no_company(_: NoCompany) -> Response[str]:
            return _json(409, {"error": "no company file has been applied yet: apply one first"})

        @app.exception_handler(RequestValidationError)  # type: ignore[untyped-decorator]
        def invalid(error: RequestValidationError) -> Response[str]:
            mistakes = [f"{_place(each['loc'])}: {each['msg']}" for each in error.errors()]
            bad_json = any(each["type"] == "json_invalid" for each in error.errors())
            return _json(400 if bad_json else 422, {"error": "the request is not valid", "mistakes": mistakes})

        @app.not_found
        def not_found(_: NotFoundError) -> Response[str]:
            if methods := self._methods_of(app.current_event.path):
                wrong = _json(405, {"error": f"this path takes {', '.join(methods)}"})
                wrong.headers["allow"] = ", ".join(methods)
                return wrong
            return _json(404, {"error": "no such path; GET /admin/openapi.json lists them"})

    def _methods_of(self, path: str) -> list[str]:
        """Give the methods of a path, or none where there is no such path."""
        for known, operations in self.openapi()["paths"].items():
            if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", known), path):
                return sorted(method.upper() for method in operations)
        return []


def _place(place: tuple[str | int, ...]) -> str:
    return ".".join(str(part) for part in place[1:] or place)


def _json(status: int, body: object) -> Response[str]:
    return Response(status, content_types.APPLICATION_JSON, json.dumps(body, ensure_ascii=False))
