"""A PBX as the tests play it: in the wire shapes of the vendors, sent to a handler as API Gateway would."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from tests.support.stack import CLIENT, KEY, LINE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from functions.route.answer_lookup import LookupHandler
    from functions.webhook.handle_webhook import WebhookHandler
    from shared.api_gateway import ApiEvent
    from shared.pbx.protocol import PbxResponse

TOKEN = "token-of-the-tests"


def api_event(
    connection: str,
    *,
    key: str = KEY,
    method: str = "POST",
    suffix: str = "",
    query: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
    source_ip: str = "127.0.0.1",
) -> ApiEvent:
    """Word a request as API Gateway's HTTP API does; form bodies come in base64."""
    parameters = {"connection": connection, "key": key}
    if suffix:
        parameters["suffix"] = suffix
    return {
        "pathParameters": parameters,
        "rawQueryString": urlencode(query or {}),
        "headers": {"content-type": "application/x-www-form-urlencoded", **(headers or {})},
        "body": base64.b64encode(body).decode(),
        "isBase64Encoded": True,
        "requestContext": {"http": {"method": method, "sourceIp": source_ip}},
    }


@dataclass(slots=True)
class ItooLabs:
    """An iTooLabs PBX (MegaFon's field set) with one call going on."""

    handler: WebhookHandler | LookupHandler
    call_id: str = "Q7ZK2MTR9X00012C"
    phone: str = CLIENT.removeprefix("+")
    line: str = LINE.removeprefix("+")
    connection: str = "megafon-main"
    common: dict[str, str] = field(default_factory=dict)

    def event(self, kind: str, user: str, **fields: str) -> PbxResponse:
        """Report what happens to one employee's leg."""
        return self.send(self.event_fields(kind, user, **fields))

    def event_fields(self, kind: str, user: str, **fields: str) -> dict[str, str]:
        """Word such a report."""
        extensions = {"anna": "701", "boris": "702", "vera": "703"}
        return {
            "cmd": "event",
            "type": kind,
            "phone": self.phone,
            "diversion": self.line,
            "user": user,
            "ext": extensions.get(user, ""),
            "direction": "in",
            "callid": self.call_id,
            **fields,
        }

    def history(self, status: str, user: str, **fields: str) -> PbxResponse:
        """Send the final record."""
        return self.send(self.history_fields(status, user, **fields))

    def history_fields(self, status: str, user: str, **fields: str) -> dict[str, str]:
        """Word the final record."""
        return {
            "cmd": "history",
            "type": "in",
            "status": status,
            "phone": self.phone,
            "diversion": self.line,
            "user": user,
            "start": "20261123T101530Z",
            "duration": "28",
            "callid": self.call_id,
            **fields,
        }

    def ask(self, **fields: str) -> dict[str, Any]:
        """Ask who is responsible, and read the answer."""
        response = self.send(
            {"cmd": "contact", "phone": self.phone, "callid": self.call_id, "diversion": self.line} | fields
        )
        assert response.status == 200
        answer = json.loads(response.body)
        assert isinstance(answer, dict)
        return answer

    def send(self, fields: Mapping[str, str]) -> PbxResponse:
        """Send one form with the PBX's token."""
        body = urlencode({**fields, "crm_token": TOKEN, **self.common}).encode()
        return self.handler.handle(api_event(self.connection, body=body))


@dataclass(slots=True)
class Generic:
    """A PBX with a script of its own, speaking the plain JSON form."""

    handler: WebhookHandler | LookupHandler
    call_id: str = "call-1"
    phone: str = CLIENT
    connection: str = "site"

    def event(self, kind: str, **fields: str) -> PbxResponse:
        """Report one event."""
        document = {"event": kind, "call_id": self.call_id, "phone": self.phone, "line": LINE, **fields}
        return self.handler.handle(
            api_event(
                self.connection,
                headers={"authorization": f"Bearer {TOKEN}", "content-type": "application/json"},
                body=json.dumps(document).encode(),
            )
        )

    def ask(self, **fields: str) -> dict[str, Any]:
        """Ask who is responsible."""
        query = {"phone": self.phone, "line": LINE, "call_id": self.call_id, **fields}
        response = self.handler.handle(
            api_event(self.connection, method="GET", query=query, headers={"authorization": f"Bearer {TOKEN}"})
        )
        assert response.status == 200
        answer = json.loads(response.body)
        assert isinstance(answer, dict)
        return answer


