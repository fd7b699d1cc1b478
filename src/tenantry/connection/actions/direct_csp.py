"""The Direct CSP flag: set by nothing but a live call that Microsoft answered well."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from tenantry.clients.http import Retry, UpstreamError
from tenantry.clients.partner_center import CustomerId, DirectCspCheck
from tenantry.connection.actions.common import DIRECT_CSP, fail_run, gone, locked, record
from tenantry.connection.advice import key_for
from tenantry.connection.client import client_for
from tenantry.connection.contact import mfa_compliant
from tenantry.connection.models import ConnectionMode, DirectCsp, PartnerConnection, Tenant
from tenantry.jobs import runs
from tenantry.jobs.models import RunRecord, RunState
from tenantry.jobs.queue import enqueue
from tenantry.kernel import clock
from tenantry.kernel.actor import Actor, ActorKind
from tenantry.kernel.columns import fit
from tenantry.kernel.refusals import Refusal

_STEPS = 2
_FIELDS = ["direct_csp", "direct_csp_at", "direct_csp_tenant_id", "direct_csp_advice", "direct_csp_words"]


@transaction.atomic
def ask_direct_csp_test(*, acting_as: Actor, connection_id: UUID, tenant_id: str, now: datetime) -> RunRecord | Refusal:
    """Have Direct CSP tested against a tenant that Partner Center lists; `tenant_id` is Microsoft's.

    A flag that is set stays so while the test runs. A test that is under way is everybody's.
    """
    acting_as.check_whole_partner()
    row = locked(connection_id)
    if row is None:
        return gone()
    tenant = Tenant.objects.filter(connection=row, tenant_id=tenant_id, missing_since=None).first()
    if tenant is None:
        return Refusal(reason="tenant_missing", rule="connection.tenant_is_listed", next_step="refresh_tenants")
    under_way = runs.latest(DIRECT_CSP, connection_id)
    if under_way is not None and under_way.state in (RunState.WAITING, RunState.RUNNING):
        return under_way
    run = runs.new_run(DIRECT_CSP, subject_id=connection_id, asked_by=acting_as.label, now=now)
    if row.direct_csp != DirectCsp.SET:
        row.direct_csp = DirectCsp.TESTING
        row.save(update_fields=["direct_csp"])
    record(acting_as, "direct_csp.asked", row, now, after={"tenant_id": tenant.tenant_id, "tenant": tenant.name})
    enqueue(
        "connection.direct_csp_test",
        lock=f"direct_csp:{connection_id}",
        run_id=run.id,
        tenant_id=tenant.tenant_id,
        staff_id=acting_as.id,
    )
    return run


def run_direct_csp_test(run_id: UUID, *, tenant_id: str, staff_id: str) -> None:
    """Make the live calls of a test and keep what Microsoft said.

    An answer sets the flag, a refusal makes it failed. What says nothing (no answer, throttled) leaves a flag that is
    set as it is.
    """
    run = runs.run(run_id)
    if run is None or run.state in (RunState.DONE, RunState.FAILED):
        return
    connection_id = UUID(run.subject_id)
    asker = Actor(ActorKind.STAFF, staff_id, run.asked_by, run.asked_by)
    with runs.running(run_id):
        runs.progress(run_id, 0, _STEPS)
        try:
            client = client_for(connection_id)
            mfa_compliant(client)
            runs.progress(run_id, 1, _STEPS)
            found = client.check_direct_csp(CustomerId(tenant_id))
        except UpstreamError as error:
            fail_run(run_id, error, _keep_refusal(connection_id, tenant_id, error, asker))
            return
        _keep_success(connection_id, tenant_id, found, asker)
        runs.progress(run_id, _STEPS, _STEPS)
        runs.finish(
            run_id,
            "direct_csp_set",
            {"tenant": found.customer.name, "subscriptions": found.subscriptions, "indirect": found.indirect},
        )


@transaction.atomic
def _keep_success(connection_id: UUID, tenant_id: str, found: DirectCspCheck, asker: Actor) -> None:
    row = locked(connection_id)
    if row is None:
        return
    before, now = row.direct_csp, clock.now()
    row.direct_csp, row.direct_csp_at, row.direct_csp_tenant_id = DirectCsp.SET, now, tenant_id
    row.direct_csp_advice = row.direct_csp_words = ""
    if found.mfa_compliant is not None and row.mode == ConnectionMode.CONSENT:
        row.mfa_compliant = found.mfa_compliant
    row.save(update_fields=[*_FIELDS, "mfa_compliant"])
    record(asker, "direct_csp.set", row, now, before={"direct_csp": before}, after={"tenant_id": tenant_id})


@transaction.atomic
def _keep_refusal(connection_id: UUID, tenant_id: str, error: UpstreamError, asker: Actor) -> str:
    """Keep what Microsoft said, where it says something, and return the mode of the connection."""
    row = locked(connection_id)
    if row is None:
        return ""
    if row.direct_csp == DirectCsp.SET and error.retry != Retry.NEVER:
        return row.mode
    before, now = row.direct_csp, clock.now()
    row.direct_csp, row.direct_csp_at, row.direct_csp_tenant_id = DirectCsp.FAILED, now, tenant_id
    advice_key = key_for(error.advice, by_application=row.mode == ConnectionMode.APPLICATION)
    row.direct_csp_advice = advice_key
    row.direct_csp_words = fit(PartnerConnection, "direct_csp_words", error.quote)
    row.save(update_fields=_FIELDS)
    record(
        asker,
        "direct_csp.failed",
        row,
        now,
        before={"direct_csp": before},
        after={"tenant_id": tenant_id},
        outcome=advice_key,
        request_id=fit(PartnerConnection, "last_error_request_id", error.request_id),
    )
    return row.mode
