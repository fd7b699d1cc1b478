"""An installation as docs/start/install.md makes it: its roles in the database, its commands, its two environments."""

import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from tenantry.config import postgres
from tests.support.demo import ROOT, free_port

pytestmark = pytest.mark.slow

# The lines of deploy/settings.env.example, and the secrets that the page has the operator write.
OPEN = dict(re.findall(r"(?m)^(\w+)=(.+)$", (ROOT / "deploy" / "settings.env.example").read_text()))
OPENS_A_SECRET = """
import django; django.setup()
from tenantry.kernel.seal import Place, open_sealed, seal
place = Place("connection_partnerconnection", "1", "sealed_refresh_token")
print(open_sealed(seal(b"a partner's token", place), place).decode())
"""


@dataclass(frozen=True)
class Installation:
    """The environments of the two kinds of processes."""

    web: dict[str, str]
    worker: dict[str, str]

    def run(self, environment: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
        """Run Python with one of the environments to its end."""
        return subprocess.run(
            [sys.executable, *words], env=environment, capture_output=True, text=True, timeout=120, check=False
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
    ],
)
def test_the_webs_role_cannot_switch_the_guards_off(installation: Installation, statement: str) -> None:
    with (
        psycopg.connect(installation.web["DATABASE_URL"], autocommit=True) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(statement.encode())


def test_a_web_and_a_worker_serve(installation: Installation) -> None:
    port = free_port()
    environments = (installation.worker, installation.web | {"TENANTRY_WEB_PORT": str(port)})
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "tenantry.config.cli", name],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for name, environment in zip(("worker", "web"), environments, strict=True)
    ]
    try:
        assert _answer(port, "/healthz")[1] == "ok\n"
        assert '"ready": true' in _answer(port, "/readyz")[1]
        cookie, _page = _answer(port, "/sign-in/start/")
        named, *attributes = cookie.split("; ")
        assert named.startswith("__Host-tenantry=")
        assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= set(attributes)
    finally:
        for process in processes:
            process.send_signal(signal.SIGTERM)
        said = [process.communicate(timeout=40)[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    assert re.search(r"https://portal\.example\.org/first-owner/\S{40,}/", said[1])


class _Stay(urllib.request.HTTPRedirectHandler):
    """Show a redirect instead of following it."""

    def redirect_request(self, *_: object) -> None:
        return None


def _answer(port: int, path: str) -> tuple[str, str]:
    """Return the cookie and the text of an answer, asked as the proxy asks; wait until there is one."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _Stay)
    headers = {"Host": "portal.example.org", "X-Forwarded-Proto": "https"}
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers=headers)
    deadline = time.monotonic() + 60
    while True:
        try:
            with opener.open(request, timeout=5) as answer:
                return answer.headers.get("Set-Cookie", ""), answer.read().decode()
        except urllib.error.HTTPError as answer:
            return answer.headers.get("Set-Cookie", ""), answer.read().decode()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)
