"""`make drills`: every drill on a stack of its own, the table, and status 1 where a promise broke."""

from __future__ import annotations

import shutil
import socket
import sys
import time
from typing import TYPE_CHECKING

from drills.asking import DEADLINE_MS, Asker
from drills.catalogue import CATALOGUE
from drills.company import PBXS, write_company
from drills.drill import GROUP, Field
from drills.ground import Ground
from drills.judge import Judge
from drills.report import as_line, as_table, write_page
from drills.verdict import aftermath, run
from firstcall.simulator.stage import caller, set_stage
from tools import stack
from tools.bootstrap import ROOT
from tools.deployed import find_local
from tools.local_cloud import HOST, LocalCloud
from tools.terminal import Refused, command, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drills.drill import Drill
    from drills.verdict import Verdict
    from tools.deployed import DeployedStack

PLACE = ROOT / ".local" / "drills"
DELAY_SECONDS = 4


def main() -> None:
    """Deploy, drill, show."""
    chosen = [each for each in CATALOGUE if all(word in each.name for word in words())]
    if not chosen:
        raise Refused(f"no drill is called so: {' '.join(words())}")
    began = time.monotonic()
    shutil.rmtree(PLACE, ignore_errors=True)
    PLACE.mkdir(parents=True)
    cloud = LocalCloud(free_port(), PLACE)
    say(f"starting a local cloud for the drills on 127.0.0.1:{cloud.port} ...")
    cloud.start()
    try:
        deployed = deploy(cloud)
        verdicts = drill(make_field(cloud, deployed, DELAY_SECONDS), chosen)
    finally:
        cloud.stop()
    seconds = time.monotonic() - began
    say()
    say(as_table(verdicts))
    if "--write" in sys.argv:
        write_page(verdicts, seconds)
    broken = [verdict for verdict in verdicts if verdict.broken]
    say(f"{len(verdicts) - len(broken)} of {len(verdicts)} drills kept every promise, {seconds:.0f} s")
    if broken:
        sys.exit(1)


def words() -> list[str]:
    """Give the words of the command line: parts of the drills' names."""
    return [word for word in sys.argv[1:] if not word.startswith("--")]


def deploy(cloud: LocalCloud) -> DeployedStack:
    """Deploy the real template with the real SAM CLI."""
    log = PLACE / "deploy.log"
    say("building and deploying infra/template.yaml ...")
    stack.deploy(
        stack.build("local", log), "drills", {"BackfillDelaySeconds": str(DELAY_SECONDS)}, cloud.environment, log
    )
    deployed = find_local(cloud, "drills")
    deployed.apply(write_company(PLACE), {})
    return deployed


def make_field(cloud: LocalCloud, deployed: DeployedStack, delay_seconds: int) -> Field:
    """Put the proxy in place, let somebody be known, and measure what a look-up takes while nothing is wrong."""
    ground = Ground.make(cloud, deployed, delay_seconds)
    stages = {name: set_stage(deployed, name) for name in PBXS}
    stage = stages["megafon"]
    field = Field(ground, stages, Asker(stage, caller(stage, None), stage.people[1].login), Judge(ground), 0)
    known = field.begin("megafon", GROUP)
    field.asker.phone = known.phone
    for step in GROUP.steps:
        known.tell(step)
    transport = 0.0
    for _ in range(2):
        for name in ("webhook", "route"):
            ground.set_environment(name, {})  # a cold start each
        transport = max([transport, *(field.asker.ask(name).ms for name in ("webhook", "route"))])
    field.limit_ms = DEADLINE_MS + transport
    say(f"a look-up may take {field.limit_ms:.0f} ms: {DEADLINE_MS}, and {transport:.0f} that a cold one takes here")
    return field


def drill(field: Field, chosen: Sequence[Drill]) -> list[Verdict]:
    """Drill one after another, each shown as it ends."""
    verdicts = []
    for each in chosen:
        verdicts.append(run(each, field))
        say(as_line(verdicts[-1]))
    verdicts.append(aftermath(verdicts, field))
    say(as_line(verdicts[-1]))
    return verdicts


def free_port() -> int:
    """Find a port nobody listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    command(main)
