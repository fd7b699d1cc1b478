"""Jobs about the audit record: it may have millions of rows, so reading all of it is no work for a page."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from tenantry.audit.queries import VerifyResult, verify
from tenantry.jobs import runs
from tenantry.jobs.models import RunRecord, RunState
from tenantry.jobs.queue import enqueue, task
from tenantry.kernel.actor import Actor
from tenantry.kernel.locks import lock_in_transaction

VERIFY = "verify_audit"
WHOLE, BROKEN = "audit_whole", "audit_broken"
# A record that was tampered with breaks at one place or two; more than these help nobody who reads the page.
_BREAKS_TOLD = 50


@transaction.atomic
def ask_verify(*, acting_as: Actor, now: datetime) -> RunRecord:
    """Have every row compared with its hash and its neighbour; a check that is under way already is the answer."""
    lock_in_transaction("audit.ask_verify")
    under_way = runs.latest(VERIFY)
    if under_way is not None and under_way.state in (RunState.WAITING, RunState.RUNNING):
        return under_way
    run = runs.new_run(VERIFY, asked_by=acting_as.label, now=now)
    enqueue("audit.verify", run_id=run.id)
    return run


@task(name="audit.verify")
def verify_record(run_id: str) -> None:
    """Read the whole record and leave the result in the run."""
    check_record(run_id)


def check_record(run_id: UUID | str) -> VerifyResult:
    """Read the whole record, leave the result in the run and return it."""
    with runs.running(run_id):
        result = verify()
        if result.whole:
            runs.finish(run_id, WHOLE, _details(result))
        else:
            runs.fail(run_id, BROKEN, _details(result))
    return result


def _details(result: VerifyResult) -> dict[str, object]:
    return {
        "chains": result.chains,
        "rows": result.rows,
        "broken": len(result.breaks),
        "breaks": [
            {"company_id": str(found.company_id or ""), "sequence": found.sequence, "fault": found.fault.value}
            for found in result.breaks[:_BREAKS_TOLD]
        ],
    }
