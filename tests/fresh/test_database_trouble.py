"""A web process whose database is away, frozen or busy: probes are answered, pages say so, threads come free again."""

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

import psycopg
import pytest

from tenantry.config import postgres
from tenantry.kernel.seal import new_key_pair
from tests.support.demo import ROOT
from tests.support.environment import NOWHERE
from tests.support.ports import free_port
from tests.support.relay import Relay, Way, relay_to
from tests.support.waiting import FAR_TOO_LONG, until

pytestmark = pytest.mark.slow
THREADS = 2
BRAND = "Kestrel IT Services"
SETS_BRAND = f"""
import django; django.setup()
from tenantry.branding.models import Brand
Brand.objects.create(portal_name={BRAND!r})
"""


@dataclass(frozen=True)
class Web:
    """A web process with one relay between it and its database."""

    port: int
    relay: Relay
    database: str
    log: Path

    def ask(self, method: str, path: str) -> tuple[int, dict[str, str], str]:
        """Ask on a connection of its own; return status, headers and text."""
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=FAR_TOO_LONG)
        line.request(method, path)
        answer = line.getresponse()
        text = answer.read().decode()
        line.close()
        return answer.status, dict(answer.getheaders()), text

    def readiness(self) -> tuple[int, str]:
        """Return what a monitor hears of the database."""
        status, headers, text = self.ask("GET", "/readyz")
        assert headers["Cache-Control"] == "no-store"
        return status, json.loads(text)["database"]

    def is_well(self) -> bool:
        """Say whether a page and readiness are as they should be."""
        return self.ask("GET", "/sign-in/")[0] == 200 and self.readiness() == (200, "ok")


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    """One process, started as an operator starts it, with two threads."""
    home = tmp_path_factory.mktemp("trouble")
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("TENANTRY_", "DJANGO_"))}
    with postgres.start(home / "postgres", durable=False) as server:
        place = unquote(urlsplit(server.url).query.removeprefix("host="))
        with relay_to(f"{place}/.s.PGSQL.5432") as relay:
            environment = plain | {
                "PYTHONPATH": str(ROOT / "src"),
                "DJANGO_SETTINGS_MODULE": "tenantry.config.settings",
                "DATABASE_URL": f"postgresql://postgres@127.0.0.1:{relay.port}/tenantry",
                "TENANTRY_VAR": str(home),
                "TENANTRY_REHEARSAL": "true",
                "TENANTRY_SANDBOX_URL": NOWHERE,
                "TENANTRY_LOGIN_URL": NOWHERE,
                "TENANTRY_PARTNER_CENTER_URL": NOWHERE,
                "TENANTRY_SECRET_KEY": "a key that only the tests of this house know, long enough",
                "TENANTRY_SEAL_PUBLIC_KEY": new_key_pair()[0],
                "TENANTRY_WEB_PORT": str(free_port()),
                "TENANTRY_WEB_PROCESSES": "1",
                "TENANTRY_WEB_THREADS": str(THREADS),
                "TENANTRY_DATABASE_SECONDS": "2",
                "TENANTRY_LOG_FORMAT": "json",
            }
            command = [sys.executable, "-m", "tenantry.config.cli"]
            subprocess.run([*command, "migrate"], env=environment, check=True, capture_output=True)
            subprocess.run([sys.executable, "-c", SETS_BRAND], env=environment, check=True)
            with (home / "web.log").open("wb") as log:
                process = subprocess.Popen([*command, "web"], env=environment, stdout=log, stderr=log)
            found = Web(int(environment["TENANTRY_WEB_PORT"]), relay, server.url, home / "web.log")
            try:
                until(lambda: process.poll() is not None or _listens(found.port))
                assert process.poll() is None, found.log.read_text()
                yield found
            finally:
                relay.go(Way.THROUGH)
                process.send_signal(signal.SIGTERM)
                process.wait(FAR_TOO_LONG)
            assert process.returncode == 0


@pytest.fixture
def well(web: Web) -> Iterator[Web]:
    """The process, with connections to the database open, and nothing wrong before and after."""
    until(web.is_well)
    yield web
    web.relay.go(Way.THROUGH)
    until(web.is_well)


def _listens(port: int) -> bool:
    with socket.socket() as attempt:
        return attempt.connect_ex(("127.0.0.1", port)) == 0


