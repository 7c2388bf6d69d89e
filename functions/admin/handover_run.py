"""One stint of a handover: contact by contact, as many as fit into a request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from functions.admin.handover_entries import Entry, Owned
from shared.contact import Contact, Evidence, Responsible
from shared.contacts import Conflict, Contacts, owner_set

if TYPE_CHECKING:
    from collections.abc import Callable

    from functions.admin.company_versions import CompanyVersions
    from functions.admin.contact_lists import ContactLists
    from functions.admin.handover_entries import HandoverEntries
    from functions.admin.handover_jobs import Handover, HandoverJobs

MOST_CONTACTS = 200
MOST_MS = 10_000
"""A stint ends far below the function's time-out, so that whoever waits sees progress."""

MAX_TURNS = 8
EVIDENCE = Evidence("handover")


class Stint:
    """How much of a job one request does."""

    def __init__(self, clock: Callable[[], int]) -> None:
        self._clock = clock
        self._ends_at = clock() + MOST_MS
        self._left = MOST_CONTACTS

    def take(self) -> bool:
        """Ask for one more contact."""
        self._left -= 1
        return self._left >= 0 and self._clock() < self._ends_at


class HandoverRun:
    """Hands contacts over until the stint or the work ends."""

    def __init__(
        self,
        lists: ContactLists,
        contacts: Contacts,
        versions: CompanyVersions,
        jobs: HandoverJobs,
        entries: HandoverEntries,
        clock: Callable[[], int],
    ) -> None:
        self._lists = lists
        self._contacts = contacts
        self._versions = versions
        self._jobs = jobs
        self._entries = entries
        self._clock = clock

    def go_on(self, job: Handover, recipients: tuple[str, ...]) -> Handover:
        """Do what fits into one request; where nothing is left, the job is done."""
        stint, cursor, known_sets, is_left = Stint(self._clock), None, set(self._lists.owner_sets()), False
        while True:
            page = self._lists.of_responsible(job.leaver, cursor)
            for contact in page.contacts:
                if not stint.take():
                    return job
                job, is_passed_on = self._pass_on(job, contact, recipients, known_sets)
                if job.state != "running":
                    return job  # somebody undoes it
                is_left = is_left or not is_passed_on
            if page.cursor is None:
                return job if is_left else self._jobs.turn(job, "done", only_from=["running"])
            cursor = page.cursor

    def _pass_on(
        self, job: Handover, contact: Contact | None, recipients: tuple[str, ...], known_sets: set[str]
    ) -> tuple[Handover, bool]:
        """Hand one contact over; say whether it is done, or changes so fast that the next stint must try again."""
        for _ in range(MAX_TURNS):
            # Gone from the leaver's: a person was quicker, or another who continues this job.
            if contact is None or all(each.who != job.leaver for each in contact.responsibles):
                return job, True
            try:
                job, entry = self._decided(job, contact, recipients)
                revised = entry.after.put_on(contact)
                if len(revised.responsibles) > 1 and owner_set(revised) not in known_sets:
                    self._versions.remember_owners({owner_set(revised)})
                    known_sets.add(owner_set(revised))
                self._contacts.revise(revised)
            except Conflict:
                job, contact = self._jobs.load(job.id), self._lists.of_id(contact.id)
                if job.state != "running":
                    return job, False
            else:
                return job, True
        return job, False

    def _decided(self, job: Handover, contact: Contact, recipients: tuple[str, ...]) -> tuple[Handover, Entry]:
        """Give the entry for this revision of the contact; it is written by whoever is first."""
        known = self._entries.of(job, contact.id)
        is_able = known is not None and known.recipient in recipients  # he may have left as well since
        if known is not None and is_able and known.revision == contact.revision + 1:
            return job, known
        recipient = known.recipient if known and is_able else _next_recipient(job, contact, recipients)
        after = passed_on(contact, job.leaver, recipient, self._clock())
        entry = Entry(contact.id, recipient, Owned.of(contact), after, contact.revision + 1)
        return self._entries.decide(job, entry, known), entry


def passed_on(contact: Contact, leaver: str, recipient: str, now: int) -> Owned:
    """Put the recipient into the leaver's place; whoever owns the contact already keeps his own place and evidence."""
    has_it_already = any(each.who == recipient for each in contact.responsibles)
    instead = () if has_it_already else (Responsible(recipient, "manual", now, EVIDENCE),)
    owners: list[Responsible] = []
    for each in contact.responsibles:
        owners += instead if each.who == leaver else (each,)
    return Owned(tuple(owners), "assigned", None, manual=True)


def _next_recipient(job: Handover, contact: Contact, recipients: tuple[str, ...]) -> str:
    """Choose who has got the fewest, rather one who does not own this contact already; a tie goes by the order."""
    owners = {each.who for each in contact.responsibles}
    return min(recipients, key=lambda who: (who in owners, job.received[who]))
