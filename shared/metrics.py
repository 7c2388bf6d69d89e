"""The figures behind the alarms and the dashboard: a log line each, which CloudWatch turns into a metric (EMF).

A line is written at once, so that a function which fails or is killed later has still counted what it did. A figure
carries no number, no name, no key and no call's id, and its dimensions take few values: each combination is paid for.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from aws_lambda_powertools.metrics import EphemeralMetrics

from shared.observability import logger

if TYPE_CHECKING:
    from typing import Literal

    from shared.contact import Contact

    Unit = Literal["Count", "Milliseconds", "Seconds"]


def count(name: str, **dimensions: str) -> None:
    """Count one of something, altogether and by the dimensions given."""
    measure(name, 1, "Count", **dimensions)


def measure(name: str, value: float, unit: Unit, **dimensions: str) -> None:
    """Write down a value, for the function and by the dimensions given. Never raises: no call is lost for a figure."""
    try:
        # The template names the stack's own namespace, and the function, which Powertools adds as `service`.
        line = EphemeralMetrics(namespace=os.environ.get("POWERTOOLS_METRICS_NAMESPACE", "Firstcall"))
        line.add_metric(name, unit, value)
        if dimensions:
            line.add_dimensions(**dimensions)
        line.flush_metrics()
    except Exception:
        logger.exception("figure not written", extra={"figure": name})


def count_contact(before: Contact | None, after: Contact | None) -> None:
    """Count what one write made of a contact: that it is new, whose it is now, or why it is nobody's."""
    if after is None:
        count("ContactsTakenBack")
        return
    if before is None:
        count("ContactsCreated")
    elif _ownership(before) == _ownership(after):
        return
    if after.state == "assigned":
        for source in sorted({each.source for each in after.responsibles}):
            count("ContactsAssigned", source=source)
    elif after.state == "unowned":
        count("ContactsUnowned", reason=after.reason or "unknown")


def _ownership(contact: Contact) -> tuple[object, ...]:
    return contact.state, contact.reason, {(each.who, each.source) for each in contact.responsibles}
