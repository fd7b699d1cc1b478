"""Where the bench plays: a sandbox, a database of its own, web processes, and visitors with a browser's manners."""

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import psycopg
from psycopg import sql

from tests.support.sandbox import SandboxHandle, running_sandbox

READY_SECONDS = 60.0


@contextmanager
def on_stage(world: str, quota: int) -> Iterator[SandboxHandle]:
    """Run a sandbox with a world, and make Django ready for it in this process, on an empty database.

    ``quota`` are the calls per minute that the sandbox answers and that the product allows itself.
    """
    var = Path(os.environ["TENANTRY_VAR"])
    with running_sandbox(var / "sandbox.log", world) as sandbox:
        limits = {"throttle_partner_per_minute": quota, "throttle_customer_per_minute": quota}
        sandbox.put("/_sandbox/switches", limits)
        from tenantry.kernel.seal import new_key_pair

        public, private = new_key_pair()
        wiring = sandbox.wiring() | {
            "REHEARSAL": "true",
            "LOG_LEVEL": "error",
            "SECRET_KEY": "a key that only the tests of this house know, long enough",
            "SEAL_PUBLIC_KEY": public,
            "SEAL_PRIVATE_KEYS": private,
            "QUOTA_PER_MINUTE": str(quota),
        }
        os.environ.update({f"TENANTRY_{name}": value for name, value in wiring.items()})
        os.environ["DJANGO_SETTINGS_MODULE"] = "tenantry.config.settings"
        (var / "static").mkdir(exist_ok=True)
        import django
        from django.conf import settings
        from django.core.management import call_command

        django.setup()
        # The web processes collect their files; this one only counts the queries of pages.
        settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
        call_command("migrate", interactive=False, verbosity=0)
        yield sandbox


def with_database(url: str, name: str) -> str:
    """Return the address of another database of the same server."""
    parts = urlsplit(url)
    return parts._replace(path=f"/{name}").geturl()


def make_database(server_url: str, name: str, template: str = "template1") -> str:
    """Make a database afresh, empty or as a copy of one that nobody is connected to, and return its address."""
    with psycopg.connect(with_database(server_url, "postgres"), autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        names = (sql.Identifier(name), sql.Identifier(template))
        connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(*names))
    return with_database(server_url, name)


def tidy(url: str) -> None:
    """Do at once what autovacuum does in its time."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")


@dataclass(slots=True)
class Answer:
    """What a server answered, and in how many seconds."""

    status: int
    headers: dict[str, str]
    body: bytes
    seconds: float

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode()


@dataclass(slots=True)
class Visitor:
    """Somebody who is signed in and keeps the line open, as browsers do."""

    port: int
    cookies: dict[str, str]
    _line: HTTPConnection = field(init=False)

    def __post_init__(self) -> None:
        """Open the line."""
        self._line = HTTPConnection("127.0.0.1", self.port, timeout=60)

    def get(self, path: str, **headers: str) -> Answer:
        """Read a page."""
        return self._ask("GET", path, None, headers)

    def post(self, path: str, page: str, **form: str) -> Answer:
        """Send a form of a page."""
        found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        fields = form | ({"csrfmiddlewaretoken": found.group(1)} if found else {})
        return self._ask("POST", path, urlencode(fields), {"Content-Type": "application/x-www-form-urlencoded"})

    def _ask(self, method: str, path: str, body: str | None, headers: dict[str, str]) -> Answer:
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        begun = time.perf_counter()
        self._line.request(method, path, body, {"Cookie": cookies, **headers})
        answer = self._line.getresponse()
        content = answer.read()
        seconds = time.perf_counter() - begun
        for told in answer.headers.get_all("Set-Cookie") or []:
            name, _, value = told.partition(";")[0].partition("=")
            self.cookies[name] = value
        told_headers = {name.lower(): value for name, value in answer.getheaders()}
        return Answer(answer.status, told_headers, content, seconds)


@dataclass(frozen=True, slots=True)
class Web:
    """A web server of the product with one serving process."""

    port: int
    pid: int

    def visitor(self, session: str) -> Visitor:
        """Return somebody whose session this is."""
        from django.conf import settings

        return Visitor(self.port, {settings.SESSION_COOKIE_NAME: session})

    def processes(self) -> list[int]:
        """Return the processes that serve."""
        return [int(pid) for pid in Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()]


@contextmanager
def running_web(database_url: str, name: str) -> Iterator[Web]:
    """Run a web server on a database, as `tenantry web` does, until the end of the block."""
    from django.conf import settings

    from tests.support.workers import worker_environment

    with closing(socket.socket()) as attempt:
        attempt.bind(("127.0.0.1", 0))
        port: int = attempt.getsockname()[1]
    environment = worker_environment(
        WEB_PORT=port, WEB_PROCESSES=1, PUBLIC_URL=f"http://127.0.0.1:{port}", VAR=f"{settings.VAR}/{name}"
    ) | {"DATABASE_URL": database_url}
    for secret in ("TENANTRY_SEAL_PRIVATE_KEYS", "TENANTRY_PARTNER_CLIENT_SECRET"):
        del environment[secret]
    (settings.VAR / name).mkdir(exist_ok=True)
    with (settings.VAR / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "tenantry.config.leash", "tenantry.config.cli", "web"],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            env=environment,
        )
    try:
        wait_until(lambda: _answers(port) or process.poll() is not None, READY_SECONDS, "starting the web server")
        assert process.poll() is None, (settings.VAR / f"{name}.log").read_text()
        yield Web(port, process.pid)
    finally:
        process.terminate()
        process.communicate()


def _answers(port: int) -> bool:
    try:
        return Visitor(port, {}).get("/healthz").status == 200
    except OSError:
        return False


def wait_until(true: Callable[[], bool], seconds: float, what: str, *, pause: float = 0.02) -> float:
    """Wait until something is true and return how many seconds that took; fail when it takes longer than it may."""
    begun = time.perf_counter()
    while not true():
        assert time.perf_counter() - begun < seconds, f"{what} took longer than {seconds} seconds"
        time.sleep(pause)
    return time.perf_counter() - begun
