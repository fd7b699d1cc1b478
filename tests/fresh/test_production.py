"""An installation as docs/start/install.md makes it: its roles in the database, its commands, its two environments."""

import contextlib
import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from tenantry.config import postgres
from tests.support.demo import ROOT
from tests.support.ports import free_port
from tests.support.waiting import FAR_TOO_LONG, until

pytestmark = pytest.mark.slow

# The lines of deploy/settings.env.example, filled in, and the secrets that the page has the operator write.
EXAMPLE = dict(re.findall(r"(?m)^(\w+)=(.+)$", (ROOT / "deploy" / "settings.env.example").read_text()))
OPEN = {name: value.replace("0000-0000-0000", "4b1d-4c57-9a41") for name, value in EXAMPLE.items()}
SAFE = {
    "Strict-Transport-Security": "max-age=31536000",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}
# No scripts, styles or connections are named, so that all of them fall back to the first line.
POLICY = {
    "default-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "object-src 'none'",
    "img-src 'self' data:",
}
OPENS_A_SECRET = """
import django; django.setup()
from tenantry.kernel.seal import Place, open_sealed, seal
place = Place("connection_partnerconnection", "1", "sealed_refresh_token")
print(open_sealed(seal(b"a partner's token", place), place).decode())
"""

SIGNS_IN = """
import django; django.setup()
from tenantry.people.sessions import SessionStore
from tenantry.kernel import clock
from tenantry.people.models import Person, Staff
from tenantry.web.sign_in import session
now = clock.now()
person, _ = Person.objects.get_or_create(tid="one", oid="two", defaults={"name": "Dana", "created_at": now})
place = {"email": "dana@portal.example.org", "role": "support", "added_at": now, "expires_at": now, "bound_at": now}
Staff.objects.get_or_create(person=person, defaults=place)
store = SessionStore()
session.begin(store, person_id=person.id, proved_at=now, now=now)
store.save()
print(store.session_key)
"""


@dataclass(frozen=True)
class Installation:
    """The environments of the two kinds of processes."""

    web: dict[str, str]
    worker: dict[str, str]

    def run(self, environment: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
        """Run Python with one of the environments to its end."""
        return subprocess.run(
            [sys.executable, *words], env=environment, capture_output=True, text=True, timeout=FAR_TOO_LONG, check=False
        )

    def tenantry(self, environment: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        return self.run(environment, "-m", "tenantry.config.cli", *words)


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """Do what the page says, up to a migrated database."""
    home = tmp_path_factory.mktemp("installation")
    plain = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("TENANTRY_", "DJANGO_")) and name != "DATABASE_URL"
    } | {"PYTHONPATH": str(ROOT / "src"), "DJANGO_SETTINGS_MODULE": "tenantry.config.settings"}
    with postgres.start(home / "postgres", durable=False) as server:
        with psycopg.connect(make_conninfo(server.url, dbname="postgres"), autocommit=True) as superuser:
            superuser.execute("DROP DATABASE tenantry")  # the embedded server comes with one
        subprocess.run(
            [
                str(postgres.binaries() / "psql"),
                "--quiet",
                "--set=owner_password=one",
                "--set=web_password=two",
                f"--file={ROOT / 'deploy' / 'database.sql'}",
                make_conninfo(server.url, dbname="postgres"),
            ],
            check=True,
            capture_output=True,
        )
        keys = dict(re.findall(r"(?m)^(TENANTRY_\w+)=(\S+)$", Installation({}, {}).tenantry(plain, "keys").stdout))
        private = keys.pop("TENANTRY_SEAL_PRIVATE_KEYS")
        common = plain | OPEN | keys | {"TENANTRY_VAR": str(home), "TENANTRY_SIGN_IN_CLIENT_SECRET": "three"}
        found = Installation(
            web=common | {"DATABASE_URL": server.url.replace("//postgres@", "//tenantry_web@")},
            worker=common
            | {"DATABASE_URL": server.url.replace("//postgres@", "//tenantry@")}
            | {"TENANTRY_SEAL_PRIVATE_KEYS": private, "TENANTRY_PARTNER_CLIENT_SECRET": "four"},
        )
        migrated = found.tenantry(found.worker, "migrate")
        assert migrated.returncode == 0, migrated.stderr
        yield found


