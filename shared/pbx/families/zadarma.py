"""Zadarma's notifications; Novofon 1.0 speaks the same.

One address; form-encoded POST, told apart by `event`; the answer to NOTIFY_START and NOTIFY_IVR is read and may send
the call to an extension. The header `Signature` covers two or three fields only, not even `event`; it is the base64 of
an HMAC-SHA1 in hex, as captured, while the vendor's own TypeScript client takes the raw bytes, so both count.
`call_start` has no time zone and is no time of an event. One receiver met multipart bodies whose boundary differed from
the one in the header. Whether a call of several extensions ends once or once for each is not documented: an end
without an answer takes nothing from an answer that comes later.
"""

from __future__ import annotations

import hmac
import json
import re
from base64 import b64encode
from contextlib import suppress
from typing import TYPE_CHECKING

from shared.pbx.forms import fields_of
from shared.pbx.protocol import (
    Answer,
    CallEvent,
    Direction,
    Lookup,
    Malformed,
    Outcome,
    Parsed,
    PbxRequest,
    PbxResponse,
    Unauthorized,
)
from shared.pbx.signatures import require_equal

if TYPE_CHECKING:
    from collections.abc import Mapping

SECRETS: tuple[str, ...] = ("api_secret",)
OWN_SECRETS: tuple[str, ...] = ()
OPTIONAL_SECRETS: tuple[str, ...] = ("api_key",)
EVENTS: tuple[str, ...] = (
    "NOTIFY_START",
    "NOTIFY_INTERNAL",
    "NOTIFY_ANSWER",
    "NOTIFY_END",
    "NOTIFY_OUT_START",
    "NOTIFY_OUT_END",
    "NOTIFY_IVR",
)

_INCOMING = ("caller_id", "called_did", "call_start")
_OUTGOING = ("internal", "destination", "call_start")
_SIGNED: Mapping[str, tuple[str, ...]] = {
    "NOTIFY_START": _INCOMING,
    "NOTIFY_INTERNAL": _INCOMING,
    "NOTIFY_ANSWER": ("caller_id", "destination", "call_start"),
    "NOTIFY_END": _INCOMING,
    "NOTIFY_IVR": _INCOMING,
    "NOTIFY_OUT_START": _OUTGOING,
    "NOTIFY_OUT_END": _OUTGOING,
    "NOTIFY_RECORD": ("pbx_call_id", "call_id_with_rec"),
    "SMS": ("result",),
}
_INCOMING_OUTCOMES: Mapping[str, Outcome] = {"answered": "answered", "busy": "busy"}
_OUTGOING_OUTCOMES: Mapping[str, Outcome] = {
    "answered": "answered",
    "busy": "busy",
    "cancel": "cancelled",
    "no answer": "cancelled",
}
_EXTENSION = re.compile(r"\d{2,5}", re.ASCII)  # a single digit is no extension: 0 stands for a withheld number
# What `redirect` reads as an extension, by the manual. Fewer digits are a scenario, `0-1` a menu's, and `blacklist`
# turns the caller away, so none of these may ever be sent (T12).
_REDIRECTABLE = re.compile(r"\d{3,}", re.ASCII)
_RAW_SIGNATURE = 28  # characters of a base64 of 20 bytes
_SHORTEST_RING = 3  # seconds; 0 would keep the caller from ever coming back to the menu, 1 and 2 are not allowed
_LONGEST_HANDSHAKE = 1024  # bytes of a body
_ECHO = re.compile(r"[A-Za-z0-9_.-]{1,64}", re.ASCII)
_PART_NAME = re.compile(rb'\bname="?([A-Za-z0-9_]+)')
_ERRORS = {400: "Invalid parameters", 401: "Invalid signature", 503: "Try again"}


def handshake(request: PbxRequest) -> PbxResponse | None:
    """Give `zd_echo` back, by which Zadarma checks an address when it is saved; one library met it in the body."""
    if ("zd_echo" not in request.query and b"zd_echo" not in request.body) or len(request.body) > _LONGEST_HANDSHAKE:
        return None
    with suppress(Malformed):
        fields = _fields(request)
        if "event" not in fields and _ECHO.fullmatch(echo := fields.get("zd_echo", "")):
            return PbxResponse(body=echo, content_type="text/plain; charset=utf-8")
    return None


def authenticate(request: PbxRequest, secrets: Mapping[str, str]) -> None:
    """Check `Signature` over the fields the manual names for the event.

    The manual names none for an event it does not know: there, any event's fields will do, since nothing comes of it.
    """
    fields, secret = _fields(request), secrets.get("api_secret")
    if not secret:
        raise Unauthorized
    given = request.headers.get("signature", "").strip()
    known = _SIGNED.get(fields.get("event", ""))
    for names in (known,) if known else dict.fromkeys(_SIGNED.values()):
        digest = hmac.new(secret.encode(), _text(fields, names), "sha1")
        proof = digest.digest() if len(given) == _RAW_SIGNATURE else digest.hexdigest().encode()
        with suppress(Unauthorized):
            require_equal(given, b64encode(proof).decode())
            return
    raise Unauthorized


