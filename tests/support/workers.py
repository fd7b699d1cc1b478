"""Worker processes of the product beside a test: the real program on the test's database, to be killed at will."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from django.conf import settings
from django.db import connection

from tenantry.jobs.queries import queue_state
from tenantry.jobs.testing import forget_jobs
from tests.support.waiting import FAR_TOO_LONG, until

SOURCE = Path(__file__).resolve().parents[2] / "src"
READY_SECONDS = 40.0
# What a worker needs to know of the sandbox; the rest of its settings are the defaults.
_WIRING = ("SANDBOX_URL", "LOGIN_URL", "PARTNER_CENTER_URL", "PARTNER_TENANT_ID", "SIGN_IN_CLIENT_ID")
_SECRETS = ("SIGN_IN_CLIENT_SECRET", "PARTNER_CLIENT_ID", "PARTNER_CLIENT_SECRET")


def database_url() -> str:
    """Return the address of the database that this process uses."""
    used = connection.settings_dict
    host, port = str(used["HOST"]), str(used["PORT"])
    socket = f"?host={quote(host, safe='')}" if host.startswith("/") else ""
    place = "" if socket else host
    password = f":{quote(str(used['PASSWORD']), safe='')}" if used["PASSWORD"] else ""
    return f"postgresql://{used['USER']}{password}@{place}{':' + port if port else ''}/{used['NAME']}{socket}"


def worker_environment(**changes: object) -> dict[str, str]:
    """Return the environment of a worker beside this process; ``changes`` are settings without TENANTRY_."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("TENANTRY_")}
    wired = {name: getattr(settings, name) for name in (*_WIRING, *_SECRETS)}
    return plain | {
        "PYTHONPATH": str(SOURCE),
        "DATABASE_URL": database_url(),
        "TENANTRY_VAR": str(settings.VAR),
        "TENANTRY_REHEARSAL": "true",
        "TENANTRY_LOG_FORMAT": "text",
        "TENANTRY_LOG_LEVEL": "warning",
        "TENANTRY_SECRET_KEY": "a key that only the tests of this house know, long enough",
        "TENANTRY_SEAL_PUBLIC_KEY": settings.SEAL_PUBLIC_KEY,
        "TENANTRY_SEAL_PRIVATE_KEYS": ",".join(settings.SEAL_PRIVATE_KEYS),
        **{f"TENANTRY_{name}": str(value) for name, value in (wired | changes).items()},
    }


@dataclass(slots=True)
class Workers:
    """Some worker processes. Whatever ends the test process ends them too."""

    environment: dict[str, str]
    log: Path
    running: list["subprocess.Popen[bytes]"] = field(default_factory=list)

    def start(self) -> "subprocess.Popen[bytes]":
        """Start one more."""
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "tenantry.config.leash", "tenantry.config.cli", "worker"],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                env=self.environment,
            )
        self.running.append(process)
        return process

    def kill(self, process: "subprocess.Popen[bytes]") -> None:
        """End one in the middle of whatever it does, as a power cut would."""
        process.send_signal(signal.SIGKILL)
        self._forget(process)

    def kill_holder(self, lease_owner: str) -> "subprocess.Popen[bytes]":
        """Kill the one that holds an order's lease."""
        pid = int(lease_owner.split(":")[1])
        process = next(found for found in self.running if found.pid == pid)
        self.kill(process)
        return process

    def stop(self) -> None:
        """Ask all of them to end, and wait for it."""
        for process in self.running:
            process.terminate()
        for process in list(self.running):
            try:
                process.wait(FAR_TOO_LONG)
            except subprocess.TimeoutExpired:
                process.kill()
            self._forget(process)

    def told(self) -> str:
        """Return what they wrote to their log."""
        return self.log.read_text(errors="replace")

    def _forget(self, process: "subprocess.Popen[bytes]") -> None:
        process.wait()
        if process.stdin is not None:
            with suppress(BrokenPipeError):
                process.stdin.close()
        self.running.remove(process)


@contextmanager
def running_workers(count: int = 1, **changes: object) -> Iterator[Workers]:
    """Run worker processes until the end of the block, with an empty queue before and after.

    ``changes`` are settings without TENANTRY_, for example ``SETTLE_SECONDS=3``.
    """
    forget_jobs()
    log = Path(settings.VAR) / f"workers-{os.getpid()}.log"
    log.write_bytes(b"")
    workers = Workers(worker_environment(**changes), log)
    try:
        for _ in range(count):
            workers.start()
        until(lambda: queue_state().workers >= count or _one_ended(workers), READY_SECONDS, "starting the workers")
        assert not _one_ended(workers), workers.told()
        yield workers
    finally:
        workers.stop()
        forget_jobs()


def _one_ended(workers: Workers) -> bool:
    return any(process.poll() is not None for process in workers.running)
