"""Working off the queue inside a test, in the test's own transaction and thread."""

import json
from datetime import datetime
from typing import Any

from django.db import connection
from procrastinate.contrib.django import app
from procrastinate.job_context import JobContext
from procrastinate.jobs import Job
from procrastinate.middleware import compose

from tenantry.jobs.worker import around_job
from tenantry.kernel import clock


def run_due_jobs(until: datetime | None = None) -> list[str]:
    """Run every job that is due by ``until`` (now), and those they enqueue, until none is; return the names run.

    A task that is to be retried goes back into the queue for its time; any other exception comes out here after the
    job was marked as failed.
    """
    names: list[str] = []
    while (job := _fetch(until or clock.now())) is not None:
        names.append(job.task_name)
        _run(job)
    return names


def waiting_jobs() -> list[tuple[str, dict[str, Any], datetime | None]]:
    """List the waiting jobs in their order: name, arguments, and when they are due (None: at once)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT task_name, args::text, scheduled_at FROM procrastinate_jobs WHERE status = 'todo' ORDER BY id"
        )
        return [(name, json.loads(arguments), due) for name, arguments, due in cursor.fetchall()]


def forget_jobs() -> None:
    """Remove every job: Django's clearing of tables after a transactional test passes over the queue's."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_periodic_defers")
        cursor.execute("DELETE FROM procrastinate_jobs")


def _run(job: Job) -> None:
    task = app.tasks[job.task_name]
    context = JobContext(app=app, job=job, start_timestamp=clock.now().timestamp(), abort_reason=lambda: None)
    try:
        compose([around_job], lambda: task(**job.task_kwargs), context, None)()
    except Exception as error:
        retry = task.get_retry_exception(exception=error, job=job)
        if retry is None:
            _end("SELECT procrastinate_finish_job_v1(%s, 'failed', false)", job.id)
            raise
        decision = retry.retry_decision
        _end("SELECT procrastinate_retry_job_v2(%s, %s, NULL, NULL, NULL)", job.id, decision.retry_at or clock.now())
    else:
        _end("SELECT procrastinate_finish_job_v1(%s, 'succeeded', false)", job.id)


def _fetch(due: datetime) -> Job | None:
    with connection.cursor() as cursor:
        # Inside a transaction the database's own "now" stands still at its beginning.
        cursor.execute(
            "UPDATE procrastinate_jobs SET scheduled_at = NULL WHERE status = 'todo' AND scheduled_at <= %s", [due]
        )
        cursor.execute(
            "SELECT id, status::text, task_name, priority, lock, queueing_lock, args::text, scheduled_at, queue_name,"
            " attempts FROM procrastinate_fetch_job_v2(NULL, NULL)"
        )
        columns = [column.name for column in cursor.description]
        row = dict(zip(columns, cursor.fetchone(), strict=True))
    if row["id"] is None:
        return None
    return Job.from_row({**row, "args": json.loads(row["args"]), "worker_id": None})


def _end(query: str, *values: int | datetime | None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
