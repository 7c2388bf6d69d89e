"""Tell Mango to ring somebody: its `route` command, signed, for a leg that waits in the menu."""

from __future__ import annotations

import json
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, TypedDict

import urllib3

from shared import aws
from shared.metrics import count
from shared.observability import logger
from shared.pbx.families.mango import route_command

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from shared.companies import Companies

TIMEOUT = urllib3.Timeout(connect=2, read=3)


class CommandMessage(TypedDict):
    """What the webhook queues."""

    connection: str
    call_id: str
    leg_id: str
    to_number: str
    contact_name: str | None
    not_after: int


@dataclass(frozen=True, slots=True)
class MangoApi:
    """Mango's VPBX API, or what stands in for it in a test."""

    url: str
    http: urllib3.PoolManager

    def route(self, fields: Mapping[str, str]) -> int:
        """Send the command; give the HTTP status."""
        reply = self.http.request(
            "POST",
            f"{self.url}/commands/route",
            fields=dict(fields),
            encode_multipart=False,
            timeout=TIMEOUT,
            retries=False,
        )
        return reply.status


class CommandCarrier:
    """Carries queued commands to PBXs."""

    def __init__(self, companies: Companies, mango: MangoApi, clock: Callable[[], int] = aws.now_ms) -> None:
        self._companies = companies
        self._mango = mango
        self._clock = clock

    def carry(self, body: str) -> bool:
        """Carry one command out; False where it came too late or was refused.

        It is never tried again: Mango locks a product out for two minutes after repeated bad requests, and the caller
        follows the PBX's own plan meanwhile.
        """
        message: CommandMessage = json.loads(body)
        where = {"connection": message["connection"], "call_id": message["call_id"]}
        if self._clock() > message["not_after"]:
            logger.warning("command came too late, the caller has gone on", extra=where)
            count("Commands", fate="too_late")
            return False
        in_force = self._companies.current()
        proof = in_force.secrets.get(message["connection"])
        if proof is None:
            logger.warning("command for a connection that is gone", extra=where)
            count("Commands", fate="connection_gone")
            return False
        fields = route_command(
            proof.secrets["vpbx_api_key"],
            proof.secrets["vpbx_api_salt"],
            leg_id=message["leg_id"],
            to_number=message["to_number"],
            command_id=message["call_id"],
            display_name=message["contact_name"],
        )
        try:
            status = self._mango.route(fields)
        except urllib3.exceptions.HTTPError as error:
            logger.warning("command not delivered", extra={**where, "error": type(error).__name__})
            count("Commands", fate="not_delivered")
            return False
        taken = status == HTTPStatus.OK
        logger.info("command sent", extra={**where, "status": status})
        count("Commands", fate="taken" if taken else "refused")
        return taken
