"""A demo in a directory and on ports of its own, driven from outside."""

import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlencode

from tenantry.config.rehearsal import choose_account
from tests.support.ports import free_port
from tests.support.waiting import FAR_TOO_LONG, until

ROOT = Path(__file__).resolve().parents[2]
READY = "Ctrl-C stops everything"


def _hear_hangups() -> None:
    """Whoever runs the tests may have been told to outlive a terminal; the demo of a test has not."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


class Demo:
    """One demo in a directory of its own."""

    def __init__(self, var: Path) -> None:
        self.var = var
        self.port, self.sandbox_port = free_port(), free_port()
        self.process: subprocess.Popen[str] | None = None

    def command(self, *words: str, terminal: int | None = None, **environment: str) -> "subprocess.Popen[str]":
        """Start a command of the demo; on a terminal when there is one."""
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("TENANTRY_") and name != "DATABASE_URL"
        }
        return subprocess.Popen(
            [sys.executable, "-m", "tenantry.config.cli", "demo", *words],
            stdin=terminal,
            stdout=subprocess.PIPE if terminal is None else terminal,
            stderr=subprocess.STDOUT,
            text=True,
            preexec_fn=_hear_hangups,
            env=inherited
            | {
                "PYTHONPATH": str(ROOT / "src"),
                "TENANTRY_VAR": str(self.var),
                "PORT": str(self.port),
                "SANDBOX_PORT": str(self.sandbox_port),
            }
            | environment,
        )

    def start(self, *words: str) -> str:
        """Start it and return what it says until it is ready."""
        self.process = self.command(*words)
        assert self.process.stdout is not None
        said = ""
        for line in self.process.stdout:
            said += line
            if READY in line:
                return said
        raise AssertionError(f"The demo ended:\n{said}")

    def end(self, number: signal.Signals) -> int:
        """Send a signal and wait for the end."""
        assert self.process is not None
        self.process.send_signal(number)
        self.process.communicate(timeout=FAR_TOO_LONG)
        return self.process.returncode

    def get(self, path: str) -> tuple[int, str]:
        """Ask the web server."""
        with urllib.request.urlopen(f"http://localhost:{self.port}{path}", timeout=FAR_TOO_LONG) as answer:
            return answer.status, answer.read().decode()

    def web_answers(self) -> bool:
        """Say whether the web server listens."""
        try:
            return self.get("/healthz")[0] == 200
        except OSError:
            return False

    def wait_for_one_worker(self) -> None:
        """Wait until the web sees one worker; a worker that a busy machine holds up is missed for a moment."""
        until(lambda: self.readiness().get("workers") == 1, what="one worker")

    def readiness(self) -> dict[str, object]:
        """Return what a monitor hears."""
        try:
            told: dict[str, object] = json.loads(self.get("/readyz")[1])
        except urllib.error.HTTPError as refusal:
            told = json.load(refusal)
        return told

    def workers(self) -> list[int]:
        """Return the numbers of the worker processes."""
        return [pid for pid, line in self.processes() if line.endswith("tenantry.config.cli worker")]

    def sandbox(self, path: str, body: object = None) -> dict[str, object]:
        """Ask the sandbox."""
        data = None if body is None else json.dumps(body).encode()
        address = f"http://localhost:{self.sandbox_port}{path}"
        request = urllib.request.Request(address, data=data, headers={"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=FAR_TOO_LONG) as answer:
            told: dict[str, object] = json.load(answer)
        return told

    def running(self) -> list[str]:
        """Return the command lines of every process that works in our directory."""
        return [line for _, line in self.processes()]

    def processes(self) -> list[tuple[int, str]]:
        """Return number and command line of every process that works in our directory."""
        found = []
        for place in Path("/proc").glob("[0-9]*"):
            try:
                line = (place / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
                environment = (place / "environ").read_bytes().decode(errors="replace")
            except OSError:
                continue
            if line and (str(self.var) in line or f"TENANTRY_VAR={self.var}" in environment):
                found.append((int(place.name), line))
        return found


class Visitor:
    """Somebody with a browser: keeps cookies, follows redirects."""

    def __init__(self, demo: Demo) -> None:
        self.demo = demo
        cookies = urllib.request.HTTPCookieProcessor(CookieJar())
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), cookies)

    def get(self, path: str) -> tuple[str, str]:
        """Return the address where a page was found, and its text."""
        address = path if "://" in path else f"http://localhost:{self.demo.port}{path}"
        with self._opener.open(address, timeout=FAR_TOO_LONG) as answer:
            return answer.url, answer.read().decode()

    def sign_in(self, person: str, next_path: str) -> tuple[str, str]:
        """Sign in as a person of the world and return the page that this leads to."""
        picker, _ = self.get(f"/sign-in/start/?{urlencode({'next': next_path})}")
        return self.get(choose_account(picker, person))
