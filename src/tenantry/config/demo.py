"""`make demo`: an embedded PostgreSQL, the sandbox, web and worker, started, watched and stopped together.

The standard library only. Everything it keeps is in ``var/demo``. Whatever ends this process ends all of it.
"""

import errno
import fcntl
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import termios
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import IO

from tenantry.config import postgres, rehearsal
from tenantry.kernel.numbers import whole_number

SOURCE = Path(__file__).resolve().parents[2]
READY_SECONDS = 180.0
STOP_SECONDS = 25.0
# A program that ends this soon after its start would only end again.
TOO_SOON_SECONDS = 4.0
WATCH_SECONDS = 0.25
LOOK_AT_THE_DATABASE_SECONDS = 2.0
CALLS_PER_MINUTE = 6000
# What a console may know of another installation or another database server.
_NOT_OURS = ("TENANTRY_", "DATABASE_URL", "PG")
_PACE_SWITCHES = ("throttle_partner_per_minute", "throttle_customer_per_minute")


class CannotRun(Exception):  # noqa: N818 - reads as what it is
    """The demo cannot go on; the text is a sentence for the person at the console."""


class _Stop(BaseException):
    """A signal asked for the end."""


def run(*, empty: bool) -> int:
    """Run the demo until a signal ends it; ``empty`` leaves all setting up to the person."""
    try:
        home = _home()
        with (home / "running.lock").open("a+") as lock:
            _take(lock)
            return _Demo(home, empty).run()
    except CannotRun as problem:
        _say(str(problem))
        return 1
    except OSError as error:
        _say(_sentence(error))
        return 1


def reset() -> int:
    """Forget the rehearsal world: database, sandbox, keys, logs."""
    try:
        home = _home()
        with (home / "running.lock").open("a+") as lock:
            _take(lock)
            if (home / "postgres").exists():
                # A server that was left behind by a killed keeper is joined and thereby stopped.
                with suppress(postgres.PostgresProblem):
                    postgres.start(home / "postgres").release()
            shutil.rmtree(home)
    except CannotRun as problem:
        _say(str(problem))
        return 1
    except OSError as error:
        _say(_sentence(error))
        return 1
    _say("The rehearsal world is forgotten. The next demo starts from the beginning.")
    return 0


def _home() -> Path:
    home = Path(os.environ.get("TENANTRY_VAR", "var")).absolute() / "demo"
    (home / "logs").mkdir(parents=True, exist_ok=True)
    return home


def _sentence(error: OSError) -> str:
    """Say what a person can mend; raise the error when it is nothing of that kind."""
    if error.errno == errno.ENOSPC:
        return "The disk is full. Free some space and start again."
    if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
        return (
            f"{error.filename} cannot be used: {error.strerror}. "
            "Start as the user whom it belongs to, or have everything kept elsewhere: TENANTRY_VAR=/some/folder"
        )
    raise error


def _take(lock: IO[str]) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.seek(0)
        raise CannotRun(
            f"A demo runs here already (process {lock.read().strip() or 'unknown'}). Stop it first."
        ) from None
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()


def _say(text: str = "") -> None:
    with suppress(OSError, ValueError):  # the terminal may be gone
        print(text, flush=True)  # noqa: T201 - this is a program for a console


def _port(name: str, default: int) -> int:
    text = os.environ.get(name, "") or str(default)
    port = whole_number(text)
    if port is None or not 0 < port < 65536:
        raise CannotRun(f"{name} is {text!r}; write a port number such as {default}.")
    return port


def _check_free(port: int, name: str) -> None:
    with socket.socket() as attempt:
        attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            attempt.bind(("127.0.0.1", port))
        except OSError as error:
            why = "is taken by another program" if error.errno == errno.EADDRINUSE else "cannot be used"
            raise CannotRun(f"Port {port} {why}. Choose another one: make demo {name}={port + 80}") from None


