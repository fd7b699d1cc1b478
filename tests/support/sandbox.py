"""The sandbox as a real process of its own, reached over a real socket."""

import json
import os
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from tenantry.config import rehearsal
from tests.support.waiting import FAR_TOO_LONG, until

WORLD = "small-msp"


@dataclass(frozen=True, slots=True)
class SandboxHandle:
    """The sandbox's address and its controls (`/_sandbox/…`)."""

    url: str

    def call(self, method: str, path: str, body: object = None) -> Any:
        """Send a JSON request and return the JSON answer; HTTPError for anything but 2xx."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        request = urllib.request.Request(self.url + path, data=data, method=method, headers=headers)
        with urllib.request.urlopen(request, timeout=FAR_TOO_LONG) as answer:
            text = answer.read().decode("utf-8-sig")
        return json.loads(text) if text else None

    def get(self, path: str, **query: str) -> Any:
        """Read, for example `/_sandbox/switches`."""
        return self.call("GET", path + (f"?{urlencode(query)}" if query else ""))

    def post(self, path: str, body: object) -> Any:
        """Send a command, for example `/_sandbox/faults`."""
        return self.call("POST", path, body)

    def put(self, path: str, body: object) -> Any:
        """Replace, for example `/_sandbox/switches`."""
        return self.call("PUT", path, body)

    def delete(self, path: str) -> Any:
        """Remove, for example all faults."""
        return self.call("DELETE", path)

    def fault(self, kind: str, **details: object) -> Any:
        """Plan a fault; details as the sandbox documents them (path, customer, count, retry_after, …)."""
        return self.post("/_sandbox/faults", {"kind": kind, **details})

    def wait_until_struck(self, fault: Any) -> None:
        """Wait until a request has met a fault: it is at Microsoft now."""
        until(lambda: self._struck(fault) > 0, 30, "the fault")

    def end_fault(self, fault: Any) -> None:
        """Remove one fault; a request that it holds up goes on."""
        self.delete(f"/_sandbox/faults/{fault['id']}")

    def _struck(self, fault: Any) -> int:
        struck: int = next(one["struck"] for one in self.get("/_sandbox/faults")["faults"] if one["id"] == fault["id"])
        return struck

    def clear_faults(self) -> None:
        """Forget all planned faults."""
        self.delete("/_sandbox/faults")

    def now(self) -> datetime:
        """Return the sandbox's clock: the time of commerce."""
        return datetime.fromisoformat(self.get("/_sandbox/clock")["now"])

    def clock_set(self, moment: datetime) -> None:
        """Move the clock to a moment; everything due in between happens."""
        self.post("/_sandbox/clock", {"set": moment.isoformat()})

    def clock_advance(self, duration: str | float) -> None:
        """Move the clock on by seconds or an ISO 8601 duration such as P1D."""
        self.post("/_sandbox/clock", {"advance": duration})

    def journal(self, **filters: str) -> list[dict[str, Any]]:
        """Return the requests that the sandbox has seen, oldest first."""
        answer = self.get("/_sandbox/journal", **filters)
        entries: list[dict[str, Any]] = answer if isinstance(answer, list) else answer["entries"]
        return entries

    def world(self) -> dict[str, Any]:
        """Return tenants, people and applications."""
        document: dict[str, Any] = self.get("/_sandbox/world")
        return document

    def wiring(self) -> dict[str, str]:
        """Return the settings of the product (without TENANTRY_) that point at this sandbox and its applications."""
        return rehearsal.wiring(self.url, self.world())

    def reset(self, world: str = WORLD) -> None:
        """Start the world over: data, clock, faults, journal, switches."""
        self.post("/_sandbox/reset", {"world": world})


@contextmanager
def running_sandbox(log_path: Path, world: str = WORLD, state: Path | None = None) -> Iterator[SandboxHandle]:
    """Run a sandbox on a free port until the end of the block; it also ends when this process is killed.

    With a file of its ``state`` it goes on from there.
    """
    log_path.parent.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "tenantry.config.leash", "tenantry.sandbox", "--port", "0", "--world", world]
    with log_path.open("w") as log:
        process = subprocess.Popen(
            command if state is None else [*command, "--state", str(state)],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2] / "src")},
        )
    try:
        yield SandboxHandle(_address(process, log_path))
    finally:
        process.terminate()
        process.communicate()


def _address(process: "subprocess.Popen[bytes]", log_path: Path) -> str:
    deadline = time.monotonic() + FAR_TOO_LONG
    while time.monotonic() < deadline:
        found = re.search(r" at (http://\S+?)/?\n", log_path.read_text())
        if found:
            return found.group(1)
        if process.poll() is not None:
            break
        time.sleep(0.05)
    raise RuntimeError(f"The sandbox did not start:\n{log_path.read_text()[-3000:]}")