def _held_thread(port: int) -> socket.socket:
    """Keep one thread of the web waiting for the rest of a form, and return when it does."""
    client = socket.create_connection(("127.0.0.1", port), timeout=FAR_TOO_LONG)
    client.sendall(
        b"POST /sign-out/ HTTP/1.1\r\nHost: 127.0.0.1\r\nExpect: 100-continue\r\nContent-Length: 9\r\n"
        b"Content-Type: application/x-www-form-urlencoded\r\nCookie: csrftoken=" + b"a" * 32 + b"\r\n\r\n"
    )
    assert client.recv(1024).startswith(b"HTTP/1.1 100 ")
    return client


@pytest.mark.parametrize("way", Way)
def test_probes_are_answered_while_every_thread_waits(well: Web, way: Way) -> None:
    held = [_held_thread(well.port) for _ in range(THREADS)]
    well.relay.go(way)
    kept = http.client.HTTPConnection("127.0.0.1", well.port, timeout=FAR_TOO_LONG)
    for _ in range(3):  # on one connection, as monitors do
        kept.request("GET", "/healthz")
        answer = kept.getresponse()
        assert (answer.status, answer.read()) == (200, b"ok\n")
        until(lambda: well.readiness() == ((200, "ok") if way is Way.THROUGH else (503, "unreachable")))
    kept.close()
    for client in held:
        client.sendall(b"a=b&c=d&e")
        assert re.match(rb"HTTP/1\.1 \d{3} ", client.recv(1024))
        client.close()


@pytest.mark.parametrize("way", [way for way in Way if way is not Way.THROUGH])
def test_a_page_says_that_the_portal_cannot_answer(well: Web, way: Way) -> None:
    well.relay.go(way)
    for method, path, safe in (
        ("GET", "/sign-in/?next=/office/", "Nothing was changed."),
        ("GET", "/nothing-here/", "Nothing was changed."),
        ("POST", "/sign-out/", "What you sent just now may not have been saved."),
    ):
        status, headers, text = well.ask(method, path)
        assert (status, headers["Retry-After"], headers["Cache-Control"]) == (503, "10", "no-store")
        assert "The portal cannot answer just now" in text
        assert f"if it lasts, ask {BRAND}." in text
        assert safe in text
        assert (f'href="{path}"' in text) is (method == "GET")


def test_more_visitors_than_threads_are_all_told(well: Web) -> None:
    well.relay.go(Way.SILENT)
    visitors = [http.client.HTTPConnection("127.0.0.1", well.port, timeout=FAR_TOO_LONG) for _ in range(THREADS * 10)]
    for visitor in visitors:
        visitor.request("GET", "/sign-in/")
    assert {visitor.getresponse().status for visitor in visitors} == {503}
    for visitor in visitors:
        visitor.close()


def test_a_frozen_server_is_no_different(well: Web) -> None:
    with psycopg.connect(well.database) as superuser:
        rows = superuser.execute(
            "SELECT split_part(pg_read_file('postmaster.pid'), E'\\n', 1)::int"
            " UNION SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
        )
        frozen = [pid for (pid,) in rows]
    for pid in frozen:
        os.kill(pid, signal.SIGSTOP)
    try:
        assert well.ask("GET", "/sign-in/")[0] == 503
        assert well.readiness() == (503, "unreachable")
        assert well.ask("GET", "/healthz")[0] == 200
    finally:
        for pid in frozen:
            os.kill(pid, signal.SIGCONT)


def test_a_statement_that_waits_for_others_is_given_up_and_can_be_found(well: Web) -> None:
    with psycopg.connect(well.database) as other:
        other.execute("LOCK TABLE branding_brand IN ACCESS EXCLUSIVE MODE")
        assert well.ask("GET", "/sign-in/")[0] == 503
        until(lambda: well.readiness() == (200, "ok"))  # it asks for nothing that is locked
    lines = [json.loads(line) for line in well.log.read_text().splitlines() if line.startswith("{")]
    told = [line for line in lines if "statement timeout" in line.get("error", "")][-1]
    assert told["event"] == "database.unavailable"
    assert "branding/queries.py" in told["exception"]
    assert [line for line in lines if line["event"].startswith("Service Unavailable")] == []
