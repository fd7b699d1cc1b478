"""A small house to test in: one partner connection, two companies, and the people who look after them."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from django.conf import settings

from tenantry.audit.models import AuditRow
from tenantry.connection.models import DirectCsp, PartnerConnection, Tenant
from tenantry.kernel.actor import Actor, ActorKind
from tenantry.people import actions
from tenantry.people.outcomes import AddedCompanies

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
DANA = Actor(ActorKind.STAFF, "dana", "Dana Okafor", "Dana Okafor")

PARTNER_TENANT = "6e5a3b5e-5be4-54b4-ad33-04bb76a6b074"
HARBOUR_TENANT = "7428417d-3d15-52dd-a167-a4854d0f91a9"
NORDLYS_TENANT = "da5aa2b4-802d-569a-bbfe-371af82569d9"
GREENFIELD_TENANT = "a1cedce9-185d-5599-a3a6-e2efb00b3804"


@dataclass(frozen=True, slots=True)
class House:
    """One connection with two companies whose portals are open."""

    connection: PartnerConnection
    harbour: UUID
    nordlys: UUID


def make_house() -> House:
    """Make the house by the room's own doors; the connection and its tenants come from another room."""
    connection = make_connection()
    harbour = add_company(connection, HARBOUR_TENANT)
    nordlys = add_company(connection, NORDLYS_TENANT)
    for company_id in (harbour, nordlys):
        assert actions.enable_portal(acting_as=DANA, company_id=company_id, now=NOW) is None
    return House(connection, harbour, nordlys)


def make_connection(direct_csp: DirectCsp = DirectCsp.SET) -> PartnerConnection:
    """Make a consented partner connection with the tenants that Partner Center lists for it."""
    connection = PartnerConnection.objects.create(
        name="Kestrel IT Services",
        mode="consent",
        partner_tenant_id=PARTNER_TENANT,
        client_id=settings.PARTNER_CLIENT_ID or "7d1c6a40-4f0e-4c57-9a41-0f6b5a3e1002",
        direct_csp=direct_csp,
        created_at=NOW,
    )
    for tenant_id, name, domain in (
        (HARBOUR_TENANT, "Harbour & Vale Ltd", "harbourvale.example"),
        (NORDLYS_TENANT, "Nordlys Shipping AS", "nordlys-shipping.example"),
        (GREENFIELD_TENANT, "Greenfield Charter School District", "greenfield-schools.example"),
    ):
        Tenant.objects.create(connection=connection, tenant_id=tenant_id, name=name, domain=domain, first_seen_at=NOW)
    return connection


def add_company(connection: PartnerConnection, tenant_id: str) -> UUID:
    """Make a company of a tenant."""
    outcome = actions.add_companies(acting_as=DANA, connection_id=connection.id, tenant_ids=[tenant_id], now=NOW)
    assert isinstance(outcome, AddedCompanies)
    return outcome.added[0]


def audit_verbs() -> list[str]:
    """Return what was recorded, oldest first."""
    return list(AuditRow.objects.order_by("id").values_list("verb", flat=True))
