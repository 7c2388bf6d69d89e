"""Makes docs/explain.md from the real code: `.venv/bin/python -m tests.support.explain_page` writes it anew."""

from __future__ import annotations

from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, cast

from firstcall.explanation import Question, told
from functions.admin.explain import Explanation, explain
from functions.admin.moments import read_moment
from shared.company import GROUP_PREFIX
from shared.company_file import read_company
from shared.company_file.yaml_source import load_text
from shared.contact import Contact, CreatedBy, Evidence, Responsible

if TYPE_CHECKING:
    from shared.company import Company
    from shared.contact import Source
    from tools.deployed import Record

PAGE = Path(__file__).parents[2] / "docs" / "explain.md"
PHONE = "+79161234567"
MONDAY, EVENING, NIGHT = "2026-11-23T12:00:00+03:00", "2026-11-23T19:00:00+03:00", "2026-11-23T23:30:00+03:00"
SHORT_DAY = "2026-12-31T15:00:00+03:00"

COMPANY = """\
version: 1
company: {time_zone: Europe/Moscow, country: RU, blocked: ["+74990000000"]}
calendars:
  office:
    weekly: {mon-fri: ["09:00-18:00"]}
    exceptions: {2026-12-31: ["09:00-13:00"], 2027-01-01: []}
  nights:
    weekly: {mon-sun: ["22:00-06:00"]}
employees:
  anna: {name: Anna, hours: office, extensions: {desk: {ext: "701"}, shop: {ext: "11"}}}
  boris: {name: Boris, hours: office, extensions: {desk: {ext: "702"}, shop: {ext: "12"}}}
  galina: {name: Galina, hours: nights, extensions: {desk: {ext: "703"}, shop: {ext: "13"}}}
  denis: {name: Denis, extensions: {desk: {ext: "704"}, strict: {ext: "4"}}}
  elena:
    name: Elena
    hours: office
    extensions: {desk: {ext: "705"}}
    away: [{from: 2026-11-16, to: 2026-11-29, deputy: boris}]
  fedor: {name: Fedor, hours: office, extensions: {desk: {ext: "706"}}, away: [{from: 2026-11-01, deputy: elena}]}
  inna: {name: Inna, hours: office, extensions: {desk: {ext: "707"}}, away: [{from: 2026-11-20, to: 2026-11-27}]}
  kira: {name: Kira, hours: office, extensions: {desk: {ext: "708"}}, away: [{from: 2026-11-20, deputy: lev}]}
  lev: {name: Lev, hours: office, extensions: {desk: {ext: "709"}}, away: [{from: 2026-11-20, deputy: kira}]}
  mark: {name: Mark, hours: office, extensions: {desk: {ext: "710"}}, away: [{from: 2026-11-20, deputy: vera}]}
  nina: {name: Nina, hours: office, extensions: {shop: {ext: "15"}}}
  vera: {name: Vera, active: false, extensions: {desk: {ext: "711"}}}
groups:
  sales: [anna, boris]
  care: [galina, elena, anna]
  alone: [denis]
  empty: []
templates: {default: {}}
connections:
  desk:
    operator: megafon
    secrets: {crm_token: "***"}
    template: default
    redirect_to_responsible: working_time
    fallback: ["group:sales"]
    lines:
      "+74951112233": {name: Main}
      "+74951112244": {name: Night, fallback: [galina]}
      "+74951112255": {name: Parts, fallback: []}
      "+74951112266": {name: Office, hours: office}
  strict:
    operator: generic
    secrets: {token: "***"}
    template: default
    redirect_to_responsible: working_time
    single_without_hours: skip
  shop:
    operator: generic
    secrets: {token: "***"}
    template: default
    redirect_to_responsible: always
  silent:
    operator: generic
    secrets: {token: "***"}
    template: default
    redirect_to_responsible: "off"
"""

INTRO = """\
# Why a call went where it went

`firstcall explain` shows the decision for any number, line and moment, past or future, step by step: as a look-up
would make it at that moment with the company in force. It changes nothing and rings nobody.

```sh
firstcall explain desk --phone +79161234567 --line +74951112233 --at 2026-11-23T12:00:00+03:00
firstcall explain desk --phone +79161234567 --called 701      # what if 701 rings already
firstcall explain desk                                        # a withheld number, now
firstcall --json explain desk --phone +79161234567            # for programs; also GET /admin/explain
```

Each step says what was looked at and what came of it. `rings` are the targets in their order, `reason` is one of
`responsible`, `fallback`, `no_contact`, `no_responsible`, `nobody_available`, `closed`, `off`, and `told` is what the
PBX gets, in its own format. "No opinion" means that the PBX follows its own plan.

Below is every branch of the decision, as it really prints, all for this company:
"""

FAIL_OPEN = """\
## T12: an answer in time, whatever happens

One branch cannot be explained, because nothing was decided: when a look-up meets an error or its own deadline of
700 ms, the PBX gets "no opinion" with status 200 (`generic` reads `"reason": "error"`), and the log says why.
"""


class Case(NamedTuple):
    """One branch: the call, and whose the caller is."""

    rule: str
    title: str
    connection: str
    owners: tuple[str, ...] | None = ("anna",)  # None: no contact
    phone: str | None = PHONE
    line: str | None = None
    at: str = MONDAY
    called: str | None = None


