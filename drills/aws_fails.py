"""Drills in which AWS throttles, is slow, errs, cannot be reached, or does its work and the answer is lost."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from drills.asking import DOORS
from drills.drill import GROUP, NOBODY, Drill, Field, Played
from drills.faults import WRITES, Fault
from drills.under import AGAIN, ALL, ANSWER, CALLS, COMPANY, CONTACTS, FIRST_RING, RINGS_AND_ANSWER, under
from functions.webhook.handle_webhook import LOAD_SECONDS
from shared.companies import CHECK_AFTER_MS

if TYPE_CHECKING:
    from collections.abc import Callable

STARTING_MS = 2 * LOAD_SECONDS * 1000
"""A fresh webhook tries to load the company at its start, and once more for the request."""

ROUTE_STARTING_MS = 1000
"""`route` tries at its start, too: two reads of 400 ms at the most, before its deadline begins."""

LEFT_TO_THE_SWEEP = (Fault("fail", "sqs"), Fault("refuse", item=CONTACTS, operations=WRITES))


def backfill(fault: Fault) -> Callable[[Field], Played]:
    """Let a fault meet the backfill, which alone can decide a call of which nothing more is ever told."""
    return under("megafon", fault._replace(function="backfill"), scenario=NOBODY, steps=ALL, lasting=True)


def company_unchecked(field: Field) -> Played:
    """Let the table say nothing when a warm function asks whether there is a newer company."""
    talk = field.begin("megafon", GROUP)
    for door in DOORS:
        field.asker.ask(door)  # warm
    time.sleep(CHECK_AFTER_MS / 1000 + 0.5)
    with field.ground.proxy.failing(
        Fault("hang", item=COMPANY), Fault("hang", operations=frozenset({"BatchGetItem"}))
    ) as met:
        answers = [field.asker.ask(door) for door in DOORS]
    talk.tell_all(GROUP)
    return Played(GROUP, [talk], answers, len(met))


def fresh_environment(field: Field) -> Played:
    """Let the table say nothing while a fresh environment starts for a look-up.

    `route` has no opinion. The webhook, which without the company cannot tell a question from an event, asks for
    another try, and soon (docs/decisions/0010).
    """
    talk = field.begin("megafon", GROUP)
    for door in DOORS:
        field.ground.set_environment(door, {})
    with field.ground.proxy.failing(Fault("hang")) as met:
        webhook, route = (field.asker.ask(door) for door in DOORS)
    talk.tell_all(GROUP)
    wrong = [] if webhook.status == 503 else [f"the webhook without a company answered {webhook.status}, not 503"]  # noqa: PLR2004
    allowed = field.limit_ms + STARTING_MS
    if webhook.ms > allowed:
        wrong.append(f"the webhook without a company answered after {webhook.ms:.0f} ms, {allowed:.0f} ms are allowed")
    route = route._replace(ms=max(0.0, route.ms - ROUTE_STARTING_MS))
    return Played(GROUP, [talk], [route], len(met), mistakes=wrong)


AWS_FAILS = (
    Drill("nothing goes wrong", under("megafon", Fault("slow", seconds=0))),
    Drill(
        "DynamoDB throttles two writes of each kind",
        under(
            "zadarma",
            Fault("throttle", item=CALLS, operations=WRITES, times=2),
            Fault("throttle", item=CONTACTS, operations=WRITES, times=2),
        ),
    ),
    Drill("DynamoDB throttles everything until the call is answered", under("megafon", Fault("throttle"))),
    Drill("DynamoDB throttles everything, the PBX repeats", under("vonage", Fault("throttle"), steps=FIRST_RING)),
    Drill("DynamoDB throttles contacts only", under("mango", Fault("throttle", item=CONTACTS), steps=RINGS_AND_ANSWER)),
    Drill("DynamoDB takes 0.3 s for each answer", under("binotel", Fault("slow", seconds=0.3), steps=ALL)),
    Drill("DynamoDB takes 3 s for each answer", under("twilio", Fault("slow", seconds=3), steps=ANSWER)),
    Drill("DynamoDB answers 500 until the call is answered", under("twilio", Fault("fail"))),
    Drill("DynamoDB answers 500, the PBX repeats", under("generic", Fault("fail"), tries=AGAIN)),
    Drill(
        "DynamoDB answers 500 all the call, the PBX sends once",
        under("mango", Fault("fail"), steps=ALL, nothing_stored=True),
    ),
    Drill("DynamoDB closes every connection until the call is answered", under("zadarma", Fault("refuse"))),
    Drill("DynamoDB says nothing when the first phone rings", under("megafon", Fault("hang"), steps=FIRST_RING)),
    Drill("DynamoDB says nothing about the company, a look-up comes", company_unchecked),
    Drill("DynamoDB says nothing, a look-up meets a fresh environment", fresh_environment),
    # Not at the webhook's address: it may need a fresh environment, which has no company then.
    Drill(
        "DynamoDB, SQS and Secrets Manager close every connection",
        under("vonage", Fault("refuse", ""), asking=("route",)),
    ),
    Drill("SQS fails on send", under("zadarma", Fault("fail", "sqs"), steps=ALL)),
    Drill("SQS says nothing on send", under("megafon", Fault("hang", "sqs"), steps=FIRST_RING)),
    Drill("SQS fails, contacts cannot be written: the sweep is left", under("megafon", *LEFT_TO_THE_SWEEP, steps=ALL)),
    Drill(
        "a stored event's answer is lost once", under("mango", Fault("lose", item=CALLS, operations=WRITES, times=1))
    ),
    Drill(
        "a stored event's answer is lost every time, the PBX repeats",
        under("vonage", Fault("lose", item=CALLS, operations=WRITES), steps=RINGS_AND_ANSWER),
    ),
    Drill(
        "a stored contact's answer is lost once",
        under("binotel", Fault("lose", item=CONTACTS, operations=WRITES, times=1)),
    ),
    Drill(
        "a stored contact's answer is lost every time",
        under("generic", Fault("lose", item=CONTACTS, operations=WRITES), steps=ALL),
    ),
    Drill("a sent message's answer is lost", under("binotel", Fault("lose", "sqs"), steps=ALL)),
    Drill("DynamoDB throttles the backfill", backfill(Fault("throttle"))),
    Drill("DynamoDB says nothing to the backfill", backfill(Fault("hang", times=1))),
    Drill("the answer to the backfill's write is lost", backfill(Fault("lose", operations=WRITES, times=1))),
)
