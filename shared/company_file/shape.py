"""Reads the shape of a company file, and goes on where it is wrong, so that one run finds every mistake.

What pydantic refuses is told in the file's own words and replaced by a stand-in, so that the rest can still be judged.
"""

from __future__ import annotations

import copy
import types
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from shared.company_file.mistakes import Findings, Place, listed, quoted
from shared.company_file.model import RING_SECONDS, Document

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

TEXTS = {
    "missing": "is missing",
    "string_type": "must be text",
    "list_type": "must be a list",
    "dict_type": "must be a mapping",
    "model_type": "must be a mapping",
    "model_attributes_type": "must be a mapping",
    "int_type": "must be a whole number",
    "bool_type": "must be true or false",
    "string_too_short": "must not be empty",
}
MAPPINGS = ("dict_type", "model_type", "model_attributes_type")

MOST_ROUNDS = 8
"""A stand-in that lacks keys is filled in the next round, and no section lies deeper than this."""


def read_shape(document: object, findings: Findings) -> Document | None:
    """Read a document; None where it is no company file at all."""
    if not isinstance(document, dict):
        findings.break_off((), "the company file must be a mapping with the keys version, company, employees, …")
        return None
    draft = copy.deepcopy(document)
    for _ in range(MOST_ROUNDS):
        try:
            return Document.model_validate(draft)
        except ValidationError as refused:
            errors = refused.errors(include_url=False)
        for error in errors:
            findings.break_off(error["loc"], _told(error, findings))
        for error in errors:
            _stand_in(draft, error)
    return None


def _told(error: ErrorDetails, findings: Findings) -> str:
    kind, place = error["type"], error["loc"]
    if kind == "extra_forbidden":
        return _unknown_key(place, findings)
    if kind == "value_error":
        return str(error["ctx"]["error"])
    if kind == "literal_error":
        return _not_one_of(error, findings)
    if kind == "string_too_long":
        return f"is longer than {error['ctx']['max_length']} characters"
    if kind in MAPPINGS and len(place) > 1 and place[-2] == "extensions":
        return 'must be a mapping such as {ext: "701", login: anna}'
    return TEXTS.get(kind, error["msg"])


def _unknown_key(place: Place, findings: Findings) -> str:
    section, key = _annotation(place[:-1]), str(place[-1])
    known = [field.alias or name for name, field in section.model_fields.items()]
    if suggestion := findings.suggestion(f"key of {section.__name__}", key, known):
        return f"unknown key{suggestion}" if "did you mean" in suggestion else f"unknown key; known are {listed(known)}"
    return f"unknown key; known are {listed(known)}"


def _not_one_of(error: ErrorDetails, findings: Findings) -> str:
    known = get_args(_plain(_annotation(error["loc"])))
    value = error["input"]
    if not isinstance(value, str):
        return f"must be {listed(known, 'or')}"
    suggestion = findings.suggestion(f"value of {error['loc'][-1]}", value, known)
    meant = suggestion if "did you mean" in suggestion else ""
    return f"must be {listed(known, 'or')}, not {quoted(value)}{meant}"


def _stand_in(draft: Any, error: ErrorDetails) -> None:  # noqa: ANN401 -- not read yet
    *above, last = error["loc"]
    for part in above:
        draft = draft[part]
    if error["type"] == "extra_forbidden":
        draft.pop(last, None)
    else:
        draft[last] = _blank(_annotation(error["loc"]))


def _annotation(place: Place) -> Any:  # noqa: ANN401 -- a type, as typing gives it
    """Find the type that the model gives the value at a place."""
    here: Any = Document
    for part in place:
        here = _plain(here)
        if isinstance(here, type) and issubclass(here, BaseModel):
            fields = here.model_fields
            here = next(field.annotation for name, field in fields.items() if part == (field.alias or name))
        else:
            here = get_args(here)[-1]
    return _plain(here)


def _plain(annotation: Any) -> Any:  # noqa: ANN401
    while get_origin(annotation) in (Annotated, Union, types.UnionType):
        annotation = next(inner for inner in get_args(annotation) if inner is not types.NoneType)
    return annotation


def _blank(annotation: Any) -> object:  # noqa: ANN401
    origin = get_origin(annotation) or annotation
    if origin is Literal:
        return get_args(annotation)[0]
    if origin is int:
        return RING_SECONDS[0]
    if origin is bool:
        return True
    if origin is str:
        return "-"
    return [] if origin is list else {}
