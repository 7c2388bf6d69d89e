"""Handovers: the contacts of somebody who leaves go to others, as one job that can be continued and undone."""

from __future__ import annotations

from datetime import UTC, datetime
from secrets import token_hex
from typing import TYPE_CHECKING, NamedTuple

from functions.admin.handover.count import Count, counted, owner_sets_of
from functions.admin.handover.entries import HandoverEntries
from functions.admin.handover.jobs import Handover, HandoverJobs
from functions.admin.handover.run import HandoverRun
from functions.admin.handover.targets import recipients, still_can_receive
from functions.admin.handover.undo import HandoverUndo
from functions.admin.refusal import Refusal
from shared.company_file.mistakes import Findings, quoted
from shared.company_file.names import ID

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_dynamodb import DynamoDBClient

    from functions.admin.company_versions import CompanyVersions
    from functions.admin.contact_lists import ContactLists
    from shared.companies import Companies
    from shared.company import Company
    from shared.contacts import Contacts

MOST_CHANGED_SHOWN = 100

_CANNOT = "this handover cannot be; nothing is changed"
_FINISH = "finish it or undo it first"


class HandoverPlan(NamedTuple):
    """What a handover would do."""

    recipients: tuple[str, ...]
    contacts: Count


class Handovers:
    """Plans, begins, continues and undoes handovers."""

    def __init__(
        self,
        dynamodb: DynamoDBClient,
        table: str,
        companies: Companies,
        lists: ContactLists,
        contacts: Contacts,
        versions: CompanyVersions,
        clock: Callable[[], int],
    ) -> None:
        self._companies = companies
        self._lists = lists
        self._clock = clock
        self._jobs = HandoverJobs(dynamodb, table)
        self._entries = HandoverEntries(dynamodb, table)
        self._run = HandoverRun(lists, contacts, versions, self._jobs, self._entries, clock)
        self._undo = HandoverUndo(lists, contacts, self._jobs, self._entries, clock)

    def plan(self, leaver: str, to: str) -> HandoverPlan:
        """Say who would get how many contacts; raise Refusal."""
        company = self._companies.current().company
        count = self._count(company, leaver)
        moment = datetime.fromtimestamp(self._clock() / 1000, UTC)
        return HandoverPlan(recipients(company, leaver, to, moment), count)

    def begin(self, leaver: str, to: str, by: str | None) -> Handover:
        """Store a handover that is to be continued; the same one that runs already is given back; raise Refusal."""
        plan = self.plan(leaver, to)
        for other in self._jobs.page(None)[0]:
            if other.leaver == leaver and other.state in {"running", "undoing"}:
                if other.state == "running" and other.to == to:
                    return other
                raise Refusal(409, f"handover {other.id} of {leaver} to {other.to} is {other.state}: {_FINISH}")
        received = dict.fromkeys(plan.recipients, 0)
        job = Handover(token_hex(6), leaver, to, plan.recipients, by, self._clock(), plan.contacts.all, received)
        self._jobs.create(job)
        return job

    def go_on(self, job_id: str) -> Handover:
        """Hand over as many contacts as fit into a request; give the job as it is then; raise Refusal."""
        job = self._jobs.load(job_id)
        if job.state == "done":
            return job
        if job.state != "running":
            raise Refusal(409, f"handover {job.id} is {job.state}: it cannot be continued; begin another")
        company = self._companies.current().company
        able = tuple(who for who in job.recipients if still_can_receive(company, job.leaver, who))
        if not able:
            who = " and ".join(job.recipients)
            raise Refusal(409, f"{who} can receive no contacts any more: undo handover {job.id}, then begin another")
        return self._run.go_on(job, able)

    def undo(self, job_id: str) -> Handover:
        """Take back as many contacts as fit into a request; give the job as it is then; raise Refusal."""
        job = self._jobs.turn(self._jobs.load(job_id), "undoing", only_from=["running", "done", "undoing"])
        return job if job.state == "undone" else self._undo.go_on(job)

    def of_id(self, job_id: str) -> Handover:
        """Read a handover; raise Refusal."""
        return self._jobs.load(job_id)

    def page(self, below: str | None) -> tuple[list[Handover], str | None]:
        """List handovers, the newest first."""
        return self._jobs.page(below)

    def changed_since(self, job: Handover) -> list[str]:
        """Name contacts that undoing has left alone, because somebody changed them after they were handed over."""
        if not job.changed:
            return []
        found = (entry.contact_id for entry in self._entries.changed(job))
        return [contact_id for contact_id, _ in zip(found, range(MOST_CHANGED_SHOWN), strict=False)]

    def _count(self, company: Company, leaver: str) -> Count:
        count = Count()
        if ID.fullmatch(leaver):
            count = counted(owner_sets_of([leaver], self._lists), self._lists)[leaver]
        # Who is out of the file may have left contacts behind; who never was in it has none.
        if leaver not in company.employees and not count.all:
            hint = Findings().suggestion("employee", leaver, company.employees)
            raise Refusal(422, _CANNOT, (f"from: no employee {quoted(leaver)}, and no contact of one{hint}",))
        return count
