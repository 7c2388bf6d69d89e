"""Judges what the company file names: its own people and things, time zones, countries and numbers."""

from __future__ import annotations

import re
import zoneinfo
from functools import cached_property
from typing import TYPE_CHECKING

from phonenumbers import SUPPORTED_REGIONS

from shared import phones
from shared.company import GROUP_PREFIX
from shared.company_file.mistakes import quoted

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from shared.company_file.mistakes import Findings, Place
    from shared.company_file.model import Document

ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
RESERVED_IDS = ("none", "first_directed")
"""`missed_owner` gives these a meaning of their own."""


class Names:
    """Judges names at their places, and tells what it finds."""

    def __init__(self, document: Document, findings: Findings) -> None:
        self._document = document
        self._findings = findings

    @cached_property
    def _owners(self) -> Collection[str]:
        groups = [GROUP_PREFIX + name for name in self._document.groups]
        return {*self._document.employees, *groups}

    def ids(self, place: Place, section: Mapping[str, object]) -> None:
        """Judge the keys of a section that are ids."""
        for name in section:
            if not ID.fullmatch(name):
                self._findings.add(
                    (*place, name),
                    "an id is made of Latin letters, digits, - and _, starts with a letter or digit"
                    " and has at most 64 characters",
                )
            elif name in RESERVED_IDS:
                self._findings.add((*place, name), f"{quoted(name)} has a meaning of its own, choose another id")

    def calendar(self, place: Place, name: str | None) -> None:
        """Judge a reference to a calendar."""
        self._reference(place, "calendar", name, self._document.calendars)

    def template(self, place: Place, name: str | None) -> None:
        """Judge a reference to a template."""
        self._reference(place, "template", name, self._document.templates)

    def connection(self, place: Place, name: str) -> None:
        """Judge a reference to a connection."""
        self._reference(place, "connection", name, self._document.connections)

    def employee(self, place: Place, name: str | None) -> None:
        """Judge a reference to a person."""
        if name is not None and name.startswith(GROUP_PREFIX):
            self._findings.add(place, "takes a person, not a group")
        else:
            self._reference(place, "employee", name, self._document.employees)

    def owner(self, place: Place, name: str) -> None:
        """Judge a reference to a person or a group."""
        if name.startswith(GROUP_PREFIX):
            if not self._findings.is_broken(("groups",)) and name not in self._owners:
                group = name.removeprefix(GROUP_PREFIX)
                self._findings.add_unknown(place, "group", group, self._document.groups)
        elif not self._findings.is_broken(("employees",)) and name not in self._owners:
            meant = {GROUP_PREFIX + name} if name in self._document.groups else self._owners
            self._findings.add_unknown(place, "employee", name, meant)

    def owners(self, place: Place, names: Iterable[str] | None) -> None:
        """Judge a list of people and groups."""
        seen: set[str] = set()
        for position, name in enumerate(names or ()):
            here = (*place, position)
            if name in seen:
                self._findings.add(here, f"{quoted(name)} is listed twice")
            else:
                self.owner(here, name)
            seen.add(name)

    def time_zone(self, place: Place, name: str | None) -> None:
        """Judge the name of a time zone."""
        if name is None:
            return
        try:
            zoneinfo.ZoneInfo(name)
        except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
            self._findings.add_unknown(place, "time zone", name, zoneinfo.available_timezones())

    def country(self, place: Place, name: str | None) -> None:
        """Judge the code of a country whose way of writing numbers is known."""
        if name is not None and name not in SUPPORTED_REGIONS:
            meant = f"; did you mean {quoted(name.upper())}?" if name.upper() in SUPPORTED_REGIONS else ""
            self._findings.add(place, f"no country {quoted(name)}; write its two letters, such as RU or KZ{meant}")

    def number(self, place: Place, text: str, country: str) -> str | None:
        """Judge a phone number, and give it as E.164."""
        number = phones.normalise(text, country)
        if number is None and (country in SUPPORTED_REGIONS or text.startswith("+")):
            self._findings.add(place, f"{quoted(text)} is no phone number, neither in {country} nor with + in front")
        return number

    def _reference(self, place: Place, kind: str, name: str | None, known: Collection[str]) -> None:
        if name is not None and name not in known and not self._findings.is_broken((f"{kind}s",)):
            self._findings.add_unknown(place, kind, name, known)
