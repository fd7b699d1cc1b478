"""The bench's command line: measure the rows that are named, or all of them, and print the table.

Rows: refresh, subscriptions, companies, search, today, renewals, outcome, killed, assets, memory, words, limit, inputs,
campaign, proxies. What it needs while it runs is in `bench` below TENANTRY_VAR (var): a database server of its own,
logs, the figures.
"""

import os
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from bench.figures import Figure, read, table
from bench.stage import make_database
from tenantry.config import postgres

PARTS = {
    "size": (
        "refresh",
        "subscriptions",
        "companies",
        "search",
        "today",
        "renewals",
        "outcome",
        "killed",
        "assets",
        "memory",
    ),
    "words": ("words",),
    "limit": ("limit",),
    "inputs": ("inputs",),
    "campaign": ("campaign",),
    "proxies": ("proxies",),
}
ROWS = tuple(row for rows in PARTS.values() for row in rows)


def main(words: Sequence[str]) -> int:
    """Measure, print, and say with the exit code whether every figure is within its reach."""
    unknown = sorted(set(words) - set(ROWS))
    if unknown:
        print(f"There is no row {unknown[0]!r}. Rows: {', '.join(ROWS)}")
        return 2
    wanted = set(words) or set(ROWS)
    home = Path(os.environ.get("TENANTRY_VAR", "var")).absolute() / "bench"
    if not (home / "postgres").exists():
        shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True, exist_ok=True)
    file = home / "figures.jsonl"
    file.unlink(missing_ok=True)
    begun, broken = time.monotonic(), []
    with postgres.start(home / "postgres") as server:
        version = _version(server.url)
        for part, rows in PARTS.items():
            if named := [row for row in rows if row in wanted]:
                print(f"{part}: {', '.join(named)} …", flush=True)
                environment = _environment(home / part, make_database(server.url, f"bench_{part}"))
                command = [sys.executable, "-m", "bench.part", part, str(file), *named]
                if subprocess.run(command, env=environment, check=False).returncode:
                    broken += named
    figures = read(file)
    figures += [
        Figure(row, row, "not measured: the bench failed, see above", "", False)
        for row in broken
        if not any(figure.row == row for figure in figures)
    ]
    print()
    print(table(figures))
    print()
    print(f"{_machine()}, PostgreSQL {version}, {datetime.now(UTC):%Y-%m-%d %H:%M} UTC,", end=" ")
    print(f"{time.monotonic() - begun:.0f} s, load at the end {os.getloadavg()[0]:.1f}")
    return 0 if all(figure.ok is not False for figure in figures) else 1


def _environment(var: Path, database_url: str) -> dict[str, str]:
    var.mkdir(exist_ok=True)
    plain = {name: value for name, value in os.environ.items() if not name.startswith("TENANTRY_")}
    return plain | {"DATABASE_URL": database_url, "TENANTRY_VAR": str(var)}


def _version(url: str) -> str:
    with psycopg.connect(url) as connection:
        return f"{connection.info.server_version // 10_000}"


def _machine() -> str:
    return f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
