"""What a dead letter is about, whether it is still worth anything, and what to do with it."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Literal, NamedTuple

from firstcall.dead_letters import Letter  # noqa: TC001 -- a field's type
from shared.calls import Calls
from shared.company_file.mistakes import quoted
from shared.phones import mask

if TYPE_CHECKING:
    from shared.calls import CallRecord
    from tools.deployed import DeployedStack

Advice = Literal["redrive", "drop"]

_NUMBER = re.compile(r"\+?\d{6,}")


class Judged(NamedTuple):
    """A letter in words."""

    letter: Letter
    phone: str | None  # the caller, masked
    about: str
    why: str
    advice: Advice
    can_be_sent: bool  # sending it again could do anything at all

    def document(self) -> dict[str, object]:
        """Give it as data."""
        letter = self.letter
        return {
            "queue": letter.queue,
            "id": letter.id,
            "sent_at": _moment(letter.sent_at, "T") + "Z",
            "tries": letter.tries,
            "connection": letter.connection or None,
            "call_id": letter.call_id or None,
            "phone": self.phone,
            "about": self.about,
            "why": self.why,
            "advice": self.advice,
        }

    def lines(self) -> list[str]:
        """Give it for a person."""
        letter = self.letter
        tried = f", failed {letter.tries} times" if letter.tries else ""
        return [
            f"{letter.id}  {letter.queue}, sent {_moment(letter.sent_at, ' ')} UTC{tried}",
            f"  {self.about}",
            f"  {self.why}: {self.advice} it",
        ]


class Judge:
    """Judges letters by what is stored of their calls."""

    def __init__(self, deployed: DeployedStack) -> None:
        self._calls = Calls(deployed.dynamodb(), deployed.outputs["TableName"])

    def judge(self, letter: Letter) -> Judged:
        """Say what a letter is about."""
        if not letter.connection:
            shown = _NUMBER.sub(lambda found: mask(found.group()), letter.body)
            return Judged(letter, None, f"no message of ours: {quoted(shown)}", "it can never be read", "drop", False)
        record = self._calls.load(letter.connection, letter.call_id)
        phone = _phone(record)
        call = f"call {letter.call_id} of {phone or 'an unknown caller'} on {letter.connection}"
        if letter.not_after is not None:
            late = time.time() * 1000 > letter.not_after
            why = "the caller has gone on" if late else "the caller still waits"
            about = f"ring {letter.to_number} for {call}"
            return Judged(letter, phone, about, why, "drop" if late else "redrive", can_be_sent=not late)
        about = f"decide who is responsible after {call}"
        if record is None:
            return Judged(letter, None, about, "the call is not stored any more", "drop", can_be_sent=True)
        if not any(member.due for member in record.members):
            return Judged(letter, phone, about, "it has been decided meanwhile", "drop", can_be_sent=True)
        return Judged(letter, phone, about, "it is not decided yet", "redrive", can_be_sent=True)


def _phone(record: CallRecord | None) -> str | None:
    facts = (fact for member in record.members for fact in member.facts) if record else ()
    return next((mask(fact.event.phone) for fact in facts if fact.event.phone), None)


def _moment(ms: int, between: str) -> str:
    return time.strftime(f"%Y-%m-%d{between}%H:%M:%S", time.gmtime(ms / 1000))
