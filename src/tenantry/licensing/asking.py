"""Asking for a refresh: a run record that pages can watch, and the job that does it, in one transaction."""

import uuid

from django.db import transaction

from tenantry.jobs import runs
from tenantry.jobs.models import RunRecord, RunState
from tenantry.jobs.queue import enqueue
from tenantry.kernel.actor import Actor
from tenantry.kernel.locks import lock_in_transaction
from tenantry.licensing.moment import Moment

ALL = "refresh_subscriptions"
NEW = "refresh_new"
ONE = "refresh_company"
AUDIT = "audit_records"
# So many records that could not be kept are named in a run; the page of a company names all of its own.
UNKEPT_TOLD = 20
_OPEN = (RunState.WAITING, RunState.RUNNING)


@transaction.atomic
def ask_refresh_all(*, acting_as: Actor, moment: Moment) -> RunRecord:
    """Have every company refreshed; a refresh that is under way already is the answer."""
    lock_in_transaction("licensing.ask_refresh")
    under_way = runs.latest(ALL)
    if under_way is not None and under_way.state in _OPEN:
        return under_way
    run = runs.new_run(ALL, asked_by=acting_as.label, now=moment.real)
    enqueue("licensing.refresh_all", run_id=run.id)
    return run


@transaction.atomic
def ask_first_refresh(*, acting_as: Actor, moment: Moment) -> RunRecord:
    """Have the companies refreshed that were never read: those that were just added."""
    run = runs.new_run(NEW, asked_by=acting_as.label, now=moment.real)
    enqueue("licensing.refresh_new", lock="licensing.refresh_new", run_id=run.id)
    return run


@transaction.atomic
def ask_refresh_company(*, acting_as: Actor, company_id: uuid.UUID, moment: Moment) -> RunRecord:
    """Have one company refreshed; a refresh of it that was asked for and is not over is the answer."""
    lock_in_transaction("licensing.ask_refresh", company_id)
    under_way = runs.latest(ONE, company_id)
    if under_way is not None and under_way.state in _OPEN:
        return under_way
    run = runs.new_run(ONE, subject_id=company_id, company_id=company_id, asked_by=acting_as.label, now=moment.real)
    enqueue("licensing.refresh_company", company_id=company_id, run_id=run.id)
    return run
