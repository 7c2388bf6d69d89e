"""The drills' table: on the terminal as they run, and as docs/drills.md."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tools.bootstrap import ROOT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drills.verdict import Verdict

PAGE = ROOT / "docs" / "drills.md"
WIDTH = 80
TITLES = ("drill", "sent", "acknowledged", "lost", "contacts", "responsible", "look-ups", "slowest ms", "verdict")


def as_line(verdict: Verdict) -> str:
    """Say in a line what came of a drill; each broken promise in one more."""
    mark = "FAIL" if verdict.broken else "ok  "
    refused = f" ({', '.join(map(str, verdict.refused))})" if verdict.refused else ""
    told = f"{verdict.acknowledged}/{verdict.sent} kept{refused}, {verdict.owner}"
    slowest = f", {verdict.looked_up} look-ups, slowest {verdict.slowest_ms:.0f} ms" if verdict.looked_up else ""
    again = ", second play" if verdict.second_play else ""
    by_sweep = ", by the sweep" if verdict.swept else ""
    took = f", {verdict.played_for:.0f} + {verdict.decided_after:.0f} s"
    line = f"  {mark} {verdict.drill:{WIDTH}} {told}{slowest}{took}{by_sweep}{again}"
    return "\n".join([line, *(f"         {mistake}" for mistake in verdict.broken)])


def as_table(verdicts: Sequence[Verdict]) -> str:
    """Draw the table in Markdown."""
    rows = [cells(verdict) for verdict in verdicts]
    widths = [max(len(row[column]) for row in (TITLES, *rows)) for column in range(len(TITLES))]
    lines = [" | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in (TITLES, *rows)]
    rule = "-|-".join("-" * width for width in widths)
    return "\n".join(f"| {line} |" for line in (lines[0], rule, *lines[1:]))


def cells(verdict: Verdict) -> tuple[str, ...]:
    """Write one row."""
    return (
        verdict.drill,
        str(verdict.sent),
        str(verdict.acknowledged),
        f"{verdict.lost}{' *' if verdict.questions_lost else ''}",
        ", ".join(map(str, verdict.contacts)),
        verdict.owner,
        str(verdict.looked_up),
        f"{verdict.slowest_ms:.0f}" if verdict.looked_up else "",
        "BROKEN" if verdict.broken else "kept",
    )


def write_page(verdicts: Sequence[Verdict], seconds: float) -> None:
    """Put the table into the page, in the place of the last one."""
    head, _, _ = PAGE.read_text().partition("<!-- table -->")
    day = datetime.now(UTC).strftime("%Y-%m-%d")
    kept = sum(not verdict.broken for verdict in verdicts)
    said = f"{kept} of {len(verdicts)} drills kept every promise, on {day}, in {seconds:.0f} s."
    PAGE.write_text(f"{head}<!-- table -->\n{said}\n\n{as_table(verdicts)}\n")
