"""The stack's stores on moto, made from the real template, and a company to put into them."""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import boto3
from moto.backends import get_backend

from firstcall.scratch import TEMPLATE, create_table, read_template
from shared import company_json
from shared.calls import Calls
from shared.companies import ConnectionSecrets, write_secrets
from shared.company import Company, Connection, Employee, Extension, Line, Template
from shared.contacts import Contacts
from shared.table import company_key

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sqs import SQSClient

    from shared.call import Call
    from shared.contact import Contact

__all__ = ["TEMPLATE", "read_template"]

KEY = "test-key-of-the-address"
MOTO_ACCOUNT = "123456789012"


@dataclass(slots=True)
class Clock:
    """A clock that stands still until it is told."""

    ms: int = 1_795_000_000_000

    def __call__(self) -> int:
        """Tell the time."""
        return self.ms

    def tick(self, seconds: float) -> None:
        """Let time pass."""
        self.ms += int(seconds * 1000)


@dataclass(slots=True)
class Stack:
    """Table, queues and secrets of one stack."""

    dynamodb: DynamoDBClient
    sqs: SQSClient
    secretsmanager: SecretsManagerClient
    table: str
    secret_arn: str
    backfill_queue_url: str
    command_queue_url: str
    clock: Clock = field(default_factory=Clock)
    secrets: dict[str, ConnectionSecrets] = field(default_factory=dict)

    @classmethod
    def make(cls) -> Stack:
        """Make the stores that the template describes."""
        dynamodb = boto3.client("dynamodb")
        sqs = boto3.client("sqs")
        secretsmanager = boto3.client("secretsmanager")
        create_table(dynamodb, "firstcall")
        return cls(
            dynamodb,
            sqs,
            secretsmanager,
            "firstcall",
            secretsmanager.create_secret(Name="connections", SecretString="{}")["ARN"],
            sqs.create_queue(QueueName="backfill")["QueueUrl"],
            sqs.create_queue(QueueName="commands")["QueueUrl"],
        )

    def apply(self, company: Company, secrets: Mapping[str, Mapping[str, str]]) -> None:
        """Put a company in force, as the admin function does."""
        self.secrets = {name: ConnectionSecrets(KEY, row) for name, row in secrets.items()}
        version = self.secretsmanager.put_secret_value(
            SecretId=self.secret_arn, SecretString=write_secrets(self.secrets)
        )["VersionId"]
        self.dynamodb.put_item(
            TableName=self.table,
            Item={
                **company_key(),
                "version": {"N": str(company.version)},
                "company": {"B": company_json.dump(company)},
                "secret_version": {"S": version},
            },
        )
        number = {**company_key("version"), "version": {"N": str(company.version)}}
        self.dynamodb.put_item(TableName=self.table, Item=number)

    def contact(self, phone: str) -> Contact | None:
        """Read a contact as it is stored."""
        return Contacts(self.dynamodb, self.table).of_phone(phone, consistent=True)

    def call(self, connection: Connection, call_id: str) -> Call | None:
        """Read a call as it is stored."""
        record = Calls(self.dynamodb, self.table).load(connection.id, call_id)
        return record.derive(connection) if record else None

    def count(self, prefix: str) -> int:
        """Count the items whose key begins so; a call's is one, with however many requests kept beside it."""
        pages = self.dynamodb.get_paginator("scan").paginate(TableName=self.table)
        keys = [(item["pk"]["S"], item["sk"]["S"]) for page in pages for item in page["Items"]]
        return sum(pk.startswith(prefix) and not (prefix == "call#" and sk != "call") for pk, sk in keys)

    def messages(self, queue_url: str) -> list[dict[str, Any]]:
        """Take what waits in a queue, delayed messages too: their time is the tests' clock, not the machine's."""
        queue = get_backend("sqs")[MOTO_ACCOUNT]["eu-central-1"].queues[queue_url.rpartition("/")[2]]
        bodies = [json.loads(message.body) for message in queue._messages]
        queue._messages.clear()
        return bodies


ANNA, BORIS, VERA = "anna", "boris", "vera"
LINE, VIP_LINE = "+74951112200", "+74951112233"
CLIENT = "+79161234567"


def a_company(*connections: Connection, **changes: Any) -> Company:
    """Make the company of the tests: three people, two of them reachable, a template with and one without owners."""
    people = {
        ANNA: Employee(ANNA, "Анна Петрова", "Europe/Moscow", phones=("+79160000001",)),
        BORIS: Employee(BORIS, "Борис Орлов", "Europe/Moscow"),
        VERA: Employee(VERA, "Вера Лис", "Europe/Moscow", active=False),
    }
    extensions = {ANNA: Extension("701", "anna"), BORIS: Extension("702", "boris"), VERA: Extension("703", "vera")}
    company = Company(
        version=1,
        time_zone="Europe/Moscow",
        country="RU",
        blocked=frozenset({"+74990000000"}),
        employees={
            name: person._replace(extensions={each.id: extensions[name] for each in connections})
            for name, person in people.items()
        },
        groups={"sales": (ANNA, BORIS)},
        templates={
            "default": Template("default"),
            "vip": Template("vip", "company", "VIP {phone}", ("boris", "group:sales"), ("vip",), {"level": "gold"}),
        },
        connections={each.id: each for each in connections},
        employee_phones=frozenset({"+79160000001"}),
        own_lines=frozenset({LINE, VIP_LINE}),
    )
    return company._replace(**changes)


def a_connection(name: str = "megafon-main", family: str = "itoolabs", **changes: Any) -> Connection:
    """Make a connection with two lines, whose operator tells who answered."""
    connection = Connection(
        id=name,
        operator={"itoolabs": "megafon"}.get(family, family),
        family=family,
        country="RU",
        template="default",
        answerer="reported",
        lines={
            LINE: Line(LINE, "Europe/Moscow", "Main"),
            VIP_LINE: Line(VIP_LINE, "Europe/Moscow", "VIP", template="vip"),
        },
        employees_by_ext={"701": ANNA, "702": BORIS, "703": VERA},
        employees_by_login={"anna": ANNA, "boris": BORIS, "vera": VERA},
    )
    return connection._replace(**changes)


def unpacked(data: bytes) -> Any:
    """Read a packed document."""
    return json.loads(zlib.decompress(data))
