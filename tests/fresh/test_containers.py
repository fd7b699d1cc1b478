"""The database of the compose file: what its container does at the first start, and the upkeep page's commands there.

There is no container engine here. The commands are those of the files, run beside a PostgreSQL of the release that the
compose file names, with its own tools, as the superuser on the server's socket.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from tenantry.config import postgres
from tests.support.demo import ROOT

pytestmark = pytest.mark.slow

INSIDE = "podman compose -f deploy/compose.yaml exec -T database "
FIRST_START = (ROOT / "deploy" / "database.sh").read_text(encoding="utf-8")
PAGE = (ROOT / "docs" / "guides" / "upkeep.md").read_text(encoding="utf-8")
MIGRATIONS = "SELECT * FROM django_migrations ORDER BY id"
RIGHTS = """
SELECT relname, relowner::regrole::text, ARRAY(SELECT unnest(relacl)::text ORDER BY 1) FROM pg_class
    WHERE relnamespace = 'public'::regnamespace
UNION ALL SELECT proname, proowner::regrole::text, ARRAY(SELECT unnest(proacl)::text ORDER BY 1) FROM pg_proc
    WHERE pronamespace = 'public'::regnamespace
UNION ALL SELECT defaclobjtype::text, defaclrole::regrole::text, ARRAY(SELECT unnest(defaclacl)::text ORDER BY 1)
    FROM pg_default_acl
ORDER BY 1, 2, 3
"""
PASSWORDS = "SELECT rolname, rolpassword FROM pg_authid WHERE rolname LIKE 'tenantry%' ORDER BY 1"


@dataclass(frozen=True)
class Container:
    """The container of the database, as far as its commands can see."""

    home: Path
    server: str

    def run(self, command: str) -> subprocess.CompletedProcess[str]:
        """Run a command of the files as it would run inside."""
        for place, here in (("/run/secrets", self.home), ("/deploy/database.sql", ROOT / "deploy" / "database.sql")):
            command = command.replace(place, str(here))
        told = conninfo_to_dict(self.server)
        environment = {
            "PATH": f"{postgres.binaries()}:{os.defpath}",
            "PGHOST": str(told["host"]),
            "PGPORT": str(told["port"]),
            "POSTGRES_USER": "postgres",
        }
        done = subprocess.run(
            ["sh", "-eu", "-c", command], cwd=self.home, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done

    def rows(self, database: str, query: str) -> list[tuple[object, ...]]:
        """Ask a database."""
        with psycopg.connect(make_conninfo(self.server, dbname=database)) as connection:
            return connection.execute(query.encode()).fetchall()

    def migrate(self) -> None:
        """Do what the service `migrate` does."""
        subprocess.run(
            [sys.executable, "-m", "tenantry.config.cli", "migrate"],
            env={
                "PYTHONPATH": str(ROOT / "src"),
                "DATABASE_URL": self.server.replace("//postgres@", "//tenantry@").replace("/postgres?", "/tenantry?"),
                "TENANTRY_SECRET_KEY": "a key that only the tests of this house know, long enough",
            },
            check=True,
            capture_output=True,
        )


@pytest.fixture
def container(tmp_path: Path) -> Iterator[Container]:
    """A server with nothing but its superuser, and the secrets beside it."""
    with postgres.start(tmp_path / "postgres", durable=False) as server:
        url = server.url.replace("/tenantry?", "/postgres?")
        with psycopg.connect(url, autocommit=True) as superuser:
            superuser.execute("DROP DATABASE tenantry")  # the embedded server comes with one
        for name in ("owner", "web"):
            (tmp_path / f"{name}_password").write_text(f"{name} has this\n")
        yield Container(tmp_path, url)


def test_the_page_is_about_the_server_that_is_tried_here() -> None:
    assert "image: docker.io/library/postgres:18\n" in (ROOT / "deploy" / "compose.yaml").read_text(encoding="utf-8")
    told = subprocess.run([postgres.binaries() / "pg_dump", "--version"], capture_output=True, text=True, check=True)
    assert "(PostgreSQL) 18." in told.stdout


def test_a_backup_is_restored_on_the_same_server(container: Container) -> None:
    commands = [line.removeprefix(INSIDE) for line in PAGE.splitlines() if line.startswith(INSIDE)]
    backup, rename, again, restore = [line for line in commands if "ALTER ROLE" not in line]
    (drop,) = re.findall(rf"`{re.escape(INSIDE)}(dropdb [^`]+)`", PAGE)

    container.run(FIRST_START)
    passwords = container.rows("postgres", PASSWORDS)
    container.migrate()
    kept = [container.rows("tenantry", query) for query in (MIGRATIONS, RIGHTS)]
    container.run(backup)
    with psycopg.connect(make_conninfo(container.server, dbname="tenantry")) as connection:
        connection.execute("DELETE FROM django_migrations")
    for command in (rename, again, restore):
        assert container.run(command).stderr == ""
    container.migrate()

    assert [container.rows("tenantry", query) for query in (MIGRATIONS, RIGHTS)] == kept
    assert container.rows("postgres", PASSWORDS) == passwords
    assert container.rows("tenantry_before", "SELECT count(*) FROM django_migrations") == [(0,)]
    container.run(drop)
    assert container.rows("postgres", "SELECT datname FROM pg_database WHERE datname LIKE 'tenantry%'") == [
        ("tenantry",)
    ]


def test_a_role_keeps_its_password_until_it_is_given_another_and_none_is_told(container: Container) -> None:
    once_more = "psql --username=postgres --quiet --file=/deploy/database.sql postgres"
    assert container.run(once_more).stderr == (
        "A role has no password yet. Run this again with --set=owner_password=... --set=web_password=...\n"
    )
    container.run(FIRST_START)
    owner, web = container.rows("postgres", PASSWORDS)
    assert container.run(f"{once_more} --set=owner_password=another").stderr == ""
    assert [row == was for row, was in zip(container.rows("postgres", PASSWORDS), (owner, web), strict=True)] == [
        False,
        True,
    ]
