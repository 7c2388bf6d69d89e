"""One stint of a handover: contact by contact, as many as fit into a request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from functions.admin.handover.entry import Entry, Owned
from shared.contact import Contact, Evidence, Responsible
from shared.contacts import Conflict, Contacts, owner_set

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from functions.admin.company_versions import CompanyVersions
    from functions.admin.contact_lists import ContactLists
    from functions.admin.handover.entries import HandoverEntries
    from functions.admin.handover.jobs import Handover, HandoverJobs

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

    def take(self, wanted: int) -> int:
        """Ask for so many contacts more; get as many as may be done, none once the time is over."""
        given = min(wanted, self._left) if self._clock() < self._ends_at else 0
        self._left -= given
        return given


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
            given = stint.take(len(page.contacts))
            job, are_passed_on = self._pass_on(job, page.contacts[:given], recipients, known_sets)
            if job.state != "running" or given < len(page.contacts):
                return job
            is_left = is_left or not are_passed_on
            if page.cursor is None:
                return job if is_left else self._jobs.turn(job, "done", only_from=["running"])
            cursor = page.cursor

    def _pass_on(
        self, job: Handover, contacts: Sequence[Contact], recipients: tuple[str, ...], known_sets: set[str]
    ) -> tuple[Handover, bool]:
        """Hand contacts over; say whether all are done, or some change so fast that the next stint must try again."""
        are_all_there = True
        for _ in range(MAX_TURNS):
            # No longer the leaver's: a person was quicker, or another who continues this job.
            still = [each for each in contacts if any(owner.who == job.leaver for owner in each.responsibles)]
            if not still:
                return job, are_all_there
            again: Sequence[Contact] = still
            try:
                job, entries = self._decided(job, still, recipients)
            except Conflict:
                job = self._jobs.load(job.id)
                if job.state != "running":
                    return job, False
            else:
                again = [each for each in still if not self._carry_out(entries[each.id], each, known_sets)]
            # The id of one merged meanwhile leads to the other; the next stint finds that where it is listed by then.
            found = [(each.id, self._lists.of_id(each.id)) for each in again]
            contacts = [each for contact_id, each in found if each is not None and each.id == contact_id]
            are_all_there = are_all_there and len(contacts) == len(again)
        return job, False

    def _decided(
        self, job: Handover, contacts: Sequence[Contact], recipients: tuple[str, ...]
    ) -> tuple[Handover, Mapping[str, Entry]]:
        """Give the entry for this revision of each contact; what is new is written in one step; raise Conflict."""
        known = self._entries.of(job, [each.id for each in contacts])
        entries, new, received = dict(known), list[Entry](), dict(job.received)
        for contact in contacts:
            old = known.get(contact.id)
            is_able = old is not None and old.recipient in recipients  # he may have left as well since
            if old is not None and is_able and old.revision == contact.revision + 1:
                continue
            recipient = old.recipient if old and is_able else _next_recipient(received, contact, recipients)
            received[recipient] += 1
            after = passed_on(contact, job.leaver, recipient, self._clock())
            entries[contact.id] = Entry(contact.id, recipient, Owned.of(contact), after, contact.revision + 1)
            new.append(entries[contact.id])
        return self._entries.decide(job, new, known) if new else job, entries

    def _carry_out(self, entry: Entry, contact: Contact, known_sets: set[str]) -> bool:
        """Write one contact; False where somebody wrote it first."""
        revised = entry.after.put_on(contact)
        if len(revised.responsibles) > 1 and owner_set(revised) not in known_sets:
            self._versions.remember_owners({owner_set(revised)})
            known_sets.add(owner_set(revised))
        try:
            self._contacts.revise(revised)
        except Conflict:
            return False
        return True


def passed_on(contact: Contact, leaver: str, recipient: str, now: int) -> Owned:
    """Put the recipient into the leaver's place; whoever owns the contact already keeps his own place and evidence."""
    has_it_already = any(each.who == recipient for each in contact.responsibles)
    instead = () if has_it_already else (Responsible(recipient, "manual", now, EVIDENCE),)
    owners: list[Responsible] = []
    for each in contact.responsibles:
        owners += instead if each.who == leaver else (each,)
    return Owned(tuple(owners), "assigned", None, manual=True)


def _next_recipient(received: Mapping[str, int], contact: Contact, recipients: tuple[str, ...]) -> str:
    """Choose who has got the fewest, rather one who does not own this contact already; a tie goes by the order."""
    owners = {each.who for each in contact.responsibles}
    return min(recipients, key=lambda who: (who in owners, received[who]))
