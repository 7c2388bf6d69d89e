"""The verdict on a drill: what was promised, held against what is there."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from drills.asking import found_wrong
from drills.drill import GRACE_SECONDS, SCHEDULE_SECONDS
from firstcall.simulator import expect
from tools.terminal import Refused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drills.drill import Drill, Field, Played
    from drills.pbx import Conversation
    from firstcall.simulator.stage import Stage
    from tools.deployed import Record


@dataclass(slots=True)
class Verdict:
    """What came of a drill."""

    drill: str
    sent: int = 0
    acknowledged: int = 0
    refused: list[int] = field(default_factory=list)  # what requests never acknowledged were answered last
    lost: int = 0
    questions_lost: int = 0  # answered in time, the event that came with the question not stored
    contacts: list[int] = field(default_factory=list)
    owner: str = ""
    played_for: float = 0.0  # seconds
    decided_after: float = 0.0  # seconds from the end of the call
    swept: bool = False
    looked_up: int = 0
    slowest_ms: float = 0.0
    too_slow: list[str] = field(default_factory=list)
    second_play: bool = False
    mistakes: list[str] = field(default_factory=list)
    conversations: list[Conversation] = field(default_factory=list)

    @property
    def broken(self) -> list[str]:
        """Every promise that did not hold."""
        return [*self.mistakes, *self.too_slow]


def run(drill: Drill, where: Field) -> Verdict:
    """Play a drill and judge it; again where only the time was wrong, which a busy machine may take."""
    verdict = play_once(drill, where)
    if verdict.mistakes or not verdict.too_slow:
        return verdict
    verdict = play_once(drill, where)
    verdict.second_play = True
    return verdict


def play_once(drill: Drill, where: Field) -> Verdict:
    """Play a drill and judge it."""
    verdict, began = Verdict(drill.name), time.monotonic()
    played = drill.play(where)
    verdict.played_for = time.monotonic() - began
    began = time.monotonic()
    verdict.mistakes += played.mistakes
    if not played.met:
        verdict.mistakes.append("no request met the fault: this drill proves nothing")
    for conversation in played.conversations:
        _judge_contact(verdict, where, played, conversation)
    verdict.decided_after = time.monotonic() - began
    verdict.conversations = played.conversations
    for conversation in [*played.conversations, *played.beside]:
        verdict.sent += len(conversation.sent)
        verdict.acknowledged += sum(each.acknowledged for each in conversation.sent)
        verdict.refused += [each.statuses[-1] for each in conversation.sent if not each.acknowledged]
        lost = where.judge.lost(conversation)
        verdict.lost += len(lost)
        verdict.questions_lost += len(where.judge.questions_lost(conversation))
        verdict.mistakes += lost
        _judge_questions(verdict, where, conversation)
    verdict.looked_up += len(played.answers)
    verdict.slowest_ms = max([verdict.slowest_ms, *(each.ms for each in played.answers)])
    verdict.mistakes += found_wrong(played.answers, where.asker.owner)
    verdict.too_slow += [
        f"a look-up at the {each.door} address took {each.ms:.0f} ms, {where.limit_ms:.0f} ms are allowed"
        for each in played.answers
        if each.ms > where.limit_ms
    ]
    return verdict


def _judge_contact(verdict: Verdict, where: Field, played: Played, conversation: Conversation) -> None:
    """Wait until the contact is as it must be: by the call's own events, the delayed message, or the next sweep."""
    stage, phone = conversation.stage, conversation.phone
    wanted = None if played.nothing_stored else expect.ownership(stage, played.scenario, phone)
    patience = played.patience + (SCHEDULE_SECONDS if played.by_schedule else 0)
    deadline = time.monotonic() + where.ground.delay_seconds + GRACE_SECONDS + patience
    swept = played.by_schedule
    while True:
        contact = contact_of(stage, phone)
        found = expect.contact_mistakes(stage, conversation.performed, wanted, contact, new=True)
        if not found or (swept and time.monotonic() > deadline):
            break
        if time.monotonic() > deadline:
            where.ground.sweep()
            swept, verdict.swept, deadline = True, True, time.monotonic() + 1
        time.sleep(0.3)
    verdict.mistakes += [f"{stage.connection.id}: {mistake}" for mistake in found]
    verdict.contacts.append(where.judge.contacts(phone))
    if verdict.contacts[-1] != (0 if wanted is None else 1):
        verdict.mistakes.append(f"{stage.connection.id}: {verdict.contacts[-1]} contacts carry the number")
    owner = owner_of(contact)
    verdict.owner = owner if verdict.owner in {"", owner} else f"{verdict.owner}; {owner}"


def aftermath(verdicts: Sequence[Verdict], where: Field) -> Verdict:
    """Look at every contact again when all is over: what came later must not have changed it."""
    last = Verdict("at the end, every contact again")
    where.ground.sweep()
    for verdict in verdicts:
        for conversation in [] if verdict.broken else verdict.conversations:
            last.contacts.append(where.judge.contacts(conversation.phone))
            owner = owner_of(contact_of(conversation.stage, conversation.phone))
            if owner not in verdict.owner.split("; "):
                last.mistakes.append(f"“{verdict.drill}”: responsible was {verdict.owner}, now it is {owner}")
    last.contacts, last.owner = [sum(last.contacts)], "as before"
    return last


def _judge_questions(verdict: Verdict, where: Field, conversation: Conversation) -> None:
    """Hold the call's own questions to the promise: 200, in time, nobody named, for the caller is unknown."""
    for sent in conversation.sent:
        if not sent.request.asks:
            continue
        verdict.looked_up += 1
        ms = sent.seconds * 1000
        verdict.slowest_ms = max(verdict.slowest_ms, ms)
        if sent.statuses[:1] != [200]:
            verdict.mistakes.append(f"the call's own look-up was answered {sent.statuses}")
        elif ms > where.limit_ms:
            verdict.too_slow.append(f"the call's own look-up took {ms:.0f} ms, {where.limit_ms:.0f} ms are allowed")


def owner_of(contact: Record | None) -> str:
    """Say who owns a contact, or why nobody does."""
    if contact is None:
        return "no contact"
    rows = contact["responsibles"]
    owners = [expect.owner_of(row) for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    return ", ".join(owners) or str(contact.get("reason") or contact["state"])


def contact_of(stage: Stage, phone: str) -> Record | None:
    try:
        return stage.contact_of(phone)
    except Refused:  # the admin API may be away for a moment, too
        return None
