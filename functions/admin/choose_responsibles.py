"""A person chooses who is responsible for a contact; from then on the system leaves it alone (R9)."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from functions.admin.refusal import Refusal
from shared.company import GROUP_PREFIX
from shared.contact import Contact, Evidence, Responsible
from shared.contacts import Conflict, Contacts
from shared.metrics import count_contact

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from functions.admin.company_versions import CompanyVersions
    from functions.admin.contact_lists import ContactLists
    from shared.company import Company

_MAX_TURNS = 8


def check_names(company: Company, names: Sequence[str]) -> None:
    """Refuse names the company does not have, people who have left, and anyone named twice."""
    known = [*company.employees, *(f"{GROUP_PREFIX}{group}" for group in company.groups)]
    mistakes = []
    for place, who in enumerate(names):
        if who in names[:place]:
            mistakes.append(f"responsibles[{place}]: {who!r} is named twice")
        elif who not in known:
            close = difflib.get_close_matches(who, known, n=1)
            hint = f"; did you mean {close[0]!r}?" if close else ""
            mistakes.append(f"responsibles[{place}]: no employee or group {who!r}{hint}")
        elif who in company.employees and not company.employees[who].active:
            mistakes.append(f"responsibles[{place}]: {who!r} is not active and would get no call")
    if mistakes:
        raise Refusal(422, "these responsibles cannot be set; nothing is changed", tuple(mistakes))


class ResponsiblesChooser:
    """Sets responsibles by hand."""

    def __init__(
        self, lists: ContactLists, contacts: Contacts, versions: CompanyVersions, clock: Callable[[], int]
    ) -> None:
        self._lists = lists
        self._contacts = contacts
        self._versions = versions
        self._clock = clock

    def choose(self, company: Company, contact_id: str, names: Sequence[str]) -> Contact:
        """Set the responsibles, in order; an empty list means nobody, and that too is a person's choice."""
        check_names(company, names)
        if len(names) > 1:
            self._versions.remember_owners({",".join(names)})
        for _ in range(_MAX_TURNS):
            contact = self._lists.of_id(contact_id)
            if contact is None:
                raise Refusal(404, f"no contact {contact_id!r}")
            try:
                chosen = self._contacts.revise(self._chosen(contact, names))
            except Conflict:
                continue
            count_contact(contact, chosen)
            return chosen
        raise Refusal(409, "the contact is being changed by many at once; try again")

    def _chosen(self, contact: Contact, names: Sequence[str]) -> Contact:
        now, evidence = self._clock(), Evidence("manual")
        responsibles = tuple(Responsible(who, "manual", now, evidence) for who in names)
        return contact._replace(
            responsibles=responsibles,
            state="assigned" if responsibles else "unowned",
            reason=None if responsibles else "manual",
            manual=True,
        )
