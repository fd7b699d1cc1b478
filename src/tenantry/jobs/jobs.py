"""Jobs about jobs."""

from tenantry.jobs import retention, runs
from tenantry.jobs.queue import schedule, task
from tenantry.kernel import clock

retention.register("runs", retention.Log.RUNS, runs.prune)


@task(name="jobs.prune_logs")
def prune_logs() -> None:
    """Remove old log entries."""
    retention.prune_logs(clock.now())


schedule("jobs.prune_logs", "40 2 * * *")
