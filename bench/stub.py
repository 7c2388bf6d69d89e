"""AWS on loopback, as far as the hot paths use it: canned replies at a constant price, and a count of what was asked.

It is no store: what an UpdateItem writes is read back by the next GetItem, conditions always hold. That is enough for
the calls that are measured; tests/infra/test_bench.py holds its counts against moto's. Started as a program it prints
its port, and ends when its standard input does.
"""

from __future__ import annotations

import hashlib
import json
import re
import socket
import socketserver
import sys
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from math import ceil
from typing import Any, cast
from zlib import crc32

from bench.fixtures import SECRETS, TABLE, VERSION_ID, company_items, contact_item

Item = dict[str, Mapping[str, str]]  # a number, a text or bytes, as DynamoDB's JSON has it

INDEXES = {
    "listed": ("list", "listed_at"),
    "by_owner": ("owner", "listed_at"),
    "by_id": ("contact_id",),
    "by_day": ("called_on", "began_at"),
    "by_phone": ("phone", "began_at"),
}
"""Keys of the table's indexes (infra/template.yaml); all hold keys only, so that a write costs where a key changes."""

_SET = re.compile(r"(#?\w+) = (?:if_not_exists\(#?\w+, )?(:\w+)")
_REMOVE = re.compile(r"REMOVE ([#\w, ]+)")
_ADD = re.compile(r"ADD (\w+) (:\w+)")


@dataclass(slots=True)
class Seen:
    """What was asked since the last look."""

    operations: list[str] = field(default_factory=list)
    read_units: float = 0
    write_units: int = 0
    index_units: int = 0


class Stub:
    """The items, the count, and one method for each operation."""

    def __init__(self, employees: int) -> None:
        items = (*company_items(employees), contact_item())
        self._at_first: dict[str, Item] = {key_of(item): item for item in items}
        self.items = dict(self._at_first)
        self.seen = Seen()
        self._lock = threading.Lock()

    def forget(self) -> None:
        """Begin anew."""
        with self._lock:
            self.items, self.seen = dict(self._at_first), Seen()

    def answer(self, target: str, body: bytes) -> bytes:
        """Answer one request by its X-Amz-Target."""
        operation = target.rpartition(".")[2]
        request = cast("dict[str, Any]", json.loads(body))
        with self._lock:
            self.seen.operations.append(operation)
            match operation:
                case "GetItem":
                    reply = self._get(request)
                case "BatchGetItem":
                    asked = request["RequestItems"][TABLE]
                    found = [self._get({**asked, "Key": key}).get("Item") for key in asked["Keys"]]
                    reply = {"Responses": {TABLE: [item for item in found if item]}, "UnprocessedKeys": {}}
                case "UpdateItem":
                    reply = self._update(request)
                case "PutItem":  # of a request kept beside its call, which nothing here reads again
                    self.seen.write_units += ceil(size_of(request["Item"]) / 1024)
                    reply = {}
                case "DeleteItem":
                    self.items.pop(key_of(request["Key"]), None)
                    self.seen.write_units += 1
                    reply = {}
                case "SendMessage":
                    reply = {"MessageId": "0" * 36, "MD5OfMessageBody": md5(request["MessageBody"])}
                case "GetSecretValue":
                    reply = {"ARN": "arn", "Name": "connections", "VersionId": VERSION_ID, "SecretString": SECRETS}
                case _:
                    raise LookupError(operation)
        return json.dumps(reply, ensure_ascii=False).encode()

    def look(self) -> Seen:
        """Give what was asked since the last look."""
        with self._lock:
            seen, self.seen = self.seen, Seen()
        return seen

    def _get(self, request: dict[str, Any]) -> dict[str, Any]:
        item = self.items.get(key_of(request["Key"]))
        unit = 1.0 if request.get("ConsistentRead") else 0.5
        self.seen.read_units += unit * max(1, ceil(size_of(item) / 4096)) if item else unit
        if item is None:
            return {}
        wanted = request.get("ProjectionExpression")
        names = item if wanted is None else [name for name in wanted.split(", ") if name in item]
        return {"Item": {name: item[name] for name in names}}

    def _update(self, request: dict[str, Any]) -> dict[str, Any]:
        key = request["Key"]
        before = self.items.get(key_of(key), {})
        item: Item = {**before, **key}
        names = request.get("ExpressionAttributeNames", {})
        values = request["ExpressionAttributeValues"]
        expression = request["UpdateExpression"]
        for removed in _REMOVE.findall(expression):
            for name in removed.split(", "):
                item.pop(names.get(name, name), None)
        for match in _SET.finditer(expression):
            name = names.get(match[1], match[1])
            if "if_not_exists" not in match[0] or name not in item:
                item[name] = values[match[2]]
        for name, value in _ADD.findall(expression):
            item[name] = {"N": str(int(item.get(name, {"N": "0"})["N"]) + int(values[value]["N"]))}
        self.items[key_of(key)] = item
        self.seen.write_units += max(1, ceil(max(size_of(before), size_of(item)) / 1024))
        self.seen.index_units += sum(index_writes(before, item, keys) for keys in INDEXES.values())
        return {"Attributes": item} if request.get("ReturnValues") == "ALL_NEW" else {}


def key_of(item: Item) -> str:
    """Name an item by its whole key."""
    return f"{item['pk']['S']}\n{item['sk']['S']}"


def index_writes(before: Item, after: Item, keys: tuple[str, ...]) -> int:
    """Count the entries of an index that one write removes and puts."""
    old, new = (tuple(json.dumps(item.get(key)) for key in keys) for item in (before, after))
    if old == new:
        return 0
    return sum(all(key in item for key in keys) for item in (before, after))


def size_of(item: Item) -> int:
    """Size an item about as DynamoDB bills it: names and values (bytes count before their base64)."""
    return sum(
        len(name) + (len(text) * 3 // 4 if kind == "B" else len(text.encode()))
        for name, value in item.items()
        for kind, text in value.items()
    )


def md5(text: str) -> str:
    """Give what SQS says of a message, which botocore checks."""
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


class Connection(socketserver.StreamRequestHandler):
    """One kept-alive HTTP connection."""

    server: Server

    def setup(self) -> None:
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        super().setup()

    def handle(self) -> None:
        while line := self.rfile.readline():
            headers: dict[bytes, bytes] = {}
            while (header := self.rfile.readline().rstrip()) != b"":
                name, _, value = header.partition(b":")
                headers[name.lower()] = value.strip()
            body = self.rfile.read(int(headers.get(b"content-length", b"0")))
            if line.startswith(b"GET /seen"):
                reply = json.dumps(asdict(self.server.stub.look())).encode()
            elif line.startswith(b"GET /forget"):
                self.server.stub.forget()
                reply = b"{}"
            else:
                reply = self.server.stub.answer(headers.get(b"x-amz-target", b"").decode(), body)
            self.wfile.write(
                b"HTTP/1.1 200 OK\r\ncontent-type: application/x-amz-json-1.0\r\nx-amzn-requestid: %s\r\n"
                b"x-amz-crc32: %d\r\ncontent-length: %d\r\n\r\n%s" % (b"R" * 52, crc32(reply), len(reply), reply)
            )


class Server(socketserver.ThreadingTCPServer):
    """Threads, because a function may have two requests under way."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, stub: Stub) -> None:
        super().__init__(("127.0.0.1", 0), Connection)
        self.stub = stub


def main() -> None:
    """Serve until standard input is closed, so that no stub outlives who started it."""
    server = Server(Stub(int(sys.argv[1])))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_address[1], flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
