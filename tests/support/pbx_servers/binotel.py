"""Binotel: JSON with key and secret in it; everything in the answer is text."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.support.pbx_servers.server import Memory

if TYPE_CHECKING:
    from tests.support.pbx_servers.server import Asked, PastCall


@dataclass(slots=True)
class BinotelServer:
    """One company."""

    key: str = "b1-key"
    secret: str = "b1-secret"
    online: bool = False
    memory: Memory = field(default_factory=Memory)

    def secrets(self, _url: str) -> dict[str, str]:
        """What opens it."""
        return {"key": self.key, "secret": self.secret}

    def answer(self, asked: Asked) -> tuple[int, bytes]:
        """Answer one request."""
        request = json.loads(asked.body)
        if (request.get("key"), request.get("secret")) != (self.key, self.secret):
            self.memory.refuse("wrong key or secret")
            return 200, b'{"status": "error", "code": 103, "message": "Wrong key or secret"}'
        match asked.path:
            case "/stats/call-details.json":
                found = {
                    call.call_id: self._details(call)
                    for call in self.memory.calls
                    if call.call_id in request["generalCallID"]
                }
                return 200, json.dumps({"status": "success", "callDetails": found or []}).encode()
            case "/settings/list-of-employees.json":
                people = {str(1000 + number): self._person(number) for number in range(len(self.memory.people))}
                return 200, json.dumps({"status": "success", "listOfEmployees": people or []}).encode()
            case _:
                return 404, b""

    def _details(self, call: PastCall) -> dict[str, object]:
        legs = [
            {
                "waitsec": "8",
                "billsec": "33" if talk.answered_at else "0",
                "disposition": "ANSWER" if talk.answered_at else "NOANSWER",
                "internalNumber": talk.person.ext,
                "internalAdditionalData": "",
            }
            for talk in call.talks
        ]
        last = (call.answered or list(call.talks))[-1]
        wait = (call.answered[0].answered_at or 0) - call.began_at if call.answered else 20
        return {
            "companyID": "1234",
            "generalCallID": call.call_id,
            "callID": call.call_id,
            "startTime": str(call.began_at),
            "callType": "0",
            "internalNumber": last.person.ext,
            "internalAdditionalData": "",
            "externalNumber": call.phone.removeprefix("+38"),
            "waitsec": str(wait),
            "billsec": "33" if call.answered else "0",
            "disposition": "ONLINE" if self.online else "ANSWER" if call.answered else "CANCEL",
            "customerData": "",
            "pbxNumberData": {"number": call.line.lstrip("+"), "name": "Main"},
            "historyData": legs,
        }

    def _person(self, number: int) -> dict[str, object]:
        each = self.memory.people[number]
        return {
            "employeeID": str(1000 + number),
            "email": "",
            "name": each.name,
            "endpointData": {"id": str(number), "internalNumber": each.ext, "status": {"status": "online"}},
        }
