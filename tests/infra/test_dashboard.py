"""The dashboard in the template is the one that is generated, and shows figures that are written."""

from __future__ import annotations

import json
import re
from typing import Any

from tests.support.figures import alarms, resolved
from tests.support.stack import TEMPLATE, read_template
from tools.dashboard import ANSWERS, FATES, UNOWNED, body

ROOT = TEMPLATE.parents[1]
WRITTEN = re.compile(r"\b(?:count|measure)\(\s*\"(\w+)\"")


def widgets() -> list[dict[str, Any]]:
    found = json.loads(resolved(read_template()["Resources"]["Dashboard"]["Properties"]["DashboardBody"]))["widgets"]
    assert isinstance(found, list)
    return found


def sources() -> str:
    files = [file for folder in ("shared", "functions") for file in (ROOT / folder).rglob("*.py")]
    return "\n".join(file.read_text(encoding="utf-8") for file in files)


def test_the_template_holds_the_dashboard_that_is_generated() -> None:
    text = TEMPLATE.read_text(encoding="utf-8")
    assert body(text) in text, "run `python -m tools.dashboard`"


def test_it_shows_every_alarm() -> None:
    assert widgets()[0]["properties"]["alarms"] == [f"{name}.Arn" for name in alarms()]


def test_it_shows_every_figure_that_is_written_and_no_other() -> None:
    shown = {
        metric[1]
        for widget in widgets()
        for metric in widget["properties"].get("metrics", ())
        if metric[0].startswith("Firstcall/")
    }
    assert shown == set(WRITTEN.findall(sources()))


def test_it_knows_every_value_that_the_code_divides_a_figure_by() -> None:
    code = sources()
    ownership = (ROOT / "shared" / "ownership.py").read_text(encoding="utf-8")
    reasons = set(re.findall(r"_nobody\(\"(\w+)\"\)", ownership))
    assert reasons | {"manual"} == set(UNOWNED)
    for dimension, known in (("fate", FATES), ("answer", ANSWERS)):
        given = re.findall(rf"{dimension}=([^)]+)\)", code)
        assert {word for each in given for word in re.findall(r"\"(\w+)\"", each)} == set(known)


def test_its_resources_are_the_templates() -> None:
    text = read_template()["Resources"]["Dashboard"]["Properties"]["DashboardBody"]["Sub"]
    named = {name.split(".")[0] for name in re.findall(r"\$\{([\w.]+)\}", text)}
    assert named <= set(read_template()["Resources"])
