"""What the admin API shows and takes, as the contract words it. Times are ISO 8601 in UTC, numbers E.164."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from functions.admin.company_history import LAST_VERSION
from shared.company_file.check_templates import MOST_RESPONSIBLES
from shared.contact import MOST_PHONES, ContactState, Source
from shared.pbx.protocol import Direction, Outcome  # noqa: TC001 -- the same

if TYPE_CHECKING:
    from functions.admin.company_history import Applied
    from shared.call import Call, Proof
    from shared.contact import Contact, Responsible


class EvidenceDocument(BaseModel):
    """The event that made somebody responsible."""

    connection: str | None
    call_id: str | None
    event: str


class _Owner(BaseModel):
    source: Source
    at: str
    late: bool
    evidence: EvidenceDocument


class EmployeeOwner(_Owner):
    """An employee who is responsible."""

    employee: str


class GroupOwner(_Owner):
    """A group that is responsible."""

    group: str


class CreatedByDocument(BaseModel):
    """The call that created a contact."""

    connection: str
    call_id: str
    line: str | None


class ContactDocument(BaseModel):
    """A contact."""

    id: str
    kind: Literal["person", "company"]
    name: str
    phones: list[str]
    tags: list[str]
    fields: dict[str, str]
    template: str
    created_at: str
    created_by: CreatedByDocument
    responsibles: list[EmployeeOwner | GroupOwner]
    state: ContactState
    reason: str | None


class ContactPage(BaseModel):
    """Some contacts, and where to go on."""

    items: list[ContactDocument]
    cursor: str | None


class LegDocument(BaseModel):
    """One extension a call reached."""

    ext: str | None
    employee: str | None
    state: Literal["ringing", "answered", "cancelled", "missed"]


class CallDocument(BaseModel):
    """A call."""

    connection: str
    call_id: str
    direction: Direction | None
    phone: str | None
    line: str | None
    state: Literal["ringing", "answered", "ended"]
    outcome: Outcome | None
    legs: list[LegDocument]
    first_directed: str | None
    answered_by: str | None
    last_held_by: str | None
    contact_id: str | None


class ListedCallDocument(CallDocument):
    """A call in a list."""

    began_at: str = Field(description="When its first event came")


class CallPage(BaseModel):
    """Some calls, the newest first, and where to go on."""

    items: list[ListedCallDocument]
    cursor: str | None


class ResponsiblesChoice(BaseModel):
    """A person's choice of responsibles."""

    model_config = ConfigDict(extra="forbid")

    responsibles: list[str] = Field(
        max_length=MOST_RESPONSIBLES, description='In order: employees ("anna") and groups ("group:sales")'
    )


class PhonesChoice(BaseModel):
    """All numbers a contact has from now on."""

    model_config = ConfigDict(extra="forbid")

    phones: list[str] = Field(min_length=1, max_length=MOST_PHONES, description="In any spelling, the main one first")


class Merge(BaseModel):
    """Which contact becomes part of this one."""

    model_config = ConfigDict(extra="forbid")

    contact: str = Field(max_length=100, description="Its id; it leads to this contact from then on")


class CompanyApplied(BaseModel):
    """What came of applying a company file."""

    version: int
    changes: list[str]
    warnings: list[str]
    effects: list[str] = Field(description="What is left to do: the contacts of people who are gone now")


class CompanyPlan(BaseModel):
    """What applying a company file would change, and what that does."""

    changes: list[str]
    warnings: list[str]
    effects: list[str] = Field(description="Callers left to the PBX, contacts that lose whoever can be rung for them")


class CompanyVersion(BaseModel):
    """A version of the company that is or was in force."""

    version: int
    applied_at: str
    applied_by: str | None = Field(description="As proven (jwt, iam), else as said in X-Firstcall-User")
    restores: int | None = Field(description="The version that a rollback brought back")


class CompanyVersionPage(BaseModel):
    """Some versions, the newest first, and where to go on."""

    items: list[CompanyVersion]
    cursor: str | None


class Rollback(BaseModel):
    """Which version to put in force again."""

    model_config = ConfigDict(extra="forbid")

    version: int = Field(ge=1, le=LAST_VERSION, strict=True)


class RefusalDocument(BaseModel):
    """Why a request is refused."""

    error: str
    mistakes: list[str] = Field(default=[], description="Every mistake, each as `path: what is wrong`")


CompanyDocument = dict[str, Any]
"""A company file as JSON; shared.company_file judges it, which names every mistake at once."""


def contact_document(contact: Contact) -> ContactDocument:
    """Show a contact."""
    by = contact.created_by
    return ContactDocument(
        id=contact.id,
        kind=contact.kind,
        name=contact.name,
        phones=list(contact.phones),
        tags=list(contact.tags),
        fields=dict(contact.fields),
        template=contact.template,
        created_at=iso(contact.created_at),
        created_by=CreatedByDocument(connection=by.connection, call_id=by.call_id, line=by.line),
        responsibles=[_owner(each) for each in contact.responsibles],
        state=contact.state,
        reason=contact.reason,
    )


def _owner(responsible: Responsible) -> EmployeeOwner | GroupOwner:
    proof = responsible.evidence
    evidence = EvidenceDocument(connection=proof.connection, call_id=proof.call_id, event=proof.event)
    source, at, late = responsible.source, iso(responsible.at), responsible.late
    if responsible.is_group:
        return GroupOwner(group=responsible.name, source=source, at=at, late=late, evidence=evidence)
    return EmployeeOwner(employee=responsible.name, source=source, at=at, late=late, evidence=evidence)


def version_document(applied: Applied) -> CompanyVersion:
    """Show a version."""
    at, by = iso(applied.applied_at), applied.applied_by
    return CompanyVersion(version=applied.version, applied_at=at, applied_by=by, restores=applied.restores)


def call_document(call: Call, contact_id: str | None) -> CallDocument:
    """Show a call."""
    return CallDocument(
        connection=call.connection,
        call_id=call.call_id,
        direction=call.direction,
        phone=call.phone,
        line=call.line,
        state=call.state,
        outcome=call.outcome,
        legs=[LegDocument(ext=leg.ext or leg.login, employee=leg.employee, state=leg.state) for leg in call.legs],
        first_directed=call.first_directed,
        answered_by=_employee(call.first_answer),
        last_held_by=_employee(call.last_answer),
        contact_id=contact_id,
    )


def _employee(proof: Proof | None) -> str | None:
    return proof.leg.employee if proof else None


def iso(moment: int) -> str:
    """Write a time (ms)."""
    return datetime.fromtimestamp(moment / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
