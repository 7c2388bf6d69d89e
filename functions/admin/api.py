"""The admin API's paths. What they take and show is declared in types, from which its OpenAPI is made."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Annotated, Any, cast
from urllib.parse import quote, unquote

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response, content_types
from aws_lambda_powertools.event_handler.exceptions import NotFoundError  # noqa: TC002 -- read at run time
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError
from aws_lambda_powertools.event_handler.openapi.params import Body, Path, Query

from functions.admin.applied_by import applied_by
from functions.admin.company_history import LAST_VERSION
from functions.admin.documents import (
    CallDocument,
    CompanyApplied,
    CompanyDocument,
    CompanyPlan,
    CompanyVersionPage,
    ContactDocument,
    ContactPage,
    ResponsiblesChoice,
    Rollback,
    call_document,
    contact_document,
    version_document,
)
from functions.admin.explain import Explanation, explain, read_moment
from functions.admin.openapi import describe
from functions.admin.plan_effects import effects
from functions.admin.refusal import Refusal
from shared.companies import NoCompany
from shared.contact import ContactState  # noqa: TC001 -- read at run time
from shared.phones import normalise

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_lambda_powertools.utilities.typing import LambdaContext

    from functions.admin.choose_responsibles import ResponsiblesChooser
    from functions.admin.company_history import CompanyHistory
    from functions.admin.company_versions import CompanyVersions, Plan
    from functions.admin.contact_lists import ContactLists
    from shared.calls import CallRecord, Calls
    from shared.companies import Companies
    from shared.contacts import Contacts

CALLS = "/admin/calls/"
"""Call ids are the PBX's own text and may hold any character, a slash too."""

MAX_KEY = 2048
"""Longest key DynamoDB looks up, in bytes; it refuses a longer one instead of not finding it."""


