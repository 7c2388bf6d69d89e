"""The contacts as stored: one item a number, created by one conditional write, revised only by whoever read it last."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from shared.contact import Contact, dump_contact, load_contact
from shared.table import contact_key, is_conflict, number_of, shard_of, text_of

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from shared.table import Item


CONTACT_ATTRIBUTES = "contact, revision"
"""All that `contact_of` reads; the rest of the item serves the indexes."""


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
        return self._write(contact, "attribute_not_exists(pk)", {})

    def revise(self, contact: Contact) -> Contact:
        """Store a contact made from the revision it carries; raise Conflict where that is no longer the last."""
        return self._write(contact, "revision = :read", {":read": {"N": str(contact.revision)}})

    def retract(self, contact: Contact) -> None:
        """Remove a contact that its own call proves should not exist (C5); raise Conflict where it changed since."""
        try:
            self._dynamodb.delete_item(
                TableName=self._table,
                Key=contact_key(contact.phones[0]),
                ConditionExpression="revision = :read",
                ExpressionAttributeValues={":read": {"N": str(contact.revision)}},
            )
        except ClientError as error:
            raise _conflict_or(error) from error

    def _write(self, contact: Contact, condition: str, read: dict[str, dict[str, str]]) -> Contact:
        written = contact._replace(revision=contact.revision + 1)
        shard = shard_of(contact.id)
        sets = "contact = :contact, revision = :revision, contact_id = :id, #list = :list, listed_at = :listed_at"
        values = {
            ":contact": {"S": dump_contact(written)},
            ":revision": {"N": str(written.revision)},
            ":id": {"S": contact.id},
            ":list": {"S": f"{contact.state}#{shard}"},
            ":listed_at": {"S": f"{contact.created_at:013d}#{contact.id}"},
            **read,
        }
        if contact.responsibles:
            sets += ", #owner = :owner"
            values[":owner"] = {"S": f"{owner_set(contact)}#{shard}"}
        else:
            sets += " REMOVE #owner"
        try:
            self._dynamodb.update_item(
                TableName=self._table,
                Key=contact_key(contact.phones[0]),
                UpdateExpression=f"SET {sets}",
                ConditionExpression=condition,
                ExpressionAttributeNames={"#list": "list", "#owner": "owner"},
                ExpressionAttributeValues=values,
            )
        except ClientError as error:
            raise _conflict_or(error) from error
        return written


def owner_set(contact: Contact) -> str:
    """Name the set of responsibles, the key that lists contacts by owner."""
    return ",".join(each.who for each in contact.responsibles)


def contact_of(item: Item) -> Contact:
    """Read a contact from its item."""
    return load_contact(text_of(item, "contact") or "", number_of(item, "revision") or 0)


def _conflict_or(error: ClientError) -> Exception:
    return Conflict() if is_conflict(error) else error
