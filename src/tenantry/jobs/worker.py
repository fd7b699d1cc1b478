"""The worker process: takes jobs up within milliseconds, and takes over the jobs of a worker that died."""

import asyncio
import contextlib
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from weakref import WeakSet

import structlog
from django.conf import settings
from django.db import connection
from procrastinate import App
from procrastinate.contrib.django import app
from procrastinate.contrib.django.utils import connector_params
from procrastinate.exceptions import ConnectorException
from procrastinate.job_context import JobContext
from procrastinate.psycopg_connector import PsycopgConnector
from procrastinate.worker import Worker
from psycopg import Connection
from psycopg import Error as DatabaseError

_log = structlog.get_logger(__name__)

# With these a killed worker's job is taken up again after 5 to 9 seconds.
HEARTBEAT_SECONDS = 1.0
STALLED_SECONDS = 5.0
SWEEP_SECONDS = 3.0
# Notifications start a fresh job at once; jobs that come due later are found by asking.
POLL_SECONDS = 1.0
GRACE_SECONDS = 20.0
_MADE_UP_FOR_SECONDS = 86_400.0

# One statement, so that two workers that sweep together never give the same job away twice. The queueing lock goes:
# another job may already wait under it, and would make the return impossible.
_TAKE_OVER = """
    WITH stalled AS (
        SELECT job.id FROM procrastinate_jobs job
        LEFT JOIN procrastinate_workers worker ON worker.id = job.worker_id
        WHERE job.status = 'doing'
          AND (worker.id IS NULL OR worker.last_heartbeat < now() - make_interval(secs => %(seconds)s)
               OR job.id = ANY(%(lost)s))
        FOR UPDATE OF job SKIP LOCKED
    )
    UPDATE procrastinate_jobs job
    SET status = 'todo', attempts = attempts + 1, scheduled_at = NULL, queueing_lock = NULL, worker_id = NULL,
        abort_requested = false
    FROM stalled WHERE job.id = stalled.id
    RETURNING job.id, job.task_name
"""
_MINE = "SELECT id FROM procrastinate_jobs WHERE status = 'doing' AND worker_id = %(worker_id)s"
_FORGET_QUEUEING_LOCK = "UPDATE procrastinate_jobs SET queueing_lock = NULL WHERE id = %s"


def run_worker(stop: threading.Event | None = None) -> None:
    """Work off jobs until ``stop`` is set, then finish what runs (for 20 seconds at most) and return.

    A database that goes away is waited for. The caller handles signals.
    """
    stop = stop or threading.Event()
    # Schedules that came due while no worker ran are made up for, also those of the night.
    app.periodic_defaults = {"max_delay": _MADE_UP_FOR_SECONDS}
    while not stop.is_set():
        try:
            asyncio.run(_work(stop, connector_params()))
        except (ConnectorException, DatabaseError, OSError) as error:
            _log.warning("worker.database_away", error=str(error))
        if not stop.is_set():
            stop.wait(1.0)


def around_job(call_next: Callable[[], Any], context: JobContext, _worker: Worker | None) -> Any:
    """Name the job in every line of its log, and free its queueing lock.

    From here on a new job may wait under the same lock, as this one may already have read what the new one tells of;
    and a retry cannot collide with it.
    """
    job = context.job
    with structlog.contextvars.bound_contextvars(**{**job.task_kwargs, "job": job.task_name, "job_id": job.id}):
        if job.queueing_lock is not None:
            with connection.cursor() as cursor:
                cursor.execute(_FORGET_QUEUEING_LOCK, [job.id])
        return call_next()


class _Here:
    """What this process knows of its own jobs and of the connections that they opened."""

    def __init__(self) -> None:
        self._worker_id: int | None = None
        self._running: set[int] = set()
        self._suspects: set[int] = set()
        self._opened: WeakSet[Connection[Any]] = WeakSet()

    async def know(self, call_next: Callable[[], Awaitable[Any]], context: JobContext, worker: Worker) -> Any:
        """Know of a job while it runs."""
        self._worker_id = worker.worker_id
        job_id = context.job.id or 0
        self._running.add(job_id)
        try:
            return await call_next()
        finally:
            self._running.discard(job_id)

    def remember(self, call_next: Callable[[], Any], _context: JobContext, _worker: Worker) -> Any:
        """Remember the connection that Django opened in this thread: it would outlive the thread."""
        try:
            return call_next()
        finally:
            if connection.connection is not None:
                self._opened.add(connection.connection)

    async def lost(self, connector: PsycopgConnector) -> list[int]:
        """Find jobs that ended here without a note of it, as when the database went away in that moment.

        Between the end and the note lies a moment, so only what was suspect the last time as well counts.
        """
        if self._worker_id is None:
            return []
        mine = {row["id"] for row in await connector.execute_query_all_async(_MINE, worker_id=self._worker_id)}
        before, self._suspects = self._suspects, mine - self._running
        return sorted(before & self._suspects)

    def close(self) -> None:
        """Close the connections of threads that end now."""
        for opened in list(self._opened):
            opened.close()


async def _work(stop: threading.Event, parameters: dict[str, Any]) -> None:
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(_note_problem)
    # Two threads more than jobs: resolving a host name needs one as well.
    loop.set_default_executor(ThreadPoolExecutor(settings.WORKER_THREADS + 2, "job"))
    connector = PsycopgConnector(kwargs=parameters, min_size=1, max_size=4)
    here = _Here()
    try:
        with app.replace_connector(connector):
            async with app.open_async():
                await _until_stopped(stop, connector, here)
    finally:
        here.close()


def _note_problem(_loop: asyncio.AbstractEventLoop, told: dict[str, Any]) -> None:
    """Write one line about what nobody waits for, such as the note of a job's end that the database did not take.

    No traceback: this may run in the middle of a garbage collection, where formatting one can break the interpreter's
    parser (CPython 3.11).
    """
    _log.error("worker.problem", problem=str(told.get("message", "")), error=repr(told.get("exception")))


async def _until_stopped(stop: threading.Event, connector: PsycopgConnector, here: _Here) -> None:
    working = asyncio.create_task(_take_jobs(app, here), name="worker")
    sweeping = asyncio.create_task(_sweep(connector, here), name="sweep")
    watching = asyncio.create_task(_watch(stop), name="watch")
    tasks = {working, sweeping, watching}
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        ends = await asyncio.gather(*tasks, return_exceptions=True)
    for end in ends:
        if isinstance(end, Exception):
            raise end


async def _take_jobs(library: App, here: _Here) -> None:
    with contextlib.suppress(asyncio.CancelledError):
        await library.run_worker_async(
            concurrency=settings.WORKER_THREADS,
            install_signal_handlers=False,
            fetch_job_polling_interval=POLL_SECONDS,
            update_heartbeat_interval=HEARTBEAT_SECONDS,
            stalled_worker_timeout=STALLED_SECONDS,
            shutdown_graceful_timeout=GRACE_SECONDS,
            task_middleware=[*library.worker_defaults.get("task_middleware", []), here.remember, around_job],
            worker_middleware=[here.know],
        )


async def _sweep(connector: PsycopgConnector, here: _Here) -> None:
    while True:
        lost = await here.lost(connector)
        for job in await connector.execute_query_all_async(_TAKE_OVER, seconds=STALLED_SECONDS, lost=lost):
            _log.warning("job.taken_over", job=job["task_name"], job_id=job["id"])
        await asyncio.sleep(SWEEP_SECONDS)


async def _watch(stop: threading.Event) -> None:
    while not stop.is_set():
        await asyncio.sleep(0.1)
