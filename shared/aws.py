"""AWS clients, made once at start: short time-outs, because somebody's phone is ringing."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sqs import SQSClient

WRITING = Config(connect_timeout=1, read_timeout=2, retries={"mode": "standard", "total_max_attempts": 3})
"""For a function that must store: tries again, and stays far below its own time-out."""

ASKING = Config(
    connect_timeout=0.25,
    read_timeout=0.4,
    retries={"mode": "standard", "total_max_attempts": 1},
    parameter_validation=False,  # AWS checks them too; here they are keys of our own making
)
"""For a function that must answer within the look-up's deadline: one try, which ends before it."""

_session = boto3.session.Session()


def dynamodb(config: Config = WRITING) -> DynamoDBClient:
    """Make a DynamoDB client."""
    return _session.client("dynamodb", config=config)


def sqs(config: Config = WRITING) -> SQSClient:
    """Make an SQS client."""
    return _session.client("sqs", config=config)


def secretsmanager(config: Config = WRITING) -> SecretsManagerClient:
    """Make a Secrets Manager client."""
    return _session.client("secretsmanager", config=config)


def now_ms() -> int:
    """Read the clock: ms since 1970."""
    return time.time_ns() // 1_000_000
