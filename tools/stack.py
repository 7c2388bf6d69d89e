"""Builds and deploys `infra/template.yaml` with the real SAM CLI, to the local cloud or to AWS."""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from tools.bootstrap import ENVIRONMENTS, ROOT
from tools.terminal import Refused

SAM = ENVIRONMENTS["sam"] / "bin" / "sam"
TEMPLATE = ROOT / "infra" / "template.yaml"
BUILDS = ROOT / ".local" / "stacks"
SOURCES = ("functions", "infra", "requirements", "shared", "tools/bundle.py", "tools/slim.py")


def build(target: str, log: Path) -> Path:
    """Build every function for a target, once for the same sources; give the template that names the results."""
    ready = BUILDS / f"{target}-{fingerprint()}"
    if not (ready / "template.yaml").is_file():
        BUILDS.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=BUILDS) as scratch:
            place = Path(scratch) / "stack"
            built = [str(SAM), "build", "--template-file", str(TEMPLATE), "--build-dir", str(place)]
            run(built, {**os.environ, "FIRSTCALL_TARGET": target}, log, "building the functions")
            for outdated in BUILDS.glob(f"{target}-*"):
                shutil.rmtree(outdated, ignore_errors=True)
            place.rename(ready)
    return ready / "template.yaml"


def fingerprint() -> str:
    """Name the sources of a build by their content."""
    digest = hashlib.sha256(sys.version.encode())
    for name in SOURCES:
        for file in (ROOT / name, *sorted((ROOT / name).rglob("*"))):
            if file.is_file() and "__pycache__" not in file.parts:
                digest.update(f"{file.relative_to(ROOT)}\0".encode() + file.read_bytes())
    return digest.hexdigest()[:16]


def deploy(template: Path, name: str, parameters: Mapping[str, str], environment: Mapping[str, str], log: Path) -> None:
    """Bring a stack to what the template says; nothing happens where it is that already."""
    deploying = [str(SAM), "deploy", "--template-file", str(template), "--stack-name", name, "--resolve-s3"]
    deploying += ["--capabilities", "CAPABILITY_IAM", "--no-confirm-changeset", "--no-fail-on-empty-changeset"]
    if parameters:
        deploying += ["--parameter-overrides", *(f"{key}={value}" for key, value in parameters.items())]
    run(deploying, environment, log, f"deploying stack {name}")


def run(arguments: list[str], environment: Mapping[str, str], log: Path, what: str) -> None:
    """Run SAM with its output in a log; put what it complains about into the refusal."""
    log.parent.mkdir(parents=True, exist_ok=True)
    settings = {
        **environment,
        "SAM_CLI_TELEMETRY": "0",
        "PATH": f"{SAM.parent}{os.pathsep}{os.environ.get('PATH', '')}",
    }
    done = subprocess.run(arguments, cwd=ROOT, env=settings, capture_output=True, text=True, check=False)
    with log.open("a") as file:
        file.write(f"$ {' '.join(arguments)}\n{done.stdout}{done.stderr}\n")
    if done.returncode:
        said = [line.strip() for line in (done.stdout + done.stderr).splitlines() if "rror" in line]
        raise Refused(f"{what} failed: {said[-1] if said else f'status {done.returncode}'} (all of it: {log})")
