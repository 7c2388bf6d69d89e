"""The contacts as stored: found by each of their numbers with one read, revised only by whoever read them last.

A contact is one item, created by one conditional write. One with several numbers (C9) stands whole under each of them,
and all its items are written in one transaction; the first number's item alone is in the lists.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from shared.contact import Contact, dump_contact, load_contact
from shared.table import contact_key, is_conflict, number_of, shard_of, text_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import (
        AttributeValueTypeDef,
        DeleteTypeDef,
        TransactWriteItemTypeDef,
        UpdateTypeDef,
    )

    from shared.table import Item

    Values = dict[str, AttributeValueTypeDef]


CONTACT_ATTRIBUTES = "contact, revision"
"""All that `contact_of` reads; the rest of the item serves the indexes."""


_SAME = " AND contact_id = :id"


class Conflict(Exception):  # noqa: N818 -- it is a turn of events, not a fault
    """Somebody else wrote this contact first; read it again and decide again."""


class Contacts:
    """Reads and writes contacts."""

    def __init__(self, dynamodb: DynamoDBClient, table: str) -> None:
        self._dynamodb = dynamodb
        self._table = table

    def of_phone(self, phone: str, *, consistent: bool = False) -> Contact | None:
        """Find the contact of a number (E.164)."""
        reply = self._dynamodb.get_item(
            TableName=self._table,
            Key=contact_key(phone),
            ProjectionExpression=CONTACT_ATTRIBUTES,
            ConsistentRead=consistent,
        )
        item = reply.get("Item")
        return None if item is None else contact_of(item)

    def create(self, contact: Contact) -> Contact:
        """Store a new contact, exactly one for its number (C2); raise Conflict where there is one already."""
        return self._write(contact, None)

    def revise(self, contact: Contact) -> Contact:
        """Store a contact made from the revision it carries; raise Conflict where that is no longer the last."""
        return self._write(contact, contact.revision) if len(contact.phones) == 1 else self.renumber(contact, contact)

    def renumber(self, before: Contact, contact: Contact, absorbed: Contact | None = None) -> Contact:
        """Store a contact whose numbers are others than `before`; those of an absorbed contact lead to it from now on.

        All at once or not at all; raises Conflict where either contact changed, or a number was taken meanwhile.
        """
        written = contact._replace(revision=max(before.revision, absorbed.revision if absorbed else 0) + 1)
        held = {phone: each.revision for each in (before, absorbed) if each for phone in each.phones}
        first, *others = contact.phones
        writes: list[TransactWriteItemTypeDef] = [{"Update": self._update(written, first, held.get(first))}]
        writes += [{"Update": self._copy(written, phone, held.get(phone))} for phone in others]
        writes += [{"Delete": self._delete(phone, held[phone])} for phone in held if phone not in contact.phones]
        self._together(writes)
        return written

    def erase(self, contact: Contact) -> None:
        """Remove a contact under all its numbers; raise Conflict where it changed since it was read."""
        self._together([{"Delete": self._delete(phone, contact.revision)} for phone in contact.phones])

    def retract(self, contact: Contact) -> None:
        """Remove a contact that its own call proves should not exist (C5); raise Conflict where it changed since."""
        delete = self._delete(contact.phones[0], contact.revision)
        delete["ConditionExpression"] += _SAME
        delete["ExpressionAttributeValues"] = {**_read(contact.revision), ":id": {"S": contact.id}}
        try:
            self._dynamodb.delete_item(**delete)
        except ClientError as error:
            raise _conflict_or(error) from error

    def _together(self, writes: Sequence[TransactWriteItemTypeDef]) -> None:
        try:
            self._dynamodb.transact_write_items(TransactItems=writes)
        except ClientError as error:
            raise _conflict_or(error) from error

    def _write(self, contact: Contact, read: int | None) -> Contact:
        written = contact._replace(revision=contact.revision + 1)
        update = self._update(written, contact.phones[0], read)
        if read is not None:
            update["ConditionExpression"] += _SAME  # one taken back may have been followed by another, counted anew
        try:
            self._dynamodb.update_item(**update)
        except ClientError as error:
            raise _conflict_or(error) from error
        return written

    def _update(self, contact: Contact, phone: str, read: int | None) -> UpdateTypeDef:
        """Put a contact into the item of its first number, which stands for it in the indexes."""
        shard = shard_of(contact.id)
        sets = "contact = :contact, revision = :revision, contact_id = :id, #list = :list, listed_at = :listed_at"
        values: Values = {
            **_content(contact, read),
            ":id": {"S": contact.id},
            ":list": {"S": f"{contact.state}#{shard}"},
            ":listed_at": {"S": f"{contact.created_at:013d}#{contact.id}"},
        }
        if contact.responsibles:
            sets += ", #owner = :owner"
            values[":owner"] = {"S": f"{owner_set(contact)}#{shard}"}
        else:
            sets += " REMOVE #owner"
        return {
            "TableName": self._table,
            "Key": contact_key(phone),
            "UpdateExpression": f"SET {sets}",
            "ConditionExpression": _still(read),
            "ExpressionAttributeNames": {"#list": "list", "#owner": "owner"},
            "ExpressionAttributeValues": values,
        }

    def _copy(self, contact: Contact, phone: str, read: int | None) -> UpdateTypeDef:
        """Put a contact into the item of another of its numbers; the id of one merged into it stays in the index."""
        return {
            "TableName": self._table,
            "Key": contact_key(phone),
            "UpdateExpression": "SET contact = :contact, revision = :revision REMOVE #list, listed_at, #owner",
            "ConditionExpression": _still(read),
            "ExpressionAttributeNames": {"#list": "list", "#owner": "owner"},
            "ExpressionAttributeValues": _content(contact, read),
        }

    def _delete(self, phone: str, read: int) -> DeleteTypeDef:
        return {
            "TableName": self._table,
            "Key": contact_key(phone),
            "ConditionExpression": _still(read),
            "ExpressionAttributeValues": _read(read),
        }


def owner_set(contact: Contact) -> str:
    """Name the set of responsibles, the key that lists contacts by owner."""
    return ",".join(each.who for each in contact.responsibles)


def contact_of(item: Item) -> Contact:
    """Read a contact from its item."""
    return load_contact(text_of(item, "contact") or "", number_of(item, "revision") or 0)


def _conflict_or(error: ClientError) -> Exception:
    return Conflict() if is_conflict(error) else error


def _still(read: int | None) -> str:
    """Write only over the revision read; None: over nothing."""
    return "attribute_not_exists(pk)" if read is None else "revision = :read"


def _read(read: int | None) -> Values:
    return {} if read is None else {":read": {"N": str(read)}}


def _content(contact: Contact, read: int | None) -> Values:
    return {":contact": {"S": dump_contact(contact)}, ":revision": {"N": str(contact.revision)}, **_read(read)}
