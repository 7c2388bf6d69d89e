"""UIS: JSON-RPC 2.0 with a token among the parameters."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tests.support.pbx_servers.server import Memory

if TYPE_CHECKING:
    from tests.support.pbx_servers.server import Asked

Fields = dict[str, object]


@dataclass(slots=True)
class UisServer:
    """One account of the Data API."""

    token: str = "uis-token"
    memory: Memory = field(default_factory=Memory)

    def secrets(self, _url: str) -> dict[str, str]:
        """What opens it."""
        return {"access_token": self.token}

    def answer(self, asked: Asked) -> tuple[int, bytes]:
        """Answer one request."""
        request = json.loads(asked.body)
        params = request["params"]
        if asked.method != "POST" or request.get("jsonrpc") != "2.0":
            return self._error(request, -32600, "Invalid Request")
        if params.get("access_token") != self.token:
            return self._error(request, -32001, "Access token has been expired or is invalid")
        match request["method"]:
            case "get.employees":
                rows = self._employees(params)
            case "get.calls_report":
                rows = self._calls(params)
            case _:
                return self._error(request, -32601, "Method not found")
        fields = params.get("fields")
        data = [{name: value for name, value in row.items() if not fields or name in fields} for row in rows]
        result = {"metadata": {"total_items": len(data)}, "data": data}
        return 200, json.dumps({"jsonrpc": "2.0", "id": request["id"], "result": result}).encode()

    def _employees(self, params: Fields) -> list[Fields]:
        offset, limit = int(str(params.get("offset", 0))), int(str(params.get("limit", 1000)))
        return [
            {
                "id": int(each.login),
                "full_name": each.name,
                "email": None,
                "extension": {"extension_phone_number": each.ext} if each.ext else None,
                "phone_numbers": [],
            }
            for each in self.memory.people[offset : offset + limit]
        ]

    def _calls(self, params: Fields) -> list[Fields]:
        wanted = params["filter"]
        assert isinstance(wanted, dict)
        assert (wanted["field"], wanted["operator"]) == ("id", "=")
        for name in ("date_from", "date_till"):
            datetime.strptime(str(params[name]), "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
        return [
            {
                "id": int(call.call_id),
                "start_time": "2026-11-18 12:26:40",
                "finish_time": "2026-11-18 12:28:00",
                "direction": "in",
                "is_lost": not call.answered,
                "contact_phone_number": call.phone.lstrip("+"),
                "virtual_phone_number": call.line.lstrip("+"),
                "first_answered_employee_id": int(call.answered[0].person.login) if call.answered else None,
                "last_answered_employee_id": int(call.answered[-1].person.login) if call.answered else None,
            }
            for call in self.memory.calls
            if int(call.call_id) == wanted["value"]
        ]

    def _error(self, request: Fields, code: int, message: str) -> tuple[int, bytes]:
        self.memory.refuse(message)
        error = {"code": code, "message": message, "data": {"mnemonic": "error"}}
        return 200, json.dumps({"jsonrpc": "2.0", "id": request.get("id"), "error": error}).encode()
