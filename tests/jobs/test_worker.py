"""A real worker on real connections: quick to start a job, quick to take over from a dead one."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.db import connection, transaction

from tenantry.jobs import queue
from tenantry.jobs.queries import queue_state
from tenantry.jobs.testing import forget_jobs
from tests.support import environment
from tests.support.waiting import FAR_TOO_LONG, until

SOURCE = Path(environment.__file__).resolve().parents[2]
# The first note of a success is refused by the database, as if the line had been cut in that moment.
FAIL_ONCE = """
    CREATE SEQUENCE tests_turns;
    CREATE FUNCTION tests_fail_once() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF nextval('tests_turns') = 1 THEN RAISE EXCEPTION 'the line was cut'; END IF;
        RETURN NEW;
    END;
    $$;
    CREATE TRIGGER tests_fail_once BEFORE UPDATE ON procrastinate_jobs
        FOR EACH ROW WHEN (NEW.status = 'succeeded') EXECUTE FUNCTION tests_fail_once();
"""
_times: dict[str, float] = {}
_ran = threading.Event()
_enqueue_and_fail = threading.Event()


@queue.task(name="tests.stamp")
def stamp(name: str) -> None:
    _times[name] = time.monotonic()
    _ran.set()


@queue.task(name="tests.enqueue_then_fail")
def enqueue_then_fail() -> None:
    try:
        with transaction.atomic():
            queue.enqueue("tests.stamp", name="never")
            raise KeyError
    except KeyError:
        _enqueue_and_fail.set()


@queue.task(name="tests.hold")
def hold(seconds: int) -> None:
    """Only its name counts here: the worker process has its own."""


@pytest.fixture
def empty_queue(transactional_db: None) -> Iterator[None]:
    forget_jobs()
    _times.clear()
    _ran.clear()
    _enqueue_and_fail.clear()
    yield
    forget_jobs()
    cut_all_others()  # what was cut while it was being opened lives until the garbage collection


@contextmanager
def worker_thread() -> Iterator[None]:
    stop = threading.Event()
    thread = threading.Thread(target=queue.run_worker, args=[stop])
    thread.start()
    try:
        until(lambda: queue_state().workers == 1, 20)
        yield
    finally:
        stop.set()
        thread.join(FAR_TOO_LONG)
        assert not thread.is_alive()


def cut_all_others() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def statuses() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT status::text FROM procrastinate_jobs WHERE task_name LIKE 'tests.%' ORDER BY id")
        return [row[0] for row in cursor.fetchall()]


@pytest.mark.usefixtures("empty_queue")
def test_jobs_start_at_once_in_their_own_transaction_and_at_their_time() -> None:
    with worker_thread():
        waits = []
        for turn in range(5):
            _ran.clear()
            asked = time.monotonic()
            queue.enqueue("tests.stamp", name=f"turn {turn}")
            assert _ran.wait(FAR_TOO_LONG)
            waits.append(_times[f"turn {turn}"] - asked)
        # By notification: whoever only asks every second finds none so soon after it found the one before.
        assert min(waits) < 0.5, waits

        queue.enqueue("tests.enqueue_then_fail")
        assert _enqueue_and_fail.wait(FAR_TOO_LONG)

        _ran.clear()
        asked = time.monotonic()
        queue.enqueue("tests.stamp", name="later", at=datetime.now(UTC) + timedelta(seconds=1))
        assert _ran.wait(FAR_TOO_LONG)
        assert _times["later"] - asked > 0.9
        until(lambda: set(statuses()) == {"succeeded"}, 3)
    assert "never" not in _times
    assert len(statuses()) == 7
    assert queue_state().workers == 0


@pytest.mark.slow
@pytest.mark.usefixtures("empty_queue")
def test_a_killed_workers_job_is_taken_up_again() -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE tests_held (id serial, pid integer)")
    processes = [start_process(), start_process()]
    try:
        until(lambda: queue_state().workers == 2, 20)
        queue.enqueue("tests.hold", lock="one", queueing_lock="one", seconds=60)
        until(lambda: len(holders()) == 1, 5)
        # Another job waits under the same queueing lock, which the stalled one must not collide with.
        queue.enqueue("tests.hold", lock="one", queueing_lock="one", seconds=0)
        os.kill(holders()[0], signal.SIGKILL)
        until(lambda: len(holders()) == 2, 15)
        assert holders()[0] != holders()[1]
        assert statuses() == ["doing", "todo"]
    finally:
        for process in processes:
            process.kill()
            process.wait()
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE tests_held")


def holders() -> list[int]:
    """The processes that took the job up, in order."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pid FROM tests_held ORDER BY id")
        return [row[0] for row in cursor.fetchall()]


def start_process() -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("worker_process.py")), connection.settings_dict["NAME"]],
        env={**os.environ, "PYTHONPATH": str(SOURCE / "src")},
    )


@pytest.mark.slow
@pytest.mark.usefixtures("empty_queue")
def test_a_worker_goes_on_when_its_connections_were_cut() -> None:
    with worker_thread():
        queue.enqueue("tests.stamp", name="before")
        assert _ran.wait(FAR_TOO_LONG)
        cut_all_others()
        _ran.clear()
        queue.enqueue("tests.stamp", name="after")
        assert _ran.wait(FAR_TOO_LONG)
        # The cut may have come between the end of the first job and the note of it: then it is done again.
        until(lambda: statuses() == ["succeeded", "succeeded"], 12)


@pytest.mark.slow
@pytest.mark.usefixtures("empty_queue")
def test_a_job_whose_end_could_not_be_noted_does_not_block_its_lock_for_ever() -> None:
    with connection.cursor() as cursor:
        cursor.execute(FAIL_ONCE)
    try:
        with worker_thread():
            queue.enqueue("tests.stamp", lock="one", name="first")
            queue.enqueue("tests.stamp", lock="one", name="second")
            until(lambda: statuses() == ["succeeded", "succeeded"], 20)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP FUNCTION tests_fail_once CASCADE; DROP SEQUENCE tests_turns")
    assert set(_times) == {"first", "second"}
