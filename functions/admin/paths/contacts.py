"""The paths of contacts: found by number, responsible or state; their responsibles and numbers set by a person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, NamedTuple

from aws_lambda_powertools.event_handler.openapi.params import Body, Path, Query

from functions.admin.audit import summarise
from functions.admin.documents import (
    ContactDocument,
    ContactPage,
    Merge,
    PhonesChoice,
    ResponsiblesChoice,
    contact_document,
)
from functions.admin.refusal import Refusal
from shared.contact import ContactState  # noqa: TC001 -- read at run time
from shared.phones import normalise

if TYPE_CHECKING:
    from aws_lambda_powertools.event_handler import APIGatewayHttpResolver

    from functions.admin.choose_responsibles import ResponsiblesChooser
    from functions.admin.contact_lists import ContactLists
    from functions.admin.contact_numbers import ContactNumbers
    from shared.companies import Companies
    from shared.contacts import Contacts

ContactId = Annotated[str, Path(max_length=100)]


class ContactPaths(NamedTuple):
    """What the paths of contacts work with."""

    companies: Companies
    contacts: Contacts
    lists: ContactLists
    chooser: ResponsiblesChooser
    numbers: ContactNumbers

    def add_to(self, app: APIGatewayHttpResolver) -> None:
        """Declare the paths."""

        @app.get("/admin/contacts", summary="Contacts by number, responsible or state", tags=["contacts"])
        def contacts(
            phone: Annotated[str | None, Query(description="A number in any spelling")] = None,
            responsible: Annotated[str | None, Query(description='An employee or "group:…"')] = None,
            state: Annotated[ContactState | None, Query()] = None,
            cursor: Annotated[str | None, Query(description="From the page before", max_length=2000)] = None,
        ) -> ContactPage:
            return self._find(phone, responsible, state, cursor)

        @app.get("/admin/contacts/<contact_id>", summary="One contact", tags=["contacts"])
        def contact(contact_id: ContactId) -> ContactDocument:
            found = self.lists.of_id(contact_id)
            if found is None:
                raise Refusal(404, f"no contact {contact_id!r}")
            return contact_document(found)

        @app.put("/admin/contacts/<contact_id>/responsibles", summary="Choose the responsibles", tags=["contacts"])
        def choose(contact_id: ContactId, choice: Annotated[ResponsiblesChoice, Body()]) -> ContactDocument:
            company = self.companies.current().company
            chosen = contact_document(self.chooser.choose(company, contact_id, choice.responsibles))
            summarise(app, f"responsible: {', '.join(choice.responsibles) or 'nobody'}")
            return chosen

        @app.put("/admin/contacts/<contact_id>/phones", summary="Set a contact's numbers", tags=["contacts"])
        def set_phones(contact_id: ContactId, choice: Annotated[PhonesChoice, Body()]) -> ContactDocument:
            company = self.companies.current().company
            found = contact_document(self.numbers.set(company, contact_id, choice.phones))
            summarise(app, f"found by {', '.join(found.phones)}")
            return found

        @app.post("/admin/contacts/<contact_id>/merge", summary="Merge another contact into it", tags=["contacts"])
        def merge(contact_id: ContactId, choice: Annotated[Merge, Body()]) -> ContactDocument:
            merged = contact_document(self.numbers.merge(contact_id, choice.contact))
            summarise(app, f"took in {choice.contact}")
            return merged

    def _find(
        self, phone: str | None, responsible: str | None, state: ContactState | None, cursor: str | None
    ) -> ContactPage:
        if sum(given is not None for given in (phone, responsible, state)) != 1:
            raise Refusal(400, "give exactly one of phone, responsible and state")
        if phone is not None:
            number = normalise(phone, self.companies.current().company.country)
            if number is None:
                raise Refusal(400, "phone: it cannot be read as a number")
            found = self.contacts.of_phone(number, consistent=True)
            return ContactPage(items=[contact_document(found)] if found else [], cursor=None)
        if state is not None:
            page = self.lists.of_state(state, cursor)
        else:
            page = self.lists.of_responsible(responsible or "", cursor)
        return ContactPage(items=[contact_document(each) for each in page.contacts], cursor=page.cursor)
