"""Binotel's three APIs at one address: PUSH, CALL SETTINGS (the question) and CALL COMPLETED (the record).

Field names are the vendor's samples', the record's shape a captured one's: an empty `customerData` is a text, numbers
are national. No push tells that one phone of several stopped ringing; the record's `historyData` lists the legs.
"""

from __future__ import annotations

import json
import secrets
from typing import TYPE_CHECKING

import phonenumbers

from firstcall.simulator.bodies import form
from firstcall.simulator.script import Answer, ClientAnswers, Hangup, Outgoing, Ring, Transfer
from firstcall.simulator.wire import Opinion, Person, WireRequest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from firstcall.simulator.script import Step
    from firstcall.simulator.wire import Heard, WireCall

TIMED = False
PROOF: tuple[str, ...] = ()
LAST_RECORD = True
HEARS: Heard = "rung"

_COMPANY = "42167"


def call_id(call: WireCall) -> str:  # noqa: ARG001
    """Make up an id: ten digits."""
    return str(secrets.randbelow(9 * 10**9) + 10**9)


def ask(call: WireCall) -> WireRequest | None:
    """Ask with `apiCallSettings`, which names no call."""
    fields = {"companyID": _COMPANY, "callType": "0", "externalNumber": _national(call), "pbxNumber": call.called}
    return _request("asks whose caller it is", "apiCallSettings", fields, asks=True)


def play(step: Step, call: WireCall) -> Iterator[WireRequest]:
    """Say what the PBX sends for a step."""
    match step:
        case Ring(who):
            yield _push(call, "receivedTheCall", call.people[who], "'s phone rings")
        case Answer(who):
            yield _push(call, "answeredTheCall", call.people[who], " picks up")
        case Transfer(_, to):
            gets_it = {"generalCallID": call.id, "companyID": _COMPANY, "internalNumber": call.people[to].ext}
            yield _request(f"{call.people[to].shown} is handed the call", "transferredTheCall", gets_it)
        case Outgoing(who):
            asked = {"companyID": _COMPANY, "callType": "1", "externalNumber": _national(call)}
            internal = {"internalNumber": call.people[who].ext}
            yield _request("asks about an outgoing call", "apiCallSettings", {**asked, **internal})
            yield _push(call, "receivedTheCall", call.people[who], " calls the client")
        case ClientAnswers(who):
            yield _push(call, "answeredTheCall", call.people[who], " is through: the client picks up")
        case Hangup():
            yield _hung_up(call)
            yield _completed(call)
        case _:
            pass  # the start, the menu, the queue, a phone that goes quiet and voicemail have no push


def read_answer(body: str) -> Opinion:
    """Read `customerData`."""
    client = json.loads(body).get("customerData") or {}
    return Opinion(tuple(filter(None, [client.get("assignedToEmployeeNumber")])), client.get("name"))


def named(person: Person) -> str | None:
    """Name by internal number, or by the ordinary phone that stands in its place."""
    return person.ext or person.login


def _push(call: WireCall, kind: str, person: Person, says: str) -> WireRequest:
    fields = {
        "generalCallID": call.id,
        "callType": "1" if call.outgoing else "0",
        "companyID": _COMPANY,
        "pbxNumber": call.called,
        "externalNumber": _national(call),
        "internalNumber": person.ext,
    }
    return _request(f"{person.shown}{says}", kind, fields)


def _disposition(call: WireCall) -> str:
    if call.voicemail:
        return "VM-SUCCESS"
    if len(call.talked) > 1:
        return "TRANSFER"
    return "ANSWER" if call.talked or call.client_answered else "CANCEL"


def _hung_up(call: WireCall) -> WireRequest:
    seconds = str(call.talk_seconds)
    fields = {
        "generalCallID": call.id,
        "billsec": seconds,
        "disposition": _disposition(call),
        "method": "hangupTheCall",
    }
    return _request("the call is over", "hangupTheCall", fields)


def _completed(call: WireCall) -> WireRequest:
    named_by = call.owner if call.outgoing else call.holder or (call.people[call.rung[-1]] if call.rung else None)
    details = {
        "companyID": _COMPANY,
        "generalCallID": call.id,
        "callID": call.id,
        "startTime": str(int(call.started.timestamp())),
        "callType": "1" if call.outgoing else "0",
        "internalNumber": named_by.ext if named_by and not call.voicemail else "",
        "internalAdditionalData": "",
        "externalNumber": _national(call),
        "waitsec": str(call.wait_seconds),
        "billsec": str(call.talk_seconds),
        "disposition": _disposition(call),
        "recordingStatus": "",
        "isNewCall": "1",
        "whoHungUp": "",
        "customerData": "",
        "pbxNumberData][number": call.called,
    }
    for place, who in enumerate(call.rung if not call.outgoing else ()):
        seconds = call.seconds_of(who)
        handed_over = who in call.talked[:-1]
        told = {
            "waitsec": "5",
            "billsec": str(seconds),
            "disposition": "TRANSFER" if handed_over else "ANSWER" if seconds else "NOANSWER",
            "internalNumber": call.people[who].ext,
        }
        details |= {f"historyData][{place}][{name}": value for name, value in told.items()}
    fields = {f"callDetails[{name}]": value for name, value in details.items()}
    return _request("the record of the call", "apiCallCompleted", {"attemptsCounter": "1", "language": "uk", **fields})


def _national(call: WireCall) -> str:
    if call.phone is None:
        return ""
    number = phonenumbers.parse(call.phone)
    if call.country not in phonenumbers.region_codes_for_country_code(number.country_code or 0):
        return call.caller
    text = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)
    return "".join(character for character in text if character.isdigit())


def _request(says: str, kind: str, fields: dict[str, str], *, asks: bool = False) -> WireRequest:
    return form(f"{says} ({kind})", {"requestType": kind, **fields}, asks=asks)
