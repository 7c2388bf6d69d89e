"""How an explanation of the admin API is printed for a person."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, cast

if TYPE_CHECKING:
    from tools.deployed import Record


class Question(NamedTuple):
    """The call that is asked about."""

    connection: str
    phone: str | None = None
    line: str | None = None
    called: str | None = None


def told(question: Question, explanation: Record) -> list[str]:
    """Say the question, each step, who is rung, and what the PBX is told."""
    line = f" on {question.line}" if question.line else ""
    ringing = f" while {question.called} rings" if question.called else ""
    moment = str(explanation["at"])[: len("2026-12-31T18:30:00")].replace("T", " ").removesuffix(":00") + " UTC"
    lines = [f"{question.phone or 'a withheld number'} calls {question.connection}{line}{ringing}, {moment}", ""]
    for number, step in enumerate(cast("list[Record]", explanation["steps"]), 1):
        lines.append(f"{number:>3}. {step['text']}")
    targets = cast("list[Record]", explanation["targets"])
    rung = ", ".join(f"{each['employee']} on {each['ext']} for {each['ring_seconds']} s" for each in targets)
    return [
        *lines,
        "",
        f"rings:   {rung or 'nobody'}",
        f"reason:  {explanation['reason']}",
        f"told:    {_answer(explanation)}",
    ]


def _answer(explanation: Record) -> str:
    """Show what the PBX gets, in its own format."""
    return str(explanation["answer"]).strip() or "an empty answer"
