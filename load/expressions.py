"""DynamoDB's expressions, as far as this project writes them; another form is refused, never guessed."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping

Item = dict[str, Mapping[str, str]]
"""An item in DynamoDB's JSON; every attribute of ours is a number, a text or bytes."""

Names = Mapping[str, str]
Values = Mapping[str, Mapping[str, str]]
Plain = tuple[int, str]

_SECTION = re.compile(r"\b(SET|REMOVE|ADD) ")
_COMMA = re.compile(r", (?![^(]*\))")
_SET = re.compile(r"(#?\w+) = (?:if_not_exists\((#?\w+), (:\w+)\)|(#?\w+) \+ (:\w+)|(:\w+))")
_ADD = re.compile(r"(#?\w+) (:\w+)")
_EXISTS = re.compile(r"attribute_(not_)?exists\((#?\w+)\)")
_COMPARED = re.compile(r"(#?\w+) (=|<=|<|>=|>) (:\w+)")
_COMPARE: Mapping[str, Callable[[Plain, Plain], bool]] = {
    "=": operator.eq, "<=": operator.le, "<": operator.lt, ">=": operator.ge, ">": operator.gt,
}  # fmt: skip


class UnknownExpression(Exception):  # noqa: N818
    """The product has begun to write something that is not understood here."""


def key_of(key: Mapping[str, object]) -> str:
    """Give an item's key as one text."""
    return "\n".join(str(next(iter(part.values()))) for part in (key["pk"], key["sk"]) if isinstance(part, Mapping))


def updated(item: Item, expression: str, names: Names, values: Values) -> Item:
    """Carry out an update expression."""
    result = dict(item)
    parts = _SECTION.split(expression)
    for verb, section in zip(parts[1::2], parts[2::2], strict=True):
        for clause in _COMMA.split(section.strip()):
            _carry_out(verb, clause, result, item, names, values)
    return result


def _carry_out(verb: str, clause: str, result: Item, before: Item, names: Names, values: Values) -> None:
    if verb == "REMOVE":
        result.pop(names.get(clause, clause), None)
        return
    match = (_SET if verb == "SET" else _ADD).fullmatch(clause)
    if match is None:
        raise UnknownExpression(clause)
    name = names.get(match[1], match[1])
    if verb == "ADD":
        result[name] = _sum(before.get(name, {"N": "0"}), values[match[2]])
        return
    _, kept, otherwise, augend, addend, value = match.groups()
    if kept:
        result[name] = before.get(names.get(kept, kept), values[otherwise])
    elif augend:
        result[name] = _sum(before[names.get(augend, augend)], values[addend])
    else:
        result[name] = values[value]


def _sum(left: Mapping[str, str], right: Mapping[str, str]) -> Mapping[str, str]:
    if "N" not in left or "N" not in right:
        raise UnknownExpression("ADD to a set")
    return {"N": str(int(left["N"]) + int(right["N"]))}


def holds(item: Mapping[str, Mapping[str, str]], condition: str, names: Names, values: Values) -> bool:
    """Judge a condition, or the key condition of a query."""
    options = condition.split(" OR ")
    return any(all(_atom(item, atom, names, values) for atom in option.split(" AND ")) for option in options)


def _atom(item: Mapping[str, Mapping[str, str]], atom: str, names: Names, values: Values) -> bool:
    if match := _EXISTS.fullmatch(atom):
        return (names.get(match[2], match[2]) in item) != bool(match[1])
    match = _COMPARED.fullmatch(atom)
    if match is None:
        raise UnknownExpression(atom)
    left = item.get(names.get(match[1], match[1]))
    return left is not None and _COMPARE[match[2]](_plain(left), _plain(values[match[3]]))


def _plain(attribute: Mapping[str, str]) -> Plain:
    """Make values of one kind comparable: numbers by size, texts by letters."""
    [(kind, text)] = attribute.items()
    return (int(text), "") if kind == "N" else (0, text)
