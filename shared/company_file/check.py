"""Judges what one part of the company file says about another, and tells every mistake."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.company_file.check_connections import check_connections
from shared.company_file.check_hours import check_calendars
from shared.company_file.check_people import check_employees, check_groups
from shared.company_file.check_templates import check_templates
from shared.company_file.model import VERSION
from shared.company_file.names import Names

if TYPE_CHECKING:
    from shared.company_file.mistakes import Findings
    from shared.company_file.model import Document


def check(document: Document, findings: Findings) -> None:
    """Judge a document whose shape is read."""
    names = Names(document, findings)
    if document.version != VERSION:
        findings.add(("version",), f"this release reads version {VERSION} of the company file")
    company = document.company
    names.time_zone(("company", "time_zone"), company.time_zone)
    names.country(("company", "country"), company.country)
    for position, text in enumerate(company.blocked):
        names.number(("company", "blocked", position), text, company.country)
    sections = ("calendars", "employees", "groups", "templates", "connections")
    for section in sections:
        names.ids((section,), getattr(document, section))
    check_calendars(document, findings)
    check_employees(document, names, findings)
    check_groups(document, names, findings)
    check_templates(document, names, findings)
    check_connections(document, names, findings)