@pytest.mark.parametrize("role", ["web", "worker"])
def test_everything_is_in_order(installation: Installation, role: str) -> None:
    checked = installation.tenantry(getattr(installation, role), "check", role)
    assert (checked.stdout, checked.stderr) == (f"Everything that a {role} process needs is in order.\n", "")


def test_what_was_not_filled_in_is_named(installation: Installation) -> None:
    refused = installation.tenantry(installation.web | EXAMPLE, "check", "web")
    names = re.findall(r"(?m)^tenantry: (\w+) is still the example;", refused.stderr)
    assert names == ["TENANTRY_PARTNER_TENANT_ID", "TENANTRY_SIGN_IN_CLIENT_ID", "TENANTRY_PARTNER_CLIENT_ID"]


def test_a_folder_that_cannot_be_written_is_named(installation: Installation) -> None:
    refused = installation.tenantry(installation.web | {"TENANTRY_VAR": "/sys/tenantry"}, "web")
    assert refused.returncode == 2
    assert refused.stderr.startswith("tenantry: TENANTRY_VAR is /sys/tenantry, which cannot be written: ")


def test_the_web_process_seals_and_cannot_open(installation: Installation) -> None:
    assert installation.run(installation.worker, "-c", OPENS_A_SECRET).stdout == "a partner's token\n"
    tried = installation.run(installation.web, "-c", OPENS_A_SECRET)
    assert tried.stdout == ""
    assert tried.stderr.endswith("CannotOpen: This process has no private key for the secret.\n")


