"""Handovers as stored: one item a job, which counts what is done.

There is no list of what is left: that is the index by owner, which a contact handed over leaves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple, cast

from botocore.exceptions import ClientError

from functions.admin.refusal import Refusal
from shared.table import LISTED, is_conflict, job_key, number_of, text_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from mypy_boto3_dynamodb import DynamoDBClient

    from shared.table import Item

State = Literal["running", "done", "undoing", "undone"]

PAGE = 50
KEEP_SECONDS = 366 * 86_400
"""How long a handover can be looked at and undone."""

_LIST = "handovers"


class Handover(NamedTuple):
    """One handover: from whom to whom, and how far it is."""

    id: str
    leaver: str
    to: str  # as it was asked for: "deputy", "spread:sales"
    recipients: tuple[str, ...]  # whom that meant when it began
    started_by: str | None
    started_at: int  # ms
    contacts: int  # how many there were when it began
    received: Mapping[str, int]  # by recipient
    state: State = "running"
    handed_over: int = 0
    restored: int = 0
    changed: int = 0  # found changed since when it was undone, and left alone
    revision: int = 0  # counts the decisions written, so that two made at once cannot be counted as one

    @property
    def expires_at(self) -> int:
        """When it is forgotten (s)."""
        return self.started_at // 1000 + KEEP_SECONDS


class HandoverJobs:
    """Reads and writes the jobs."""

    def __init__(self, dynamodb: DynamoDBClient, table: str) -> None:
        self._dynamodb = dynamodb
        self._table = table

    def create(self, job: Handover) -> None:
        """Store a job that begins."""
        item: Item = {
            **job_key(job.id),
            "kind": {"S": "handover"},
            "leaver": {"S": job.leaver},
            "target": {"S": job.to},
            "recipients": {"L": [{"S": who} for who in job.recipients]},
            "started_at": {"N": str(job.started_at)},
            "contacts": {"N": str(job.contacts)},
            "received": {"M": {who: {"N": "0"} for who in job.recipients}},
            "job_state": {"S": job.state},
            "handed_over": {"N": "0"},
            "restored": {"N": "0"},
            "changed": {"N": "0"},
            "revision": {"N": "0"},
            "list": {"S": _LIST},
            "listed_at": {"S": _listed_at(job)},
            "expires_at": {"N": str(job.expires_at)},
            **({"started_by": {"S": job.started_by}} if job.started_by else {}),
        }
        self._dynamodb.put_item(TableName=self._table, Item=item, ConditionExpression="attribute_not_exists(pk)")

    def load(self, job_id: str) -> Handover:
        """Read a job; raise Refusal where there is none."""
        found = self._find(job_id)
        if found is None:
            raise Refusal(404, f"no handover {job_id!r}; GET /admin/handovers lists them")
        return found

    def page(self, below: str | None) -> tuple[list[Handover], str | None]:
        """List jobs, the newest first, and below which to go on."""
        reply = self._dynamodb.query(
            TableName=self._table,
            IndexName=LISTED,
            KeyConditionExpression="#list = :list AND listed_at < :below",
            ExpressionAttributeNames={"#list": "list"},
            ExpressionAttributeValues={":list": {"S": _LIST}, ":below": {"S": below or "~"}},
            ScanIndexForward=False,
            Limit=PAGE,
        )
        keys = reply["Items"]
        found = [self._find((text_of(key, "pk") or "").removeprefix("job#")) for key in keys]
        more = text_of(keys[-1], "listed_at") if "LastEvaluatedKey" in reply else None
        return [job for job in found if job is not None], more  # the index may still name one that is forgotten

    def turn(self, job: Handover, to: State, *, only_from: Collection[State]) -> Handover:
        """Bring a job into another state; where it is in none of those it may come from, it stays as it is."""
        states = {f":from{place}": {"S": each} for place, each in enumerate(only_from)}
        try:
            item = self._dynamodb.update_item(
                TableName=self._table,
                Key=job_key(job.id),
                UpdateExpression="SET job_state = :to",
                ConditionExpression=f"job_state IN ({', '.join(states)})",
                ExpressionAttributeValues={":to": {"S": to}, **states},
                ReturnValues="ALL_NEW",
            )["Attributes"]
        except ClientError as error:
            if is_conflict(error):
                return self.load(job.id)
            raise
        return _handover(item)

    def _find(self, job_id: str) -> Handover | None:
        found = self._dynamodb.get_item(TableName=self._table, Key=job_key(job_id), ConsistentRead=True).get("Item")
        return _handover(found) if found is not None and text_of(found, "kind") == "handover" else None


def _listed_at(job: Handover) -> str:
    return f"{job.started_at:013d}#{job.id}"


def _handover(item: Item) -> Handover:
    counts = item["received"]["M"]
    return Handover(
        id=(text_of(item, "pk") or "").removeprefix("job#"),
        leaver=text_of(item, "leaver") or "",
        to=text_of(item, "target") or "",
        recipients=tuple(each["S"] for each in item["recipients"]["L"]),
        started_by=text_of(item, "started_by"),
        started_at=number_of(item, "started_at") or 0,
        contacts=number_of(item, "contacts") or 0,
        received={who: number_of(counts, who) or 0 for who in counts},
        state=cast("State", text_of(item, "job_state")),
        handed_over=number_of(item, "handed_over") or 0,
        restored=number_of(item, "restored") or 0,
        changed=number_of(item, "changed") or 0,
        revision=number_of(item, "revision") or 0,
    )
