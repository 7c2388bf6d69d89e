"""Judges the templates of a company file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from shared.company_file.mistakes import quoted

if TYPE_CHECKING:
    from shared.company_file.mistakes import Findings, Place
    from shared.company_file.model import Document
    from shared.company_file.names import Names

MOST_RESPONSIBLES = 25
"""Their names together key the list of their contacts; DynamoDB allows a key 2 KB."""

PLACEHOLDERS = ("phone", "line", "line_name", "connection")
PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


def check_templates(document: Document, names: Names, findings: Findings) -> None:
    """Judge every template."""
    for name, template in document.templates.items():
        here = ("templates", name)
        _check_pattern(template.name, (*here, "name"), findings)
        names.owners((*here, "responsibles"), template.responsibles)
        if len(template.responsibles) > MOST_RESPONSIBLES:
            message = (
                f"{len(template.responsibles)} responsibles; at most {MOST_RESPONSIBLES} can be kept, a group is one"
            )
            findings.add((*here, "responsibles"), message)
        for position, tag in enumerate(template.tags):
            if tag in template.tags[:position]:
                findings.add((*here, "tags", position), f"{quoted(tag)} is listed twice")


def _check_pattern(pattern: str, place: Place, findings: Findings) -> None:
    known = [f"{{{name}}}" for name in PLACEHOLDERS]
    for name in PLACEHOLDER.findall(pattern):
        if name not in PLACEHOLDERS:
            findings.add_unknown(place, "placeholder", f"{{{name}}}", known)
    if re.search(r"[{}]", PLACEHOLDER.sub("", pattern)):
        findings.add(place, f"{quoted(pattern)} has a brace without its pair; placeholders are {', '.join(known)}")
