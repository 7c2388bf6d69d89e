"""What a plan says of the calls that would have gone elsewhere."""

from __future__ import annotations

from collections import Counter

from functions.admin.plan_calls_words import MOST_LINES, Change, told

DAYS = "of the last 7 days"


def test_the_biggest_groups_come_first_and_nobody_is_called_nobody() -> None:
    changed = Counter(
        {
            Change("mango-main", ("boris",), ("vera",)): 11,
            Change("megafon-main", (), ("anna",)): 1_020,
            Change("megafon-main", ("anna", "boris"), ()): 1,
        }
    )
    assert told(changed, 8_120, DAYS) == [
        "of 8,120 incoming calls of the last 7 days 1,032 would have gone elsewhere",
        "connections.megafon-main: 1,020 calls to nobody instead of anna",
        "connections.mango-main: 11 calls to boris instead of vera",
        "connections.megafon-main: 1 call to anna, boris instead of nobody",
    ]


def test_that_no_call_goes_elsewhere_is_worth_a_line() -> None:
    assert told(Counter(), 1, DAYS) == ["none of 1 incoming call of the last 7 days would have gone elsewhere"]


def test_there_are_never_more_lines_than_can_be_read_and_no_call_is_left_out_of_the_count() -> None:
    for groups in (MOST_LINES - 1, MOST_LINES, 40):
        changed = Counter({Change("site", (f"e{number:02d}",), ()): 100 - number for number in range(groups)})
        lines = told(changed, 9_999, DAYS)
        assert len(lines) == min(groups + 1, MOST_LINES)
        shown = sum(int(line.split(": ")[1].split()[0]) for line in lines[1:] if line.startswith("connections."))
        more = int(lines[-1].split()[1].replace(",", "")) if lines[-1].startswith("and ") else 0
        assert shown + more == changed.total()


def test_of_many_people_who_ring_together_only_the_first_are_named() -> None:
    many = tuple(f"e{number}" for number in range(12))
    [_, line] = told(Counter({Change("site", many, ("anna",)): 2}), 9, DAYS)
    assert line == "connections.site: 2 calls to e0, e1, e2 and 9 more instead of anna"