class AdminApi:
    """Answers the admin's requests."""

    def __init__(
        self,
        companies: Companies,
        versions: CompanyVersions,
        history: CompanyHistory,
        calls: Calls,
        contacts: Contacts,
        lists: ContactLists,
        chooser: ResponsiblesChooser,
        *,
        clock: Callable[[], int],
    ) -> None:
        self._clock = clock
        self._companies = companies
        self._versions = versions
        self._history = history
        self._calls = calls
        self._contacts = contacts
        self._lists = lists
        self._chooser = chooser
        self._app = self._routes()
        self._description: dict[str, Any] | None = None

    def handle(self, event: dict[str, Any], context: object) -> dict[str, Any]:
        """Answer one authorised request."""
        return self._app.resolve(_with_whole_call_id(event), cast("LambdaContext", context))

    def openapi(self) -> dict[str, Any]:
        """Describe the API."""
        if self._description is None:
            self._description = describe(self._app)
        return self._description

    def _routes(self) -> APIGatewayHttpResolver:  # noqa: C901 -- one function a path, nothing branches
        app = APIGatewayHttpResolver(enable_validation=True)

        @app.get("/admin/openapi.json", include_in_schema=False)
        def openapi() -> Response[str]:
            return _json(200, self.openapi())

        @app.get("/admin/contacts", summary="Contacts by number, responsible or state", tags=["contacts"])
        def contacts(
            phone: Annotated[str | None, Query(description="A number in any spelling")] = None,
            responsible: Annotated[str | None, Query(description='An employee or "group:…"')] = None,
            state: Annotated[ContactState | None, Query()] = None,
            cursor: Annotated[str | None, Query(description="From the page before", max_length=2000)] = None,
        ) -> ContactPage:
            return self._contacts_by(phone, responsible, state, cursor)

        @app.get("/admin/contacts/<contact_id>", summary="One contact", tags=["contacts"])
        def contact(contact_id: Annotated[str, Path(max_length=100)]) -> ContactDocument:
            found = self._lists.of_id(contact_id)
            if found is None:
                raise Refusal(404, f"no contact {contact_id!r}")
            return contact_document(found)

        @app.put("/admin/contacts/<contact_id>/responsibles", summary="Choose the responsibles", tags=["contacts"])
        def choose(
            contact_id: Annotated[str, Path(max_length=100)], choice: Annotated[ResponsiblesChoice, Body()]
        ) -> ContactDocument:
            company = self._companies.current().company
            return contact_document(self._chooser.choose(company, contact_id, choice.responsibles))

        @app.get(CALLS + "<connection>/<call_id>", summary="One call, by any of its ids", tags=["calls"])
        def call(
            connection: Annotated[str, Path(max_length=100)],
            call_id: Annotated[str, Path(description="The PBX's own id, percent-encoded")],
        ) -> CallDocument:
            return self._call(connection, unquote(call_id))

        @app.get("/admin/explain", summary="Who would be rung for a call, and why", tags=["calls"])
        def explain_call(
            connection: Annotated[str, Query(max_length=100)],
            phone: Annotated[str | None, Query(description="A number in any spelling", max_length=100)] = None,
            line: Annotated[str | None, Query(description="The company's number dialled", max_length=100)] = None,
            at: Annotated[str | None, Query(description="ISO time with offset; default now", max_length=100)] = None,
            called: Annotated[str | None, Query(description="The extension ringing already", max_length=100)] = None,
        ) -> Explanation:
            return self._explain(connection, phone=phone, line=line, at=at, called=called)

        @app.get("/admin/company", summary="The company in force", tags=["company"])
        def company() -> CompanyDocument:
            in_force = self._versions.in_force()
            if in_force is None:
                raise Refusal(404, "no company file has been applied yet")
            return in_force.document

        @app.put("/admin/company", summary="Replace the company", tags=["company"])
        def apply(document: Annotated[CompanyDocument, Body()]) -> CompanyApplied:
            return _applied(*self._versions.apply(document, applied_by(app.current_event.headers)))

        @app.post(
            "/admin/company/plan", summary="What a replacement would change, and what that does", tags=["company"]
        )
        def plan(document: Annotated[CompanyDocument, Body()]) -> CompanyPlan:
            planned = self._versions.plan(document)
            before = planned.before.company if planned.before else None
            return CompanyPlan(
                changes=list(planned.changes),
                warnings=list(planned.file.warnings),
                effects=effects(before, planned.file.company, self._lists),
            )

        @app.get("/admin/company/versions", summary="Every version, the newest first", tags=["company"])
        def versions(
            cursor: Annotated[str | None, Query(description="From the page before", pattern=r"^[0-9]{1,8}$")] = None,
        ) -> CompanyVersionPage:
            found, below = self._history.page(int(cursor) if cursor else None)
            return CompanyVersionPage(items=[version_document(each) for each in found], cursor=below and str(below))

        @app.get("/admin/company/versions/<version>", summary="One version", tags=["company"])
        def version(version: Annotated[int, Path(ge=1, le=LAST_VERSION)]) -> CompanyDocument:
            return self._history.version(version).document

        @app.post("/admin/company/rollback", summary="Put an old version in force again", tags=["company"])
        def roll_back(choice: Annotated[Rollback, Body()]) -> CompanyApplied:
            return _applied(*self._versions.roll_back(choice.version, applied_by(app.current_event.headers)))

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

        return app

    def _methods_of(self, path: str) -> list[str]:
        """Give the methods of a path, or none where there is no such path."""
        for known, operations in self.openapi()["paths"].items():
            if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", known), path):
                return sorted(method.upper() for method in operations)
        return []

    def _contacts_by(
        self, phone: str | None, responsible: str | None, state: ContactState | None, cursor: str | None
    ) -> ContactPage:
        if sum(given is not None for given in (phone, responsible, state)) != 1:
            raise Refusal(400, "give exactly one of phone, responsible and state")
        if phone is not None:
            number = normalise(phone, self._companies.current().company.country)
            if number is None:
                raise Refusal(400, "phone: it cannot be read as a number")
            found = self._contacts.of_phone(number, consistent=True)
            return ContactPage(items=[contact_document(found)] if found else [], cursor=None)
        if state is not None:
            page = self._lists.of_state(state, cursor)
        else:
            page = self._lists.of_responsible(responsible or "", cursor)
        return ContactPage(items=[contact_document(each) for each in page.contacts], cursor=page.cursor)

    def _explain(
        self, connection_id: str, *, phone: str | None, line: str | None, at: str | None, called: str | None
    ) -> Explanation:
        company = self._companies.current().company
        connection = company.connections.get(connection_id)
        if connection is None:
            raise Refusal(404, f"no connection {connection_id!r}")
        moment = read_moment(at, self._clock())
        number = normalise(phone, connection.country)
        contact = self._contacts.of_phone(number, consistent=True) if number else None
        return explain(company, connection, contact, phone=number, line=line, called=called, moment=moment)

    def _call(self, connection_id: str, call_id: str) -> CallDocument:
        connection = self._companies.current().connection(connection_id)
        # API Gateway may have decoded the id or not, and a PBX's own id may look encoded: as it came counts first.
        ids = dict.fromkeys((call_id, unquote(call_id))) if connection else ()
        record = next((found for each in ids if (found := self._load(connection_id, each))), None)
        if connection is None or record is None:
            raise Refusal(404, f"no call {call_id[:200]!r} on connection {connection_id!r}")
        call = record.derive(connection)
        contact = self._contacts.of_phone(call.phone, consistent=True) if call.phone else None
        return call_document(call, contact.id if contact else None)

    def _load(self, connection_id: str, call_id: str) -> CallRecord | None:
        if not call_id or len(f"call#{connection_id}#{call_id}".encode(errors="replace")) > MAX_KEY:
            return None
        return self._calls.load(connection_id, call_id)


def _with_whole_call_id(event: dict[str, Any]) -> dict[str, Any]:
    """Encode a call id once more, so that it is one part of the path whatever stands in it."""
    path = str(event.get("rawPath", ""))
    if not path.startswith(CALLS):
        return event
    connection, slash, call_id = path.removeprefix(CALLS).partition("/")
    return {**event, "rawPath": f"{CALLS}{connection}{slash}{quote(call_id, safe='', errors='replace')}"}


def _applied(version: int, plan: Plan) -> CompanyApplied:
    return CompanyApplied(version=version, changes=list(plan.changes), warnings=list(plan.file.warnings))


def _place(place: tuple[str | int, ...]) -> str:
    return ".".join(str(part) for part in place[1:] or place)


def _json(status: int, body: object) -> Response[str]:
    return Response(status, content_types.APPLICATION_JSON, json.dumps(body, ensure_ascii=False))
