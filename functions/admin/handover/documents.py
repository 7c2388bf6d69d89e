"""What the admin API takes and shows of handovers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

from functions.admin.documents import iso
from functions.admin.handover.jobs import State  # noqa: TC001 -- pydantic reads it

if TYPE_CHECKING:
    from functions.admin.handover.handovers import HandoverPlan
    from functions.admin.handover.jobs import Handover

_NAME = 100


class HandoverRequest(BaseModel):
    """Whose contacts go to whom."""

    model_config = ConfigDict(extra="forbid")

    leaver: str = Field(alias="from", max_length=_NAME, description="The employee who leaves, in the file or not")
    to: str = Field(max_length=_NAME, description='"deputy", an employee, "group:sales", or "spread:sales" for turns')


class HandoverPlanDocument(BaseModel):
    """What a handover would do."""

    leaver: str = Field(serialization_alias="from")
    to: str
    recipients: list[str] = Field(description="Who gets the contacts; several take turns")
    contacts: int
    shared: int = Field(description="How many of them others own, too")


class HandoverDocument(BaseModel):
    """A handover and how far it is."""

    id: str
    leaver: str = Field(serialization_alias="from")
    to: str
    recipients: list[str]
    started_by: str | None
    started_at: str
    state: State
    contacts: int = Field(description="How many there were when it began")
    handed_over: int
    received: dict[str, int] = Field(description="By recipient")
    restored: int
    changed: int = Field(description="Changed since when it was undone, and left as they are")


class HandoverDetails(HandoverDocument):
    """A handover, with the contacts that undoing it has left alone."""

    changed_contacts: list[str] = Field(description="Their ids, the first hundred")


class HandoverPage(BaseModel):
    """Some handovers, the newest first, and where to go on."""

    items: list[HandoverDocument]
    cursor: str | None


def plan_document(request: HandoverRequest, plan: HandoverPlan) -> HandoverPlanDocument:
    """Show a plan."""
    return HandoverPlanDocument(
        leaver=request.leaver,
        to=request.to,
        recipients=list(plan.recipients),
        contacts=plan.contacts.all,
        shared=plan.contacts.shared,
    )


def handover_document(job: Handover) -> HandoverDocument:
    """Show a handover."""
    return HandoverDocument(**_shown(job))


def handover_details(job: Handover, changed: list[str]) -> HandoverDetails:
    """Show a handover and what undoing it has left alone."""
    return HandoverDetails(**_shown(job), changed_contacts=changed)


def _shown(job: Handover) -> dict[str, object]:
    return {**job._asdict(), "started_at": iso(job.started_at)}
