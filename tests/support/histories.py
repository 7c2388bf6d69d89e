"""Calls whose answer was lost, and PBXs whose own history knows it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from shared.call import to_fact
from shared.calls import Calls
from shared.pbx.protocol import CallEvent
from tests.support.functions import SECRETS
from tests.support.pbx_servers.server import running
from tests.support.stack import CLIENT, LINE, a_company

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shared.company import Connection
    from tests.support.functions import Functions
    from tests.support.pbx_servers.server import PbxServer

CALL_ID = "Q7ZK2MTR9X00012C"


@contextmanager
def asked_at(functions: Functions, connection: Connection, pbx: PbxServer) -> Iterator[None]:
    """Put the connection in force with the secrets for asking, its PBX's API being the test's server."""
    with running(pbx) as url:
        functions.pbx_api_urls = {connection.family: url}
        company = a_company(connection)
        functions.apply(company)
        own = {**SECRETS.get(connection.family, {}), **pbx.secrets(url)}
        functions.stack.apply(company, {connection.id: own})
        functions.webhook, functions.backfill = functions.new_webhook(), functions.new_backfill()
        yield


def rung_and_lost(functions: Functions, connection: Connection, call_id: str = CALL_ID) -> None:
    """Two are rung; every event after that is lost. As facts, since it is not the wire that is tested here."""
    stack, calls = functions.stack, Calls(functions.stack.dynamodb, functions.stack.table)
    for ext in ("701", "702"):
        event = CallEvent(
            call_id=call_id, kind="ringing", name="rings", direction="in", phone=CLIENT, line=LINE, ext=ext
        )
        fact = to_fact(event, connection, stack.clock())
        calls.record(connection.id, fact, keep_days=90, due_at=stack.clock() + 235_000)
