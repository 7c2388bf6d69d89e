"""The recorded requests of tests/fixtures/pbx, and ways to spoil their proof."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode

from shared.pbx.protocol import CallEvent, Command, Lookup, PbxRequest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT = Path(__file__).parents[2]
FIXTURES = ROOT / "tests" / "fixtures" / "pbx"


@dataclass(frozen=True, slots=True)
class Recorded:
    """One request of a fixture, and what it must be read as."""

    family: str
    operator: str
    situation: str
    position: int
    secrets: Mapping[str, str]
    request: PbxRequest
    events: tuple[CallEvent, ...]
    lookup: Lookup | None
    command: Command | None

    def __str__(self) -> str:
        return f"{self.operator}__{self.situation}-{self.position}"

    @property
    def says_nothing(self) -> bool:
        """Whether it is to be acknowledged and forgotten."""
        return not self.events and self.lookup is None and self.command is None


def recorded() -> Iterator[Recorded]:
    """Read every request of every fixture."""
    for file in sorted(FIXTURES.glob("*/*.json")):
        document = json.loads(file.read_text(encoding="utf-8"))
        assert document["source"], f"{file.name} does not say where its shape comes from"
        operator, _, situation = file.stem.partition("__")
        for position, row in enumerate(document["requests"]):
            expected = row["expected"]
            yield Recorded(
                file.parent.name,
                operator,
                situation,
                position,
                document["secrets"],
                PbxRequest(
                    row["method"],
                    row["suffix"],
                    row["query"],
                    row["headers"],
                    row["body"].encode(),
                    url=row.get("url", ""),
                ),
                tuple(CallEvent(**each) for each in expected["events"]),
                _lookup(expected["lookup"]),
                _command(expected["command"]),
            )


def _lookup(fields: Mapping[str, Any] | None) -> Lookup | None:
    return None if fields is None else Lookup(**{"phone": None, **fields})


def _command(fields: Mapping[str, Any] | None) -> Command | None:
    if fields is None:
        return None
    lookup = _lookup(fields["lookup"])
    assert lookup is not None
    return Command(lookup, fields["leg_id"])


ALL = tuple(recorded())

_PROOFS: Mapping[str, tuple[str, ...]] = {
    "itoolabs": ("crm_token",),
    "mango": ("sign",),
    "generic": ("authorization",),
    "zadarma": ("signature",),
    "gravitel": ("x-api-key",),
    "twilio": ("x-twilio-signature",),
    "plivo": ("x-plivo-signature-v3",),
    "vonage": ("authorization",),
    "ringcentral": ("validation-token",),
    "yeastar": ("x-signature", "authorization"),
    "planfix_api": ("planfix_token",),
    "asterisk": ("token",),
    "freepbx": ("token",),
}
"""The fields or headers that carry a proof, the usual one first; other families have the key of the address only."""

SIGNED = {
    "mango": ("json",),
    "zadarma": ("call_start", "pbx_call_id", "result"),
    "twilio": ("CallSid",),
    "plivo": ("CallUUID",),
    "vonage": ("conversation_uuid",),
    "yeastar": ("msg",),
}
"""Families whose proof covers what is said, with fields that stand under it (of Zadarma's, one at least)."""


def proof_of(record: Recorded) -> str | None:
    """Give the proof a request carries; None: what needs none (a ping, a handshake, a family without a secret)."""
    return next((proof for name in _PROOFS.get(record.family, ()) if (proof := _stands(record, name))), None)


def with_proof(record: Recorded, proof: str | None) -> PbxRequest:
    """Put another proof into a request, or none."""
    usual, *others = _PROOFS[record.family]
    return _with(record.request, next((name for name in others if _stands(record, name)), usual), proof)


def is_signed(record: Recorded) -> bool:
    """Whether the proof of a request covers what it says; a question that has no body may show a token instead."""
    return record.family in SIGNED and bool(_stands(record, _PROOFS[record.family][0]))


def with_other_text(record: Recorded) -> Iterator[PbxRequest]:
    """Change one character of what is said, in each of the fields under the signature."""
    for name in SIGNED[record.family]:
        value = _fields(record.request).get(name)
        if value:
            yield _with(record.request, name, one_changed(value))


def one_changed(text: str) -> str:
    """Change one character in the middle."""
    middle = len(text) // 2
    return text[:middle] + ("1" if text[middle] == "0" else "0") + text[middle + 1 :]


def _stands(record: Recorded, name: str) -> str | None:
    request = record.request
    return request.headers.get(name) or request.query.get(name) or _fields(request).get(name)


def _with(request: PbxRequest, name: str, value: str | None) -> PbxRequest:
    changed = {} if value is None else {name: value}
    if name in request.headers:
        return request._replace(headers={key: old for key, old in request.headers.items() if key != name} | changed)
    if name in request.query:
        return request._replace(query={key: old for key, old in request.query.items() if key != name} | changed)
    fields = {key: old for key, old in _fields(request).items() if key != name} | changed
    body = json.dumps(fields) if request.body.startswith(b"{") else urlencode(fields)
    return request._replace(body=body.encode())


def _fields(request: PbxRequest) -> dict[str, Any]:
    if request.body.startswith(b"{"):
        fields = json.loads(request.body)
        assert isinstance(fields, dict)
        return fields
    return dict(parse_qsl(request.body.decode(), keep_blank_values=True))
