"""`make check`: what CI runs. Every check runs even where one before it failed, so that one run shows everything."""

import os
import subprocess
import sys
import time
from pathlib import Path

from tools.bootstrap import ENVIRONMENTS, ROOT
from tools.terminal import say

BIN = ENVIRONMENTS["dev"] / "bin"
SAM = ENVIRONMENTS["sam"] / "bin" / "sam"
SCANNER = ENVIRONMENTS["policies"] / "bin" / "checkov"
TEMPLATE = ROOT / "infra" / "template.yaml"
OFFLINE = ("--skip-download",)  # else it asks its maker for explanations; what it judges by comes with it

CHECKS: dict[str, list[str | Path]] = {
    "format": [BIN / "ruff", "format", "--check", "--quiet", "."],
    "lint": [BIN / "ruff", "check", "--quiet", "."],
    "spelling": [BIN / "codespell"],
    "types": [BIN / "mypy"],
    "template": [SAM, "validate", "--lint", "--template-file", TEMPLATE],
    "policies": [SCANNER, "--file", TEMPLATE, "--framework", "cloudformation", *OFFLINE, "--compact", "--quiet"],
    "rules": [BIN / "python", "-m", "tools.rules"],
    "tests": [BIN / "python", "-m", "pytest", "-q", "-n", "auto", "--no-loadscope-reorder"],
}


def main() -> None:
    """Run all checks; status 1 where one failed."""
    failed = [name for name, arguments in CHECKS.items() if not passes(name, arguments)]
    if failed:
        say(f"FAILED: {', '.join(failed)}")
        sys.exit(1)
    say("all checks passed")


def passes(name: str, arguments: list[str | Path]) -> bool:
    """Run one check; show its output only where it failed, but the tests' always."""
    started = time.monotonic()
    environment = {**os.environ, "SAM_CLI_TELEMETRY": "0", "AWS_DEFAULT_REGION": "us-east-1"}
    quiet = name != "tests"
    done = subprocess.run(
        arguments, cwd=ROOT, env=environment, text=True, check=False,
        stdout=subprocess.PIPE if quiet else None, stderr=subprocess.STDOUT if quiet else None,
    )  # fmt: skip
    say(f"{'ok  ' if done.returncode == 0 else 'FAIL'} {name} ({time.monotonic() - started:.0f} s)")
    if quiet and done.returncode:
        say(done.stdout.strip())
    return done.returncode == 0


if __name__ == "__main__":
    main()
