"""Makes the environments from the locked lists: `.venv` (the project), `.venv/cloud` and `.venv/sam`.

Runs on a bare Python >= 3.11, so it imports the standard library only. What is installed already is left alone.
"""

import fcntl
import hashlib
import importlib.util
import os
import shlex
import shutil
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tools.terminal import Refused, command, say  # noqa: E402 -- started as a file, by a Python that knows no project

VENV = ROOT / ".venv"
LOG = ROOT / ".local" / "install.log"
ENVIRONMENTS = {"dev": VENV, "cloud": VENV / "cloud", "sam": VENV / "sam", "policies": VENV / "policies"}
TITLES = {
    "dev": "the project's own tools",
    "cloud": "the local cloud (MiniStack)",
    "sam": "the SAM command line",
    "policies": "the policy scanner (Checkov)",
}


def main() -> None:
    """Bring the environments named on the command line up to date."""
    names = sys.argv[1:] or ["dev"]
    LOG.parent.mkdir(exist_ok=True)
    with (LOG.parent / "install.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two makes at once install one after the other
        for name in names:
            bring_up_to_date(name)
        write_launcher()


def bring_up_to_date(name: str) -> None:
    """Install one environment unless its stamp says that it is current."""
    place = ENVIRONMENTS[name]
    requirements = ROOT / "requirements" / f"{name}.txt"
    stamp = place / ".firstcall-stamp"
    wanted = f"{sys.version_info[:3]} {hashlib.sha256(requirements.read_bytes()).hexdigest()}"
    if stamp.is_file() and stamp.read_text() == wanted and (place / "bin" / "python").exists():
        return
    started = time.monotonic()
    say(f"installing {TITLES[name]} into {place.relative_to(ROOT)} ...")
    uv = own_uv()
    if name != "dev":
        run([uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(place)], f"making {place.name}")
    installing = [uv, "pip", "install", "--quiet", "--require-hashes", "--python", str(place / "bin" / "python")]
    run([*installing, "-r", str(requirements)], f"installing requirements/{name}.txt")
    stamp.write_text(wanted)
    say(f"  done in {time.monotonic() - started:.0f} s")


def write_launcher() -> None:
    """Put `firstcall` beside the environment's own commands: the project is never installed into it."""
    python, place = (shlex.quote(str(path)) for path in (VENV / "bin" / "python", ROOT))
    text = f'#!/bin/sh\nPYTHONPATH={place}${{PYTHONPATH:+:$PYTHONPATH}} exec {python} -m firstcall "$@"\n'
    file = VENV / "bin" / "firstcall"
    if not file.is_file() or file.read_text() != text:
        file.write_text(text)
        file.chmod(0o755)


def own_uv() -> str:
    """Find the project's uv, making `.venv` around it where that is missing or of another Python."""
    uv, python, made_by = VENV / "bin" / "uv", VENV / "bin" / "python", VENV / ".firstcall-uv"
    this = f"{sys.version_info[:3]}"
    locked = ROOT / "requirements" / "uv.txt"
    mark = f"{this} {hashlib.sha256(locked.read_bytes()).hexdigest()}"
    if uv.exists() and python.exists() and made_by.is_file() and made_by.read_text() == mark:
        return str(uv)
    installing = ["install", "--quiet", "--require-hashes", "--only-binary", ":all:", "-r", str(locked)]
    if importlib.util.find_spec("ensurepip") is not None:
        run([sys.executable, "-m", "venv", "--clear", str(VENV)], "making .venv")
        run([str(python), "-m", "pip", *installing], "installing uv")
    elif importlib.util.find_spec("pip") is not None:
        run([sys.executable, "-m", "venv", "--clear", "--without-pip", str(VENV)], "making .venv")
        run([sys.executable, "-m", "pip", "--python", str(python), *installing], "installing uv")
    elif (found := shutil.which("uv")) is not None:
        run([found, "venv", "--quiet", "--clear", "--python", sys.executable, str(VENV)], "making .venv")
        run([found, "pip", "install", "--quiet", "--python", str(python), "-r", str(locked)], "installing uv")
    else:
        raise Refused(
            f"{sys.executable} has neither pip nor venv: install them (Debian and Ubuntu: apt install python3-venv) "
            "or uv, then run this again"
        )
    made_by.write_text(mark)
    return str(uv)


def run(arguments: list[str], what: str) -> None:
    """Run one step with its output in the log; put its last words into the refusal."""
    environment = {**os.environ, "UV_PYTHON_DOWNLOADS": "never", "UV_NO_PROGRESS": "1"}
    if "UV_DEFAULT_INDEX" not in environment and "UV_INDEX_URL" not in environment and (mirror := pip_mirror()):
        environment["UV_DEFAULT_INDEX"] = mirror
    with LOG.open("ab") as log:
        log.write(f"\n$ {' '.join(arguments)}\n".encode())
        done = subprocess.run(arguments, cwd=ROOT, env=environment, capture_output=True, check=False)
        log.write(done.stdout + done.stderr)
    if done.returncode:
        said = (done.stderr or done.stdout).decode(errors="replace").strip().splitlines()
        raise Refused(
            f"{what} failed: {said[-1].strip() if said else f'status {done.returncode}'} "
            f"(all of it: {LOG.relative_to(ROOT)}); check the network or the proxy, then run this again"
        )


def pip_mirror() -> str | None:
    """Find the package index that pip is set up with; uv does not read pip's files."""
    if mirror := os.environ.get("PIP_INDEX_URL"):
        return mirror
    with suppress(OSError, subprocess.SubprocessError):
        asking = [sys.executable, "-m", "pip", "config", "get", "global.index-url"]
        asked = subprocess.run(asking, capture_output=True, text=True, check=False, timeout=30)
        return asked.stdout.strip() or None
    return None


if __name__ == "__main__":
    command(main)
