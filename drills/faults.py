"""What can go wrong between a function and AWS, as data: which requests it meets, and what becomes of them."""

from __future__ import annotations

import json
from typing import Literal, NamedTuple, TypeAlias

Does: TypeAlias = Literal[
    "throttle",  # AWS refuses: too many requests
    "fail",  # AWS answers 500
    "refuse",  # the connection is closed before AWS has the request
    "hang",  # nothing comes back, AWS never has the request
    "slow",  # AWS has the request at once, its answer takes `seconds`
    "lose",  # AWS has done it, then the connection is closed: the answer is lost
    "kill before",  # the function's process is killed, AWS never has the request
    "kill after",  # AWS has done it, then the function's process is killed
    "meet",  # it waits until as many others like it have come as `times` says, then all go on at once
]

READS = frozenset({"GetItem", "BatchGetItem", "Query"})
WRITES = frozenset({"UpdateItem", "DeleteItem", "PutItem", "SendMessage"})
ALWAYS = 1_000_000


class Request(NamedTuple):
    """One request of a function to AWS, as far as faults look at it."""

    function: str  # "webhook"
    service: str  # "dynamodb", "sqs", "secretsmanager"
    operation: str  # "UpdateItem"
    item: str  # the partition key it is about, "" where it names none or several

    @classmethod
    def read(cls, function: str, target: str, body: bytes) -> Request:
        """Read the header that names the operation, and the key in the body."""
        service, _, operation = target.partition(".")
        return cls(function, _SERVICES.get(service, service), operation, _item_of(body))


class Fault(NamedTuple):
    """One thing that goes wrong."""

    does: Does
    service: str = "dynamodb"  # "": whichever
    operations: frozenset[str] = READS | WRITES
    function: str = ""  # "": whichever
    item: str = ""  # how the partition key begins: "call#", "phone#"
    skip: int = 0  # how many such requests pass before
    times: int = ALWAYS  # how many it meets then
    seconds: float = 0.0

    def meets(self, request: Request) -> bool:
        """Whether this request is one of those."""
        return (
            self.service in {"", request.service}
            and request.operation in self.operations
            and self.function in {"", request.function}
            and request.item.startswith(self.item)
        )


_SERVICES = {"DynamoDB_20120810": "dynamodb", "AmazonSQS": "sqs", "secretsmanager": "secretsmanager"}

_THROTTLED = {
    "dynamodb": (400, "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException"),
    "sqs": (403, "com.amazonaws.sqs#RequestThrottled"),
    "secretsmanager": (400, "ThrottlingException"),
}
_FAILED = {
    "dynamodb": (500, "com.amazonaws.dynamodb.v20120810#InternalServerError"),
    "sqs": (500, "com.amazonaws.sqs#InternalFailure"),
    "secretsmanager": (500, "InternalServiceError"),
}


def error_answer(does: Does, service: str) -> tuple[int, bytes]:
    """Word the error as this service words it, so that the SDK knows it."""
    status, kind = (_THROTTLED if does == "throttle" else _FAILED)[service]
    return status, json.dumps({"__type": kind, "message": "a drill"}).encode()


def _item_of(body: bytes) -> str:
    try:
        key = json.loads(body)["Key"]["pk"]["S"]
    except (ValueError, KeyError, TypeError):
        return ""
    return str(key)
