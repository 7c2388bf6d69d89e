"""The path of the audit: who changed what, and when."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple

from aws_lambda_powertools.event_handler.openapi.params import Query
from pydantic import BaseModel, Field

from functions.admin.documents import iso
from functions.admin.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_lambda_powertools.event_handler import APIGatewayHttpResolver

    from functions.admin.audit_log import AuditLog, AuditRecord

CURSOR = r"^[0-9]{13}-[0-9a-f]{8}$"
FROM = Query(
    alias="from", description="ISO time with offset, or a day (UTC); default: all that is kept", max_length=100
)
TO = Query(alias="to", description="The same; a day counts to its end; default: now", max_length=100)


class AuditDocument(BaseModel):
    """One change, or one that was refused."""

    at: str
    by: str | None = Field(description="Proven where `way` is jwt or iam, else as said in X-Firstcall-User")
    way: Literal["token", "jwt", "iam"] = Field(description="How the right to it was proven")
    method: str
    path: str
    parts: dict[str, str] = Field(description="What stands in the place of the path's names")
    status: int | None = Field(description="Null where the end was never written: the change may be whole, or not be")
    summary: str | None


class AuditPage(BaseModel):
    """Some records, the newest first, and where to go on."""

    items: list[AuditDocument]
    cursor: str | None


class AuditPaths(NamedTuple):
    """What the path of the audit works with."""

    log: AuditLog
    clock: Callable[[], int]

    def add_to(self, app: APIGatewayHttpResolver) -> None:
        """Declare the path."""

        @app.get("/admin/audit", summary="Who changed what, the newest first", tags=["audit"])
        def audit(
            since: Annotated[str | None, FROM] = None,
            until: Annotated[str | None, TO] = None,
            cursor: Annotated[str | None, Query(description="From the page before", pattern=CURSOR)] = None,
        ) -> AuditPage:
            return self._list(since, until, cursor)

    def _list(self, since: str | None, until: str | None, cursor: str | None) -> AuditPage:
        start = _moment("from", since, "00:00:00.000") if since else 0
        end = _moment("to", until, "23:59:59.999") if until else self.clock()
        records, more = self.log.page(start, end, cursor and cursor.replace("-", "#"))
        return AuditPage(items=[_document(each) for each in records], cursor=more and more.replace("#", "-"))


def _moment(name: str, text: str, time_of_day: str) -> int:
    """Read an ISO time with offset, or a day."""
    try:
        # In a query a plus is a space, so that 18:30+03:00 arrives without it.
        moment = datetime.fromisoformat(
            text.strip().replace(" ", "+") if "T" in text else f"{text}T{time_of_day}+00:00"
        )
        if moment.tzinfo is None:
            raise Refusal(400, f"{name}: {text!r} has no offset from UTC; write it as 2026-12-31T18:30:00+03:00")
        return max(int(moment.astimezone(UTC).timestamp() * 1000), 0)
    except (ValueError, OverflowError):
        raise Refusal(400, f"{name}: {text!r} is no day such as 2026-12-31 and no ISO 8601 time") from None


def _document(record: AuditRecord) -> AuditDocument:
    change = record.change
    return AuditDocument(
        at=iso(record.at),
        by=change.by,
        way=change.way,
        method=change.method,
        path=change.path,
        parts=dict(change.parts),
        status=record.status,
        summary=record.summary,
    )
