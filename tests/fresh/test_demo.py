"""`make demo` as a newcomer meets it: starts, answers, leaves nothing running, goes on where it was."""

import os
import pty
import re
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tenantry.config import postgres
from tests.support.demo import READY, Demo
from tests.support.waiting import FAR_TOO_LONG, until

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """A demo with nothing set up; its tests run in the order of this file."""
    found = Demo(tmp_path_factory.mktemp("demo"))
    yield found
    if found.process is not None and found.process.poll() is None:
        found.end(signal.SIGTERM)


def test_the_first_start_says_everything(demo: Demo) -> None:
    said = demo.start("--empty")
    assert f"http://localhost:{demo.port}/" in said
    assert f"http://localhost:{demo.sandbox_port}/" in said
    assert "dana.okafor@kestrel-it.example" in said
    assert re.search(rf"http://localhost:{demo.port}/first-owner/\S{{40,}}/", said)
    assert demo.get("/healthz") == (200, "ok\n")
    demo.wait_for_one_worker()
    assert "Sign in" in demo.get("/sign-in/")[1]


def test_the_greeting_waits_for_the_worker(tmp_path: Path) -> None:
    demo = Demo(tmp_path)
    demo.start("--empty")
    assert demo.end(signal.SIGTERM) == 0
    with (
        postgres.start(tmp_path / "demo" / "postgres") as server,
        psycopg.connect(server.url) as other,
    ):
        other.execute("LOCK TABLE procrastinate_workers IN EXCLUSIVE MODE")  # it can be read, and no worker comes in
        demo.process = demo.command("--empty")
        until(demo.web_answers)
        said = demo.process.stdout
        assert said is not None
        os.set_blocking(said.fileno(), False)
        time.sleep(1)  # the greeting had time to come too early
        early = said.read() or ""
        assert READY not in early
        other.rollback()
        os.set_blocking(said.fileno(), True)
        assert any(READY in line for line in said)
        assert demo.end(signal.SIGTERM) == 0


def test_another_installations_settings_do_not_reach_it(tmp_path: Path) -> None:
    other = Demo(tmp_path)
    other.process = other.command("--empty", DATABASE_URL_FILE="/nowhere", PGOPTIONS="-c search_path=elsewhere")
    assert other.process.stdout is not None
    assert any(READY in line for line in other.process.stdout)
    assert other.end(signal.SIGTERM) == 0


def test_a_second_demo_beside_it_is_refused(demo: Demo) -> None:
    said = demo.command().communicate(timeout=FAR_TOO_LONG)[0]
    assert demo.process is not None
    assert said == f"A demo runs here already (process {demo.process.pid}). Stop it first.\n"


def test_a_taken_port_is_named(demo: Demo, tmp_path: Path) -> None:
    other = Demo(tmp_path)
    process = other.command(PORT=str(demo.port))
    assert process.communicate(timeout=FAR_TOO_LONG)[0] == (
        f"Port {demo.port} is taken by another program. Choose another one: make demo PORT={demo.port + 80}\n"
    )
    assert process.returncode == 1


def test_one_port_for_both_is_refused(demo: Demo, tmp_path: Path) -> None:
    process = Demo(tmp_path).command(PORT="8400", SANDBOX_PORT="8400")
    assert process.communicate(timeout=FAR_TOO_LONG)[0] == (
        "PORT and SANDBOX_PORT are both 8400. Choose another one: make demo PORT=8480\n"
    )
    assert process.returncode == 1


@pytest.mark.parametrize("words", [(), ("--reset",)])
def test_a_folder_that_cannot_be_written_is_named(words: tuple[str, ...]) -> None:
    process = Demo(Path("/sys/tenantry")).command(*words)
    said = process.communicate(timeout=FAR_TOO_LONG)[0]
    assert said.startswith("/sys/tenantry cannot be used: ")
    assert said.endswith(" TENANTRY_VAR=/some/folder\n")
    assert process.returncode == 1


def test_a_killed_worker_is_started_again(demo: Demo) -> None:
    time.sleep(4)  # sooner than that it would count as one that cannot run at all
    [before] = demo.workers()
    os.kill(before, signal.SIGKILL)
    until(lambda: bool(demo.workers()) and before not in demo.workers())
    demo.wait_for_one_worker()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_nothing_is_left_running_and_it_goes_on_where_it_was(demo: Demo, number: signal.Signals) -> None:
    before = str(demo.sandbox("/_sandbox/clock", {"advance": "P1D"})["now"])
    code = demo.end(number)
    assert code == (-signal.SIGKILL if number == signal.SIGKILL else 0)
    until(lambda: demo.running() == [], what="the end of every process")
    demo.start("--empty")
    assert str(demo.sandbox("/_sandbox/clock")["now"]) >= before


def test_it_ends_with_its_terminal_also_when_nobody_tells_it(demo: Demo) -> None:
    demo.end(signal.SIGTERM)
    ours, its = pty.openpty()
    demo.process = demo.command("--empty", terminal=its)
    os.close(its)
    said = b""
    while READY.encode() not in said:
        said += os.read(ours, 4096)
    os.close(ours)
    demo.process.wait(timeout=FAR_TOO_LONG)
    until(lambda: demo.running() == [], what="the end of every process")


def test_a_killed_database_is_told_and_repaired(demo: Demo) -> None:
    demo.start("--empty")
    pid = int((demo.var / "demo" / "postgres" / "data" / "postmaster.pid").read_text().splitlines()[0])
    os.kill(pid, signal.SIGKILL)
    assert demo.process is not None
    said = demo.process.communicate(timeout=FAR_TOO_LONG)[0]
    assert said.endswith("PostgreSQL has been ended from outside. Start again: its data is repaired then.\n")
    assert demo.process.returncode == 1
    until(lambda: demo.running() == [], what="the end of every process")
    demo.start("--empty")
    demo.wait_for_one_worker()


def test_starting_over(demo: Demo) -> None:
    said = demo.command("--reset").communicate(timeout=FAR_TOO_LONG)[0]
    assert "A demo runs here already" in said
    demo.end(signal.SIGINT)
    said = demo.command("--reset").communicate(timeout=FAR_TOO_LONG)[0]
    assert said == "The rehearsal world is forgotten. The next demo starts from the beginning.\n"
    assert not (demo.var / "demo").exists()
