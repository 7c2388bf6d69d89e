"""The paths of the company: the one in force, a replacement and what it would change, every version there was."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, NamedTuple

from aws_lambda_powertools.event_handler.openapi.params import Body, Path, Query

from functions.admin.applied_by import applied_by
from functions.admin.audit import summarise
from functions.admin.company_history import LAST_VERSION
from functions.admin.documents import (
    CompanyApplied,
    CompanyDocument,
    CompanyPlan,
    CompanyVersionPage,
    Rollback,
    version_document,
)
from functions.admin.plan_effects import effects, left_behind
from functions.admin.refusal import Refusal

if TYPE_CHECKING:
    from aws_lambda_powertools.event_handler import APIGatewayHttpResolver

    from functions.admin.company_history import CompanyHistory
    from functions.admin.company_versions import CompanyVersions, Plan
    from functions.admin.contact_lists import ContactLists
    from functions.admin.plan_calls import LastCalls


class CompanyPaths(NamedTuple):
    """What the paths of the company work with."""

    versions: CompanyVersions
    history: CompanyHistory
    lists: ContactLists
    last_calls: LastCalls

    def add_to(self, app: APIGatewayHttpResolver) -> None:
        """Declare the paths."""

        @app.get("/admin/company", summary="The company in force", tags=["company"])
        def company() -> CompanyDocument:
            in_force = self.versions.in_force()
            if in_force is None:
                raise Refusal(404, "no company file has been applied yet")
            return in_force.document

        @app.put("/admin/company", summary="Replace the company", tags=["company"])
        def apply(document: Annotated[CompanyDocument, Body()]) -> CompanyApplied:
            applied = self._applied(*self.versions.apply(document, applied_by(app.current_event.headers)))
            summarise(app, f"version {applied.version}, {_count(applied.changes)}")
            return applied

        @app.post(
            "/admin/company/plan", summary="What a replacement would change, and what that does", tags=["company"]
        )
        def plan(document: Annotated[CompanyDocument, Body()]) -> CompanyPlan:
            planned = self.versions.plan(document)
            before, after = planned.before.company if planned.before else None, planned.file.company
            told = effects(before, after, self.lists)
            if before is not None and planned.changes:
                told += self.last_calls.elsewhere(before, after)
            return CompanyPlan(changes=list(planned.changes), warnings=list(planned.file.warnings), effects=told)

        @app.get("/admin/company/versions", summary="Every version, the newest first", tags=["company"])
        def versions(
            cursor: Annotated[str | None, Query(description="From the page before", pattern=r"^[0-9]{1,8}$")] = None,
        ) -> CompanyVersionPage:
            found, below = self.history.page(int(cursor) if cursor else None)
            return CompanyVersionPage(items=[version_document(each) for each in found], cursor=below and str(below))

        @app.get("/admin/company/versions/<version>", summary="One version", tags=["company"])
        def version(version: Annotated[int, Path(ge=1, le=LAST_VERSION)]) -> CompanyDocument:
            return self.history.version(version).document

        @app.post("/admin/company/rollback", summary="Put an old version in force again", tags=["company"])
        def roll_back(choice: Annotated[Rollback, Body()]) -> CompanyApplied:
            applied = self._applied(*self.versions.roll_back(choice.version, applied_by(app.current_event.headers)))
            summarise(app, f"version {applied.version}, version {choice.version} again, {_count(applied.changes)}")
            return applied

    def _applied(self, version: int, plan: Plan) -> CompanyApplied:
        before = plan.before.company if plan.before else None
        return CompanyApplied(
            version=version,
            changes=list(plan.changes),
            warnings=list(plan.file.warnings),
            effects=list(left_behind(before, plan.file.company, self.lists)) if before else [],
        )


def _count(changes: list[str]) -> str:
    return "1 change" if len(changes) == 1 else f"{len(changes)} changes"
