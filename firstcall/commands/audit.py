"""`firstcall audit`: who changed what through the admin API, and when."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, cast
from urllib.parse import quote

from firstcall import stacks
from firstcall.admin_api import first_items
from firstcall.outcome import DONE, WrongUse
from tools.terminal import say

if TYPE_CHECKING:
    import argparse

    from tools.deployed import Record

HELP = "list who changed what through the admin API, the newest first"
OK = 200


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what can be said."""
    parser.add_argument("--from", dest="since", metavar="TIME", help="a day, or an ISO time with offset; default: ever")
    parser.add_argument("--to", dest="until", metavar="TIME", help="the same; a day counts to its end; default: now")
    parser.add_argument("--limit", type=int, default=50, metavar="N", help="at most so many; default: 50")


def run(chosen: argparse.Namespace) -> int:
    """List."""
    if chosen.limit < 1:
        raise WrongUse("--limit: at least 1")
    asked = {name: given for name, given in (("from", chosen.since), ("to", chosen.until)) if given is not None}
    records, is_all = first_items(stacks.find(chosen.stack), "audit", asked, chosen.limit)
    if chosen.json:
        say(json.dumps(records, ensure_ascii=False, indent=2))
        return DONE
    for each in records:
        say(told(each))
    if not records:
        say("nothing was changed" + (" then" if asked else ""))
    elif not is_all:
        say(f"there are more than {chosen.limit}: --limit shows more")
    return DONE


def told(record: Record) -> str:
    """Say one record in one line."""
    when = str(record["at"]).replace("T", " ")[:19]
    path = str(record["path"])
    for name, value in cast("dict[str, str]", record["parts"]).items():
        path = path.replace(f"{{{name}}}", quote(value, safe="*"))
    who = f"{record['by'] or '-'} ({record['way']})"
    said = [str(record["summary"])] if record["summary"] else []
    if record["status"] is None:
        said.append("how it ended is not known")
    elif record["status"] != OK:
        said.append(f"refused, {record['status']}" if int(str(record["status"])) < 500 else "failed")  # noqa: PLR2004
    return f"{when} UTC  {who:20}  {record['method']} {path.removeprefix('/admin/')}  {', '.join(said)}".rstrip()
