"""One replay from beginning to end: all that is asked of the stack is asked before anything is played."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firstcall.replay.compare import compare
from firstcall.replay.play import Plan, play
from firstcall.replay.report import Report
from firstcall.replay.seeds import Played, seeds
from firstcall.replay.stored import Stored
from firstcall.replay.understood import understand

if TYPE_CHECKING:
    from firstcall.periods import Period
    from firstcall.replay.play import Replayed
    from firstcall.replay.progress import Progress
    from firstcall.replay.stored import CallKey
    from functions.admin.documents import CallDocument
    from shared.company import Company
    from tools.deployed import DeployedStack


def replay(
    deployed: DeployedStack, company: Company, period: Period, connection: str | None, now: int, progress: Progress
) -> Report:
    """Play a period again and compare."""
    stored = Stored(deployed, progress)
    listed = stored.calls(period, connection)
    requests = stored.requests(period, connection)
    understood = understand(company, requests)
    kept_with = {(each.connection, each.call_id) for each in requests if each.call_id}
    known = understood.call_ids | {key for key in kept_with if key[0] in company.connections}
    calls = {key: call for key, call in listed.items() if key in known}
    phones = understood.phones | {call.phone for call in calls.values() if call.phone}
    contacts = stored.contacts(phones)
    played = Played(known, int(period.until.timestamp() * 1000))
    now = max(now, requests[-1].arrived if requests else 0)
    plan = Plan(company, understood.heard, seeds(contacts.values(), played), now, understood.call_ids, phones)
    replayed = play(plan, progress)
    replayed = replayed._replace(calls=_whole_calls(stored, calls, replayed))
    compared = compare(contacts, calls, replayed, played, phones=phones)
    return Report(
        requests=len(requests) - len(understood.homeless),
        calls=len(replayed.calls),
        contacts=len(replayed.contacts),
        differences=compared.differences,
        unreadable=understood.unreadable,
        homeless=understood.homeless,
        without_requests=sum(1 for key in listed if key not in known | kept_with),
        asked=len(compared.asked),
    )


def _whole_calls(stored: Stored, calls: dict[CallKey, CallDocument], replayed: Replayed) -> dict[CallKey, CallDocument]:
    """Leave out calls that reach into the period from outside: half of their events is not enough to judge them by."""
    return {key: call for key, call in replayed.calls.items() if key in calls or stored.call(key) is None}
