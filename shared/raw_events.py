"""What PBXs sent, as they sent it: kept for some days beside its call, so that a period can be played again.

Only requests that proved themselves are kept, and nothing that proves: headers are left out, secrets are masked.
DynamoDB encrypts every item; with which key is the template's `TableKeyArn`.
"""

from __future__ import annotations

import json
import re
import zlib
from hashlib import blake2s
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote, quote_plus, unquote_plus

from shared.pbx.protocol import PbxRequest
from shared.table import RAW, call_key, raw_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

    from shared.table import Key

MASK = b"***"
LAST_MOMENT = 9_999_999_999_999
"""A time (ms) after every other, of as many digits."""

_NO_NUMBER = re.compile(r"[ ()\-.\u00a0]")  # what people and PBXs put between digits
_TELLING_DIGITS = 9


class RawEvent(NamedTuple):
    """One request as it came: method, suffix, query and body, which is all that a family's `parse` reads."""

    arrived: int  # ms
    request: PbxRequest


class RawEvents:
    """Keeps and reads requests."""

    def __init__(self, dynamodb: DynamoDBClient, table: str) -> None:
        self._dynamodb = dynamodb
        self._table = table

    def keep(
        self, connection: str, call_id: str | None, event: RawEvent, secrets: Iterable[str], keep_days: int
    ) -> None:
        """Store a request beside its call; one that names no call beside its connection."""
        packed = _pack(event.request, secrets)
        digest = blake2s(packed, digest_size=8).hexdigest()
        self._dynamodb.put_item(
            TableName=self._table,
            Item={
                **raw_key(connection, call_id, f"{event.arrived:013d}#{digest}"),
                "raw": {"B": packed},
                "expires_at": {"N": str(event.arrived // 1000 + keep_days * 86_400)},
            },
        )

    def of_call(self, connection: str, call_id: str, since: int = 0) -> Iterator[RawEvent]:
        """Read what was sent about a call from a moment (ms) on, in the order it came."""
        return (event for _, event in self._read(call_key(connection, call_id)["pk"], since))

    def unnamed(self, connection: str, since: int, until: int) -> Iterator[RawEvent]:
        """Read what named no call, of a period (ms, `until` exclusive), in the order it came."""
        return (event for _, event in self._read(raw_key(connection, None, "")["pk"], since, until - 1))

    def without_call(self, connection: str) -> Iterator[tuple[Key, RawEvent]]:
        """Read what was sent by a connection and named no call, with the keys of the items."""
        return self._read(raw_key(connection, None, "")["pk"])

    def naming(self, connection: str, phones: Iterable[str]) -> Iterator[tuple[Key, RawEvent]]:
        """Find what named no call, but one of these numbers (E.164), in whatever way it is written."""
        # Nationally written numbers begin otherwise; their end is the same.
        ends = [phone[-_TELLING_DIGITS:] for phone in phones]
        for key, event in self._read(raw_key(connection, None, "")["pk"]):
            request = event.request
            text = " ".join((request.suffix, *request.query.values(), unquote_plus(request.body.decode("latin-1"))))
            digits = _NO_NUMBER.sub("", text)
            if any(end in digits for end in ends):
                yield key, event

    def _read(
        self, pk: AttributeValueTypeDef, first: int = 0, last: int = LAST_MOMENT
    ) -> Iterator[tuple[Key, RawEvent]]:
        pages = self._dynamodb.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="pk = :pk AND sk BETWEEN :first AND :last",
            ExpressionAttributeValues={
                ":pk": pk,
                ":first": {"S": f"{RAW}{first:013d}"},
                ":last": {"S": f"{RAW}{last:013d}#~"},  # behind every digest
            },
        )
        for page in pages:
            for item in page["Items"]:
                arrived = int(item["sk"]["S"].removeprefix(RAW).partition("#")[0])
                event = RawEvent(arrived, _unpack(bytes(item["raw"]["B"])))
                yield {"pk": item["pk"], "sk": item["sk"]}, event


def _pack(request: PbxRequest, secrets: Iterable[str]) -> bytes:
    head = json.dumps([request.method, request.suffix, dict(request.query)], ensure_ascii=False)
    plain = head.encode(errors="surrogateescape") + b"\n" + request.body
    for secret in secrets:
        # As it is, and as addresses and forms write it.
        for spelling in {secret, quote(secret, safe=""), quote_plus(secret), json.dumps(secret)[1:-1]}:
            plain = plain.replace(spelling.encode(), MASK) if spelling else plain
    return zlib.compress(plain)


def _unpack(packed: bytes) -> PbxRequest:
    head, _, body = zlib.decompress(packed).partition(b"\n")
    method, suffix, query = json.loads(head.decode(errors="surrogateescape"))
    return PbxRequest(method, suffix, query, {}, body)
