"""How the queue is doing, for the readiness page."""

from dataclasses import dataclass

from django.db import connection


@dataclass(frozen=True, slots=True)
class QueueState:
    """Workers that gave a sign of life lately, jobs that are due, and for how long the oldest of them has been so."""

    workers: int
    due: int
    oldest_due_seconds: float


def queue_state() -> QueueState:
    """Look at the queue."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT (SELECT count(*) FROM procrastinate_workers
                    WHERE last_heartbeat > clock_timestamp() - interval '5 seconds'),
                   count(*),
                   coalesce(extract(epoch FROM clock_timestamp() - min(coalesce(job.scheduled_at, event.at))), 0)
            FROM procrastinate_jobs job
            LEFT JOIN procrastinate_events event ON event.job_id = job.id AND event.type = 'deferred'
            WHERE job.status = 'todo' AND (job.scheduled_at IS NULL OR job.scheduled_at <= clock_timestamp())
            """
        )
        workers, due, seconds = cursor.fetchone() or (0, 0, 0)
    return QueueState(workers, due, float(seconds))