def test_the_web_process_refuses_the_workers_secrets(installation: Installation) -> None:
    refused = installation.tenantry(installation.worker, "web")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "TENANTRY_SEAL_PRIVATE_KEYS must not be given to the web process" in refused.stderr
    assert "TENANTRY_PARTNER_CLIENT_SECRET must not be given to the web process" in refused.stderr


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE audit_auditrow DISABLE TRIGGER USER",
        "DROP TRIGGER audit_rows_stay_each ON audit_auditrow",
        "TRUNCATE audit_auditrow",
        "SET session_replication_role = replica",
        "SET ROLE tenantry",
        "CREATE TABLE mine ()",
        "INSERT INTO audit_chain (company_id, sequence, head, published_sequence) VALUES (NULL, 1, '', 0)",
        "UPDATE audit_chain SET published_sequence = 0",
        "DELETE FROM audit_auditrow",
        "SELECT * FROM audit_chain FOR UPDATE",
    ],
)
def test_the_webs_role_cannot_switch_the_guards_off(installation: Installation, statement: str) -> None:
    with (
        psycopg.connect(installation.web["DATABASE_URL"], autocommit=True) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(statement.encode())


@pytest.fixture(scope="module")
def said() -> dict[str, str]:
    """What the processes of the running installation had said when they had ended."""
    return {}


@pytest.fixture(scope="module")
def port(installation: Installation, said: dict[str, str]) -> Iterator[int]:
    """A web process and a worker that run; both end well."""
    port = free_port()
    environments = {"worker": installation.worker, "web": installation.web | {"TENANTRY_WEB_PORT": str(port)}}
    processes = {
        name: subprocess.Popen(
            [sys.executable, "-m", "tenantry.config.cli", name],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for name, environment in environments.items()
    }
    try:
        yield port
    finally:
        for process in processes.values():
            process.send_signal(signal.SIGTERM)
        said |= {name: process.communicate(timeout=FAR_TOO_LONG)[0] for name, process in processes.items()}
    assert {name: process.returncode for name, process in processes.items()} == {"worker": 0, "web": 0}
    assert re.search(r"https://portal\.example\.org/first-owner/\S{40,}/", said["web"])


def test_a_web_and_a_worker_serve(port: int) -> None:
    assert _answer(port, "/healthz").text == "ok\n"
    until(lambda: '"ready": true' in _answer(port, "/readyz").text)


@pytest.mark.parametrize("name", ["__Host-tenantry", "__Host-tenantry-csrf"])
def test_cookies_are_for_this_host_and_not_for_scripts(installation: Installation, port: int, name: str) -> None:
    session = installation.run(installation.worker, "-c", SIGNS_IN).stdout.strip()
    path = "/sign-in/start/" if name == "__Host-tenantry" else "/office/"  # that page has forms
    cookies = _answer(port, path, cookie=f"__Host-tenantry={session}").headers.get_all("Set-Cookie", [])
    assert [cookie.partition("=")[0] for cookie in cookies] == [name]
    attributes = cookies[0].split("; ")[1:]
    assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= set(attributes)
    assert not any(attribute.startswith("Domain") for attribute in attributes)


@pytest.mark.parametrize("path", ["/", "/sign-in/", "/office/", "/nothing-here/", "/healthz", "/?q=%00"])
def test_every_answer_carries_the_headers_that_browsers_obey(port: int, path: str) -> None:
    headers = _answer(port, path).headers
    assert {name: headers[name] for name in SAFE} == SAFE
    policy = {directive.strip() for directive in headers["Content-Security-Policy"].split(";")}
    assert policy == POLICY


@pytest.mark.parametrize(
    "path", ["/rehearsal/mailbox/", "/rehearsal/clock/", "/ui/", "/ui/preview", "/ui/frame/portal", "/ui/brand/x.css"]
)
def test_nothing_of_the_rehearsal_is_there(port: int, path: str) -> None:
    answer = _answer(port, path)
    assert answer.status == 404
    assert "This page is not here" in answer.text
    assert "rehearsal" not in answer.text.replace(path, "")


@pytest.mark.parametrize("size", [0, 1_000, 60_000, 70_000, 3_000_000])
@pytest.mark.parametrize("cookie", ["", f"Cookie: __Host-tenantry-csrf={'a' * 32}\r\n"])
def test_a_request_after_a_large_one_is_answered_or_the_connection_was_said_to_close(
    port: int, size: int, cookie: str
) -> None:
    head = "Host: portal.example.org\r\nX-Forwarded-Proto: https\r\n"
    form = f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {size}\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=20) as line:
        with contextlib.suppress(ConnectionError):  # it may be refused before all of it is sent
            line.sendall(f"POST /sign-out/ HTTP/1.1\r\n{head}{form}{cookie}\r\n".encode() + b"x" * size)
        first = http.client.HTTPResponse(line, method="POST")
        first.begin()
        assert first.status in {400, 403, 413}
        assert first.will_close is (size > 64_000)
        if first.will_close:
            return
        first.read()
        line.sendall(f"GET /healthz HTTP/1.1\r\n{head}\r\n".encode())
        second = http.client.HTTPResponse(line, method="GET")
        second.begin()
        assert (second.status, second.read()) == (200, b"ok\n")


class _Stay(urllib.request.HTTPRedirectHandler):
    """Show a redirect instead of following it."""

    def redirect_request(self, *_: object) -> None:
        return None


@dataclass(frozen=True)
class _Answer:
    status: int
    headers: Message
    text: str


def _answer(port: int, path: str, *, cookie: str = "") -> _Answer:
    """Return an answer, asked as the proxy asks; wait until there is one."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _Stay)
    headers = {"Host": "portal.example.org", "X-Forwarded-Proto": "https", "Cookie": cookie}
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers=headers)
    deadline = time.monotonic() + FAR_TOO_LONG
    while True:
        try:
            with opener.open(request, timeout=FAR_TOO_LONG) as answer:
                return _Answer(answer.status, answer.headers, answer.read().decode())
        except urllib.error.HTTPError as answer:
            return _Answer(answer.code, answer.headers, answer.read().decode())
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)
