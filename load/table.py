"""Stands in for DynamoDB, SQS and Secrets Manager: keeps real items, judges real conditions, counts units and heat.

It answers on the wire what the measured functions ask, from a file that may hold a million contacts, in a fraction of a
millisecond whatever its size. It is no DynamoDB: it never throttles, has no latency of its own, and its indexes hold
only what was written since it was opened. Units are worked out from the sizes of the items, as DynamoDB bills them.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections import Counter
from dataclasses import dataclass, field
from math import ceil
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from bench.stub import INDEXES, index_writes, md5, size_of
from load.expressions import Item, holds, key_of, updated
from load.setting import SECRET_VERSION

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

WRITE_UNIT, READ_UNIT = 1024, 4096
OWING = ("due#", "pending#")


class ConditionFailed(Exception):  # noqa: N818 -- it is an answer
    """A condition did not hold."""


class Message(NamedTuple):
    """One message sent."""

    queue: str
    body: str
    delay: int


@dataclass(slots=True)
class Asked:
    """What was asked since the last look."""

    operations: Counter[str] = field(default_factory=Counter)
    read_units: float = 0
    write_units: int = 0
    index_units: int = 0

    def add(self, other: Asked) -> None:
        """Add another's."""
        self.operations += other.operations
        self.read_units += other.read_units
        self.write_units += other.write_units
        self.index_units += other.index_units


