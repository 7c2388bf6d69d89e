"""Handovers as a client of the admin API sees them, and contacts for them to move."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from shared.contact import Contact, CreatedBy, Evidence, Responsible
from shared.contacts import Contacts
from shared.table import company_key

if TYPE_CHECKING:
    from tests.integration.admin.conftest import Answer, RawAdmin
    from tests.support.stack import Stack


@dataclass(frozen=True, slots=True)
class Handover:
    """One handover."""

    admin: RawAdmin
    id: str

    def shown(self) -> dict[str, Any]:
        """Look at it."""
        return dict(self.admin.send("GET", f"handovers/{self.id}").json)

    def ask(self, what: str) -> Answer:
        """Continue or undo it, for one request."""
        return self.admin.send("POST", f"handovers/{self.id}/{what}")

    def ended(self, what: str) -> dict[str, Any]:
        """Continue or undo it until it has ended."""
        ends = {"continue": "done", "undo": "undone"}[what]
        answer = self.ask(what)
        while answer.status == 200 and answer.json["state"] != ends:
            answer = self.ask(what)
        assert answer.status == 200, answer.text
        return dict(answer.json)


def plan(admin: RawAdmin, leaver: str, to: str) -> Answer:
    """Ask what a handover would do."""
    return admin.send("POST", "handovers/plan", json.dumps({"from": leaver, "to": to}))


def begin(admin: RawAdmin, leaver: str, to: str) -> Answer:
    """Begin a handover."""
    body = json.dumps({"from": leaver, "to": to})
    return admin.send("POST", "handovers", body, headers={"X-Firstcall-User": "olga"})


def begun(admin: RawAdmin, leaver: str, to: str) -> Handover:
    """Begin a handover that must be possible."""
    answer = begin(admin, leaver, to)
    assert answer.status == 200, answer.text
    return Handover(admin, answer.json["id"])


def own(stack: Stack, *owners: str, number: int = 0, **changes: Any) -> Contact:
    """Store a contact, each owner with evidence of his own."""
    responsibles = tuple(
        Responsible(who, "answered", place, Evidence("ACCEPTED", "megafon-main", f"{number}-{place}"), late=bool(place))
        for place, who in enumerate(owners)
    )
    blank = Contact(
        id=f"{number:032x}",
        kind="person",
        name="Client",
        phones=(f"+7999{number:07d}",),
        template="default",
        created_at=stack.clock.ms + number,
        created_by=CreatedBy("megafon-main", "1"),
        responsibles=responsibles,
        state="assigned",
    )
    return Contacts(stack.dynamodb, stack.table).create(blank._replace(**changes))


def remember(stack: Stack, *sets: str) -> None:
    """Note sets of owners that contacts have, as every writer of such a contact does."""
    stack.dynamodb.update_item(
        TableName=stack.table,
        Key=company_key("owners"),
        UpdateExpression="ADD #sets :sets",
        ExpressionAttributeNames={"#sets": "sets"},
        ExpressionAttributeValues={":sets": {"SS": list(sets)}},
    )


def now(stack: Stack, contact: Contact) -> Contact:
    """Read a contact as it is by now."""
    found = stack.contact(contact.phones[0])
    assert found is not None
    return found


def owners(stack: Stack, contact: Contact) -> list[str]:
    """Name who owns a contact by now."""
    return [each.who for each in now(stack, contact).responsibles]


def ownership(contact: Contact) -> tuple[object, ...]:
    """Take all that a contact says of who owns it."""
    return contact.responsibles, contact.state, contact.reason, contact.manual
