"""The calls as stored: one item a call id, its facts as attributes that are written once and never changed.

A call whose decision is still owed carries `list`/`listed_at`, so that the sweep finds it without a scan; its day and
its outside number are kept beside the facts, so that calls can be listed by either (`shared/call_lists.py`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from botocore.exceptions import ClientError

from shared.call import Call, Fact, decode_fact, derive, encode_fact
from shared.table import LISTED, SHARDS, call_key, call_of_key, day_of, is_conflict, number_of, shard_of, text_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mypy_boto3_dynamodb import DynamoDBClient

    from shared.company import Connection
    from shared.table import Item

_FACT = "f#"
_FIRST = tuple(f"{name} = if_not_exists({name}, :{name})" for name in ("expires_at", "called_on", "began_at"))
_MAX_MEMBERS = 16  # ids one call may gather by transfers; more is not a call but a loop


class StoredCall(NamedTuple):
    """One item: what is known under one call id."""

    call_id: str
    facts: tuple[Fact, ...]
    revision: int
    root: str | None = None  # the call this id was handed over from
    due: bool = False
    claim: str | None = None
    expires_at: int = 0  # s


class CallRecord(NamedTuple):
    """All ids of one call, the first of them being the one it is known by."""

    connection: str
    members: tuple[StoredCall, ...]

    @property
    def call_id(self) -> str:
        """The id the call began with."""
        return self.members[0].call_id

    @property
    def call_ids(self) -> frozenset[str]:
        """Every id that leads to this call."""
        return frozenset(member.call_id for member in self.members)

    def claimed_by(self, claim: str) -> bool:
        """Whether this claim was the first."""
        return any(member.claim == claim for member in self.members)

    def derive(self, connection: Connection) -> Call:
        """Say what all facts mean together."""
        return derive(connection, self.call_id, (fact for member in self.members for fact in member.facts))


class Calls:
    """Reads and writes calls."""

    def __init__(self, dynamodb: DynamoDBClient, table: str) -> None:
        self._dynamodb = dynamodb
        self._table = table

    def record(
        self, connection: str, fact: Fact, *, keep_days: int, due_at: int | None = None, claim: str | None = None
    ) -> CallRecord:
        """Add a fact and return the call as it is now.

        A call is kept `keep_days` from its first fact on. `due_at` (ms) marks it as owing a decision; `claim` is kept
        by the first that brings one, so that one event alone may send the call's command. One write, the same whether
        the fact is new or a duplicate; it returns only when the fact is stored.
        """
        event = fact.event
        key, text = encode_fact(fact)
        sets = ["#fact = if_not_exists(#fact, :fact)", *_FIRST]
        names = {"#fact": _FACT + key}
        values: dict[str, dict[str, str]] = {
            ":fact": {"S": text},
            ":expires_at": {"N": str(fact.arrived // 1000 + keep_days * 86_400)},
            ":called_on": {"S": f"{day_of(fact.arrived)}#{shard_of(event.call_id)}"},
            ":began_at": {"S": f"{fact.arrived:013d}"},
            ":one": {"N": "1"},
        }
        if event.phone is not None:
            sets.append("phone = if_not_exists(phone, :phone)")
            values[":phone"] = {"S": event.phone}
        if due_at is not None:
            sets += ["#list = if_not_exists(#list, :list)", "listed_at = if_not_exists(listed_at, :listed_at)"]
            names["#list"] = "list"
            values[":list"] = {"S": f"due#{shard_of(event.call_id)}"}
            values[":listed_at"] = {"S": f"{due_at:013d}"}
        if claim is not None:
            sets.append("claim = if_not_exists(claim, :claim)")
            values[":claim"] = {"S": claim}
        item = self._dynamodb.update_item(
            TableName=self._table,
            Key=call_key(connection, event.call_id),
            UpdateExpression=f"SET {', '.join(sets)} ADD revision :one",
            ExpressionAttributeNames=names,
            ExpressionAttributeValues=values,
            ReturnValues="ALL_NEW",
        )["Attributes"]
        stored = stored_call(event.call_id, item)
        if stored.root is None and not any(_handed_to(stored)):
            return CallRecord(connection, (stored,))
        return self.link(self._gather(connection, stored))

    def load(self, connection: str, call_id: str) -> CallRecord | None:
        """Read a call by any of its ids, as it is now; None where there is none."""
        stored = self._read(connection, call_id)
        return None if stored is None else self._gather(connection, stored)

    def link(self, record: CallRecord) -> CallRecord:
        """Let every later id of a transferred call lead to it from now on (K7); give the call as it is then."""
        root, *handed_over = record.members
        linked = [each if each.root is not None else self._link(record, each) for each in handed_over]
        return record._replace(members=(root, *linked))

    def settle(self, record: CallRecord) -> None:
        """Take the mark off a decided call, unless a fact has come since it was read."""
        for member in record.members:
            if not member.due:
                continue
            try:
                self._dynamodb.update_item(
                    TableName=self._table,
                    Key=call_key(record.connection, member.call_id),
                    UpdateExpression="REMOVE #list, listed_at",
                    ConditionExpression="revision = :revision",
                    ExpressionAttributeNames={"#list": "list"},
                    ExpressionAttributeValues={":revision": {"N": str(member.revision)}},
                )
            except ClientError as error:
                if not is_conflict(error):
                    raise
                # A newer fact stands there now; the mark stays and the next sweep decides again.

    def due(self, now: int) -> Iterable[tuple[str, str]]:
        """Find the (connection, call id) of every call whose decision is due, the one due longest first."""
        from heapq import merge  # only who sweeps asks

        for _, key in merge(*(self._due_in(shard, now) for shard in range(SHARDS))):
            yield call_of_key(key)

    def _due_in(self, shard: int, now: int) -> Iterator[tuple[str, str]]:
        pages = self._dynamodb.get_paginator("query").paginate(
            TableName=self._table,
            IndexName=LISTED,
            KeyConditionExpression="#list = :list AND listed_at <= :now",
            ExpressionAttributeNames={"#list": "list"},
            ExpressionAttributeValues={":list": {"S": f"due#{shard}"}, ":now": {"S": f"{now:013d}"}},
        )
        for page in pages:
            for item in page["Items"]:
                yield text_of(item, "listed_at") or "", text_of(item, "pk") or ""

    def _gather(self, connection: str, stored: StoredCall) -> CallRecord:
        """Join the ids that transfers tie together, whichever of them was asked for (K7)."""
        root = stored
        seen = {stored.call_id: stored}
        while root.root is not None and root.root not in seen and len(seen) < _MAX_MEMBERS:
            root = self._read(connection, root.root) or StoredCall(root.root, (), 0)
            seen[root.call_id] = root
        members = [root]
        for member in members:  # grows while it is walked
            for call_id in _handed_to(member):
                if any(each.call_id == call_id for each in members) or len(members) >= _MAX_MEMBERS:
                    continue
                known = seen.get(call_id) or self._read(connection, call_id)
                members.append(known or StoredCall(call_id, (), 0))
        return CallRecord(connection, tuple(members))

    def _link(self, record: CallRecord, member: StoredCall) -> StoredCall:
        above = next(each for each in record.members if member.call_id in _handed_to(each))
        # The facts of the second id lead here from now on, also those that came before the transfer was told.
        item = self._dynamodb.update_item(
            TableName=self._table,
            Key=call_key(record.connection, member.call_id),
            UpdateExpression="SET root = :root, expires_at = if_not_exists(expires_at, :expires_at) ADD revision :one",
            ExpressionAttributeValues={
                ":root": {"S": above.call_id},
                ":expires_at": {"N": str(above.expires_at)},
                ":one": {"N": "1"},
            },
            ReturnValues="ALL_NEW",
        )["Attributes"]
        return stored_call(member.call_id, item)

    def _read(self, connection: str, call_id: str) -> StoredCall | None:
        reply = self._dynamodb.get_item(TableName=self._table, Key=call_key(connection, call_id), ConsistentRead=True)
        item = reply.get("Item")
        return None if item is None else stored_call(call_id, item)


def stored_call(call_id: str, item: Item) -> StoredCall:
    """Read a call from its item."""
    facts = tuple(
        decode_fact(call_id, text) for name in item if name.startswith(_FACT) and (text := text_of(item, name))
    )
    return StoredCall(
        call_id,
        facts,
        number_of(item, "revision") or 0,
        root=text_of(item, "root"),
        due="list" in item,
        claim=text_of(item, "claim"),
        expires_at=number_of(item, "expires_at") or 0,
    )


def _handed_to(stored: StoredCall) -> Iterable[str]:
    second_ids = {fact.event.second_call_id for fact in stored.facts if fact.event.kind == "transferred"}
    return sorted(each for each in second_ids if each and each != stored.call_id)
