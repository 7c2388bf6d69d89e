"""Who is rung: the rules of routing, each on its own."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from shared.company import Away, Calendar, Company, Connection, Employee, Extension, Line
from shared.contact import Contact, CreatedBy, Evidence, Responsible
from shared.routing import Decision, route

MONDAY_NOON = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)  # 12:00 in Moscow
MONDAY_NIGHT = datetime(2026, 11, 23, 20, 0, tzinfo=UTC)  # 23:00 in Moscow
PHONE, LINE = "+79161234567", "+74951112233"
OFFICE = Calendar(weekly=(((540, 1080),),) * 5 + ((),) * 2)
NEVER = Calendar(weekly=((),) * 7)


def person(name: str, ext: str | None = None, **changes: Any) -> Employee:
    extensions = {"pbx": Extension(ext, name)} if ext else {}
    return Employee(name, name.title(), "Europe/Moscow", extensions=extensions)._replace(**changes)


def company(*people: Employee, connection: Connection | None = None, **changes: Any) -> Company:
    return Company(
        1,
        "Europe/Moscow",
        "RU",
        blocked=frozenset({"+74990000000"}),
        calendars={"office": OFFICE, "never": NEVER},
        employees={each.id: each for each in people},
        connections={"pbx": connection or pbx()},
    )._replace(
        **changes,
    )


def pbx(**changes: Any) -> Connection:
    return Connection("pbx", "megafon", "itoolabs", "RU", "default", "reported")._replace(**changes)


def contact(*responsibles: str) -> Contact:
    return Contact(
        "c1",
        "person",
        "Client",
        (PHONE,),
        "default",
        0,
        CreatedBy("pbx", "1"),
        responsibles=tuple(Responsible(who, "answered", 0, Evidence("ACCEPTED")) for who in responsibles),
        state="assigned" if responsibles else "unowned",
    )


def ask(
    who: Contact | None,
    firm: Company,
    *,
    at: datetime = MONDAY_NOON,
    line: str | None = LINE,
    called: str | None = None,
    phone: str | None = PHONE,
) -> Decision:
    return route(firm, firm.connections["pbx"], who, phone=phone, line=line, called=called, moment=at)


def rung(decision: Decision) -> list[str | None]:
    return [target.employee for target in decision.targets]


ANNA, BORIS, VERA = person("anna", "701"), person("boris", "702"), person("vera", "703")


@pytest.mark.rule("T1")
def test_a_later_call_is_sent_to_the_responsible() -> None:
    decision = ask(contact("anna"), company(ANNA))
    assert (rung(decision), decision.reason) == (["anna"], "responsible")
    assert (decision.targets[0].ext, decision.targets[0].login, decision.targets[0].ring_seconds) == ("701", "anna", 20)


@pytest.mark.rule("T2")
@pytest.mark.rule("T3")
def test_off_names_the_contact_and_never_a_target() -> None:
    decision = ask(contact("anna"), company(ANNA, connection=pbx(redirect="off")))
    assert (rung(decision), decision.reason) == ([], "off")
    assert decision.answer().contact_name == "Client"


@pytest.mark.rule("T2")
@pytest.mark.rule("T3")
def test_always_rings_every_responsible_with_an_extension_here_at_any_hour() -> None:
    firm = company(ANNA, person("gone"), BORIS._replace(hours="never"))
    assert rung(ask(contact("anna", "gone", "boris"), firm, at=MONDAY_NIGHT)) == ["anna", "boris"]


@pytest.mark.rule("T2")
@pytest.mark.rule("T4")
def test_of_several_only_those_with_working_time_set_and_running_are_rung() -> None:
    firm = company(
        ANNA._replace(hours="office"), BORIS, VERA._replace(hours="never"), connection=pbx(redirect="working_time")
    )
    decision = ask(contact("anna", "boris", "vera"), firm)
    assert rung(decision) == ["anna"]
    assert [step.verdict for step in decision.steps if step.stage == "responsible"] == [
        "kept",
        "no_hours",
        "outside_hours",
    ]


@pytest.mark.rule("T5")
@pytest.mark.parametrize(
    ("hours", "policy", "expected"),
    [
        ("office", "route", ["anna"]),
        ("never", "route", []),
        (None, "route", ["anna"]),
        (None, "skip", []),
    ],
)
def test_a_single_responsible_without_hours_is_rung_unless_told_otherwise(
    hours: str | None, policy: str, expected: list[str]
) -> None:
    connection = pbx(redirect="working_time", single_without_hours=policy)
    assert rung(ask(contact("anna"), company(ANNA._replace(hours=hours), connection=connection))) == expected


@pytest.mark.rule("T5")
def test_single_is_what_the_field_holds_before_anyone_is_dropped() -> None:
    firm = company(ANNA, BORIS._replace(active=False), connection=pbx(redirect="working_time"))
    assert rung(ask(contact("anna", "boris"), firm)) == []


@pytest.mark.rule("T6")
def test_a_group_stands_for_its_members_in_working_time() -> None:
    firm = company(
        ANNA,
        BORIS._replace(hours="office"),
        connection=pbx(redirect="working_time"),
        groups={"sales": ("anna", "boris")},
    )
    assert rung(ask(contact("group:sales"), firm)) == ["boris"]


@pytest.mark.rule("T6")
def test_an_only_member_without_working_time_gets_no_call_in_working_time() -> None:
    firm = company(ANNA, connection=pbx(redirect="working_time"), groups={"sales": ("anna",)})
    assert rung(ask(contact("group:sales"), firm)) == []


@pytest.mark.rule("T7")
@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [
        ("2026-11-23", "2026-11-23", ["boris"]),
        ("2026-11-24", None, ["anna"]),
        ("2026-11-01", None, ["boris"]),
        ("2026-11-01", "2026-11-22", ["anna"]),
    ],
)
def test_a_deputy_takes_the_calls_within_the_dates_given_inclusive(
    since: str, until: str | None, expected: list[str]
) -> None:
    firm = company(ANNA._replace(away=(Away(since, until, "boris"),)), BORIS)
    assert rung(ask(contact("anna"), firm)) == expected


@pytest.mark.rule("T7")
def test_the_day_of_an_absence_is_counted_in_the_absent_persons_own_zone() -> None:
    firm = company(ANNA._replace(time_zone="Asia/Vladivostok", away=(Away("2026-11-24", None, "boris"),)), BORIS)
    assert rung(ask(contact("anna"), firm, at=MONDAY_NIGHT)) == ["boris"]  # already Tuesday there


@pytest.mark.rule("T7")
def test_deputies_are_followed_link_by_link_in_groups_too_and_in_the_absent_persons_place() -> None:
    firm = company(
        ANNA._replace(away=(Away("2026-01-01", None, "boris"),)),
        BORIS._replace(away=(Away("2026-01-01", None, "vera"),)),
        VERA,
        person("gleb", "704"),
        groups={"sales": ("anna", "gleb")},
    )
    decision = ask(contact("group:sales"), firm)
    assert rung(decision) == ["vera", "gleb"]
    assert decision.steps[-2].stands_in_for == "anna"


@pytest.mark.rule("T7")
def test_a_circle_of_deputies_ends_in_nobody() -> None:
    firm = company(
        ANNA._replace(away=(Away("2026-01-01", None, "boris"),)),
        BORIS._replace(away=(Away("2026-01-01", None, "anna"),)),
    )
    decision = ask(contact("anna"), firm)
    assert (rung(decision), decision.reason) == ([], "nobody_available")
    assert decision.steps[-1].verdict == "deputy_circle"


@pytest.mark.rule("T7")
@pytest.mark.rule("R14")
def test_inactive_comes_before_absent_and_an_inactive_deputy_ends_the_chain() -> None:
    away = (Away("2026-01-01", None, "boris"),)
    assert rung(ask(contact("anna"), company(ANNA._replace(active=False, away=away), BORIS))) == []
    assert rung(ask(contact("anna"), company(ANNA._replace(away=away), BORIS._replace(active=False)))) == []


@pytest.mark.rule("T7")
def test_the_deputys_own_hours_count() -> None:
    absent = ANNA._replace(hours="office", away=(Away("2026-01-01", None, "boris"),))
    connection = pbx(redirect="working_time")
    assert rung(ask(contact("anna"), company(absent, BORIS._replace(hours="never"), connection=connection))) == []


@pytest.mark.rule("T8")
def test_an_absent_responsible_without_deputy_is_skipped_and_so_is_one_without_extension_here() -> None:
    absent = ANNA._replace(away=(Away("2026-01-01"),))
    unreachable = person("gleb", None)
    assert rung(ask(contact("anna", "gleb", "boris"), company(absent, unreachable, BORIS))) == ["boris"]


@pytest.mark.rule("T8")
def test_the_deputies_of_a_person_without_extension_are_not_tried() -> None:
    without = person("gleb", None, away=())
    assert ask(contact("gleb"), company(without, BORIS)).reason == "nobody_available"


@pytest.mark.rule("T9")
@pytest.mark.parametrize("called", ["701", "anna", "ANNA"])
def test_the_extension_already_ringing_is_taken_out_last_and_the_fallback_is_not_tried(called: str) -> None:
    firm = company(ANNA, BORIS, connection=pbx(fallback=("boris",)))
    decision = ask(contact("anna"), firm, called=called)
    assert (rung(decision), decision.reason) == ([], "responsible")
    assert decision.steps[-1].verdict == "already_ringing"


@pytest.mark.rule("T10")
def test_targets_come_in_the_order_of_the_field_groups_in_their_own_and_no_one_twice() -> None:
    firm = company(ANNA, BORIS, VERA, groups={"sales": ("vera", "anna")})
    assert rung(ask(contact("boris", "group:sales", "boris", "anna"), firm)) == ["boris", "vera", "anna"]


@pytest.mark.rule("T11")
def test_where_no_responsible_is_eligible_the_lines_fallback_is_asked_and_else_the_connections() -> None:
    line = Line(LINE, "Europe/Moscow", fallback=("vera",))
    people = (ANNA._replace(active=False), BORIS, VERA)
    with_line = company(*people, connection=pbx(fallback=("boris",), lines={LINE: line}))
    assert rung(ask(contact("anna"), with_line)) == ["vera"]
    without = company(*people, connection=pbx(fallback=("boris",)))
    decision = ask(contact("anna"), without)
    assert (rung(decision), decision.reason) == (["boris"], "fallback")


@pytest.mark.rule("T11")
def test_there_is_no_cascade_from_the_lines_fallback_to_the_connections() -> None:
    people = (ANNA._replace(active=False), BORIS, VERA._replace(active=False))
    for fallback in ((), ("vera",)):
        line = Line(LINE, "Europe/Moscow", fallback=fallback)
        decision = ask(contact("anna"), company(*people, connection=pbx(fallback=("boris",), lines={LINE: line})))
        assert (rung(decision), decision.reason) == ([], "nobody_available")


@pytest.mark.rule("T11")
def test_unknown_and_unowned_callers_get_no_opinion_at_once() -> None:
    firm = company(BORIS, connection=pbx(fallback=("boris",)))
    assert (ask(None, firm).reason, rung(ask(None, firm))) == ("no_contact", [])
    assert (ask(contact(), firm).reason, rung(ask(contact(), firm))) == ("no_responsible", [])


@pytest.mark.rule("T11")
def test_withheld_and_blocked_numbers_are_nobodys() -> None:
    firm = company(ANNA)
    assert ask(None, firm, phone=None).reason == "no_contact"
    decision = ask(contact("anna"), firm, phone="+74990000000")
    assert (decision.reason, decision.contact, rung(decision)) == ("no_contact", None, [])


@pytest.mark.rule("T13")
def test_a_closed_line_comes_before_the_responsible_and_has_no_fallback() -> None:
    line = Line(LINE, "Europe/Moscow", hours="office", closed="no_opinion", fallback=("boris",))
    firm = company(ANNA, BORIS, connection=pbx(lines={LINE: line}))
    assert ask(contact("anna"), firm, at=MONDAY_NIGHT).reason == "closed"
    assert ask(None, firm, at=MONDAY_NIGHT).reason == "closed"
    assert rung(ask(contact("anna"), firm)) == ["anna"]
    off = company(ANNA, connection=pbx(lines={LINE: line}, redirect="off"))
    assert ask(contact("anna"), off, at=MONDAY_NIGHT).reason == "off"


@pytest.mark.rule("T13")
def test_a_lines_hours_are_judged_in_the_lines_own_zone() -> None:
    line = Line(LINE, "America/New_York", hours="office", closed="no_opinion")
    firm = company(ANNA, connection=pbx(lines={LINE: line}))
    assert ask(contact("anna"), firm).reason == "closed"  # 04:00 there
    assert ask(contact("anna"), firm, at=datetime(2026, 11, 23, 15, 0, tzinfo=UTC)).reason == "responsible"


@pytest.mark.rule("T14")
def test_every_candidate_has_a_step_that_says_why() -> None:
    firm = company(
        ANNA._replace(active=False),
        person("gleb"),
        VERA,
        connection=pbx(fallback=("vera",)),
        groups={"empty": ()},
    )
    steps = ask(contact("anna", "group:empty", "gleb", "ghost"), firm).steps
    assert [(step.stage, step.verdict, step.employee) for step in steps] == [
        ("redirect", "always", None),
        ("responsible", "inactive", "anna"),
        ("responsible", "empty_group", None),
        ("responsible", "no_extension", "gleb"),
        ("responsible", "unknown_employee", "ghost"),
        ("fallback", "kept", "vera"),
    ]
