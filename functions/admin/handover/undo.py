"""Undoing a handover: every contact that is still as the handover left it gets its former owners back, exactly."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from functions.admin.handover.run import MAX_TURNS, Stint
from shared.contacts import Conflict, Contacts

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from functions.admin.contact_lists import ContactLists
    from functions.admin.handover.entries import HandoverEntries, Outcome
    from functions.admin.handover.entry import Entry
    from functions.admin.handover.jobs import Handover, HandoverJobs


AT_ONCE = 50
"""Entries noted together; a transaction takes a hundred."""


class HandoverUndo:
    """Takes contacts back until the stint or the work ends."""

    def __init__(
        self,
        lists: ContactLists,
        contacts: Contacts,
        jobs: HandoverJobs,
        entries: HandoverEntries,
        clock: Callable[[], int],
    ) -> None:
        self._lists = lists
        self._contacts = contacts
        self._jobs = jobs
        self._entries = entries
        self._clock = clock

    def go_on(self, job: Handover) -> Handover:
        """Do what fits into one request; where nothing is left, the job is undone.

        The job is `undoing` before the entries are read: from then on nobody writes another.
        """
        stint, entries, is_left = Stint(self._clock), self._entries.open(job), False
        while some := list(islice(entries, AT_ONCE)):
            given = stint.take(len(some))
            outcomes = [(each, outcome) for each in some[:given] if (outcome := self._undo(each)) is not None]
            is_noted = not outcomes or self._noted(job, outcomes)
            is_left = is_left or not is_noted or len(outcomes) < len(some)
            if given < len(some):
                break
        return self._jobs.load(job.id) if is_left else self._jobs.turn(job, "undone", only_from=["undoing"])

    def _noted(self, job: Handover, outcomes: Sequence[tuple[Entry, Outcome]]) -> bool:
        """Note what came of some; False where another who undoes it too has noted one of them: the next stint sees."""
        try:
            self._entries.close(job, outcomes)
        except Conflict:
            return False
        return True

    def _undo(self, entry: Entry) -> Outcome | None:
        """Give a contact its former owners back, or say that it was changed since; None: it changes too fast.

        One that was never handed over, because somebody was stopped just then, is written all the same: whoever may
        still be about to hand it over finds another revision, reads the job, and lets it be.
        """
        for _ in range(MAX_TURNS):
            contact = self._lists.of_id(entry.contact_id)
            is_merged = contact is not None and contact.id != entry.contact_id
            left_as = {entry.after.responsibles, entry.before.responsibles}
            if contact is None or is_merged or contact.responsibles not in left_as:
                return "changed"
            try:
                self._contacts.revise(entry.before.put_on(contact))
            except Conflict:
                continue
            return "restored"
        return None
