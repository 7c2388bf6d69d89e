"""Telphin: a token of the application, then plain resources; ids in capitals, short numbers behind the client's."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tests.support.pbx_servers.server import Memory

if TYPE_CHECKING:
    from tests.support.pbx_servers.server import Asked, PastCall

TOKEN = "telphin-access-token"
API = "/api/ver1.0/client/@me"


@dataclass(slots=True)
class TelphinServer:
    """One client."""

    app_id: str = "telphin-app"
    app_secret: str = "telphin-app-secret"
    forwards: bool = False
    memory: Memory = field(default_factory=Memory)

    def secrets(self, _url: str) -> dict[str, str]:
        """What opens it."""
        return {"app_id": self.app_id, "app_secret": self.app_secret}

    def answer(self, asked: Asked) -> tuple[int, bytes]:
        """Answer one request."""
        if asked.path == "/oauth/token":
            wanted = {"grant_type": "client_credentials", "client_id": self.app_id, "client_secret": self.app_secret}
            if asked.form != wanted:
                self.memory.refuse("wrong application")
                return 400, b'{"error": "invalid_client"}'
            token = {"access_token": TOKEN, "token_type": "Bearer", "expires_in": 3600}
            return 200, json.dumps(token).encode()
        if asked.headers.get("authorization") != f"Bearer {TOKEN}":
            self.memory.refuse("no token")
            return 401, b"{}"
        if asked.path == f"{API}/extension/":
            return 200, json.dumps(self._extensions(asked.query)).encode()
        name = asked.path.removeprefix(f"{API}/call_history/")
        call = next((each for each in self.memory.calls if each.call_id.upper() == name), None)
        return (200, json.dumps(self._history(call)).encode()) if call else (404, b'{"message": "not found"}')

    def _extensions(self, query: dict[str, str]) -> list[dict[str, object]]:
        page, size = int(query.get("page", "1")), int(query.get("per_page", "20"))
        rows: list[dict[str, object]] = [
            {"id": 5000 + number, "name": f"1234*{each.ext}", "label": each.name, "type": "phone", "status": "active"}
            for number, each in enumerate(self.memory.people)
        ]
        rows.append({"id": 6000, "name": "1234*099", "label": "Menu", "type": "ivr", "status": "active"})
        kept = [row for row in rows if query.get("type") in {None, row["type"]}]
        return kept[(page - 1) * size : page * size]

    def _history(self, call: PastCall) -> dict[str, object]:
        talk = call.answered[-1] if call.answered else None
        number = f"1234*{talk.person.ext}" if talk else None
        cdr = [{"flow": "transfer", "dest_number": number}] if self.forwards else []
        return {
            "call_uuid": call.call_id.upper(),
            "flow": "in",
            "result": "bridged" if talk else "not answered",
            "from_username": call.phone,
            "to_username": "1234*099",
            "did_number": call.line.lstrip("+"),
            "init_time_gmt": _shown(call.began_at),
            "bridged_username": ("79160000009" if self.forwards else number) if talk else None,
            "bridged_time_gmt": _shown(talk.answered_at or 0) if talk else None,
            "bridged_duration": 40 if talk else None,
            "cdr": cdr,
        }


def _shown(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")