def parse(request: PbxRequest) -> Parsed:
    """Read one notification; recordings, messages and unknown events say nothing (K6)."""
    fields = _fields(request)
    name = fields.get("event", "")
    if not name:
        raise Malformed("no event")
    if name not in EVENTS:
        return Parsed()
    if not fields.get("pbx_call_id"):
        raise Malformed("no pbx_call_id")
    match name:
        case "NOTIFY_START":
            return Parsed(events=(_event(name, fields),), lookup=_lookup(fields))
        case "NOTIFY_IVR":
            return Parsed(lookup=_lookup(fields))
        case "NOTIFY_END" | "NOTIFY_OUT_END":
            return Parsed(events=_end(name, fields))
        case _:
            return Parsed(events=(_event(name, fields),))


def acknowledge(request: PbxRequest) -> PbxResponse:  # noqa: ARG001
    """Say 200 with an empty object: no wish."""
    return PbxResponse()


def answer(lookup: Answer) -> PbxResponse:
    """Name the caller and the one extension to ring; when it does not answer, the PBX goes on with its menu."""
    body: dict[str, str | int] = {}
    if lookup.targets and (ext := lookup.targets[0].ext) and _REDIRECTABLE.fullmatch(ext):
        body = {"redirect": ext, "return_timeout": max(_SHORTEST_RING, lookup.targets[0].ring_seconds)}
    if lookup.contact_name is not None:
        body["caller_name"] = lookup.contact_name
    return PbxResponse(body=json.dumps(body, ensure_ascii=False))


def refuse(status: int) -> PbxResponse:
    """Word a refusal."""
    return PbxResponse(status, json.dumps({"error": _ERRORS[status]}))


def _lookup(fields: Mapping[str, str]) -> Lookup:
    return Lookup(_outside(fields, "caller_id"), _outside(fields, "called_did"), fields["pbx_call_id"])


def _event(name: str, fields: Mapping[str, str]) -> CallEvent:
    # Only the id tells the ANSWER of an incoming call from that of an outgoing one.
    out = name.startswith("NOTIFY_OUT_") or (name == "NOTIFY_ANSWER" and fields["pbx_call_id"].startswith("out_"))
    client, line = ("destination", "caller_id") if out else ("caller_id", "called_did")
    direction: Direction = "out" if out else "in"
    ext, rung = fields.get("internal") or None, fields.get("destination", "")
    if ext is None and not out and _EXTENSION.fullmatch(rung):
        # Otherwise an outside number, where an extension forwards to one: the end of the call tells whose it was.
        ext = rung
    return CallEvent(
        call_id=fields["pbx_call_id"],
        kind="ringing" if name == "NOTIFY_INTERNAL" else "answered" if name == "NOTIFY_ANSWER" else "started",
        name=name,
        direction="internal" if _EXTENSION.fullmatch(fields.get(client, "")) else direction,
        phone=_outside(fields, client),
        line=_outside(fields, line),
        ext=ext,
    )


def _end(name: str, fields: Mapping[str, str]) -> tuple[CallEvent, ...]:
    """Read the end; `last_internal` is who held an answered call last, where it was handed over (K7)."""
    event, disposition = _event(name, fields), fields.get("disposition", "").lower()
    if event.direction == "out":
        outcome = _OUTGOING_OUTCOMES.get(disposition, "failed")
    else:
        outcome = _INCOMING_OUTCOMES.get(disposition, "missed")
    end = event._replace(kind="ended", outcome=outcome, final=True)
    last = fields.get("last_internal")
    if outcome != "answered" or not last or last == event.ext:
        return (end,)
    held_last = end._replace(ext=last)
    return (held_last,) if event.ext is None else (event._replace(kind="answered"), held_last)


def _outside(fields: Mapping[str, str], name: str) -> str | None:
    """Read a number of the outside world: `0` is a withheld one, or a line not known yet."""
    number = fields.get(name, "").strip()
    return None if number in {"", "0"} else number


def _text(fields: Mapping[str, str], names: tuple[str, ...]) -> bytes:
    """Run the signed fields together; a missing one counts as empty, as in the vendor's own client."""
    return "".join(fields.get(name, "") for name in names).encode("utf-8", "surrogatepass")


def _fields(request: PbxRequest) -> Mapping[str, str]:
    if not request.body.startswith(b"--"):
        return fields_of(request)
    # Multipart: the boundary is taken from the body, where it counts.
    boundary, _, _ = request.body.partition(b"\n")
    fields = dict(request.query)
    for part in request.body.split(boundary.strip())[:1000]:
        head, _, value = part.replace(b"\r\n", b"\n").partition(b"\n\n")
        if name := _PART_NAME.search(head):
            fields[name[1].decode()] = value.decode("utf-8", "replace").removesuffix("\n")
    return fields
