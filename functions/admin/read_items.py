"""Many items read by their keys, a hundred at a time, until DynamoDB has given them all."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mypy_boto3_dynamodb import DynamoDBClient

    from shared.table import Item, Key

MOST_KEYS = 100
"""Keys DynamoDB takes at once."""


def read_items(dynamodb: DynamoDBClient, table: str, keys: Sequence[Key], *, consistent: bool = True) -> Iterator[Item]:
    """Read items in any order; those that do not exist are left out."""
    for start in range(0, len(keys), MOST_KEYS):
        wanted = list(keys[start : start + MOST_KEYS])
        while wanted:
            reply = dynamodb.batch_get_item(RequestItems={table: {"Keys": wanted, "ConsistentRead": consistent}})
            yield from reply["Responses"].get(table, ())
            left = reply["UnprocessedKeys"].get(table)
            wanted = [{"pk": key["pk"], "sk": key["sk"]} for key in left["Keys"]] if left else []
