"""The one table: its keys, its client errors, and typed reading of its items.

| pk | sk | what |
|---|---|---|
| `phone#<E.164>` | `contact` | a contact, under each of its numbers; the item of the first one is in the indexes |
| `call#<connection>#<call id>` | `call` | one call's facts |
| the same | `raw#<ms>#<digest>` | one request about it as it came, kept for some days |
| `raw#<connection>` | `raw#<ms>#<digest>` | a request that named no call |
| `company` | `current` | the company in force, compiled |
| `company` | `version` | its number alone, small, since every warm function reads it every 10 s |
| `company` | `v#<version>` | every version ever applied |
| `company` | `owners` | every set of responsibles ever used, to list contacts by one of them |
| `pace#<connection>` | `pace`, `asking` | when that PBX may next be sent a command, or be asked something |
| `job#<id>` | `job` | a long piece of work, such as a handover, and how far it is |
| `job#<id>` | `contact#<contact id>` | what that work does to one contact |

Index `listed` holds contacts by state (`pending#3`) and calls that still owe a decision (`due#3`); `by_owner` holds
contacts by their responsibles; `by_id` finds a contact by its id; `by_day` (`2026-11-25#3`, UTC) and `by_phone` hold
calls. Lists are spread over SHARDS partitions.
"""

from __future__ import annotations

import time
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
BY_DAY = "by_day"
BY_PHONE = "by_phone"
RAW = "raw#"
DAY_MS = 86_400_000

_CONFLICTS = frozenset({"ConditionalCheckFailed", "TransactionConflict"})


def contact_key(phone: str) -> Key:
    """Key of the contact of a number."""
    return {"pk": {"S": f"phone#{phone}"}, "sk": {"S": "contact"}}


def call_key(connection: str, call_id: str) -> Key:
    """Key of a call."""
    return {"pk": {"S": f"call#{connection}#{call_id}"}, "sk": {"S": "call"}}


def call_of_key(pk: str) -> tuple[str, str]:
    """Read connection and call id back."""
    _, connection, call_id = pk.split("#", 2)
    return connection, call_id


def raw_key(connection: str, call_id: str | None, sort: str) -> Key:
    """Key of a request as it came."""
    beside = f"{RAW}{connection}" if call_id is None else call_key(connection, call_id)["pk"]["S"]
    return {"pk": {"S": beside}, "sk": {"S": f"{RAW}{sort}"}}


def is_raw(key: Key) -> bool:
    """Whether a key is that of a request as it came."""
    return key["sk"].get("S", "").startswith(RAW)


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


def day_of(moment: int) -> str:
    """Name the day (UTC) of a moment (ms), as lists by day have it: `2026-11-25`."""
    return time.strftime("%Y-%m-%d", time.gmtime(moment / 1000))


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
    """Whether somebody else wrote first: a condition of ours failed, or two transactions met."""
    if code_of(error) == "TransactionCanceledException":
        reasons = {each.get("Code") for each in error.response.get("CancellationReasons", ())} - {"None", None}
        return bool(reasons) and reasons <= _CONFLICTS
    return code_of(error).removesuffix("Exception") in _CONFLICTS
