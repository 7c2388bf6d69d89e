"""Reads the company file as people write it: YAML, with `${NAME}` from the environment.

Only the command line reads YAML; the API takes the same document as JSON. YAML 1.1 guesses at plain words, and its
guesses are wrong here (`22:00` is 1320, `007` is 7, `NO` is false, `2026-12-31` is no text): a plain value is a whole
number, true, false, empty, or else the text that stands there.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import yaml
from yaml.reader import ReaderError

from shared.company_file.mistakes import quoted, written

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from shared.company_file.mistakes import Place

VARIABLE = re.compile(r"\$\{([^{}]*)\}")
REFERENCE = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?", re.DOTALL)
MERGE = "tag:yaml.org,2002:merge"
MOST_VALUES = 200_000
"""Repeated anchors make a small file enormous; no company has so many values."""


class SourceError(Exception):
    """The file cannot be read; the text names file, line or path, and what to do."""


class _Loader(yaml.SafeLoader):
    """YAML without guesses."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 -- as PyYAML declares it


_Loader.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"-?(0|[1-9][0-9]{0,19})$"), list("-0123456789"))
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile(r"(true|True|TRUE|false|False|FALSE)$"), list("tTfF")
)
_Loader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"(~|null|Null|NULL|)$"), ["~", "n", "N", ""])
_Loader.add_implicit_resolver(MERGE, re.compile(r"<<$"), ["<"])


def load(path: Path, environ: Mapping[str, str]) -> dict[str, object]:
    """Read a company file; raise SourceError."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise SourceError(f"{path}, line {line}: the file is not UTF-8; save it as UTF-8") from None
    except OSError as error:
        raise SourceError(f"{path}: cannot be read ({error.strerror or error})") from None
    return load_text(text, environ, str(path))


def load_text(text: str, environ: Mapping[str, str], name: str = "company file") -> dict[str, object]:
    """Read the text of a company file; raise SourceError."""
    expansion = _Expansion(environ)
    try:
        document = expansion.expand((), _construct(text))
    except yaml.YAMLError as error:
        raise SourceError(f"{name}{_line_of(error)}: {_told(error)}") from None
    except RecursionError:
        raise SourceError(f"{name}: is nested too deep, or an alias (*) stands inside its own anchor (&)") from None
    if expansion.mistakes:
        raise SourceError("\n".join(f"{name}: {mistake}" for mistake in expansion.mistakes))
    if not isinstance(document, dict):
        raise SourceError(f"{name}: must be a mapping that begins with `version: 1`")
    return document


def _construct(text: str) -> object:
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        if node is None:
            return None
        _refuse_duplicates(node, set())
        document: object = loader.construct_document(node)
        return document
    finally:
        loader.dispose()


def _refuse_duplicates(node: yaml.Node, seen: set[int]) -> None:
    """YAML takes the last of two equal keys in silence; here half a company would be gone."""
    if id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            _refuse_duplicates(item, seen)
    if isinstance(node, yaml.MappingNode):
        lines: dict[str, int] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise yaml.MarkedYAMLError(problem="a key must be plain text", problem_mark=key.start_mark)
            if key.value in lines and key.tag != MERGE:
                problem = f"the key {quoted(key.value)} stands in line {lines[key.value]} already"
                raise yaml.MarkedYAMLError(problem=problem, problem_mark=key.start_mark)
            lines[key.value] = key.start_mark.line + 1
            _refuse_duplicates(value, seen)


class _Expansion:
    """Copies what was read as JSON data, with variables put in, and collects what is wrong."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._values = 0
        self.mistakes: list[str] = []

    def expand(self, place: Place, value: object) -> object:
        self._values += 1
        if self._values > MOST_VALUES:
            raise yaml.YAMLError(f"has more than {MOST_VALUES:,} values")
        if isinstance(value, dict):
            return {self._key(place, key): self.expand((*place, str(key)), inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [self.expand((*place, position), inner) for position, inner in enumerate(value)]
        if isinstance(value, str):
            return self._text(place, value)
        if value is not None and not isinstance(value, bool | int):
            self.mistakes.append(f"{written(place)}: write this as text, in quotes")
        return value

    def _key(self, place: Place, key: object) -> str:
        if key is None:
            self.mistakes.append(f"{written(place) or 'top'}: has an empty key")
        return key if isinstance(key, str) else json.dumps(key, default=str)

    def _text(self, place: Place, text: str) -> str:
        rest = VARIABLE.sub("", text)
        if "${" in rest:
            self.mistakes.append(f"{written(place)}: write a variable as ${{NAME}} or ${{NAME:-default}}")
        return VARIABLE.sub(lambda match: self._variable(place, match[1]), text)

    def _variable(self, place: Place, reference: str) -> str:
        match = REFERENCE.fullmatch(reference)
        if match is None:
            self.mistakes.append(f"{written(place)}: write a variable as ${{NAME}} or ${{NAME:-default}}")
            return ""
        name, default = match.groups()
        value = self._environ.get(name)
        if default is not None:
            return value or default
        if value is None:
            self.mistakes.append(
                f"{written(place)}: the environment has no {name}; set it, or write ${{{name}:-default}}"
            )
        return value or ""


def _line_of(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    return f", line {mark.line + 1}" if mark else ""


def _told(error: yaml.YAMLError) -> str:
    """Say what is wrong without quoting the line: it may hold a secret."""
    if isinstance(error, yaml.MarkedYAMLError):
        problem = error.problem or error.context or "is no YAML"
        if "\\t" in problem:
            return "indent with spaces, not with tabs"
        return f"{problem} ({error.context})" if error.context and error.context != problem else problem
    if isinstance(error, ReaderError):
        return f"character number {error.position + 1} cannot stand in a text file"
    return str(error)
