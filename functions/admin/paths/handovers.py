"""The paths of handovers: planned, begun, continued request by request, undone, looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, NamedTuple

from aws_lambda_powertools.event_handler.openapi.params import Body, Path, Query

from functions.admin.applied_by import applied_by
from functions.admin.audit import summarise
from functions.admin.handover.documents import (
    HandoverDetails,
    HandoverPage,
    HandoverPlanDocument,
    HandoverRequest,
    handover_details,
    handover_document,
    plan_document,
)

if TYPE_CHECKING:
    from aws_lambda_powertools.event_handler import APIGatewayHttpResolver

    from functions.admin.handover.handovers import Handovers
    from functions.admin.handover.jobs import Handover

HandoverId = Annotated[str, Path(max_length=100)]
_TAGS = ["handovers"]


class HandoverPaths(NamedTuple):
    """What the paths of handovers work with."""

    handovers: Handovers

    def add_to(self, app: APIGatewayHttpResolver) -> None:
        """Declare the paths."""

        @app.post("/admin/handovers/plan", summary="How many contacts a handover would move, and to whom", tags=_TAGS)
        def plan(request: Annotated[HandoverRequest, Body()]) -> HandoverPlanDocument:
            return plan_document(request, self.handovers.plan(request.leaver, request.to))

        @app.post("/admin/handovers", summary="Begin to hand somebody's contacts over", tags=_TAGS)
        def begin(request: Annotated[HandoverRequest, Body()]) -> HandoverDetails:
            by = applied_by(app.current_event.headers)
            job = self.handovers.begin(request.leaver, request.to, by)
            summarise(app, f"{job.id}: from {job.leaver} to {', '.join(job.recipients)}, {job.contacts} contacts")
            return self._shown(job)

        @app.get("/admin/handovers", summary="Every handover, the newest first", tags=_TAGS)
        def handovers(
            cursor: Annotated[
                str | None, Query(description="From the page before", pattern=r"^[0-9]{13}#\w{1,40}$")
            ] = None,
        ) -> HandoverPage:
            jobs, below = self.handovers.page(cursor)
            return HandoverPage(items=[handover_document(each) for each in jobs], cursor=below)

        @app.get("/admin/handovers/<handover_id>", summary="One handover", tags=_TAGS)
        def handover(handover_id: HandoverId) -> HandoverDetails:
            return self._shown(self.handovers.of_id(handover_id))

        @app.post("/admin/handovers/<handover_id>/continue", summary="Hand over as many as fit in 10 s", tags=_TAGS)
        def go_on(handover_id: HandoverId) -> HandoverDetails:
            job = self.handovers.go_on(handover_id)
            summarise(app, f"{job.handed_over} of {job.contacts} contacts from {job.leaver}, {job.state}")
            return self._shown(job)

        @app.post("/admin/handovers/<handover_id>/undo", summary="Take back as many as fit in 10 s", tags=_TAGS)
        def undo(handover_id: HandoverId) -> HandoverDetails:
            job = self.handovers.undo(handover_id)
            summarise(app, f"{job.restored} contacts back to {job.leaver}, {job.changed} left alone, {job.state}")
            return self._shown(job)

    def _shown(self, job: Handover) -> HandoverDetails:
        return handover_details(job, self.handovers.changed_since(job))
