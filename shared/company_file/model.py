"""The shape of the company file, version 1: which keys there are and what kind of value each takes.

What one value says about another (references, numbers, hours) is judged in `check`. Unions are avoided: pydantic
would report each of their branches, and one mistake must stay one line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, Strict, StringConstraints, model_validator

from shared.company import AnswererRule, Redirect, Retention

if TYPE_CHECKING:
    from collections.abc import Callable

VERSION = 1

LONGEST_TEXT = 200
LONGEST_SECRET = 1024
LARGEST_PLAIN_NUMBER = 10**20
RING_SECONDS = range(3, 301)
MOST_DAYS = 3650
WORDS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}


def _text(value: object) -> object:
    """Take `701` and `79160000001` written without quotes for the text they are."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < LARGEST_PLAIN_NUMBER:
        return str(value)
    if isinstance(value, str) and not value.isprintable():
        raise ValueError("has a line break or another character that cannot be seen")
    return value


def _trimmed(value: object) -> object:
    return value.strip() if isinstance(value, str) else value


def _flag(value: object) -> object:
    return WORDS.get(value.casefold(), value) if isinstance(value, str) else value


def _off(value: object) -> object:
    """YAML 1.1 reads a bare `off` as false."""
    return "off" if value is False else value


def _none(value: object) -> object:
    return "none" if value is False else value


def _ring_seconds(value: object) -> object:
    if isinstance(value, int) and not isinstance(value, bool) and value not in RING_SECONDS:
        raise ValueError(f"must be from {RING_SECONDS[0]} to {RING_SECONDS[-1]} seconds, not {str(value)[:12]}")
    return value


def _days(least: int) -> Callable[[object], object]:
    def judge(value: object) -> object:
        if isinstance(value, int) and not isinstance(value, bool) and not least <= value <= MOST_DAYS:
            raise ValueError(f"must be from {least} to {MOST_DAYS:,} days, not {str(value)[:12]}")
        return value

    return judge


Text = Annotated[
    str,
    Strict(),
    StringConstraints(min_length=1, max_length=LONGEST_TEXT),
    BeforeValidator(_trimmed),
    BeforeValidator(_text),
]
Secret = Annotated[str, Strict(), StringConstraints(max_length=LONGEST_SECRET), BeforeValidator(_text)]
Flag = Annotated[bool, Strict(), BeforeValidator(_flag)]
RingSeconds = Annotated[int, Strict(), BeforeValidator(_ring_seconds)]
Number = Annotated[int, Strict()]
CallDays = Annotated[int, Strict(), BeforeValidator(_days(1))]
RawEventDays = Annotated[int, Strict(), BeforeValidator(_days(0))]


class Section(BaseModel):
    """A mapping of the file with a fixed set of keys."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def leave_out_empty(cls, data: object) -> object:
        """A key with nothing after it counts as left out."""
        if not isinstance(data, dict):
            return data
        known = {field.alias or name for name, field in cls.model_fields.items()}
        return {key: value for key, value in data.items() if value is not None or key not in known}


class RetentionEntry(Section):
    """`company.retention`: days."""

    calls: CallDays = Retention().calls
    raw_events: RawEventDays = Retention().raw_events


class CompanyEntry(Section):
    """`company`."""

    time_zone: Text
    country: Text
    blocked: list[Text] = []
    retention: RetentionEntry = RetentionEntry()


class CalendarEntry(Section):
    """One of `calendars`."""

    weekly: dict[str, list[Text]] = {}
    holidays: Text | None = None
    exceptions: dict[str, list[Text]] = {}


class ExtensionEntry(Section):
    """An employee's place on one connection."""

    ext: Text | None = None
    login: Text | None = None


class AwayEntry(Section):
    """An absence."""

    since: Text = Field(alias="from")
    until: Text | None = Field(default=None, alias="to")
    deputy: Text | None = None


class EmployeeEntry(Section):
    """One of `employees`."""

    name: Text
    time_zone: Text | None = None
    hours: Text | None = None
    active: Flag = True
    phones: list[Text] = []
    extensions: dict[str, ExtensionEntry] = {}
    away: list[AwayEntry] = []


class TemplateEntry(Section):
    """One of `templates`."""

    kind: Literal["person", "company"] = "person"
    name: Text = "{phone}"
    responsibles: list[Text] = []
    tags: list[Text] = []
    fields: dict[str, Text] = {}


class LineEntry(Section):
    """One of the `lines` of a connection."""

    name: Text | None = None
    template: Text | None = None
    fallback: list[Text] | None = None
    hours: Text | None = None
    closed: Literal["no_opinion"] | None = None
    time_zone: Text | None = None


class ConnectionEntry(Section):
    """One of `connections`."""

    operator: Text
    protocol: Text | None = None
    secrets: dict[str, Secret] = {}
    template: Text
    country: Text | None = None
    answerer: AnswererRule | None = None
    redirect_to_responsible: Annotated[Redirect, BeforeValidator(_off)] = "always"
    fallback: list[Text] = []
    ring_seconds: RingSeconds = 20
    missed_calls: Literal["create", "ignore"] = "create"
    outgoing_calls: Literal["create", "ignore"] = "ignore"
    missed_owner: Annotated[Text, BeforeValidator(_none)] = "none"
    adopt_on_later_call: Flag = False
    owner_after_transfer: Literal["first", "last"] = "first"
    single_without_hours: Literal["route", "skip"] = "route"
    source_ips: list[Text] = []
    lines: dict[str, LineEntry] = {}


class Document(Section):
    """The whole file."""

    version: Number
    company: CompanyEntry
    calendars: dict[str, CalendarEntry] = {}
    employees: dict[str, EmployeeEntry] = {}
    groups: dict[str, list[Text]] = {}
    templates: dict[str, TemplateEntry] = {}
    connections: dict[str, ConnectionEntry] = {}
