"""A reader of Asterisk dial plans, for the ones printed in docs/operators: as much of the language as they use.

Written from Asterisk's documentation; anything it does not know is an error, so that a page cannot drift from it.
"""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Callable

Step = tuple[str, str, str]  # label, application, arguments
Plan = dict[str, dict[str, list[Step]]]

_LINE = re.compile(r"(?:exten => (?P<exten>[^,]+),1|same => n(?:\((?P<label>\w+)\))?),(?P<app>\w+)\((?P<args>.*)\)$")
_OVER = object()


def blocks(page: str, language: str) -> list[str]:
    """Take the code blocks of a language out of a page, also those within lists."""
    found = re.findall(rf"^( *)```{language}\n(.*?)^\1```", page, re.MULTILINE | re.DOTALL)
    return [textwrap.dedent(text) for _, text in found]


def read_plan(text: str) -> Plan:
    """Read contexts, their extensions and their steps."""
    plan: Plan = {}
    steps: list[Step] = []
    context = ""
    for number, line in enumerate(text.splitlines(), 1):
        words = re.sub(r"\s+;.*", "", line).strip()
        if not words:
            continue
        if words.startswith("["):
            context = words[1:-1]
            plan[context] = {}
        elif context == "globals":
            plan[context].setdefault("", []).append(("", *words.partition("=")[::2]))
        else:
            read = _LINE.match(words)
            assert read, f"line {number}: {line}"
            if read["exten"]:
                steps = plan[context][read["exten"]] = []
            steps.append((read["label"] or "", read["app"], read["args"]))
    return plan


@dataclass
class Channel:
    """One channel: its name, its variables and what runs when it is hung up."""

    name: str
    variables: dict[str, str]
    hangup_handler: str = ""