@dataclass(slots=True)
class Zadarma:
    """A Zadarma PBX with one call going on."""

    handler: WebhookHandler | LookupHandler
    call_id: str = "in_37b89b64859f6a41b4ac1e3964b4c607820c0638"
    phone: str = CLIENT.removeprefix("+")
    line: str = LINE.removeprefix("+")
    secret: str = "zadarma-secret"
    started: str = "2026-11-23 10:15:30"

    def notify(self, event: str, **fields: str) -> PbxResponse:
        """Send one notification, signed over the fields that the manual names."""
        form = {"event": event, "call_start": self.started, "pbx_call_id": self.call_id, "caller_id": self.phone}
        if event == "NOTIFY_ANSWER":
            form |= fields
            signed = form["caller_id"] + form["destination"] + self.started
        else:
            form |= {"called_did": self.line, **fields}
            signed = form["caller_id"] + form["called_did"] + self.started
        digest = hmac.new(self.secret.encode(), signed.encode(), hashlib.sha1).hexdigest()
        headers = {"signature": base64.b64encode(digest.encode()).decode()}
        return self.handler.handle(api_event("zadarma-main", headers=headers, body=urlencode(form).encode()))


@dataclass(slots=True)
class Mango:
    """A Mango Office PBX with one call going on."""

    handler: WebhookHandler | LookupHandler
    call_id: str = "MjY4Nzg2ODQwMTo4MQ=="
    phone: str = CLIENT.removeprefix("+")
    line: str = LINE.removeprefix("+")
    key: str = "m1a2n3g4o5key"
    salt: str = "s1a2l3t4"

    def leg(self, leg: str, seq: int, state: str, location: str, ext: str | None = None, **fields: Any) -> PbxResponse:
        """Report the state of one leg."""
        to: dict[str, Any] = (
            {"number": f"sip:u{ext}@example.mangosip.ru", "extension": ext} if ext else {"number": self.line}
        )
        caller: dict[str, Any] = {"number": self.phone}
        if location != "ivr":
            caller["taken_from_call_id"] = "ivr-leg"
        document = {
            "entry_id": self.call_id,
            "call_id": leg,
            "timestamp": 1795428930 + seq,
            "seq": seq,
            "call_state": state,
            "location": location,
            "from": caller,
            "to": {**to, "line_number": self.line},
        }
        return self.send("events/call", {**document, **fields})

    def summary(self, ext: str, *, answered: bool) -> PbxResponse:
        """Send the record after the call."""
        talk_time = 1795428940 if answered else 0
        document = {
            "entry_id": self.call_id,
            "call_direction": 1,
            "from": {"number": self.phone},
            "to": {"extension": ext, "number": f"sip:u{ext}@example.mangosip.ru"},
            "line_number": self.line,
            "create_time": 1795428930,
            "forward_time": 1795428932,
            "talk_time": talk_time,
            "end_time": 1795428990,
            "entry_result": int(answered),
            "disconnect_reason": 1110,
        }
        return self.send("events/summary", document)

    def send(self, suffix: str, document: Mapping[str, Any]) -> PbxResponse:
        """Send one signed document."""
        text = json.dumps(document)
        sign = hashlib.sha256((self.key + text + self.salt).encode()).hexdigest()
        body = urlencode({"vpbx_api_key": self.key, "sign": sign, "json": text}).encode()
        return self.handler.handle(api_event("mango-main", suffix=suffix, body=body))