CASES = (
    Case("T1", "a later call goes to the contact's responsible", "shop"),
    Case("T2", "`working_time`: only who is in working time", "desk", line="+74951112233"),
    Case("T3", "`off`: the contact is named, nobody is rung", "silent"),
    Case("T3", "`always`: every responsible with a phone here, at any hour", "shop", ("anna", "galina"), at=NIGHT),
    Case("T4", "of several, only those who have working time and are in it", "desk", ("galina", "anna", "denis")),
    Case("T5", "a single responsible without working time is rung", "desk", ("denis",)),
    Case("T5", "`single_without_hours: skip` turns that off", "strict", ("denis",)),
    Case("T5", "a single responsible outside working time", "desk", line="+74951112255", at=EVENING),
    Case("T6", "a group stands for its members in working time", "desk", ("group:care",)),
    Case("T6", "an only member without working time gets none", "desk", ("group:alone",), line="+74951112255"),
    Case("T6", "a group without members", "desk", ("group:empty",), line="+74951112255"),
    Case("T7", "a deputy, within the dates given", "desk", ("elena",)),
    Case("T7", "after the last day the employee again", "desk", ("elena",), at="2026-11-30T12:00:00+03:00"),
    Case("T7", "a chain of deputies is followed link by link", "desk", ("fedor",)),
    Case("T7", "a deputy has his own hours", "desk", ("elena",), line="+74951112244", at=NIGHT),
    Case("T7", "a circle of deputies ends in nobody", "desk", ("kira",), line="+74951112255"),
    Case("T7", "an inactive deputy ends the chain", "desk", ("mark",), line="+74951112255"),
    Case("T7", "no deputy for an inactive employee", "desk", ("vera",), line="+74951112255"),
    Case("T8", "an absent responsible without deputy is skipped", "desk", ("inna", "anna")),
    Case("T8", "so is one without a phone on this PBX", "desk", ("nina", "anna")),
    Case("T9", "never the extension that rings already; no fallback after it", "desk", ("anna",), called="701"),
    Case("T10", "no one twice; a PBX that takes a list gets all", "shop", ("boris", "group:sales")),
    Case("T10", "a PBX that takes one target gets the first", "desk", ("boris", "group:sales")),
    Case("T11", "nobody eligible: the line's fallback", "desk", ("anna",), line="+74951112244", at=NIGHT),
    Case("T11", "without one on the line: the connection's", "desk", ("inna",), line="+74951112233"),
    Case("T11", "`fallback: []` on a line: none at all", "desk", ("inna",), line="+74951112255"),
    Case("T11", "nobody of the fallback either", "desk", ("anna",), line="+74951112233", at=NIGHT),
    Case("T11", "an unknown number", "desk", None, line="+74951112233"),
    Case("T11", "a contact without responsibles", "desk", (), line="+74951112233"),
    Case("T11", "a responsible who is not in the company file any more", "desk", ("oleg",)),
    Case("T13", "outside the line's hours: closed, no fallback", "desk", ("denis",), line="+74951112266", at=EVENING),
    Case("T13", "within them the decision goes on", "desk", ("denis",), line="+74951112266"),
    Case("T13", "a blocked number", "desk", ("anna",), phone="+74990000000"),
    Case("T13", "a withheld number", "desk", None, phone=None),
    Case("T14", "any moment: a short day before a day off", "desk", line="+74951112255", at=SHORT_DAY),
    Case("T14", "a line that the company file does not have", "desk", line="+74959999999"),
)  # fmt: skip


@cache
def company() -> Company:
    """Compile the page's company."""
    document = load_text(COMPANY, {})
    connections = cast("dict[str, dict[str, dict[str, str]]]", document["connections"])
    stored = {name: dict.fromkeys(row["secrets"], "invented") for name, row in connections.items()}
    return read_company(document, 1, stored, date(2026, 11, 1)).company


def contact_of(case: Case) -> Contact | None:
    """Make the caller's contact."""
    if case.owners is None or case.phone is None:
        return None
    at = int(datetime.fromisoformat("2026-10-01T10:00:00+03:00").timestamp() * 1000)
    # One employee owns because he answered; a group, or several, because a template says so.
    answered = len(case.owners) == 1 and not case.owners[0].startswith(GROUP_PREFIX)
    source: Source = "answered" if answered else "template"
    owners = tuple(Responsible(who, source, at, Evidence("ACCEPTED", "desk", "1")) for who in case.owners)
    created_by = CreatedBy("desk", "1")
    return Contact("c1", "person", "Client", (case.phone,), "default", at, created_by, responsibles=owners)


def explained(case: Case) -> Explanation:
    """Explain a case with the code that the admin API runs."""
    return explain(
        company(),
        company().connections[case.connection],
        contact_of(case),
        phone=case.phone,
        line=case.line,
        called=case.called,
        moment=read_moment(case.at, 0),
    )


def page() -> str:
    """Write the page."""
    parts = [INTRO, f"```yaml\n{COMPANY}```\n"]
    for case in CASES:
        if case.rule == "T13" and FAIL_OPEN not in parts:
            parts.append(FAIL_OPEN)
        question = Question(case.connection, case.phone, case.line, case.called)
        printed = "\n".join(told(question, cast("Record", explained(case).model_dump())))
        parts.append(f"## {case.rule}: {case.title}\n\n```text\n$ {_command(case)}\n{printed}\n```\n")
    return "\n".join(parts)


def _command(case: Case) -> str:
    options = {"--phone": case.phone, "--line": case.line, "--at": case.at, "--called": case.called}
    given = (f" {name} {value}" for name, value in options.items() if value is not None)
    return f"firstcall explain {case.connection}{''.join(given)}"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
