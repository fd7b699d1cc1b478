"""How long logs are kept. Audit rows are kept for ever."""

from collections.abc import Callable
from datetime import datetime, timedelta
from enum import StrEnum

from django.db import connection, transaction

from tenantry.audit import actions as audit
from tenantry.jobs.models import Retention
from tenantry.kernel.actor import Actor

_QUEUE_DAYS = 7
_prunes: dict[str, tuple["Log", Callable[[datetime], int]]] = {}


class Log(StrEnum):
    """The logs whose keeping the partner sets in days."""

    CALLS = "call_days"
    RUNS = "run_days"
    SIGN_INS = "sign_in_days"


def register(name: str, log: Log, prune: Callable[[datetime], int]) -> None:
    """Have ``prune(before)`` called every day with the moment before which entries of this log go."""
    _prunes[name] = (log, prune)


def prune_logs(now: datetime) -> dict[str, int]:
    """Remove what is older than the partner wants it, and jobs that ended a week ago; return how much of each."""
    keep = kept()
    removed = {
        name: prune(now - timedelta(days=getattr(keep, log.value))) for name, (log, prune) in sorted(_prunes.items())
    }
    removed["jobs"] = _prune_queue(now - timedelta(days=_QUEUE_DAYS))
    return removed


def kept() -> Retention:
    """Tell for how many days each log is kept; the defaults while nobody has set any."""
    return Retention.objects.filter(id=1).first() or Retention()


def set_retention(*, acting_as: Actor, call_days: int, run_days: int, sign_in_days: int, now: datetime) -> None:
    """Change for how many days each log is kept.

    Errors: ValueError for less than one day.
    """
    acting_as.check_whole_partner()
    if min(call_days, run_days, sign_in_days) < 1:
        raise ValueError("A log is kept for at least one day.")
    after = {"call_days": call_days, "run_days": run_days, "sign_in_days": sign_in_days}
    with transaction.atomic():
        Retention.objects.get_or_create(id=1)
        keep = Retention.objects.select_for_update().get(id=1)
        before = {name: getattr(keep, name) for name in after}
        if before == after:
            return
        Retention.objects.filter(id=1).update(**after)
        audit.record(
            acting_as=acting_as,
            verb="retention.changed",
            subject_kind="settings",
            subject_id="retention",
            before=before,
            after=after,
            now=now,
        )


def _prune_queue(before: datetime) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            DELETE FROM procrastinate_jobs
            WHERE status IN ('succeeded', 'failed', 'cancelled', 'aborted')
              AND NOT EXISTS (SELECT 1 FROM procrastinate_events event
                              WHERE event.job_id = procrastinate_jobs.id AND event.at >= %s)
            """,
            [before],
        )
        return int(cursor.rowcount)