@dataclass
class Asterisk:
    """Runs a plan; phones are picked up as `picks_up` says, requests go where `curl` takes them."""

    plan: Plan
    curl: Callable[[str, str], str]
    picks_up: Callable[[list[str]], str | None]
    agi: Callable[[Channel, list[str]], None] | None = None
    now: int = 1_795_000_000
    rung: list[list[str]] = field(default_factory=list)
    applications: list[str] = field(default_factory=list)

    def call(self, context: str, exten: str, caller: str, *, call_id: str = "1795000000.11") -> Channel:
        """Let a call come in and run to its end, hangup handler included."""
        channel = Channel(
            "PJSIP/trunk-00000001", {"EXTEN": exten, "CALLERID(num)": caller, "CHANNEL(linkedid)": call_id}
        )
        pattern = next(each for each in self.plan[context] if _matches(each, exten))
        self.run(channel, context, pattern, [])
        if channel.hangup_handler:
            self.gosub(channel, channel.hangup_handler)
        return channel

    def gosub(self, channel: Channel, target: str) -> object:
        """Run a routine: `context,exten,1(arguments)`."""
        read = re.fullmatch(r"([\w-]+),(\w+),1(?:\((.*)\))?", target)
        assert read, target
        return self.run(channel, read[1], read[2], _arguments(read[3]) if read[3] else [])

    def run(self, channel: Channel, context: str, exten: str, arguments: list[str]) -> object:
        """Run the steps of an extension, with arguments of its own, until it returns or the call is over."""
        steps = self.plan[context][exten]
        before = dict(channel.variables)
        channel.variables |= {f"ARG{place}": text for place, text in enumerate(arguments, 1)}
        local: set[str] = {name for name in channel.variables if name.startswith("ARG")}
        place, done, result = 0, 0, None
        while place < len(steps) and result is None:
            done += 1
            assert done < 200, f"{context} never ends"
            _, application, text = steps[place]
            place += 1
            result = self.step(channel, application, self.expand(channel, text), local)
            if isinstance(result, str):
                place, result = next(at for at, (label, *_) in enumerate(steps) if label == result), None
            self.applications.append(application)
        for name in local:
            channel.variables.pop(name, None)
            if name in before:
                channel.variables[name] = before[name]
        return None if result is True else result

    def step(self, channel: Channel, application: str, text: str, local: set[str]) -> object:
        """Run one application; give a label to go to, True to return, _OVER when the call has ended."""
        if application in {"GotoIf", "GosubIf", "ExecIf"}:
            condition, _, target = text.partition("?")
            if not _true(condition):
                return None
            application, text = application.removesuffix("If"), target
            if application == "Exec":
                application, _, text = target.removesuffix(")").partition("(")
        match application:
            case "Set":
                self.set(channel, text, local)
            case "Gosub":
                return self.gosub(channel, text)
            case "Goto":
                return text
            case "Return" | "MacroExit":
                return True
            case "Dial":
                return self.dial(channel, *_arguments(text))
            case "AGI":
                assert self.agi, "this plan runs no script"
                self.agi(channel, _arguments(text))
            case _:
                assert application in {"VoiceMail", "Hangup"}, f"unknown application {application}"
                return _OVER
        return None

    def set(self, channel: Channel, text: str, local: set[str]) -> None:
        """Set a variable, or what a function stands for."""
        name, _, value = text.partition("=")
        if name == "CHANNEL(hangup_handler_push)":
            channel.hangup_handler = value
        elif name.startswith("LOCAL("):
            local.add(name[6:-1])
            channel.variables[name[6:-1]] = value
        elif name.startswith("CURLOPT("):
            assert name in {"CURLOPT(conntimeout)", "CURLOPT(httptimeout)"}
        else:
            channel.variables[name.removeprefix("__")] = value

    def dial(self, channel: Channel, phones: str, seconds: str, options: str = "") -> object:
        """Ring phones; who picks up has a channel of his own, on which `U()` runs."""
        numbers = [each.partition("/")[2] for each in phones.split("&")]
        self.rung.append(numbers)
        answered = self.picks_up(numbers)
        channel.variables["DIALSTATUS"] = "ANSWER" if answered else "NOANSWER"
        if answered is None:
            self.now += int(seconds)
            return None
        self.now += 5
        channel.variables["DIALEDPEERNUMBER"] = answered
        inherited = {name: text for name, text in channel.variables.items() if name.startswith("FC_")}
        if options:
            routine = re.fullmatch(r"U\(([\w-]+)\)", options)
            assert routine, options
            self.gosub(Channel(f"PJSIP/{answered}-0000002a", inherited), f"{routine[1]},s,1")
        return _OVER

    def expand(self, channel: Channel, text: str) -> str:
        """Put values for `${...}` and `$[...]`, innermost first."""
        out, at = "", 0
        while (start := text.find("$", at)) != -1 and start + 1 < len(text):
            if text[start + 1] not in "{[":
                out, at = out + text[at : start + 1], start + 1
                continue
            opening, closing = text[start + 1], "}" if text[start + 1] == "{" else "]"
            end, depth = start + 2, 1
            while depth:
                depth += {opening: 1, closing: -1}.get(text[end], 0)
                end += 1
            inner = self.expand(channel, text[start + 2 : end - 1])
            out += text[at:start] + (self.value(channel, inner) if opening == "{" else _calculate(inner))
            at = end
        return out + text[at:]

    def value(self, channel: Channel, name: str) -> str:
        """Read a variable, a part of one (`name:1`), or a function."""
        function, _, rest = name.partition("(")
        if not rest or name in channel.variables:
            whole, _, offset = name.partition(":")
            return channel.variables.get(whole, self.globals().get(whole, ""))[int(offset or 0) :]
        text = rest[:-1]
        match function:
            case "CURL":
                url, _, body = text.partition(",")
                return self.curl(url, body)
            case "URIENCODE":
                return quote(text, safe="")
            case "LEN":
                return str(len(text))
            case "FILTER":
                allowed, given = re.match(r"((?:\\.|[^,])*),(.*)", text, re.DOTALL).groups()  # type: ignore[union-attr]
                return "".join(re.findall(f"[{allowed}]", given))
            case "CUT":
                variable, delimiter, place = _arguments(text)
                parts = self.value(channel, variable).split(delimiter)
                return parts[int(place) - 1] if int(place) <= len(parts) else ""
            case "IF":
                condition, _, value = text.partition("?")
                return value if _true(condition) else ""
            case "CHANNEL":
                assert text == "name"
                return channel.name
            case _:
                raise AssertionError(f"unknown function {function}")

    def globals(self) -> dict[str, str]:
        """Give the variables that every channel sees."""
        steps = self.plan.get("globals", {}).get("", [])
        return {name: value for _, name, value in steps} | {"EPOCH": str(self.now)}


def _matches(pattern: str, exten: str) -> bool:
    if not pattern.startswith("_"):
        return pattern == exten
    read = re.sub(r"X", "[0-9]", pattern[1:])
    return re.fullmatch(read.removesuffix(".") + ".+" if read.endswith(".") else read, exten) is not None


def _arguments(text: str) -> list[str]:
    """Split at commas that are neither escaped nor within parentheses."""
    parts, depth, escaped = [""], 0, False
    for letter in text:
        if letter == "," and not depth and not escaped:
            parts.append("")
            continue
        depth += {"(": 1, ")": -1}.get(letter, 0)
        escaped = letter == "\\" and not escaped
        parts[-1] += "" if escaped else letter
    return parts


def _calculate(text: str) -> str:
    if " & " in text:
        return str(int(all(_true(_calculate(each)) for each in text.split(" & "))))
    left, operator, right = re.fullmatch(r'(".*?"|\d+)(!=|=|\+)(".*?"|\d+)', text).groups()  # type: ignore[union-attr]
    if operator == "+":
        return str(int(left) + int(right))
    return str(int((left == right) == (operator == "=")))


def _true(text: str) -> bool:
    return text not in {"", "0"}