class Table:
    """One stack's table, queues and secrets."""

    def __init__(self, file: Path, company: Iterable[Item], secrets: str) -> None:
        """Open a file of contacts, which stays as it is: what is written is kept in memory, over it."""
        self._stored = sqlite3.connect(f"file:{file}?mode=ro", uri=True, check_same_thread=False)
        self._secrets = secrets
        self.written: dict[str, Item | None] = {_key(item): item for item in company}
        self._owing: dict[str, Item] = {}  # what the sweep asks for; a contact stored before owes nothing
        self._lock = threading.Lock()
        self._asked = Asked()
        self.messages: list[Message] = []
        self.heat: dict[str, Counter[str]] = {name: Counter() for name in ("table", *INDEXES)}

    def close(self) -> None:
        """Close the file."""
        self._stored.close()

    def look(self) -> Asked:
        """Give what was asked since the last look."""
        with self._lock:
            asked, self._asked = self._asked, Asked()
        return asked

    def stored_bytes(self) -> Counter[str]:
        """Sum the sizes of what was written, by what it is: calls, requests as they came, contacts."""
        sizes: Counter[str] = Counter()
        with self._lock:
            for key, item in self.written.items():
                pk, _, sk = key.partition("\n")
                sizes["raw" if sk.startswith("raw#") else pk.partition("#")[0]] += size_of(item or {})
        return sizes

    def take_messages(self) -> list[Message]:
        """Take what was sent."""
        with self._lock:
            messages, self.messages = self.messages, []
        return messages

    def answer(self, target: str, body: bytes) -> dict[str, Any]:
        """Answer one request by its X-Amz-Target; raise ConditionFailed."""
        service, _, operation = target.partition(".")
        request = cast("dict[str, Any]", json.loads(body))
        with self._lock:
            self._asked.operations[operation] += 1
            if service == "AmazonSQS":
                return self._queue(operation, request)
            match operation:
                case "GetItem":
                    item = self._read(request, request["Key"])
                    return {"Item": item} if item else {}
                case "BatchGetItem":
                    [(table, asked)] = request["RequestItems"].items()
                    found = [self._read(asked, key) for key in asked["Keys"]]
                    return {"Responses": {table: [item for item in found if item]}, "UnprocessedKeys": {}}
                case "UpdateItem":
                    return self._update(request)
                case "PutItem":
                    return self._put(request)
                case "DeleteItem":
                    return self._delete(request)
                case "Query":
                    return self._query(request)
                case "GetSecretValue":
                    named = {"ARN": request["SecretId"], "Name": "connections", "VersionId": SECRET_VERSION}
                    return {**named, "SecretString": self._secrets}
                case _:
                    raise LookupError(operation)

    @property
    def owing(self) -> int:
        """How many calls and contacts have no decision."""
        with self._lock:
            return len(self._owing)

    def _queue(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        if operation == "SendMessage":
            return self._send(request["QueueUrl"], request)
        if operation != "SendMessageBatch":
            raise LookupError(operation)
        sent = [{"Id": each["Id"], **self._send(request["QueueUrl"], each)} for each in request["Entries"]]
        return {"Successful": sent, "Failed": []}

    def _send(self, queue: str, message: dict[str, Any]) -> dict[str, Any]:
        self.messages.append(Message(queue, message["MessageBody"], message.get("DelaySeconds", 0)))
        return {"MessageId": "0" * 36, "MD5OfMessageBody": md5(message["MessageBody"])}

    def _find(self, key: str) -> Item | None:
        if key in self.written:
            return self.written[key]
        row = self._stored.execute("SELECT item FROM items WHERE key = ?", (key,)).fetchone()
        return cast("Item", json.loads(row[0])) if row else None

    def _read(self, request: dict[str, Any], key: dict[str, Any]) -> Item | None:
        item = self._find(key_of(key))
        unit = 1.0 if request.get("ConsistentRead") else 0.5
        units = unit * max(1, ceil(size_of(item) / READ_UNIT)) if item else unit
        self._asked.read_units += units
        if item is None or "ProjectionExpression" not in request:
            return item
        names = request.get("ExpressionAttributeNames", {})
        wanted = [names.get(name, name) for name in request["ProjectionExpression"].split(", ")]
        return {name: item[name] for name in wanted if name in item}

    def _update(self, request: dict[str, Any]) -> dict[str, Any]:
        before = self._checked(request, request["Key"])
        names, values = request.get("ExpressionAttributeNames", {}), request.get("ExpressionAttributeValues", {})
        after = updated({**(before or {}), **request["Key"]}, request["UpdateExpression"], names, values)
        self._write(key_of(request["Key"]), before, after)
        return {"Attributes": after} if request.get("ReturnValues", "NONE") != "NONE" else {}

    def _put(self, request: dict[str, Any]) -> dict[str, Any]:
        item = cast("Item", request["Item"])
        self._write(_key(item), self._checked(request, item), item)
        return {}

    def _delete(self, request: dict[str, Any]) -> dict[str, Any]:
        self._write(key_of(request["Key"]), self._checked(request, request["Key"]), None)
        return {}

    def _checked(self, request: dict[str, Any], key: dict[str, Any]) -> Item | None:
        """Give the item as it is, if the condition holds; a condition that fails costs a write all the same."""
        before = self._find(key_of(key))
        names, values = request.get("ExpressionAttributeNames", {}), request.get("ExpressionAttributeValues", {})
        if "ConditionExpression" in request and not holds(before or {}, request["ConditionExpression"], names, values):
            self._asked.write_units += max(1, ceil(size_of(before or {}) / WRITE_UNIT))
            raise ConditionFailed
        return before

    def _write(self, key: str, before: Item | None, after: Item | None) -> None:
        self.written[key] = after
        self._owing.pop(key, None)
        if after is not None and after.get("list", {}).get("S", "").startswith(OWING):
            self._owing[key] = after
        old, new = before or {}, after or {}
        units = max(1, ceil(max(size_of(old), size_of(new)) / WRITE_UNIT))
        self._asked.write_units += units
        self.heat["table"][key.partition("\n")[0]] += units
        for name, keys in INDEXES.items():
            entries = index_writes(old, new, keys)
            self._asked.index_units += entries
            for item in (old, new) if entries else ():
                if all(each in item for each in keys):
                    self.heat[name][item[keys[0]]["S"]] += 1

    def _query(self, request: dict[str, Any]) -> dict[str, Any]:
        names, values = request.get("ExpressionAttributeNames", {}), request["ExpressionAttributeValues"]
        if request.get("IndexName") != "listed" or not values[":list"]["S"].startswith(OWING):
            raise LookupError(f"Query of {request.get('IndexName')}")
        condition = request["KeyConditionExpression"]
        found = [item for item in self._owing.values() if holds(item, condition, names, values)]
        found.sort(key=lambda item: item["listed_at"]["S"], reverse=not request.get("ScanIndexForward", True))
        keys = ("pk", "sk", "list", "listed_at")
        entries = [{name: item[name] for name in keys} for item in found[: request.get("Limit")]]
        self._asked.read_units += 0.5 * max(1, ceil(sum(map(size_of, entries)) / READ_UNIT))
        return {"Items": entries, "Count": len(entries), "ScannedCount": len(entries)}


def _key(item: Item) -> str:
    return key_of({"pk": item["pk"], "sk": item["sk"]})
