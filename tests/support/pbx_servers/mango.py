"""Mango Office: signed forms; a report is ordered first and fetched when it is ready."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.support.pbx_servers.server import Memory

if TYPE_CHECKING:
    from tests.support.pbx_servers.server import Asked

KEY = "b3ZvIt8hPJReV8v4MYspQQA=="


@dataclass(slots=True)
class MangoServer:
    """One product."""

    api_key: str = "m1a2n3g4o5key"
    salt: str = "s1a2l3t4"
    looks_until_ready: int = 0
    memory: Memory = field(default_factory=Memory)
    _ordered: dict[str, object] | None = None

    def secrets(self, _url: str) -> dict[str, str]:
        """What signs."""
        return {"vpbx_api_key": self.api_key, "vpbx_api_salt": self.salt}

    def answer(self, asked: Asked) -> tuple[int, bytes]:
        """Answer one request."""
        fields = asked.form
        text = fields.get("json", "")
        sign = hashlib.sha256(f"{self.api_key}{text}{self.salt}".encode()).hexdigest()
        if set(fields) != {"vpbx_api_key", "sign", "json"} or fields["sign"] != sign:
            self.memory.refuse("wrong signature")
            return 401, b'{"result": 3104}'
        document = json.loads(text)
        match asked.path:
            case "/config/users/request":
                return 200, json.dumps({"users": self._users()}).encode()
            case "/stats/request":
                return self._order(document)
            case "/stats/result":
                return self._report(document)
            case _:
                return 404, b""

    def _order(self, document: dict[str, object]) -> tuple[int, bytes]:
        if not all(str(document.get(name, "")).isdigit() for name in ("date_from", "date_to")):
            self.memory.refuse("date_from and date_to must be timestamps")
            return 200, b'{"result": 3101}'
        self._ordered = document
        return 200, json.dumps({"key": KEY}).encode()

    def _report(self, document: dict[str, object]) -> tuple[int, bytes]:
        if document != {"key": KEY} or self._ordered is None:
            return 404, b""
        if self.looks_until_ready > 0:
            self.looks_until_ready -= 1
            return 204, b""
        order = self._ordered
        party = order.get("call_party")
        number = party.get("number") if isinstance(party, dict) else None
        since, until = int(str(order["date_from"])), int(str(order["date_to"]))
        names = [name.strip() for name in str(order["fields"]).split(",")]
        rows = []
        for call in self.memory.calls:
            if call.phone != f"+{number}" or not since <= call.began_at <= until:
                continue
            menu = {"location": "ivr", "answer": str(call.began_at), "to_number": call.line.lstrip("+")}
            legs = [
                {
                    "location": "abonent",
                    "answer": str(talk.answered_at or 0),
                    "to_extension": talk.person.ext,
                    "to_number": f"sip:{talk.person.login}@vpbx.example",
                }
                for talk in call.talks
            ]
            common = {"start": str(call.began_at), "from_number": call.phone.lstrip("+"), "entry_id": call.call_id}
            rows += [";".join({**common, **leg}.get(name, "") for name in names) for leg in (menu, *legs)]
        return 200, "\n".join(rows).encode()

    def _users(self) -> list[dict[str, object]]:
        return [
            {
                "general": {"name": each.name, "email": "", "department": "", "position": ""},
                "telephony": {
                    "extension": each.ext,
                    "outgoingline": "74951112200",
                    "numbers": [{"number": f"sip:{each.login}@vpbx.example", "protocol": "sip"}],
                },
            }
            for each in self.memory.people
        ]
