"""`firstcall explain`: who would be rung for a call, and why, step by step."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from firstcall import stacks
from firstcall.admin_api import ask
from firstcall.explanation import Question, told
from firstcall.outcome import DONE
from tools.terminal import say

if TYPE_CHECKING:
    import argparse

HELP = "say who would be rung for a call, and why, step by step"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what can be said."""
    parser.add_argument("connection", help="the connection, as the company file names it")
    parser.add_argument("--phone", help="who calls, written in any way; left out: a withheld number")
    parser.add_argument("--line", help="which of our numbers is called")
    parser.add_argument("--at", metavar="TIME", help="an ISO time with offset, past or future; default: now")
    parser.add_argument("--called", metavar="EXT", help="the extension that rings already")


def run(chosen: argparse.Namespace) -> int:
    """Explain."""
    names = ("connection", "phone", "line", "at", "called")
    asked = {name: given for name in names if (given := getattr(chosen, name)) is not None}
    explanation = ask(stacks.find(chosen.stack), "GET", f"explain?{urlencode(asked)}")
    if chosen.json:
        say(json.dumps(explanation, ensure_ascii=False, indent=2))
        return DONE
    question = Question(chosen.connection, chosen.phone, chosen.line, chosen.called)
    say("\n".join(told(question, explanation)))
    return DONE
