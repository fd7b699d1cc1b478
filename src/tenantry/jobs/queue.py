"""The job queue: tasks of the rooms, enqueued in the transaction that needs them.

A job carries ids only, and may run twice: a worker can be killed after the work and before the note of it.
"""

from collections.abc import Callable
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from django.db import connection, transaction
from procrastinate import BaseRetryStrategy
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.exceptions import AlreadyEnqueued
from procrastinate.manager import JobManager
from procrastinate.tasks import Task, configure_task

from tenantry.jobs.worker import run_worker

__all__ = ["Argument", "UnknownTask", "enqueue", "run_worker", "schedule", "task"]
Argument: TypeAlias = str | int | UUID | None

# While a worker runs, the library's own app speaks through the worker's connections. Enqueuing must not: a job belongs
# to the transaction of Django's connection.
_manager = JobManager(DjangoConnector())

# No moment means "at once", and LEAST passes over NULL.
_HURRY = """
    WITH waiting AS (
        UPDATE procrastinate_jobs
        SET scheduled_at = CASE WHEN scheduled_at IS NULL OR %(at)s::timestamptz IS NULL THEN NULL
                                ELSE LEAST(scheduled_at, %(at)s::timestamptz) END
        WHERE queueing_lock = %(lock)s AND status = 'todo' RETURNING id
    )
    SELECT pg_notify('procrastinate_any_queue_v1', json_build_object('type', 'job_inserted', 'job_id', id)::text)
    FROM waiting
"""


class UnknownTask(Exception):  # noqa: N818 - reads as what happened
    """No room has a task of this name."""


def task(
    *, name: str, retry: BaseRetryStrategy | int | bool = False
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Make a plain function the task of this name ("connection.refresh_tenants"); it stays callable as it was.

    ``retry`` says what happens after an exception: no (False), so many times at once (a number), or a strategy such as
    ``procrastinate.RetryStrategy(max_attempts=5, exponential_wait=4)``. Arguments arrive as they were enqueued, ids as
    text. Put tasks into the room's ``jobs.py``: it is imported when Django is ready.
    """

    def declare(function: Callable[..., None]) -> Callable[..., None]:
        def run(**arguments: Argument) -> None:
            arguments.pop("timestamp", None)  # the library adds it to jobs of a schedule
            function(**arguments)

        app.task(name=name, retry=retry)(run)
        return function

    return declare


def schedule(name: str, cron: str) -> None:
    """Run a task without arguments at the times of a cron line (five columns; a sixth one counts seconds).

    A time that passed while no worker ran is made up for once. A run waits for the one before it; at most one waits.
    """
    alone = f"schedule:{name}"
    app.periodic(cron=cron, lock=alone, queueing_lock=alone)(_task(name))


def enqueue(
    name: str,
    /,
    *,
    lock: str | None = None,
    queueing_lock: str | None = None,
    at: datetime | None = None,
    **arguments: Argument,
) -> None:
    """Put a job into the queue; it becomes visible to workers when the surrounding transaction commits.

    Jobs with the same ``lock`` run one after the other. With a ``queueing_lock`` that already waits nothing is added:
    the waiting job is brought forward if this one is due sooner, and does not start before this transaction ends, so
    that it sees what was written here.

    Errors: UnknownTask; TypeError for an argument that is more than an id or a number.
    """
    _task(name)
    for value in arguments.values():
        if value is not None and not isinstance(value, str | int | UUID):
            raise TypeError(f"A job carries ids only, not {type(value).__name__}.")
    job = configure_task(
        name=name,
        job_manager=_manager,
        lock=lock,
        queueing_lock=queueing_lock,
        schedule_at=at,
        task_kwargs={key: str(value) if isinstance(value, UUID) else value for key, value in arguments.items()},
    )
    if queueing_lock is None:
        job.defer()
        return
    while True:
        try:
            with transaction.atomic():  # the refusal of the database must not end the caller's transaction
                job.defer()
            return
        except AlreadyEnqueued:
            if _hurry(queueing_lock, at):
                return
            # The waiting job was taken up between the two statements: it may not see our rows, so ours must wait.


def _hurry(queueing_lock: str, at: datetime | None) -> bool:
    """Lock the waiting job until our transaction ends and make it due at ``at`` at the latest; False if none waits."""
    with connection.cursor() as cursor:
        cursor.execute(_HURRY, {"lock": queueing_lock, "at": at})
        return cursor.fetchone() is not None


def _task(name: str) -> Task[..., None, ...]:
    try:
        return app.tasks[name]
    except KeyError as error:
        raise UnknownTask(f"No room has a task {name!r}.") from error
