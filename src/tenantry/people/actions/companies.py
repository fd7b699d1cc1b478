"""Companies and their portals."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F, OuterRef, Subquery

from tenantry.audit import actions as audit
from tenantry.connection.models import DirectCsp, PartnerConnection, Tenant
from tenantry.kernel import zones
from tenantry.kernel.actor import Actor
from tenantry.kernel.locks import lock_in_transaction
from tenantry.kernel.refusals import Refusal
from tenantry.people.models import Company, EndUser
from tenantry.people.outcomes import AddedCompanies


@transaction.atomic
def add_companies(
    *, acting_as: Actor, connection_id: UUID, tenant_ids: Iterable[str], now: datetime
) -> AddedCompanies | Refusal:
    """Make companies of tenants of one partner connection, all or none; what is a company already stays as it is.

    A tenant that several connections list is one company, of the connection that it was added from.
    ``tenant_ids`` are Microsoft's, as Partner Center lists them.
    """
    lock_in_transaction("people.companies")
    connection = PartnerConnection.objects.filter(id=connection_id, removed_at=None).first()
    if connection is None:
        return gone()
    wanted = list(dict.fromkeys(tenant_ids))
    names = dict(
        Tenant.objects.filter(connection=connection, tenant_id__in=wanted, missing_since=None).values_list(
            "tenant_id", "name"
        )
    )
    unknown = [tenant_id for tenant_id in wanted if tenant_id not in names]
    if unknown:
        return Refusal(
            reason="tenant_missing",
            rule="people.tenant_is_listed",
            next_step="refresh_tenants",
            facts={"tenant": unknown[0]},
        )
    present = dict(Company.objects.filter(tenant_id__in=wanted, removed_at=None).values_list("tenant_id", "id"))
    added = [
        Company(connection=connection, tenant_id=tenant_id, name=names[tenant_id], added_at=now)
        for tenant_id in wanted
        if tenant_id not in present
    ]
    Company.objects.bulk_create(added)
    for company in added:
        _record(acting_as, "company.added", company, now, after={"tenant_id": company.tenant_id, "name": company.name})
    return AddedCompanies(tuple(company.id for company in added), tuple(present.values()))


@transaction.atomic
def remove_company(*, acting_as: Actor, company_id: UUID, now: datetime) -> Refusal | None:
    """Take a company out: its portal closes and its people lose access at once; nothing changes at Microsoft."""
    company = locked_company(company_id)
    if company is None:
        return gone()
    people = EndUser.objects.filter(company=company, removed_at=None).update(removed_at=now)
    before = {"portal_enabled": company.portal_enabled, "end_users": people}
    company.removed_at = now
    company.portal_enabled = False
    company.save(update_fields=["removed_at", "portal_enabled"])
    _record(acting_as, "company.removed", company, now, before=before)
    return None


@transaction.atomic
def enable_portal(*, acting_as: Actor, company_id: UUID, now: datetime) -> Refusal | None:
    """Open a company's portal; only where the Direct CSP flag of its partner connection is set."""
    company = locked_company(company_id)
    if company is None:
        return gone()
    connection = company.connection
    if connection.removed_at is not None or connection.direct_csp != DirectCsp.SET:
        return Refusal(
            reason="direct_csp_not_set",
            rule="people.portal_needs_direct_csp",
            next_step="set_direct_csp",
            facts={"connection": connection.name},
        )
    if not company.portal_enabled:
        company.portal_enabled = True
        company.portal_enabled_at = now
        company.save(update_fields=["portal_enabled", "portal_enabled_at"])
        _record(acting_as, "portal.enabled", company, now, before={"enabled": False}, after={"enabled": True})
    return None


@transaction.atomic
def disable_portal(*, acting_as: Actor, company_id: UUID, now: datetime) -> Refusal | None:
    """Close a company's portal; its end users are out with their next request, their roles stay for later."""
    company = locked_company(company_id)
    if company is None:
        return gone()
    if company.portal_enabled:
        company.portal_enabled = False
        company.save(update_fields=["portal_enabled"])
        _record(acting_as, "portal.disabled", company, now, before={"enabled": True}, after={"enabled": False})
    return None


@transaction.atomic
def set_time_zone(*, acting_as: Actor, company_id: UUID, time_zone: str, now: datetime) -> Refusal | None:
    """Choose the time zone in which a company's people read dates; empty means: that of the installation."""
    company = locked_company(company_id)
    if company is None:
        return gone()
    if time_zone and time_zone not in zones.offered():
        return no_such_zone(time_zone)
    before = company.time_zone
    if before != time_zone:
        company.time_zone = time_zone
        company.save(update_fields=["time_zone"])
        change = {"before": {"time_zone": before}, "after": {"time_zone": time_zone}}
        _record(acting_as, "company.time_zone_set", company, now, **change)
    return None


@transaction.atomic
def follow_tenant_names(*, acting_as: Actor, now: datetime) -> int:
    """Give companies the names that their tenants have at Microsoft by now, and return how many changed."""
    current = Tenant.objects.filter(
        connection_id=OuterRef("connection_id"), tenant_id=OuterRef("tenant_id"), missing_since=None
    ).values("name")
    renamed = (
        Company.objects.filter(removed_at=None)
        .annotate(current_name=Subquery(current))
        .exclude(current_name=None)
        .exclude(current_name=F("name"))
        .select_for_update(of=("self",))
        .order_by("id")
    )
    changed = 0
    for company in renamed:
        before, company.name = company.name, company.current_name
        company.save(update_fields=["name"])
        _record(acting_as, "company.renamed", company, now, before={"name": before}, after={"name": company.name})
        changed += 1
    return changed


def locked_company(company_id: UUID) -> Company | None:
    """Return a company, held until the transaction ends; None if there is none (any more)."""
    return (
        Company.objects.select_for_update(of=("self",))
        .select_related("connection")
        .filter(id=company_id, removed_at=None)
        .first()
    )


def gone() -> Refusal:
    """Say that the thing is not there any more."""
    return Refusal(reason="gone", rule="people.still_there", next_step="look_again")


def no_such_zone(name: str) -> Refusal:
    """Say that a time zone is not known."""
    return Refusal("no_such_zone", "people.known_time_zone", "choose_zone", facts={"zone": name})


def _record(
    acting_as: Actor,
    verb: str,
    company: Company,
    now: datetime,
    *,
    before: Mapping[str, object] | None = None,
    after: Mapping[str, object] | None = None,
) -> None:
    audit.record(
        acting_as=acting_as,
        verb=verb,
        subject_kind="company",
        subject_id=str(company.id),
        subject_name=company.name,
        company_id=company.id,
        before=before,
        after=after,
        now=now,
    )
