"""Run records: long work that a page can watch."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from tenantry.jobs.models import RunRecord, RunState
from tenantry.kernel import clock
from tenantry.kernel.columns import fit


def new_run(
    kind: str, *, subject_id: str | UUID = "", company_id: UUID | None = None, asked_by: str = "", now: datetime
) -> RunRecord:
    """Note that work of this kind was asked for; it waits until `begin`."""
    return RunRecord.objects.create(
        kind=kind,
        subject_id=str(subject_id),
        company_id=company_id,
        asked_by=fit(RunRecord, "asked_by", asked_by),
        created_at=now,
    )


def begin(run_id: UUID | str) -> None:
    """Note that the work has started; a job that is run again after a crash starts it again."""
    RunRecord.objects.filter(id=run_id).update(
        state=RunState.RUNNING, started_at=clock.now(), finished_at=None, steps_done=0, message_key="", details={}
    )


def progress(run_id: UUID | str, done: int, total: int) -> None:
    """Note how many steps of how many are done."""
    RunRecord.objects.filter(id=run_id).update(steps_done=done, steps_total=total)


def finish(run_id: UUID | str, message_key: str = "", details: Mapping[str, object] | None = None) -> None:
    """Note that the work is done, with the key of a text and the plain values that it names."""
    _end(run_id, RunState.DONE, message_key, details)


def fail(run_id: UUID | str, message_key: str, details: Mapping[str, object] | None = None) -> None:
    """Note that the work has failed, with the key of a text and the plain values that it names."""
    _end(run_id, RunState.FAILED, message_key, details)


@contextmanager
def running(run_id: UUID | str) -> Iterator[None]:
    """Begin a run, and fail it under the key "unexpected" if the work inside ends with an exception.

    The work itself calls `finish` or `fail`. Use it outside of a transaction, or the failure is undone with it.
    """
    begin(run_id)
    try:
        yield
    except Exception as error:
        fail(run_id, "unexpected", {"error": type(error).__name__})
        raise


def latest(kind: str, subject_id: str | UUID = "") -> RunRecord | None:
    """Find the newest run of a kind about a subject."""
    return RunRecord.objects.filter(kind=kind, subject_id=str(subject_id)).order_by("-created_at", "-id").first()


def waiting(kind: str, subject_id: str | UUID = "") -> RunRecord | None:
    """Find the run of a kind about a subject that has waited longest."""
    waits = RunRecord.objects.filter(kind=kind, subject_id=str(subject_id), state=RunState.WAITING)
    return waits.order_by("created_at", "id").first()


def run(run_id: UUID | str) -> RunRecord | None:
    """Find one run."""
    return RunRecord.objects.filter(id=run_id).first()


def log(
    *,
    companies: Collection[UUID] | None = None,
    kinds: Collection[str] = (),
    asked_by: str = "",
    since: datetime | None = None,
) -> QuerySet[RunRecord]:
    """Find runs, newest first; the caller slices a page from them.

    ``companies`` None means all; otherwise runs that are about none of these are left out, also those about everything.
    """
    found = RunRecord.objects.order_by("-created_at", "-id")
    if companies is not None:
        found = found.filter(company_id__in=companies)
    if kinds:
        found = found.filter(kind__in=kinds)
    if asked_by:
        found = found.filter(asked_by__icontains=asked_by)
    if since is not None:
        found = found.filter(created_at__gte=since)
    return found


def prune(before: datetime) -> int:
    """Remove the runs that were asked for before a moment and are over; return how many."""
    over = RunRecord.objects.filter(created_at__lt=before, state__in=[RunState.DONE, RunState.FAILED])
    return over.delete()[0]


def _end(run_id: UUID | str, state: RunState, message_key: str, details: Mapping[str, object] | None) -> None:
    RunRecord.objects.filter(id=run_id).update(
        state=state, finished_at=clock.now(), message_key=message_key, details=dict(details or {})
    )
