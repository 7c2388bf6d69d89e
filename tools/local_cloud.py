"""The local cloud: one MiniStack process on loopback, with IAM enforced and its state kept between runs."""

import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tools.bootstrap import ENVIRONMENTS
from tools.terminal import Refused

HOST = "127.0.0.1"
REGION = "us-east-1"
ACCOUNT = "000000000000"
START_SECONDS = 60
STOP_SECONDS = 30  # it writes its state in that time


@dataclass(frozen=True, slots=True)
class LocalCloud:
    """One MiniStack: where it listens and where it keeps its state, its log and its process id."""

    port: int
    place: Path

    @property
    def endpoint(self) -> str:
        """Address of every AWS service."""
        return f"http://{HOST}:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """What an AWS tool of ours must see to reach this cloud as its operator, and no other cloud by mistake."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PYTHON"))}
        return {
            **kept,
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": ACCOUNT,
            "AWS_SECRET_ACCESS_KEY": "local",
            "AWS_DEFAULT_REGION": REGION,
            "AWS_REGION": REGION,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "NO_PROXY": HOST,
            "no_proxy": HOST,
        }

    def api_url(self, api_id: str) -> str:
        """Address of an HTTP API that needs no resolver."""
        return f"{self.endpoint}/_aws/execute-api/{api_id}/$default"

    @property
    def log(self) -> Path:
        """What the cloud and the functions print."""
        return self.place / "cloud.log"

    @property
    def _pid_file(self) -> Path:
        return self.place / "cloud.pid"

    @property
    def _scratch(self) -> Path:
        return self.place / "tmp"

    def start(self) -> bool:
        """Start, and wait until it answers; False where it runs already."""
        running = self._running()
        if running is not None and running[1] == self.port:
            self._await_health(running[0])
            return False
        if running is not None:
            self.stop()
        with socket.socket() as probe:
            if probe.connect_ex((HOST, self.port)) == 0:
                raise Refused(
                    f"port {self.port} on {HOST} is taken by another program: stop that one, or choose another port "
                    f"with PORT={self.port + 1}"
                )
        shutil.rmtree(self._scratch, ignore_errors=True)
        self._scratch.mkdir(parents=True)
        python = str(ENVIRONMENTS["cloud"] / "bin" / "python")
        with self.log.open("ab") as log, Path(os.devnull).open("rb") as nothing:
            # Not subprocess: this process shall outlive the command that starts it, and Ctrl-C at a later one.
            pid = os.posix_spawn(
                python,
                [python, "-m", "ministack"],
                self._settings(),
                file_actions=[
                    (os.POSIX_SPAWN_DUP2, nothing.fileno(), 0),
                    (os.POSIX_SPAWN_DUP2, log.fileno(), 1),
                    (os.POSIX_SPAWN_DUP2, log.fileno(), 2),
                ],
                setsid=True,
            )
        self._pid_file.write_text(f"{pid} {self.port}\n")
        self._await_health(pid)
        return True

    def stop(self) -> bool:
        """Stop cleanly, so that the state is written; False where it does not run."""
        running = self._running()
        if running is None:
            self._pid_file.unlink(missing_ok=True)
            return False
        pid = running[0]
        os.kill(pid, signal.SIGTERM)
        end = time.monotonic() + STOP_SECONDS
        while is_alive(pid):
            if time.monotonic() > end:
                raise Refused(f"process {pid} did not stop in {STOP_SECONDS} s; see {self.log}, then end it yourself")
            time.sleep(0.05)
        self._pid_file.unlink(missing_ok=True)
        return True

    def _running(self) -> tuple[int, int] | None:
        """Find process id and port of the one started before; a process id that now is another program counts not."""
        with suppress(OSError, ValueError):
            pid, port = (int(part) for part in self._pid_file.read_text().split())
            listing = subprocess.run(
                ["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False
            )
            if "ministack" in listing.stdout and is_alive(pid):
                return pid, port
        return None

    def _settings(self) -> dict[str, str]:
        state = self.place / "state"
        kept = {name: os.environ[name] for name in ("HOME", "LANG", "PATH") if name in os.environ}
        return {
            **kept,
            "TMPDIR": str(self._scratch),
            "BIND_HOST": HOST,
            "GATEWAY_PORT": str(self.port),
            "AUTH": "true",
            "PERSIST_STATE": "1",
            "STATE_DIR": str(state),
            "S3_DATA_DIR": str(state / "s3"),
            "S3_PERSIST": "1",
            "IOT_MTLS_ENABLED": "0",
            "MINISTACK_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            "LAMBDA_EXECUTOR": "local",
        }

    def _await_health(self, pid: int) -> None:
        end = time.monotonic() + START_SECONDS
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        while time.monotonic() < end:
            with suppress(OSError, urllib.error.URLError), opener.open(f"{self.endpoint}/_ministack/ready", timeout=2):
                return
            if not is_alive(pid):
                break
            time.sleep(0.1)
        raise Refused(f"the local cloud did not start; it says: {self._last_words()} (all of it: {self.log})")

    def _last_words(self) -> str:
        lines = self.log.read_text(errors="replace").strip().splitlines()
        return lines[-1] if lines else "nothing"


def is_alive(pid: int) -> bool:
    """Whether a process still runs; one that has ended and waits for its parent does not."""
    with suppress(OSError):
        if os.waitpid(pid, os.WNOHANG)[0] == pid:  # it is a child of ours
            return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
