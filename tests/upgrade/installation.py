"""An installation of an earlier release, as its dump has it, brought to this release."""

import gzip
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
from django.db import connection
from django.test import override_settings
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from tenantry.config import postgres
from tenantry.connection.client import forget_clients
from tenantry.kernel import clock
from tenantry.traffic.calls import call_log
from tests.support.sandbox import SandboxHandle, running_sandbox
from tests.support.workers import worker_environment

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True, slots=True)
class Installation:
    """The sandbox as it was, what browsers and mailboxes kept, and the environment of the worker."""

    sandbox: SandboxHandle
    moment: datetime  # when the release was stopped
    kept: dict[str, Any]
    home: Path
    web_url: str  # the address of the database with the web's role

    def tenantry(self, *words: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        """Run a command with the worker's environment, or what differs from it, to its end."""
        return subprocess.run(
            [sys.executable, "-m", "tenantry.config.cli", *words],
            env=worker_environment() | environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )


@contextmanager
def upgraded(version: str, home: Path, *, before: Callable[[str], None] | None = None) -> Iterator[Installation]:
    """Restore a release into a database that its own `database.sql` makes, start its sandbox, and migrate.

    Until the end of the block this process uses that database and that sandbox. ``before`` does something with the
    web's address of the database before it is migrated.
    """
    folder = HERE / version
    kept = json.loads((folder / "kept.json").read_text())
    state = home / "state.json"
    state.write_bytes(gzip.decompress((folder / "sandbox.json.gz").read_bytes()))
    with (
        postgres.start(home / "postgres", durable=False) as server,
        running_sandbox(home / "sandbox.log", state=state) as sandbox,
    ):
        _restore(server.url, folder)
        web_url = server.url.replace("//postgres@", "//tenantry_web@")
        if before is not None:
            before(web_url)
        with (
            _in_use(make_conninfo(server.url, user="tenantry")),
            override_settings(**kept["settings"] | sandbox.wiring()),
        ):
            installation = Installation(sandbox, datetime.fromisoformat(kept["moment"]), kept, home, web_url)
            migrated = installation.tenantry("migrate")
            assert migrated.returncode == 0, migrated.stderr
            yield installation
            call_log.flush()
            forget_clients()


def _restore(url: str, folder: Path) -> None:
    """Make the database and its roles as the release did, and fill it as the owner of its tables."""
    with psycopg.connect(make_conninfo(url, dbname="postgres"), autocommit=True) as superuser:
        superuser.execute("DROP DATABASE tenantry")  # the embedded server comes with one
    psql = [str(postgres.binaries() / "psql"), "--quiet", "--set=owner_password=one", "--set=web_password=two"]
    script = [f"--file={folder / 'database.sql'}", make_conninfo(url, dbname="postgres")]
    subprocess.run([*psql, *script], check=True, capture_output=True)
    with psycopg.connect(make_conninfo(url, dbname="postgres"), autocommit=True) as superuser:
        superuser.execute("GRANT tenantry_web TO tenantry")  # so that the tests' pages can be served with its rights
    with psycopg.connect(make_conninfo(url, user="tenantry"), autocommit=True) as owner:
        owner.execute(gzip.decompress((folder / "dump.sql.gz").read_bytes()))


@contextmanager
def _in_use(conninfo: str) -> Iterator[None]:
    """Have Django speak to another database."""
    used = connection.settings_dict
    before = dict(used)
    place = conninfo_to_dict(conninfo)
    connection.close()
    used |= {"NAME": place["dbname"], "USER": place["user"], "HOST": place["host"], "PORT": str(place["port"])}
    clock.read_commerce_clock_again()
    try:
        yield
    finally:
        connection.close()
        used.update(before)
        clock.read_commerce_clock_again()
