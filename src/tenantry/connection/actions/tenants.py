"""The tenants that Partner Center lists for a connection; one that vanishes is held for a person to decide."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tenantry.audit import actions as audit
from tenantry.clients.http import UpstreamError
from tenantry.clients.partner_center import Customer
from tenantry.clients.partner_center.paging import Collected, Unreadable
from tenantry.connection.actions.common import REFRESH_TENANTS, fail_run, gone, locked
from tenantry.connection.client import client_for
from tenantry.connection.contact import is_about_token, mfa_compliant, note_trouble, note_working
from tenantry.connection.models import PartnerConnection, Tenant, TroubleAbout
from tenantry.jobs import runs
from tenantry.jobs.models import RunRecord, RunState
from tenantry.jobs.queue import enqueue
from tenantry.kernel import clock
from tenantry.kernel.actor import Actor
from tenantry.kernel.columns import exact, fit
from tenantry.kernel.locks import lock_in_transaction
from tenantry.kernel.refusals import Refusal
from tenantry.notices import actions as notices

_NAMED = 20  # in a notice or a run; the others are counted
_STEPS = 1


@dataclass(frozen=True, slots=True)
class TenantsRead:
    """What a reading of the list changed here, and the rows that could not be kept."""

    listed: int
    added: int
    changed: int
    missing: int
    returned: int
    unkept: tuple[Unreadable, ...]


@transaction.atomic
def ask_refresh_tenants(*, acting_as: Actor, connection_id: UUID, now: datetime) -> RunRecord | Refusal:
    """Have the list of tenants read from Partner Center; somebody's refresh that still waits is everybody's."""
    acting_as.check_whole_partner()
    if locked(connection_id) is None:
        return gone()
    waiting = runs.waiting(REFRESH_TENANTS, connection_id)
    if waiting is None:
        waiting = runs.new_run(REFRESH_TENANTS, subject_id=connection_id, asked_by=acting_as.label, now=now)
    wake_refresh(connection_id)
    return waiting


def wake_refresh(connection_id: UUID) -> None:
    """Have a worker read the list soon; one job per connection waits, and one runs."""
    key = f"tenants:{connection_id}"
    enqueue("connection.refresh_tenants", lock=key, queueing_lock=key, connection_id=connection_id)


@transaction.atomic
def decide_removed_tenant(*, acting_as: Actor, tenant_id: UUID, gone_for_good: bool, now: datetime) -> Refusal | None:
    """Decide about a tenant that Partner Center no longer lists; `tenant_id` is our id of the row.

    For good: it leaves the list of removed tenants; the page removes its company. Otherwise it counts as listed until
    the next refresh, which raises it anew if it is still missing. Nothing changes at Microsoft.
    """
    acting_as.check_whole_partner()
    row = (
        Tenant.objects.select_for_update(of=("self",))
        .select_related("connection")
        .filter(id=tenant_id, removal_confirmed_at=None, connection__removed_at=None)
        .exclude(missing_since=None)
        .first()
    )
    if row is None:
        return Refusal(reason="tenant_decided", rule="connection.tenant_is_held", next_step="look_again")
    if gone_for_good:
        row.removal_confirmed_at = now
    else:
        row.missing_since = None
    row.save(update_fields=["removal_confirmed_at", "missing_since"])
    _record(acting_as, "tenant.removal_confirmed" if gone_for_good else "tenant.removal_dismissed", row, now)
    return None


def refresh_tenants(connection_id: UUID) -> None:
    """Read the list and keep what changed, under the run that was asked for, or a new one."""
    row = PartnerConnection.objects.filter(id=connection_id, removed_at=None).first()
    if row is None:
        return
    # A refresh may have begun while this one was being asked for, so what waits need not be the newest.
    run = runs.waiting(REFRESH_TENANTS, connection_id) or runs.latest(REFRESH_TENANTS, connection_id)
    if run is None or run.state not in (RunState.WAITING, RunState.RUNNING):
        run = runs.new_run(REFRESH_TENANTS, subject_id=connection_id, now=clock.now())
    with runs.running(run.id):
        runs.progress(run.id, 0, _STEPS)
        try:
            done = read_tenants(connection_id)
        except UpstreamError as error:
            fail_run(run.id, error, row.mode)
            return
        runs.progress(run.id, _STEPS, _STEPS)
        details: dict[str, object] = {"listed": done.listed, "added": done.added, "changed": done.changed}
        details |= {"missing": done.missing, "returned": done.returned}
        if done.unkept:
            details |= {"unkept": len(done.unkept), "unkept_told": [str(row) for row in done.unkept[:_NAMED]]}
        runs.finish(run.id, "tenants_refreshed", details)


def read_tenants(connection_id: UUID) -> TenantsRead:
    """Read the list from Partner Center and keep what changed; this tries token, MFA and rights on the way.

    Errors: UpstreamError, noted in the connection's health if there was a token to try.
    """
    client = client_for(connection_id)
    second_factor = mfa_compliant(client)
    try:
        listed = client.customers()
    except UpstreamError as error:
        if not is_about_token(error):  # that is noted already, where the token was asked for or used
            note_trouble(connection_id, error, about=TroubleAbout.TENANTS, now=clock.now())
        raise
    now = clock.now()
    note_working(connection_id, mfa_compliant=second_factor, now=now)
    return store_tenants(connection_id, listed, now=now)


@transaction.atomic
def store_tenants(connection_id: UUID, listed: Collected[Customer], *, now: datetime) -> TenantsRead:
    """Keep the list: new and changed tenants are written, unchanged ones are not, vanished ones are held.

    A row that could not be read or kept still counts as listed; one without an id may be any tenant.
    """
    lock_in_transaction("connection.tenants", connection_id)
    known = {row.tenant_id: row for row in Tenant.objects.filter(connection_id=connection_id)}
    present, unkept = _keepable(listed)
    unreadable = {row.id.lower() for row in unkept}
    added = [
        _fill(Tenant(connection_id=connection_id, tenant_id=tenant_id, first_seen_at=now), customer)
        for tenant_id, customer in present.items()
        if tenant_id not in known
    ]
    changed = [
        _fill(known[tenant_id], customer)
        for tenant_id, customer in present.items()
        if tenant_id in known and _told(known[tenant_id]) != _tells(customer)
    ]
    returned = [row for key, row in known.items() if row.missing_since and (key in present or key in unreadable)]
    missing = [
        row
        for key, row in known.items()
        if row.missing_since is None and key not in present and key not in unreadable and "" not in unreadable
    ]
    Tenant.objects.bulk_create(added, batch_size=500)
    Tenant.objects.bulk_update(changed, ["name", "domain", "relationship"], batch_size=500)
    _hold(missing, now)
    _take_back(returned, now)
    PartnerConnection.objects.filter(id=connection_id).update(tenants_refreshed_at=now)
    return TenantsRead(len(present) + len(unkept), len(added), len(changed), len(missing), len(returned), unkept)


def _keepable(listed: Collected[Customer]) -> tuple[dict[str, Customer], tuple[Unreadable, ...]]:
    """Return the customers by tenant id, and the rows that could not be read or that no row of ours can hold."""
    present: dict[str, Customer] = {}
    unkept = list(listed.unreadable)
    for customer in listed.items:
        try:
            present[exact(Tenant, "tenant_id", customer.id.lower())] = customer
        except ValueError as error:
            unkept.append(Unreadable(customer.id, f"Customer: {error}"))
    return present, tuple(unkept)


def _tells(customer: Customer) -> tuple[str, str, str]:
    domain = fit(Tenant, "domain", customer.company_profile.domain)
    relationship = fit(Tenant, "relationship", customer.relationship_to_partner)
    return fit(Tenant, "name", customer.name) or domain or customer.id, domain, relationship


def _told(row: Tenant) -> tuple[str, str, str]:
    return row.name, row.domain, row.relationship


def _fill(row: Tenant, customer: Customer) -> Tenant:
    row.name, row.domain, row.relationship = _tells(customer)
    return row


def _hold(rows: list[Tenant], now: datetime) -> None:
    """Mark tenants as missing and tell the partner, in one message."""
    if not rows:
        return
    Tenant.objects.filter(id__in=[row.id for row in rows]).update(missing_since=now)
    for row in rows:
        _record(Actor.system(), "tenant.missing", row, now)
    names = sorted((row.name for row in rows), key=str.casefold)
    named = [f"- {name}" for name in names[:_NAMED]]
    if len(names) > _NAMED:
        named.append(_("… and %(count)d more") % {"count": len(names) - _NAMED})
    notices.notify(
        kind="tenants_missing",
        subject=ngettext(
            "%(count)d tenant is no longer listed in Partner Center",
            "%(count)d tenants are no longer listed in Partner Center",
            len(rows),
        )
        % {"count": len(rows)},
        body=_(
            "Partner Center no longer lists:\n\n%(names)s\n\nNothing was changed or cancelled. "
            "Under “Removed tenants” somebody has to decide whether this is meant."
        )
        % {"names": "\n".join(named)},
        now=now,
    )


def _take_back(rows: list[Tenant], now: datetime) -> None:
    Tenant.objects.filter(id__in=[row.id for row in rows]).update(missing_since=None, removal_confirmed_at=None)
    for row in rows:
        _record(Actor.system(), "tenant.returned", row, now)


def _record(acting_as: Actor, verb: str, row: Tenant, now: datetime) -> None:
    audit.record(
        acting_as=acting_as,
        verb=verb,
        subject_kind="tenant",
        subject_id=row.tenant_id,
        subject_name=row.name,
        now=now,
    )
