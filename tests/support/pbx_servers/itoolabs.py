"""iTooLabs: v1 with `X-API-KEY`, and the older `crm_api.wcgp` with a token."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING

from tests.support.pbx_servers.server import Memory

if TYPE_CHECKING:
    from tests.support.pbx_servers.server import Asked, PastCall

STAMP = "%Y%m%dT%H%M%SZ"
MOSCOW = timezone(timedelta(hours=3))


@dataclass(slots=True)
class ItooLabsServer:
    """A tenant of the platform."""

    api_key: str = "v1-key"
    token: str = "legacy-token"
    has_v1: bool = True
    memory: Memory = field(default_factory=Memory)

    def secrets(self, url: str) -> dict[str, str]:
        """What opens both APIs."""
        return {"pbx_url": url, "api_key": self.api_key, "pbx_token": self.token}

    def answer(self, asked: Asked) -> tuple[int, bytes]:
        """Answer one request."""
        if asked.path.startswith("/crmapi/v1/") and self.has_v1:
            return self._v1(asked)
        if asked.path == "/sys/crm_api.wcgp":
            return self._legacy(asked.form if asked.method == "POST" else asked.query)
        return 404, b""

    def _v1(self, asked: Asked) -> tuple[int, bytes]:
        if asked.headers.get("x-api-key") != self.api_key:
            self.memory.refuse("wrong X-API-KEY")
            return 401, b'{"error": "Invalid token"}'
        if asked.path.endswith("/users"):
            start, limit = int(asked.query.get("start", "0")), int(asked.query.get("limit", "20"))
            items = [
                {"login": each.login, "name": each.name, "position": "", "ext": each.ext, "role": "user"}
                for each in self.memory.people[start : start + limit]
            ]
            info = {"start": start, "limit": limit, "total": len(self.memory.people)}
            return 200, json.dumps({"items": items, "info": info}).encode()
        if asked.path.endswith("/history/json"):
            return 200, json.dumps([_row(call) for call in self._between(asked.query)]).encode()
        return 404, b""

    def _legacy(self, fields: dict[str, str]) -> tuple[int, bytes]:
        if fields.get("token") != self.token:
            self.memory.refuse("wrong token")
            return 401, b'{"error": "Invalid token"}'
        match fields.get("cmd"):
            case "accounts":
                people = [{"name": each.login, "realName": each.name, "ext": each.ext} for each in self.memory.people]
                return 200, json.dumps(people).encode()
            case "history":
                return 200, "".join(_line(call) for call in self._between(fields)).encode()
            case _:
                return 400, b'{"error": "Invalid parameters"}'

    def _between(self, fields: dict[str, str]) -> list[PastCall]:
        if not all(re.fullmatch(r"\d{8}T\d{6}Z", fields.get(name, "")) for name in ("start", "end")):
            self.memory.refuse("start and end must be YYYYmmddTHHMMSSZ")
            return []
        since, until = (datetime.strptime(fields[name], STAMP).replace(tzinfo=UTC) for name in ("start", "end"))
        return [call for call in self.memory.calls if since.timestamp() <= call.began_at <= until.timestamp()]


def _row(call: PastCall) -> dict[str, object]:
    talk = call.answered[-1] if call.answered else None
    return {
        "uid": call.call_id,
        "type": "in",
        "status": "success" if talk else "missed",
        "client": call.phone.lstrip("+"),
        "diversion": call.line.lstrip("+"),
        "destination": "user" if talk else "group",
        "user": talk.person.login if talk else "",
        "start": datetime.fromtimestamp(call.began_at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "wait": (talk.answered_at or 0) - call.began_at if talk else 20,
        "duration": 47 if talk else 0,
        "record": "",
    }


def _line(call: PastCall) -> str:
    talk = call.answered[-1] if call.answered else None
    fields = (
        call.call_id,
        "in" if talk else "missed",
        call.phone,
        f"{talk.person.login}@tenant.pbx.example" if talk else "g_0b1c2d3e",
        call.line,
        datetime.fromtimestamp(call.began_at, MOSCOW).isoformat(),
        str((talk.answered_at or 0) - call.began_at if talk else 20),
        "47" if talk else "0",
        "",
    )
    return ",".join(fields) + "\r\n"
