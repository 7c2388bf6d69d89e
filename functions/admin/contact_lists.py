"""Contacts found otherwise than by number: by id, by state, by responsible, a page at a time."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from functions.admin.cursors import UNKNOWN, read_cursor, write_cursor
from functions.admin.read_items import read_items
from functions.admin.refusal import Refusal
from shared.company import GROUP_PREFIX
from shared.company_file.names import ID
from shared.contacts import contact_of
from shared.table import BY_ID, BY_OWNER, LISTED, SHARDS, company_key, contact_key, text_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import QueryInputTypeDef

    from shared.contact import Contact, ContactState
    from shared.table import Item, Key

PAGE = 50
_CONTACT = re.compile(r"phone#\+\d{1,20}", re.ASCII)
_LISTED = re.compile(r"\d{13}#\w{1,64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Page:
    """Some contacts, and where to go on."""

    contacts: tuple[Contact, ...]
    cursor: str | None


@dataclass(frozen=True, slots=True)
class _Position:
    """Behind which entry of which partition a page goes on."""

    partition: str
    pk: str
    listed_at: str


class ContactLists:
    """Finds contacts through the indexes; what they name is read from the table itself, so it is never outdated."""

    def __init__(self, dynamodb: DynamoDBClient, table: str) -> None:
        self._dynamodb = dynamodb
        self._table = table

    def of_id(self, contact_id: str) -> Contact | None:
        """Find a contact by its id, or by that of one merged into it."""
        keys = self._dynamodb.query(
            TableName=self._table,
            IndexName=BY_ID,
            KeyConditionExpression="contact_id = :id",
            ExpressionAttributeValues={":id": {"S": contact_id}},
        )["Items"]
        # The index may still name a contact that was taken back, and its number may have another by now.
        return next((each for each in self._read(keys) if contact_id in (each.id, *each.merged)), None)

    def of_state(self, state: ContactState, cursor: str | None) -> Page:
        """List contacts by state, oldest first in each shard."""
        partitions = [f"{state}#{shard}" for shard in range(SHARDS)]
        page = self._page(LISTED, "list", partitions, cursor)
        return Page(tuple(each for each in page.contacts if each.state == state), page.cursor)

    def of_responsible(self, who: str, cursor: str | None) -> Page:
        """List the contacts that an employee or a group owns, alone or with others."""
        if not ID.fullmatch(who.removeprefix(GROUP_PREFIX)):
            raise Refusal(400, "responsible: write an employee's id, or `group:` and a group's id")
        sets = sorted({who, *(each for each in self.owner_sets() if who in each.split(","))})
        partitions = [f"{owners}#{shard}" for owners in sets for shard in range(SHARDS)]
        page = self._page(BY_OWNER, "owner", partitions, cursor)
        owned = (each for each in page.contacts if any(owner.who == who for owner in each.responsibles))
        return Page(tuple(owned), page.cursor)

    def count(self, owners: str) -> int:
        """Count the contacts that exactly this set of responsibles owns."""
        counted = 0
        for shard in range(SHARDS):
            pages = self._dynamodb.get_paginator("query").paginate(
                TableName=self._table,
                IndexName=BY_OWNER,
                KeyConditionExpression="#owner = :partition",
                ExpressionAttributeNames={"#owner": "owner"},
                ExpressionAttributeValues={":partition": {"S": f"{owners}#{shard}"}},
                Select="COUNT",
            )
            counted += sum(page["Count"] for page in pages)
        return counted

    def owner_sets(self) -> Iterable[str]:
        """Give every set of several responsibles that contacts may have."""
        item = self._dynamodb.get_item(TableName=self._table, Key=company_key("owners")).get("Item", {})
        return item.get("sets", {}).get("SS", ())

    def _page(self, index: str, name: str, partitions: Sequence[str], cursor: str | None) -> Page:
        start = _read_position(cursor, partitions)
        first = partitions.index(start.partition) if start else 0
        keys: list[Item] = []
        for partition in partitions[first:]:
            request: QueryInputTypeDef = {
                "TableName": self._table,
                "IndexName": index,
                "KeyConditionExpression": "#name = :partition",
                "ExpressionAttributeNames": {"#name": name},
                "ExpressionAttributeValues": {":partition": {"S": partition}},
                "Limit": PAGE - len(keys),
            }
            if start is not None and start.partition == partition:
                request["ExclusiveStartKey"] = _start_key(name, start)
            reply = self._dynamodb.query(**request)
            keys += reply["Items"]
            if len(keys) >= PAGE:
                last = keys[-1]
                position = (partition, text_of(last, "pk") or "", text_of(last, "listed_at") or "")
                return Page(tuple(self._read(keys)), write_cursor(position))
        return Page(tuple(self._read(keys)), None)

    def _read(self, keys: Sequence[Item]) -> list[Contact]:
        """Read the contacts of index entries, in their order; one that is gone meanwhile is left out."""
        wanted: list[Key] = [{"pk": key["pk"], "sk": key["sk"]} for key in keys]
        items = read_items(self._dynamodb, self._table, wanted)
        found = {text_of(item, "pk") or "": contact_of(item) for item in items}
        return [found[pk] for key in keys if (pk := text_of(key, "pk") or "") in found]


def _start_key(name: str, after: _Position) -> Key:
    phone = after.pk.removeprefix("phone#")
    return {**contact_key(phone), name: {"S": after.partition}, "listed_at": {"S": after.listed_at}}


def _read_position(cursor: str | None, partitions: Sequence[str]) -> _Position | None:
    if not cursor:
        return None
    position = _Position(*map(str, read_cursor(cursor, parts=3)))
    if not _CONTACT.fullmatch(position.pk) or not _LISTED.fullmatch(position.listed_at):
        raise Refusal(400, UNKNOWN)
    if position.partition not in partitions:
        raise Refusal(400, "cursor: it belongs to another list")
    return position
