"""Make the dump of a release: ``python -m tests.upgrade.dump VERSION COMMIT``.

It takes the files of the commit, lives the life of `life` with them in a database and a sandbox of its own, and writes
what is left into ``tests/upgrade/VERSION``; `releases.json` gets its line. Every key in it is made for this one dump.
"""

import argparse
import gzip
import json
import os
import secrets
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.support.sandbox import SandboxHandle

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
INDEX = HERE / "releases.json"
SETTINGS = ("SECRET_KEY", "SEAL_PUBLIC_KEY", "SEAL_PRIVATE_KEYS")


def main() -> None:
    """Make the dump of one release, or, as the second process, in the files of that release."""
    parser = argparse.ArgumentParser(prog="python -m tests.upgrade.dump", description=__doc__)
    parser.add_argument("version", help="the release, such as 0.2")
    parser.add_argument("commit", help="the commit that it is")
    parser.add_argument("--into", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.into is not None:
        _make(options.into)
        return
    commit = _git("rev-parse", f"{options.commit}^{{commit}}").decode().strip()
    target = HERE / options.version
    with tempfile.TemporaryDirectory(prefix="tenantry-release-") as scratch:
        files = Path(scratch) / "files"
        with tarfile.open(fileobj=BytesIO(_git("archive", commit))) as archive:
            archive.extractall(files, filter="data")
        (files / "tests" / "upgrade").mkdir(exist_ok=True)
        for name in ("dump.py", "life.py"):
            shutil.copy(HERE / name, files / "tests" / "upgrade" / name)
        made = Path(scratch) / "made"
        made.mkdir()
        subprocess.run(
            [sys.executable, "-m", "tests.upgrade.dump", options.version, commit, f"--into={made}"],
            cwd=files,
            env={name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
            | {"PYTHONPATH": f"{files / 'src'}:{files}", "TENANTRY_VAR": str(Path(scratch) / "var")}
            | {"TENANTRY_SECRET_KEY": secrets.token_urlsafe(48)},
            check=True,
        )
        shutil.copy(files / "deploy" / "database.sql", made / "database.sql")
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(made, target)
    releases = [line for line in json.loads(INDEX.read_text()) if line["version"] != options.version]
    releases.append({"version": options.version, "commit": commit, "dump": f"{options.version}/dump.sql.gz"})
    INDEX.write_text(json.dumps(releases, indent=2) + "\n")
    for made in sorted(target.iterdir()):
        sys.stdout.write(f"{made.relative_to(ROOT)}: {made.stat().st_size:,} bytes\n")


def _git(*words: str) -> bytes:
    return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, check=True).stdout


def _make(made: Path) -> None:
    """Live the release's life and write the database, the sandbox and what else was kept into a folder."""
    from tests.support import environment

    end = environment.prepare()
    import django

    django.setup()
    environment.configure_django()
    from django.conf import settings
    from django.db import connection

    from tenantry.config import postgres
    from tenantry.config.commands import migrate
    from tenantry.kernel import clock
    from tests.support.house import leave_house, make_house
    from tests.upgrade.life import live

    settings.ALLOWED_HOSTS = ["testserver"]
    with connection.cursor() as cursor:
        cursor.execute("CREATE ROLE tenantry_web")  # pages are served with its rights
    migrate()
    with _sandbox(made.parent / "state.json") as sandbox:
        for name, value in sandbox.wiring().items():
            setattr(settings, name, value)
        kept = live(make_house(sandbox))
        leave_house()
    connection.close()
    pg_dump = [str(postgres.binaries() / "pg_dump"), "--no-owner", "--no-privileges", "--rows-per-insert=200"]
    dumped = subprocess.run([*pg_dump, os.environ["DATABASE_URL"]], capture_output=True, check=True).stdout
    keys = {name: getattr(settings, name) for name in SETTINGS}
    moment = clock.now().isoformat()
    (made / "kept.json").write_text(json.dumps({"moment": moment, "settings": keys, **kept}, indent=1) + "\n")
    # What begins with a backslash is for psql: without it any client restores the dump.
    lines = [line for line in dumped.splitlines(keepends=True) if not line.startswith(b"\\")]
    _compress(made / "dump.sql.gz", b"".join(lines))
    state = json.loads((made.parent / "state.json").read_bytes())
    for token in state["directory"]["refresh_tokens"]:
        # They end on real time; without these the sandbox counts their days from the moment in which it is started.
        del token["issued"], token["expires"]
    _compress(made / "sandbox.json.gz", json.dumps(state).encode())
    end()


@contextmanager
def _sandbox(state: Path) -> Iterator["SandboxHandle"]:
    """Run a sandbox that keeps its state in a file. It is killed at the end, in the middle of what it still answers."""
    from tests.support.sandbox import SandboxHandle

    with subprocess.Popen(
        [sys.executable, "-m", "tenantry.sandbox", "--port=0", f"--state={state}"], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            yield SandboxHandle(process.stdout.readline().split()[-1].rstrip("/"))
            time.sleep(5)  # it writes its state a moment after a change
        finally:
            process.kill()


def _compress(path: Path, content: bytes) -> None:
    path.write_bytes(gzip.compress(content, 9, mtime=0))


if __name__ == "__main__":
    main()
