"""What must be in the environment before Django reads its settings in a test run."""

import os
from collections.abc import Callable
from pathlib import Path

import psycopg
from psycopg import sql

from tenantry.config import postgres

# Nothing listens here: a test that forgot the sandbox gets a refused connection, never the real Microsoft.
NOWHERE = "http://127.0.0.1:9"


def prepare() -> Callable[[], None]:
    """Set the environment, start a database unless DATABASE_URL names one, and return what ends all of it."""
    var = Path(os.environ.setdefault("TENANTRY_VAR", "var/test"))
    (var / "static").mkdir(parents=True, exist_ok=True)  # where collected files would be; tests serve the sources
    os.environ["DJANGO_SETTINGS_MODULE"] = "tenantry.config.settings"
    os.environ["TENANTRY_REHEARSAL"] = "true"
    os.environ["TENANTRY_LOG_LEVEL"] = "error"
    os.environ.setdefault("TENANTRY_LOGIN_URL", NOWHERE)
    os.environ.setdefault("TENANTRY_PARTNER_CENTER_URL", NOWHERE)
    if "DATABASE_URL" in os.environ:
        return lambda: None
    server = postgres.start(var / "postgres", durable=False)
    _drop_left_behind(server.url)
    os.environ["DATABASE_URL"] = server.url  # pytest-xdist's processes inherit it

    def end() -> None:
        del os.environ["DATABASE_URL"]
        server.release()

    return end


def _drop_left_behind(url: str) -> None:
    """Drop the databases of runs that were killed."""
    with psycopg.connect(url, autocommit=True) as connection:
        rows = connection.execute("SELECT datname FROM pg_database WHERE datname LIKE 'test\\_tenantry\\_%'").fetchall()
        for (name,) in rows:
            pid = int(name.split("_")[3])
            if not Path(f"/proc/{pid}").exists() and Path("/proc/self").exists():
                connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def configure_django() -> None:
    """Change the few settings that only tests want different."""
    from django.conf import settings

    from tenantry.kernel import seal

    settings.INSTALLED_APPS = [*settings.INSTALLED_APPS, "tests.support.flush"]
    settings.MIDDLEWARE = ["tests.support.web_role.as_web_role", *settings.MIDDLEWARE]
    settings.STORAGES = {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    # One name per run: two runs beside each other share the server, not the database.
    name = f"test_tenantry_{os.getppid()}_{os.getpid()}"
    settings.DATABASES["default"].setdefault("TEST", {}).update(NAME=name)
    public, private = seal.new_key_pair()
    settings.SEAL_PUBLIC_KEY = public
    settings.SEAL_PRIVATE_KEYS = [private]
