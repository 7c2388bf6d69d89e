"""What a million calls cost on AWS, from measured units and list prices.

Prices are those of us-east-1 as published in November 2026, first tier, without free tiers; they change, and other
regions differ by up to a third. The billed time of a function is estimated, since no function here runs on Lambda: its
processor time, stretched by the share of a processor that its memory gets, and a wait for each round trip.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from load.player import Cost

API_REQUEST = 1.00 / 1e6
LAMBDA_REQUEST = 0.20 / 1e6
LAMBDA_GB_SECOND = 0.0000133334  # arm64
READ_UNIT = 0.125 / 1e6
WRITE_UNIT = 0.625 / 1e6
QUEUE_REQUEST = 0.40 / 1e6
LOG_BYTE = 0.50 / 1e9

MEMORY_MB = 512  # the template's
ONE_PROCESSOR_MB = 1769  # what memory gets a whole one
ROUND_TRIP_MS = 5.0
QUEUE_REQUESTS_A_MESSAGE = 3  # sent, received, deleted
PLATFORM_LOG_BYTES = 700  # what Lambda itself writes for an invocation, in JSON

READS = ("GetItem", "BatchGetItem", "Query")
WRITES = ("UpdateItem", "PutItem", "DeleteItem")


class Bill(NamedTuple):
    """Dollars for a million calls, by what they are paid for."""

    api: float
    functions: float
    time: float
    reads: float
    writes: float
    indexes: float
    queue: float
    logs: float

    @property
    def total(self) -> float:
        """All of it."""
        return sum(self)


def billed_ms(cost: Cost) -> float:
    """Estimate the billed time of all requests together."""
    asked = cost.asked.operations
    trips = sum(asked[name] for name in (*READS, *WRITES, "SendMessageBatch"))  # a message alone goes beside a write
    return cost.cpu_ns / 1e6 * ONE_PROCESSOR_MB / MEMORY_MB + trips * ROUND_TRIP_MS


def bill(calls: int, by_function: Mapping[str, Cost], log_bytes: Mapping[str, float]) -> Bill:
    """Work out a million calls from what some calls took; `log_bytes` are a function's own for each request."""
    million = 1e6 / calls
    costs = by_function.values()
    requests = sum(cost.requests for cost in costs)
    from_outside = sum(cost.requests for name, cost in by_function.items() if name != "backfill")
    messages = sum(cost.asked.operations["SendMessage"] for cost in costs)
    logged = sum(cost.requests * (log_bytes[name] + PLATFORM_LOG_BYTES) for name, cost in by_function.items())
    seconds = sum(map(billed_ms, costs)) / 1000
    return Bill(
        api=from_outside * API_REQUEST * million,
        functions=requests * LAMBDA_REQUEST * million,
        time=seconds * MEMORY_MB / 1024 * LAMBDA_GB_SECOND * million,
        reads=sum(cost.asked.read_units for cost in costs) * READ_UNIT * million,
        writes=sum(cost.asked.write_units for cost in costs) * WRITE_UNIT * million,
        indexes=sum(cost.asked.index_units for cost in costs) * WRITE_UNIT * million,
        queue=messages * QUEUE_REQUESTS_A_MESSAGE * QUEUE_REQUEST * million,
        logs=logged * LOG_BYTE * million,
    )
