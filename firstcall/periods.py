"""A period as a person writes it: `--from 2026-11-24 --to 2026-11-25T12:00`, in the zone of this machine."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from firstcall.outcome import WrongUse

if TYPE_CHECKING:
    import argparse


def period_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what can be said of a period."""
    parser.add_argument(
        "--from", dest="since", metavar="TIME", help="a day or a time of the machine's zone, or one with an offset"
    )
    parser.add_argument("--to", dest="until", metavar="TIME", help="the same; a day is meant whole; default: now")


class Period(NamedTuple):
    """From one moment to another, the second one exclusive."""

    since: datetime
    until: datetime

    @classmethod
    def chosen(cls, chosen: argparse.Namespace) -> Period | None:
        """Read the period said; None where none is; raise WrongUse."""
        if chosen.since is None:
            if chosen.until is not None:
                raise WrongUse("--to goes with --from")
            return None
        since = read_time("--from", chosen.since)
        until = datetime.now().astimezone() if chosen.until is None else read_time("--to", chosen.until, end=True)
        if since >= until:
            raise WrongUse("--from must be before --to")
        return cls(since, until)

    def query(self) -> dict[str, str]:
        """Say it as the admin API takes it."""
        return {"from": self.since.isoformat(), "to": self.until.isoformat()}


def read_time(option: str, text: str, *, end: bool = False) -> datetime:
    """Read a day or a time; of a day its start, or its end; raise WrongUse."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise WrongUse(f"{option}: write a day (2026-11-24) or a time (2026-11-24T09:30), not {text!r}") from None
    if end and len(text) == len("2026-11-24"):
        moment += timedelta(days=1)
    return moment.astimezone()
