"""Builds one function: its locked dependencies, made small, with `shared/` and its own folder. `sam build` calls this.

Two targets, by FIRSTCALL_TARGET: `lambda` (the default; arm64 and Python 3.13, from any host) and `local` (this host
and the Python of the local cloud, which runs functions in its own interpreter).
Dependencies are shipped compiled and without source: they load as fast and weigh a third less (route: 3.0 MB zipped,
not 4.6). Our own code keeps its source beside the compiled form, so that a traceback shows the line. The same input
gives the same bytes.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tools.bootstrap import ENVIRONMENTS, ROOT, VENV
from tools.functions import FUNCTIONS
from tools.slim import KEPT, OPERATIONS, remove, slim
from tools.terminal import Refused, command, say

CACHE = ROOT / ".local" / "build"
LAMBDA_PYTHON = "3.13"
LAMBDA_PLATFORM = "aarch64-manylinux2014"
TASK_ROOT = "/var/task"
LONG_AGO = 1_000_000_000  # one time for every file: a zip made of them never differs
ADMIN_ONLY = "company_file"  # reads and checks company files with pydantic; no other function imports it
LEFT_OUT = ("__pycache__", "yaml_source.py")  # only the commands read YAML


@dataclass(frozen=True, slots=True)
class Target:
    """What a bundle is built for."""

    name: str
    install: tuple[str, ...]  # how uv chooses wheels
    python: Path | None  # compiles for it; None: no such Python here


def main() -> None:
    """Build the function named first into the folder named second."""
    match sys.argv[1:]:
        case [name, folder] if folder:
            bundle(name.lower(), Path(folder), target_named(os.environ.get("FIRSTCALL_TARGET", "lambda")))
        case _:
            raise Refused("usage: python -m tools.bundle FUNCTION FOLDER; `sam build` gives both")


def bundle(name: str, folder: Path, target: Target) -> None:
    """Build one function into a folder."""
    if name not in FUNCTIONS or not (ROOT / "functions" / name / "app.py").is_file():
        raise Refused(f"there is no functions/{name}/app.py to build {name.title()}Function from")
    shutil.copytree(dependencies(name, target), folder, dirs_exist_ok=True)
    own = (folder / "shared", folder / "functions" / name)
    skipped = shutil.ignore_patterns(*LEFT_OUT, *(() if name == "admin" else (ADMIN_ONLY,)))
    shutil.copytree(ROOT / "shared", own[0], ignore=skipped)
    shutil.copytree(ROOT / "functions" / name, own[1], ignore=skipped)
    if target.python is not None:
        compile_all(target.python, folder, own)
    settle_times(folder)


def target_named(name: str) -> Target:
    """Describe a target."""
    if name == "local":
        python = ENVIRONMENTS["cloud"] / "bin" / "python"
        return Target(name, ("--python", str(python)), python)
    if name != "lambda":
        raise Refused(f"FIRSTCALL_TARGET is {name!r}; it may be 'lambda' or 'local'")
    wheels = ("--python-version", LAMBDA_PYTHON, "--python-platform", LAMBDA_PLATFORM)
    return Target(name, wheels, python_of_lambda())


def dependencies(name: str, target: Target) -> Path:
    """Install and reduce a function's dependencies, once for each locked list and use of them."""
    locked = ROOT / "requirements" / f"{name}.txt"
    recipe = hashlib.sha256(repr((KEPT.get(name), OPERATIONS[name])).encode() + locked.read_bytes())
    for part in (Path(__file__), Path(__file__).with_name("slim.py")):
        recipe.update(part.read_bytes())
    recipe.update(repr((target.install, target.python, sys.version_info[:3])).encode())
    ready = CACHE / f"{target.name}-{recipe.hexdigest()[:16]}"
    if ready.is_dir():
        return ready
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as scratch:
        site = Path(scratch) / "site"
        # Wheels only and copied: what is reduced below must not be the installer's own cache.
        uv = [str(VENV / "bin" / "uv"), "pip", "install", "--quiet", "--link-mode", "copy", "--target", str(site)]
        options = ["--require-hashes", "--no-deps", "--only-binary", ":all:", "-r", str(locked)]
        done = subprocess.run([*uv, *target.install, *options], capture_output=True, text=True, check=False)
        if done.returncode:
            raise Refused(f"requirements/{name}.txt cannot be installed: {done.stderr.strip() or done.returncode}")
        slim(site, name)
        if target.python is not None:
            compile_all(target.python, site, (site,), sourceless=True)
        try:
            site.rename(ready)
        except OSError:  # another build was quicker with the same
            if not ready.is_dir():
                raise
    return ready


def compile_all(python: Path, root: Path, folders: tuple[Path, ...], *, sourceless: bool = False) -> None:
    """Compile for good: a zip changes the times that ordinary compiled files are checked against."""
    layout = ("-b",) if sourceless else ()
    options = ("-q", "-q", "--invalidation-mode", "unchecked-hash", "-s", str(root), "-p", TASK_ROOT, *layout)
    environment = {"PYTHONHASHSEED": "0", "PATH": os.environ.get("PATH", "")}
    compiling = [python, "-I", "-m", "compileall", *options, *folders]
    if subprocess.run(compiling, env=environment, check=False).returncode:
        raise Refused(f"{python} cannot compile the bundle; run {' '.join(str(each) for each in compiling)}")
    if sourceless:
        for source in [found for folder in folders for found in folder.rglob("*.py")]:
            remove(source)


def python_of_lambda() -> Path | None:
    """Find a Python of Lambda's version to compile with."""
    home = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    named = shutil.which(f"python{LAMBDA_PYTHON}")
    for candidate in [
        *([Path(named)] if named else []),
        *sorted(home.glob(f"{LAMBDA_PYTHON}.*/bin/python")),
        *uv_own(),
    ]:
        asking = [str(candidate), "-I", "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
        answer = subprocess.run(asking, capture_output=True, text=True, check=False)
        if answer.stdout.strip() == LAMBDA_PYTHON:
            return candidate
    say(f"note: no Python {LAMBDA_PYTHON} here to compile with, so a cold start will take about twice as long;")
    say(f"      install one, for example with: .venv/bin/uv python install {LAMBDA_PYTHON}")
    return None


def uv_own() -> list[Path]:
    """Find the Pythons that uv has installed."""
    where = subprocess.run([VENV / "bin" / "uv", "python", "dir"], capture_output=True, text=True, check=False)
    return sorted(Path(where.stdout.strip()).glob(f"cpython-{LAMBDA_PYTHON}.*/bin/python{LAMBDA_PYTHON}"))


def settle_times(folder: Path) -> None:
    """Give every file the same time and plain rights."""
    for found in sorted(folder.rglob("*")):
        if found.is_file():
            found.chmod(0o644)
        os.utime(found, (LONG_AGO, LONG_AGO))


if __name__ == "__main__":
    command(main)
