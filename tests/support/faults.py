"""Faults: a function killed at a chosen moment, AWS calls that fail; put into the clients' own event system."""

from __future__ import annotations

import time
from contextlib import contextmanager
from threading import Event
from typing import TYPE_CHECKING, Any

from botocore.exceptions import EndpointConnectionError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_sqs import SQSClient

WRITES = frozenset({"UpdateItem", "PutItem", "DeleteItem", "TransactWriteItems", "SendMessage"})
BESIDE = frozenset({"PutItem"})
"""Of the webhook, the keeping of the request: another thread does it, at any moment, and nothing depends on it."""


class Killed(BaseException):
    """The environment is gone; no `except Exception` of the product may see it."""


@contextmanager
def killed_before_write(
    number: int, *clients: DynamoDBClient | SQSClient, but: frozenset[str] = frozenset()
) -> Iterator[list[str]]:
    """Kill the function before its write of this number (from 1), `but` not counted; yields the writes done."""
    done: list[str] = []

    def before(model: Any, **_: object) -> None:
        if model.name not in WRITES - but:
            return
        if len(done) + 1 >= number:
            raise Killed
        done.append(model.name)

    with _registered("before-call", before, clients):
        yield done


@contextmanager
def failing(operations: set[str], *clients: DynamoDBClient | SQSClient) -> Iterator[None]:
    """Let these operations fail as if AWS could not be reached."""

    def before(model: Any, **_: object) -> None:
        if model.name in operations:
            raise EndpointConnectionError(endpoint_url=f"https://{model.service_model.service_name}.invalid")

    with _registered("before-call", before, clients):
        yield


@contextmanager
def slow(client: DynamoDBClient, seconds: float) -> Iterator[None]:
    """Let every request take so long."""

    def before(**_: object) -> None:
        time.sleep(seconds)

    with _registered("before-call", before, (client,)):
        yield


@contextmanager
def silent(seconds: float, operation: str, client: DynamoDBClient | SQSClient, about: bytes = b"") -> Iterator[None]:
    """Let a store say nothing for a while; what waits for it goes on in the end, while the stores are still there."""
    over = Event()

    def before(model: Any, params: Any, **_: object) -> None:
        if model.name == operation and about in params["body"]:
            over.wait(seconds)

    with _registered("before-call", before, (client,)):
        yield
    over.set()
    time.sleep(0.5)


@contextmanager
def counted(*clients: DynamoDBClient | SQSClient, but: frozenset[str] = frozenset()) -> Iterator[list[str]]:
    """Count the operations sent, `but` left out."""
    seen: list[str] = []

    def before(model: Any, **_: object) -> None:
        if model.name not in but:
            seen.append(model.name)

    with _registered("before-call", before, clients):
        yield seen


@contextmanager
def _registered(event: str, function: Any, clients: tuple[Any, ...]) -> Iterator[None]:
    for client in clients:
        client.meta.events.register_first(event, function)
    try:
        yield
    finally:
        for client in clients:
            client.meta.events.unregister(event, function)
