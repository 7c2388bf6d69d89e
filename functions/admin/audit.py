"""Keeps the audit record of whatever changes something, whichever path it is: no path can forget it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from functions.admin.access import changes
from functions.admin.applied_by import applied_by
from functions.admin.audit_log import Change
from functions.admin.refusal import Refusal
from shared.companies import NoCompany
from shared.observability import logger

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Request, Response

    from functions.admin.access import Asker
    from functions.admin.audit_log import AuditLog

    Next = Callable[[APIGatewayHttpResolver], Response[Any]]

ASKER, SUMMARY = "asker", "summary"  # what a request carries along in the resolver's context


def summarise(app: APIGatewayHttpResolver, summary: str) -> None:
    """Say in a few words what a request has changed, for its audit record; never a secret. Numbers are masked later."""
    app.context[SUMMARY] = summary


def audited(
    log: AuditLog, declared: Callable[[], Mapping[str, Mapping[str, object]]]
) -> Callable[[APIGatewayHttpResolver, Next], Response[Any]]:
    """Make the step that every request takes on its way to its path."""

    def keep(app: APIGatewayHttpResolver, go_on: Next) -> Response[Any]:
        request = app.request
        if not changes(request.method, app.current_event.path):
            return go_on(app)
        if request.method.lower() not in declared().get(request.route, {}):  # no such path: it is refused, nothing else
            return go_on(app)
        asker: Asker = app.context[ASKER]
        by = applied_by(app.current_event.headers)
        begun = _begin(log, Change(by, asker.way, request.method, request.route, _parts(request)))
        try:
            response = go_on(app)
        except Exception as error:
            _end(log, begun, _status_of(error), None)
            raise
        _end(log, begun, response.status_code, app.context.get(SUMMARY))
        return response

    return keep


def _parts(request: Request) -> dict[str, str]:
    """Take what the path itself names: by now the resolver has put the body beside it, with the secrets in it."""
    return {name: str(request.path_parameters[name]) for name in re.findall(r"\{(\w+)\}", request.route)}


def _begin(log: AuditLog, change: Change) -> str:
    try:
        return log.begin(change)
    except (BotoCoreError, ClientError):
        logger.exception("no audit record can be written: nothing was changed")
        raise Refusal(503, "the audit record cannot be written, so nothing was changed: try again later") from None


def _end(log: AuditLog, begun: str, status: int, summary: str | None) -> None:
    """Say how it ended; where that cannot be written the record says at least that it began."""
    try:
        log.end(begun, status, summary)
    except (BotoCoreError, ClientError):
        logger.exception("an audit record stays without its end", extra={"record": begun, "status": status})


def _status_of(error: Exception) -> int:
    if isinstance(error, Refusal):
        return error.status
    return 409 if isinstance(error, NoCompany) else 500