@dataclass(slots=True)
class _Child:
    """One program of the demo."""

    name: str
    words: list[str]
    environment: dict[str, str]
    logs: Path
    process: "subprocess.Popen[bytes] | None" = None
    started_at: float = 0.0

    @property
    def log(self) -> Path:
        return self.logs / f"{self.name}.log"

    def start(self) -> None:
        """Start it on a leash, so that it ends when we do, in whatever way that happens."""
        self.started_at = time.monotonic()
        with self.log.open("ab") as log, (self.logs / f"{self.name}.out").open("wb") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tenantry.config.leash", *self.words],
                stdin=subprocess.PIPE,
                stdout=out,
                stderr=log,
                env=self.environment,
                start_new_session=True,  # Ctrl-C is ours; it must not reach the children as well
            )

    def ended(self) -> int | None:
        """Return the exit code; None while it runs."""
        return self.process.poll() if self.process is not None else None

    def told(self) -> str:
        """Return what it printed for people."""
        return (self.logs / f"{self.name}.out").read_text(errors="replace")

    def last_words(self) -> str:
        """Return the end of its log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-12:])

    def stop(self, deadline: float) -> None:
        """Wait for the end that was asked for; insist after the deadline."""
        if self.process is None:
            return
        try:
            self.process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if self.process.stdin is not None:
            self.process.stdin.close()


@dataclass(slots=True)
class _Demo:
    home: Path
    empty: bool
    children: list[_Child] = field(default_factory=list)

    def run(self) -> int:
        port, sandbox_port = _port("PORT", 8000), _port("SANDBOX_PORT", 8001)
        if port == sandbox_port:
            raise CannotRun(f"PORT and SANDBOX_PORT are both {port}. Choose another one: make demo PORT={port + 80}")
        _check_free(port, "PORT")
        _check_free(sandbox_port, "SANDBOX_PORT")
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            # What nohup set stays. A shell ignores SIGINT for what it starts in the background; asked for, it counts.
            if number != signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, _on_signal)
        database: postgres.EmbeddedServer | None = None
        try:
            self._start_over_if_cut_off()
            _say("Starting PostgreSQL …")
            database = postgres.start(self.home / "postgres")
            self._start_everything(database.url, port, sandbox_port)
            self._watch(database)
        except _Stop:
            return 0
        except postgres.PostgresProblem as problem:
            raise CannotRun(str(problem)) from None
        finally:
            self._stop(database)
        return 0

    def _start_everything(self, database_url: str, port: int, sandbox_port: int) -> None:
        sandbox_url = f"http://localhost:{sandbox_port}"
        plain = {name: value for name, value in os.environ.items() if not name.startswith(_NOT_OURS)}
        plain |= {"PYTHONPATH": str(SOURCE), "NO_PROXY": "localhost,127.0.0.1", "no_proxy": "localhost,127.0.0.1"}
        _say("Starting the sandbox, a stand-in for Microsoft …")
        state = str(self.home / "sandbox.json")
        words = ["tenantry.sandbox", "--port", str(sandbox_port), "--state", state]
        self._start("sandbox", words, plain)
        self._wait_for(f"{sandbox_url}/_sandbox/clock", self.children[-1])
        told = rehearsal.world(sandbox_url)
        if not self._made.exists():
            # Microsoft's pace would make everybody wait for half a minute; throttling can be rehearsed with a fault.
            rehearsal.turn(sandbox_url, dict.fromkeys(_PACE_SWITCHES, CALLS_PER_MINUTE))

        keys = self._keys()
        wiring = rehearsal.wiring(sandbox_url, told) | {
            "VAR": str(self.home),
            "REHEARSAL": "true",
            "PUBLIC_URL": f"http://localhost:{port}",
            "WEB_PORT": str(port),
            "WEB_PROCESSES": "1",
            "SECRET_KEY": keys["secret"],
            "SEAL_PUBLIC_KEY": keys["public"],
            "LOG_FORMAT": "text",
            "QUOTA_PER_MINUTE": str(CALLS_PER_MINUTE),
        }
        # What the worker may know and the web may not is the same here as in production.
        partner_secret = wiring.pop("PARTNER_CLIENT_SECRET")
        web = plain | {f"TENANTRY_{name}": value for name, value in wiring.items()} | {"DATABASE_URL": database_url}
        worker = web | {
            "TENANTRY_SEAL_PRIVATE_KEYS": keys["private"],
            "TENANTRY_PARTNER_CLIENT_SECRET": partner_secret,
        }
        _say("Preparing the database …")
        self._run_once("migrate", ["tenantry.config.cli", "migrate"], web)
        self._start("worker", ["tenantry.config.cli", "worker"], worker)
        self._make_world(web)
        self._start("web", ["tenantry.config.cli", "web"], web)
        self._wait_for(f"http://127.0.0.1:{port}/healthz", self.children[-1])
        # The web tells when it sees the worker; it says 503 meanwhile where jobs have waited.
        self._wait_for(f"http://127.0.0.1:{port}/readyz", self.children[-2], _has_a_worker)
        self._greet(port, sandbox_url, told)

    def _start_over_if_cut_off(self) -> None:
        """Forget a world whose setting up was interrupted: half of it would only get in the way."""
        if self._begun.exists() and not self._made.exists():
            shutil.rmtree(self.home / "postgres", ignore_errors=True)
            (self.home / "sandbox.json").unlink(missing_ok=True)
            self._begun.unlink()

    def _make_world(self, environment: dict[str, str]) -> None:
        """Set the rehearsal partner up, once: what a person would do by hand in the back office."""
        if self._made.exists():
            if self.empty:
                _say("This rehearsal is under way already; it goes on. Begin anew with: make demo-reset")
            return
        if not self.empty:
            _say("Setting up a partner with companies and people (once) …")
            self._begun.touch()
            self._run_once("world", ["tenantry.config.demo_world"], environment)
        self._made.touch()

    @property
    def _begun(self) -> Path:
        return self.home / "world-begun"

    @property
    def _made(self) -> Path:
        return self.home / "world-made"

    def _keys(self) -> dict[str, str]:
        """Return the keys of this rehearsal; they stay the same from start to start."""
        path = self.home / "keys.json"
        if not path.exists():
            from tenantry.kernel.seal import new_key_pair

            public, private = new_key_pair()
            fresh = path.with_suffix(".new")
            fresh.touch(mode=0o600)
            fresh.write_text(json.dumps({"secret": secrets.token_urlsafe(48), "public": public, "private": private}))
            fresh.rename(path)
        keys: dict[str, str] = json.loads(path.read_text())
        return keys

    def _start(self, name: str, words: list[str], environment: dict[str, str]) -> None:
        child = _Child(name, words, environment, self.home / "logs")
        self.children.append(child)
        child.start()

    def _run_once(self, name: str, words: list[str], environment: dict[str, str]) -> None:
        """Run a program to its end and forget it."""
        self._start(name, words, environment)
        child = self.children[-1]
        shown = 0
        while child.ended() is None:
            time.sleep(0.02)
            shown += _show(child.told()[shown:]) if name == "world" else 0
        if child.ended():
            advice = "If the database is of another release, `make demo-reset` starts over."
            raise CannotRun(f"The step {name!r} failed. {advice} The end of {child.log}:\n{child.last_words()}")
        child.stop(time.monotonic())
        self.children.remove(child)

    def _wait_for(self, address: str, child: _Child, ready: Callable[[bytes], bool] = lambda told: True) -> None:
        """Wait until an address tells that a program is ready."""
        deadline = time.monotonic() + READY_SECONDS
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        while time.monotonic() < deadline:
            for ended in (found for found in self.children if found.ended() is not None):
                raise CannotRun(f"The {ended.name} ended at once. The end of {ended.log}:\n{ended.last_words()}")
            with suppress(OSError):
                try:
                    answer = opener.open(address, timeout=2)
                except urllib.error.HTTPError as refusal:
                    answer = refusal
                with answer:
                    if ready(answer.read()):
                        return
            time.sleep(0.05)
        raise CannotRun(f"The {child.name} does not get ready. The end of {child.log}:\n{child.last_words()}")

    def _watch(self, database: postgres.EmbeddedServer) -> None:
        """Start again what ends by itself, so that killing a worker can be rehearsed too; end with the terminal."""
        looked_at = time.monotonic()
        while True:
            if signal.getsignal(signal.SIGHUP) is _on_signal and _terminal_is_gone():
                raise _Stop
            if time.monotonic() - looked_at > LOOK_AT_THE_DATABASE_SECONDS:
                looked_at = time.monotonic()
                if not database.alive():
                    raise CannotRun("PostgreSQL has been ended from outside. Start again: its data is repaired then.")
            for child in self.children:
                code = child.ended()
                if code is None:
                    continue
                if time.monotonic() - child.started_at < TOO_SOON_SECONDS:
                    raise CannotRun(f"The {child.name} keeps ending. The end of {child.log}:\n{child.last_words()}")
                how = f"was killed by signal {-code}" if code < 0 else f"ended with code {code}"
                _say(f"The {child.name} {how}; starting it again.")
                child.stop(time.monotonic())
                child.start()
            time.sleep(WATCH_SECONDS)

    def _stop(self, database: postgres.EmbeddedServer | None) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        _say("\nStopping …")
        deadline = time.monotonic() + STOP_SECONDS
        # The sandbox last: what is under way at web and worker may still need it.
        for group in (self.children[1:], self.children[:1]):
            for child in group:
                if child.process is not None:
                    child.process.terminate()
            for child in group:
                child.stop(deadline)
        if database is not None:
            database.release()
        _say("Everything is stopped. The next `make demo` goes on where this one was.")

    def _greet(self, port: int, sandbox_url: str, told: dict[str, object]) -> None:
        web = next(child for child in self.children if child.name == "web")
        people = told["people"]
        rows = [person for person in people if isinstance(person, dict)] if isinstance(people, list) else []
        _say()
        _say(f"  Customer portal     http://localhost:{port}/")
        _say(f"  Back office         http://localhost:{port}/office/")
        _say(f"  Sandbox             {sandbox_url}/   (stands in for Microsoft; its clock can be moved)")
        _say()
        _say("  Sign in as one of these; no password is asked for:")
        shown = [person for person in rows if str(person["hint"]).startswith(("staff:", "tour:"))]
        for person in shown:
            _say(f"    {person['upn']:<34} {person['tenant_name']}, {str(person['hint']).partition(': ')[2]}")
        _say(f"    … and {len(rows) - len(shown)} more, on the sign-in page.")
        if web.told().strip():
            _say()
            _say("  " + web.told().strip().replace("\n", "\n  "))
        _say()
        _say("  Ctrl-C stops everything; `make demo` goes on from there, `make demo-reset` starts over.")


def _has_a_worker(told: bytes) -> bool:
    return bool(json.loads(told).get("workers"))


def _terminal_is_gone() -> bool:
    """Tell whether one of our streams is a terminal that was closed.

    The system tells only whoever the terminal belongs to, and a make in that place keeps it to itself.
    """
    for number in range(3):
        try:
            termios.tcgetattr(number)
        except termios.error as error:
            if error.args[0] == errno.EIO:
                return True
    return False


def _show(text: str) -> int:
    """Show the whole lines of a text; return how much of it that was."""
    whole = text[: text.rfind("\n") + 1]
    if whole:
        _say(whole.rstrip("\n"))
    return len(whole)


def _on_signal(number: int, frame: FrameType | None) -> None:
    raise _Stop
