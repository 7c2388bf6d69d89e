"""`make up`: the whole system on this machine, with two calls played through it."""

import json
import os
import time
from pathlib import Path

from tools import demo, stack
from tools.bootstrap import ROOT
from tools.deployed import DeployedStack, find_local, outwait_old_company
from tools.local_cloud import LocalCloud
from tools.terminal import Refused, command, say

PLACE = ROOT / ".local"
NAME = "firstcall"
HIGHEST_PORT = 65_535


def main() -> None:
    """Start, deploy, apply, play."""
    port, company = (
        chosen_port(os.environ.get("PORT", "4566")),
        Path(os.environ.get("COMPANY", "examples/company.yaml")),
    )
    if not company.is_file():
        raise Refused(f"COMPANY={company}: there is no such file (seen from {Path.cwd()})")
    cloud = LocalCloud(port, PLACE)
    started = time.monotonic()
    say(f"starting the local cloud on 127.0.0.1:{port} ...")
    runs_already = not cloud.start()
    if runs_already:
        say("  it runs already")
    log = PLACE / "deploy.log"
    log.unlink(missing_ok=True)
    say("building the functions ...")
    template = stack.build("local", log)
    say("deploying infra/template.yaml with the SAM CLI ...")
    try:
        stack.deploy(template, NAME, {}, cloud.environment, log)
    except Refused as refusal:
        again = "if it fails again, start afresh: `make down`, then delete .local/state and the data with it"
        raise Refused(f"{refusal}; {again}") from None
    deployed = find_local(cloud, NAME)
    say(f"applying {company} ...")
    before = deployed.in_force()
    for warning in deployed.apply(company, os.environ):
        say(f"  warning: {warning}")
    if runs_already and before is not None and deployed.in_force() != before:
        say("  waiting until every function goes by it ...")
        outwait_old_company()
    write_addresses(deployed)
    say(f"ready in {time.monotonic() - started:.0f} s")
    if os.environ.get("DEMO", "1") != "0":
        demo.play(deployed)
    say_what_next(deployed, company)


def say_what_next(deployed: DeployedStack, company: Path) -> None:
    """Leave the newcomer with something to do."""
    say()
    say(f"It runs on {deployed.api_url}")
    say("   .local/stack.json          the admin token, and each connection's addresses for its PBX")
    say("   docs/operators/            where a PBX's cabinet takes them")
    say(f"   {company!s:27}the company: change it, or take your own with COMPANY=file.yaml, and run `make up` again")
    say("   make down                  stops it; the data stay for the next `make up`")


def chosen_port(text: str) -> int:
    """Read PORT."""
    if not text.isdecimal() or not 0 < int(text) <= HIGHEST_PORT:
        raise Refused(f"PORT={text} is no port; choose a number from 1024 to {HIGHEST_PORT}")
    return int(text)


def write_addresses(deployed: DeployedStack) -> None:
    """Write what this machine's clients need, readable by the owner alone."""
    addresses = {
        "api_url": deployed.api_url,
        "admin_token": deployed.admin_token(),
        "connections": {
            name: {"operator": each.operator, "webhook_url": each.webhook_url, "route_url": each.route_url}
            for name, each in deployed.connections().items()
        },
    }
    file = PLACE / "stack.json"
    file.touch(mode=0o600)
    file.chmod(0o600)
    file.write_text(json.dumps(addresses, indent=2, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    command(main)
