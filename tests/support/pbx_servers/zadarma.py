"""Zadarma: signed requests; statistics in the account's own time, a row for each leg."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from tests.support.pbx_servers.server import Memory

if TYPE_CHECKING:
    from tests.support.pbx_servers.server import Asked

TIME = "%Y-%m-%d %H:%M:%S"


@dataclass(slots=True)
class ZadarmaServer:
    """One account, in Moscow's time."""

    api_key: str = "zadarma-key"
    api_secret: str = "zadarma-secret"
    ahead: timedelta = timedelta(hours=3)
    memory: Memory = field(default_factory=Memory)

    def secrets(self, _url: str) -> dict[str, str]:
        """What signs."""
        return {"api_key": self.api_key, "api_secret": self.api_secret}

    def answer(self, asked: Asked) -> tuple[int, bytes]:
        """Answer one request."""
        query = urlencode(sorted(asked.query.items()))
        text = asked.path + query + hashlib.md5(query.encode(), usedforsecurity=False).hexdigest()
        digest = hmac.new(self.api_secret.encode(), text.encode(), "sha1").hexdigest()
        if asked.headers.get("authorization") != f"{self.api_key}:{base64.b64encode(digest.encode()).decode()}":
            self.memory.refuse("wrong signature")
            return 401, b'{"status": "error", "message": "Not authorized"}'
        match asked.path:
            case "/v1/info/timezone/":
                now = datetime.now(UTC)
                shown = (now + self.ahead).strftime(TIME)
                zone = {"unixtime": int(now.timestamp()), "datetime": shown, "timezone": "UTC+3"}
                return self._success(zone)
            case "/v1/pbx/internal/":
                return self._success({"pbx_id": 1234, "numbers": [int(each.ext) for each in self.memory.people]})
            case "/v1/statistics/pbx/":
                return self._statistics(asked.query)
            case _:
                return 404, b""

    def _statistics(self, query: dict[str, str]) -> tuple[int, bytes]:
        if query.get("version") != "2" or query.get("call_type") not in {None, "in", "out"}:
            self.memory.refuse("version and call_type")
            return 400, b'{"status": "error", "message": "wrong parameters"}'
        since, until = (self._unix(query[name]) for name in ("start", "end"))
        stats: list[dict[str, object]] = []
        for call in self.memory.calls:
            if since <= call.began_at <= until:
                stats.append(self._leg(call.call_id, call.began_at, 5, "answered"))  # the scenario that greets
                stats += [
                    self._leg(
                        call.call_id,
                        talk.answered_at or call.began_at,
                        int(talk.person.ext),
                        "answered" if talk.answered_at else "cancel",
                    )
                    for talk in call.talks
                ]
        return self._success({"start": query["start"], "end": query["end"], "version": 2, "stats": stats})

    def _leg(self, call_id: str, began_at: int, destination: int, disposition: str) -> dict[str, object]:
        shown = (datetime.fromtimestamp(began_at, UTC) + self.ahead).strftime(TIME)
        return {
            "call_id": 1439981389.2702773,
            "sip": 79161234567,
            "callstart": shown,
            "clid": 79161234567,
            "destination": destination,
            "disposition": disposition,
            "seconds": 5,
            "is_recorded": False,
            "pbx_call_id": call_id,
        }

    def _unix(self, shown: str) -> float:
        return (datetime.strptime(shown, TIME).replace(tzinfo=UTC) - self.ahead).timestamp()

    def _success(self, fields: dict[str, object]) -> tuple[int, bytes]:
        return 200, json.dumps({"status": "success", **fields}).encode()
