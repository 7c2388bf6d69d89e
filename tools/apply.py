"""`make apply`: puts a company file in force on the local stack, or with STACK=name on one in AWS."""

import os
from pathlib import Path

from tools.deployed import DeployedStack, find_local, find_on_aws
from tools.local_cloud import LocalCloud
from tools.terminal import Refused, command, say
from tools.up import NAME, PLACE, chosen_port, write_addresses


def main() -> None:
    """Apply COMPANY and show the addresses for the PBXs."""
    company, name = Path(os.environ.get("COMPANY", "examples/company.yaml")), os.environ.get("STACK")
    if not company.is_file():
        raise Refused(f"COMPANY={company}: there is no such file (seen from {Path.cwd()})")
    if name:
        show(apply(find_on_aws(name), company))
        return
    write_addresses(apply(find_local(LocalCloud(chosen_port(os.environ.get("PORT", "4566")), PLACE), NAME), company))
    say("the addresses for the PBXs are in .local/stack.json")


def apply(deployed: DeployedStack, company: Path) -> DeployedStack:
    """Apply and tell the warnings."""
    for warning in deployed.apply(company, os.environ):
        say(f"warning: {warning}")
    say(f"{company} is in force")
    return deployed


def show(deployed: DeployedStack) -> None:
    """Print each connection's addresses; they are secrets, as the keys in them are."""
    for each in deployed.connections().values():
        say(f"{each.id} ({each.operator})")
        say(f"  webhook: {each.webhook_url}")
        say(f"  look-up: {each.route_url}")


if __name__ == "__main__":
    command(main)
