"""Jobs of licensing: thin, and safe to run twice."""

import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from procrastinate import RetryStrategy

from tenantry.connection.queries import working_connection_ids
from tenantry.jobs import runs
from tenantry.jobs.queue import enqueue, schedule, task
from tenantry.kernel import clock
from tenantry.kernel.actor import Actor, ActorKind
from tenantry.licensing import actions
from tenantry.licensing.asking import ALL, ask_refresh_all
from tenantry.licensing.engine.carry_out import carry_out
from tenantry.licensing.engine.lease import due_orders
from tenantry.licensing.moment import Moment
from tenantry.licensing.polling import poll_connection
from tenantry.licensing.refresh import mark_started, refresh_all, refresh_company, refresh_new
from tenantry.people.models import Company

_PATIENT = RetryStrategy(max_attempts=5, linear_wait=2)


@task(name="licensing.carry_out", retry=_PATIENT)
def carry_out_order(order_id: str) -> None:
    """Carry one change order out as far as it will go now."""
    carry_out(uuid.UUID(order_id))


@task(name="licensing.sweep_orders")
def sweep_orders() -> None:
    """Wake up orders whose time has come and that nobody holds: a lost wake-up costs seconds, not an order."""
    for order_id in due_orders(Moment.current()):
        enqueue("licensing.carry_out", queueing_lock=f"order:{order_id}", order_id=str(order_id))


@task(name="licensing.record_stop", retry=RetryStrategy(max_attempts=1000, wait=5, linear_wait=5))
def record_stop(kind: str, person: str, name: str, label: str, reason: str, stopped_at: str) -> None:
    """Record that the stop switch was thrown, which the audit record would not take in that moment."""
    actor = Actor(ActorKind(kind), person, name, label)
    with transaction.atomic():
        actions.record_stop(acting_as=actor, reason=reason, now=datetime.fromisoformat(stopped_at))


@task(name="licensing.refresh_all")
def refresh_everything(run_id: str) -> None:
    """Refresh all companies under a run record."""
    with runs.running(run_id):
        refresh_all(uuid.UUID(run_id))


@task(name="licensing.refresh_now")
def refresh_now() -> None:
    """Refresh all companies under a run record of its own, whatever ran before; without companies there is no run."""
    if not _companies_are_there():
        return
    run = runs.new_run(ALL, asked_by="", now=clock.now())
    with runs.running(run.id):
        refresh_all(run.id)


@task(name="licensing.refresh_when_due")
def refresh_when_due() -> None:
    """Ask for a refresh of all companies when there are any and the last one was asked for long enough ago."""
    if not _companies_are_there():
        return
    moment = Moment.current()
    last = runs.latest(ALL)
    if last is None or moment.real - last.created_at >= timedelta(minutes=settings.REFRESH_EVERY_MINUTES):
        ask_refresh_all(acting_as=Actor.system(), moment=moment)


def _companies_are_there() -> bool:
    return Company.objects.filter(removed_at=None).exists()


@task(name="licensing.refresh_new")
def refresh_new_companies(run_id: str) -> None:
    """Refresh the companies that were never read, under a run record."""
    with runs.running(run_id):
        refresh_new(uuid.UUID(run_id))


@task(name="licensing.refresh_company")
def refresh_one_company(company_id: str, run_id: str | None = None) -> None:
    """Refresh one company, under a run record where a person asked for it."""
    mark_started([uuid.UUID(company_id)], Moment.current())
    if run_id is None:
        refresh_company(uuid.UUID(company_id))
        return
    with runs.running(run_id):
        refresh_company(uuid.UUID(company_id), uuid.UUID(run_id))


@task(name="licensing.poll_audit_records")
def poll_audit_records() -> None:
    """Look at Microsoft's audit records of every connection."""
    for connection_id in working_connection_ids():
        poll_connection(connection_id)


schedule("licensing.sweep_orders", "* * * * * */5")
schedule("licensing.poll_audit_records", "* * * * *")
schedule("licensing.refresh_when_due", "*/5 * * * *")
