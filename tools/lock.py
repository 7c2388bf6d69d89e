"""Renews the locked lists from `requirements/*.in`; the functions agree with dev on every version."""

import subprocess

from tools.bootstrap import ROOT, VENV
from tools.functions import FUNCTIONS
from tools.terminal import Refused, command, say

COMPILE = ["pip", "compile", "--quiet", "--generate-hashes", "--universal", "--python-version", "3.11", "--no-header"]


def main() -> None:
    """Lock dev first, the functions after it, the tools apart."""
    for name in ("dev", *FUNCTIONS, "cloud", "sam", "policies", "uv"):
        constraints = ["-c", "dev.txt"] if name in FUNCTIONS else []
        # No addresses and no comments: the lists hold names, versions and hashes, the same on every machine.
        arguments = [*COMPILE, "--no-annotate", *constraints, f"{name}.in", "-o", f"{name}.txt"]
        done = subprocess.run([VENV / "bin" / "uv", *arguments], cwd=ROOT / "requirements", check=False)
        if done.returncode:
            raise Refused(f"requirements/{name}.in cannot be locked; uv says why above")
        say(f"locked requirements/{name}.txt")


if __name__ == "__main__":
    command(main)
