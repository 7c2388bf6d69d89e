"""The one table: its keys, its client errors, and typed reading of its items.

| pk | sk | what |
|---|---|---|
| `phone#<E.164>` | `contact` | a contact, keyed by its first number |
| `call#<connection>#<call id>` | `call` | one call's facts |
| `company` | `current` | the company in force, compiled |
| `company` | `v#<version>` | every version ever applied |
| `company` | `owners` | every set of responsibles ever used, to list contacts by one of them |
| `pace#<connection>` | `pace`, `asking` | when that PBX may next be sent a command, or be asked something |
| `job#<id>` | `job` | a long piece of work, such as a handover, and how far it is |
| `job#<id>` | `contact#<contact id>` | what that work does to one contact |

Index `listed` holds contacts by state (`pending#3`) and calls that still owe a decision (`due#3`); `by_owner` holds
contacts by their responsibles; `by_id` finds a contact by its id. Lists are spread over SHARDS partitions.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING
from zlib import crc32

if TYPE_CHECKING:
    from botocore.exceptions import ClientError
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

Item = Mapping[str, "AttributeValueTypeDef"]
Key = dict[str, "AttributeValueTypeDef"]

SHARDS = 8
LISTED = "listed"
BY_OWNER = "by_owner"
BY_ID = "by_id"


def contact_key(phone: str) -> Key:
    """Key of the contact of a number."""
    return {"pk": {"S": f"phone#{phone}"}, "sk": {"S": "contact"}}


def call_key(connection: str, call_id: str) -> Key:
    """Key of a call."""
    return {"pk": {"S": f"call#{connection}#{call_id}"}, "sk": {"S": "call"}}


def company_key(sort: str = "current") -> Key:
    """Key of the company in force, or of another of its items."""
    return {"pk": {"S": "company"}, "sk": {"S": sort}}


def pace_key(connection: str, sort: str = "pace") -> Key:
    """Key of a connection's pace of commands, or of another pace."""
    return {"pk": {"S": f"pace#{connection}"}, "sk": {"S": sort}}


def job_key(job: str, sort: str = "job") -> Key:
    """Key of a long piece of work, or of what it does to one contact."""
    return {"pk": {"S": f"job#{job}"}, "sk": {"S": sort}}


def shard_of(text: str) -> int:
    """Spread list entries evenly; the same text always goes to the same shard."""
    return crc32(text.encode()) % SHARDS


def text_of(item: Item, name: str) -> str | None:
    """Read a text attribute."""
    value = item.get(name)
    return value.get("S") if value else None


def number_of(item: Item, name: str) -> int | None:
    """Read a whole number."""
    value = item.get(name)
    number = value.get("N") if value else None
    return int(number) if number is not None else None


def code_of(error: ClientError) -> str:
    """Name what AWS refused."""
    return error.response.get("Error", {}).get("Code", "")


def is_conflict(error: ClientError) -> bool:
    """Whether a condition of ours failed: somebody else wrote first."""
    return code_of(error) == "ConditionalCheckFailedException"
