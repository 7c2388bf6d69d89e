"""The signatures of the simulator's PBXs, against the vendors' own examples and values computed elsewhere."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from firstcall.simulator.dialects import binotel, mango, telphin, twilio, vonage, yeastar, zadarma
from firstcall.simulator.wire import WireCall
from tests.unit.firstcall.stages import LINE, PEOPLE

if TYPE_CHECKING:
    from collections.abc import Mapping


def call(secrets: Mapping[str, str], **changes: Any) -> WireCall:
    made = WireCall(
        id="1",
        phone="+79161234567",
        line=LINE,
        country="RU",
        people=PEOPLE,
        secrets=secrets,
        operator="",
        webhook_url="https://firstcall.example/webhook/main/key",
        route_url="https://firstcall.example/route/main/key",
        started=datetime(2026, 11, 23, 10, 15, 30, tzinfo=UTC),
    )
    return replace(made, **changes)


def test_zadarma_signs_the_base64_of_a_hexadecimal_digest() -> None:
    asked = zadarma.ask(call({"api_secret": "zadarma-secret"}))
    assert asked is not None
    assert asked.headers["Signature"] == "Y2EyZjcxNzc4MTdkOGU1MDZlNjg3ZDc2NzBhOTNkMjY1Njk3YTU3Mg=="


def test_mango_signs_key_text_and_salt() -> None:
    document: dict[str, object] = {"general": {"name": "Иванов"}}
    secrets = {"vpbx_api_key": "m1a2n3g4o5key", "vpbx_api_salt": "s1a2l3t4"}
    fields = parse_qs(mango._request(call(secrets), "events/call", document, "").body.decode())
    assert fields["json"] == ['{"general":{"name":"Иванов"}}']
    assert fields["sign"] == ["5c53419b128b2c1b0226c4c3501677476c78406ecdb55e0fab3c5a756fc83864"]


def test_twilio_signs_the_address_with_its_query_and_the_sorted_fields() -> None:
    fields = {
        "To": "+18005551212",
        "From": "+14158675309",
        "Digits": "1234",
        "Caller": "+14158675309",
        "CallSid": "CA1234567890ABCDE",
    }
    example = call({"auth_token": "12345"}, webhook_url="https://mycompany.com/myapp.php")
    request = twilio._signed(example, "", fields, query={"foo": "1", "bar": "2"})
    assert request.headers["X-Twilio-Signature"] == "RSOYDt4T1cUTdK1PDd93/VVr8B8="


def test_vonage_binds_its_token_to_the_body() -> None:
    document = {"uuid": "aaaaaaaa-bbbb-cccc-dddd-0123456789ab", "status": "answered"}
    request = vonage._signed(call({"signature_secret": "s"}), "", document)
    _, claims, _ = request.headers["Authorization"].removeprefix("Bearer ").split(".")
    assert "67365de2a25e61740f1b5b4e75023df5ed84c660d8bb927aad94c25417fcad94" in (
        urlsafe_b64decode(claims + "=" * (-len(claims) % 4)).decode()
    )


def test_yeastar_signs_the_body_and_puts_json_into_a_text() -> None:
    request = yeastar._request(call({"webhook_secret": "yeastar-secret"}), 30011, {}, "")
    assert json.loads(request.body) == {"type": 30011, "sn": "3631B0000000", "msg": "{}"}
    assert request.headers["X-Signature"] == "3/sbLcT4u3G5v3uhz3Rk7AEhAX3KqZCTZ3l5MQlAZbk="


def test_binotel_writes_numbers_nationally() -> None:
    asked = binotel.ask(call({}, phone="+380501234567", country="UA"))
    assert asked is not None
    assert parse_qs(asked.body.decode())["externalNumber"] == ["0501234567"]


def test_telphin_reads_the_variable_its_scheme_transfers_to() -> None:
    verbs = '<SetVar name="transferDestination">701</SetVar><SetCaller name="Anna &amp; Co" number="+7"/>'
    opinion = telphin.read_answer(f'<?xml version="1.0" encoding="UTF-8"?><Response>{verbs}</Response>')
    assert (opinion.targets, opinion.contact) == (("701",), "Anna & Co")
    assert telphin.read_answer("<Response></Response>").targets == ()
