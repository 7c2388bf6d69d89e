"""What must be true after a drill, whatever went wrong in it: looked up in the table itself, past every fault."""

from __future__ import annotations

from typing import TYPE_CHECKING

import shared.pbx
from shared.aws import now_ms
from shared.call import encode_fact, to_fact
from shared.calls import Calls
from shared.companies import Companies
from shared.contacts import contact_of
from shared.pbx.protocol import PbxRequest

if TYPE_CHECKING:
    from drills.ground import Ground
    from drills.pbx import Conversation, Sent


class Judge:
    """Counts what is stored."""

    def __init__(self, ground: Ground) -> None:
        self._table = ground.deployed.outputs["TableName"]
        self._dynamodb = ground.deployed.dynamodb()
        self._calls = Calls(self._dynamodb, self._table)
        self._companies = Companies(self._dynamodb, self._table, now_ms)

    def lost(self, conversation: Conversation) -> list[str]:
        """Name every event that was acknowledged and is not in the stored call."""
        return [
            f"“{sent.request.says}” was acknowledged and is not stored"
            for sent in conversation.sent
            if sent.acknowledged and not sent.request.asks and not self._has(conversation, sent)
        ]

    def questions_lost(self, conversation: Conversation) -> list[str]:
        """Name every question whose own event is not stored: it is answered in time all the same (T12)."""
        return [
            sent.request.says
            for sent in conversation.sent
            if sent.acknowledged and sent.request.asks and not self._has(conversation, sent)
        ]

    def contacts(self, phone: str) -> int:
        """Count the contacts that carry a number."""
        pages = self._dynamodb.get_paginator("scan").paginate(
            TableName=self._table,
            FilterExpression="begins_with(pk, :kind)",
            ExpressionAttributeValues={":kind": {"S": "phone#"}},
        )
        return sum(phone in contact_of(item).phones for page in pages for item in page["Items"])

    def _has(self, conversation: Conversation, sent: Sent) -> bool:
        """Whether everything that a request says is stored."""
        connection = self._companies.current().company.connections[conversation.stage.connection.id]
        for event in shared.pbx.family(connection.family).parse(_as_received(sent)).events:
            record = self._calls.load(connection.id, event.call_id)
            facts = [fact for member in record.members for fact in member.facts] if record else []
            if encode_fact(to_fact(event, connection, 0))[0] not in {encode_fact(fact)[0] for fact in facts}:
                return False
        return True


def _as_received(sent: Sent) -> PbxRequest:
    request = sent.request
    return PbxRequest(
        method=request.method,
        suffix=request.suffix,
        query=request.query,
        headers={name.lower(): value for name, value in request.headers.items()},
        body=request.body,
        url=sent.url,
    )
