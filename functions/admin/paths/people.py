"""The paths of people: everything held on one, and its erasure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, NamedTuple

from aws_lambda_powertools.event_handler.openapi.params import Body, Query
from pydantic import BaseModel, ConfigDict, Field

from functions.admin.audit import summarise
from functions.admin.documents import ContactDocument, ListedCallDocument, contact_document, iso
from functions.admin.paths.raw_events import RawEventDocument, raw_event_document
from functions.admin.people import named_in
from functions.admin.refusal import Refusal
from shared.phones import normalise

if TYPE_CHECKING:
    from aws_lambda_powertools.event_handler import APIGatewayHttpResolver

    from functions.admin.paths.calls import CallPaths
    from functions.admin.people import People
    from shared.companies import Companies
    from shared.company import Company
    from shared.raw_events import RawEvents


class PersonDocument(BaseModel):
    """What is held on one person, a page of calls at a time."""

    phones: list[str]
    contact: ContactDocument | None
    calls: list[ListedCallDocument]
    requests: list[RawEventDocument]
    company_file: list[str] = Field(description="Where the company file names a number of his")
    cursor: str | None


class Erasure(BaseModel):
    """Whom to erase."""

    model_config = ConfigDict(extra="forbid")

    phone: str = Field(max_length=100, description="Any of his numbers, in any spelling")


class ErasedCall(BaseModel):
    """A call that is gone."""

    connection: str
    call_id: str


class ReceiptDocument(BaseModel):
    """What was erased."""

    at: str
    phones: list[str]
    contacts: list[str] = Field(description="Ids")
    calls: list[ErasedCall]
    requests: int = Field(description="Requests of PBXs as they came")
    company_file: list[str] = Field(description="Where the company file still names a number of his")
    complete: bool = Field(description="false: there was more than one answer has time for, ask again")


class PeoplePaths(NamedTuple):
    """What the paths of people work with."""

    companies: Companies
    people: People
    calls: CallPaths
    raw_events: RawEvents

    def add_to(self, app: APIGatewayHttpResolver) -> None:
        """Declare the paths."""

        @app.get("/admin/people", summary="Everything held on one person", tags=["people"])
        def person(
            phone: Annotated[str, Query(description="Any of his numbers, in any spelling", max_length=100)],
            cursor: Annotated[str | None, Query(description="From the page before", pattern=r"^[0-9]{13}$")] = None,
        ) -> PersonDocument:
            return self._person(phone, int(cursor) if cursor else None)

        @app.post("/admin/people/erase", summary="Erase everything held on one person", tags=["people"])
        def erase(erasure: Annotated[Erasure, Body()]) -> ReceiptDocument:
            company = self.companies.current().company
            receipt = self.people.erase(company, _number(company, erasure.phone))
            more = "" if receipt.complete else ", more to do"
            numbers = ", ".join(receipt.phones)  # masked where it is kept
            summarise(app, f"erased {numbers}: {len(receipt.calls)} calls, {receipt.raw_events} requests{more}")
            return ReceiptDocument(
                at=iso(self.calls.clock()),
                phones=list(receipt.phones),
                contacts=list(receipt.contact_ids),
                calls=[ErasedCall(connection=connection, call_id=call_id) for connection, call_id in receipt.calls],
                requests=receipt.raw_events,
                company_file=named_in(company, receipt.phones),
                complete=receipt.complete,
            )

    def _person(self, phone: str, before: int | None) -> PersonDocument:
        company = self.companies.current().company
        held = self.people.held(_number(company, phone))
        page, position = self.people.calls(held, before)
        requests = [
            raw_event_document(each.connection, each.call_id, event)
            for each in page
            for event in self.raw_events.of_call(each.connection, each.call_id)
        ]
        if before is None:
            requests += [
                raw_event_document(name, None, event)
                for name in company.connections
                for _, event in self.raw_events.naming(name, held.phones)
            ]
        return PersonDocument(
            phones=list(held.phones),
            contact=contact_document(held.contact) if held.contact else None,
            calls=[found for each in page if (found := self.calls.listed(company, each))],
            requests=requests,
            company_file=named_in(company, held.phones),
            cursor=None if position is None else f"{position:013d}",
        )


def _number(company: Company, text: str) -> str:
    number = normalise(text, company.country)
    if number is None:
        raise Refusal(400, "phone: it cannot be read as a number")
    return number
