"""Judges the connections of a company file."""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING

from shared import phones
from shared.company_file.mistakes import listed, quoted, written
from shared.company_file.names import RESERVED_IDS
from shared.pbx import family
from shared.pbx.operators import OPERATORS

if TYPE_CHECKING:
    from shared.company_file.mistakes import Findings, Place
    from shared.company_file.model import ConnectionEntry, Document, LineEntry
    from shared.company_file.names import Names
    from shared.pbx.operators import Operator

MEANT_AS_NUMBER = re.compile(r"\+.*|[\d\s()+./-]{7,}")
"""A line that is no number (a trunk's name, a short code) is compared as written; a misspelt number is a mistake."""


def check_connections(document: Document, names: Names, findings: Findings) -> None:
    """Judge every connection."""
    lines: dict[str, Place] = {}
    for name, connection in document.connections.items():
        here = ("connections", name)
        _check_operator(connection, here, findings)
        names.country((*here, "country"), connection.country)
        names.template((*here, "template"), connection.template)
        names.owners((*here, "fallback"), connection.fallback)
        if connection.missed_owner not in RESERVED_IDS:
            names.owner((*here, "missed_owner"), connection.missed_owner)
        _check_addresses(connection, (*here, "source_ips"), findings)
        country = connection.country or document.company.country
        for text, line in connection.lines.items():
            place = (*here, "lines", text)
            _check_line(line, place, names, findings)
            number = line_number(text, country)
            if number is None:
                names.number(place, text, country)
            elif not number.startswith("+"):
                continue
            elif number in lines:
                findings.add(place, f"{number} is already a line of {written(lines[number])}")
            else:
                lines[number] = here


def line_number(text: str, country: str) -> str | None:
    """Give a line's number as E.164, or as written where it is not meant as one; None: a misspelt number."""
    if number := phones.normalise(text, country):
        return number
    return None if not text.strip() or MEANT_AS_NUMBER.fullmatch(text.strip()) else text.strip()


def _check_operator(connection: ConnectionEntry, place: Place, findings: Findings) -> None:
    operator = OPERATORS.get(connection.operator)
    if operator is None:
        findings.add_unknown((*place, "operator"), "operator", connection.operator, OPERATORS)
        return
    spoken = connection.protocol or operator.family
    if spoken not in operator.families:
        meant = findings.suggestion(f"protocol of {operator.id}", spoken, operator.families)
        findings.add((*place, "protocol"), f"{operator.id} does not speak {quoted(spoken)}{meant}")
        return
    _check_secrets(connection, operator, spoken, (*place, "secrets"), findings)


def _check_secrets(
    connection: ConnectionEntry, operator: Operator, spoken: str, place: Place, findings: Findings
) -> None:
    module = family(spoken)
    known = (*module.SECRETS, *module.OPTIONAL_SECRETS)
    others = [name for name in operator.families if name != spoken]
    hint = f"; if this account speaks {listed(others, 'or')}, write that as its protocol" if others else ""
    for name in module.SECRETS:
        if name not in connection.secrets:
            findings.add((*place, name), f"is missing; {operator.id} proves its webhooks with it{hint}")
    for name in connection.secrets:
        if name not in known:
            kind = f"secret of {spoken}"
            meant = findings.suggestion(kind, name, known) if known else ""
            takes = f"; {operator.id} takes {listed(known)}" if known else f"; {operator.id} takes none"
            findings.add((*place, name), f"unknown secret{meant if 'did you mean' in meant else takes}{hint}")


def _check_addresses(connection: ConnectionEntry, place: Place, findings: Findings) -> None:
    for position, text in enumerate(connection.source_ips):
        try:
            ipaddress.ip_network(text)
        except ValueError:
            findings.add((*place, position), f"{quoted(text)} is neither an address nor a network{_network(text)}")


def _network(text: str) -> str:
    try:
        return f"; did you mean {quoted(str(ipaddress.ip_network(text, strict=False)))}?"
    except ValueError:
        return "; write 203.0.113.5 or 203.0.113.0/24"


def _check_line(line: LineEntry, place: Place, names: Names, findings: Findings) -> None:
    names.template((*place, "template"), line.template)
    names.owners((*place, "fallback"), line.fallback)
    names.calendar((*place, "hours"), line.hours)
    names.time_zone((*place, "time_zone"), line.time_zone)
    if line.closed is not None and line.hours is None:
        findings.add((*place, "closed"), "needs the line's hours: a calendar that says when it is open")
