"""A house that stands on the sandbox: a consented partner connection, companies with mirrored subscriptions, people."""

import uuid
from dataclasses import dataclass

from django.conf import settings

from tenantry.clients.partner_center.ids import CustomerId, SubscriptionId
from tenantry.clients.partner_center.models import Subscription as Record
from tenantry.connection.client import client_for, forget_clients, token_place
from tenantry.connection.models import ConnectionState, DirectCsp, PartnerConnection, Tenant
from tenantry.jobs.testing import run_due_jobs
from tenantry.kernel import clock
from tenantry.kernel.actor import Actor, ActorKind
from tenantry.kernel.ids import CompanyId
from tenantry.kernel.seal import seal
from tenantry.licensing.models import ChangeOrder, Subscription
from tenantry.licensing.moment import Moment
from tenantry.licensing.queries import SubscriptionView, subscription_view
from tenantry.licensing.refresh import refresh_company
from tenantry.people import actions as people
from tenantry.people.models import Company, EndUserRole, Person, StaffRole
from tenantry.people.outcomes import AddedCompanies
from tenantry.traffic.calls import call_log
from tests.support.people import make_end_user, make_person, make_staff
from tests.support.sandbox import SandboxHandle

HARBOUR = "7428417d-3d15-52dd-a167-a4854d0f91a9"
NORDLYS = "da5aa2b4-802d-569a-bbfe-371af82569d9"
MERIDIAN = "cbc73b98-0319-5b1d-80a0-96b7661d33e0"

OWNER = Actor(ActorKind.STAFF, "", "Dana Okafor", "Dana Okafor")


@dataclass(frozen=True, slots=True)
class House:
    """The installation under test and the sandbox that stands in for Microsoft."""

    sandbox: SandboxHandle
    connection: PartnerConnection

    def add_company(self, tenant_id: str = HARBOUR) -> Company:
        """Add a tenant as a company, mirror its subscriptions and open its portal."""
        added = people.add_companies(
            acting_as=OWNER, connection_id=self.connection.id, tenant_ids=[tenant_id], now=clock.now()
        )
        assert isinstance(added, AddedCompanies)
        company = Company.objects.get(id=added.added[0])
        refresh_company(company.id)
        assert people.enable_portal(acting_as=OWNER, company_id=company.id, now=clock.now()) is None
        return company

    def subscription(self, company: Company, name: str) -> SubscriptionView:
        """Find a mirrored subscription by the beginning of its name; the first active one of several."""
        row = (
            Subscription.objects.filter(company=company, status="active", gone_at=None)
            .filter(friendly_name__startswith=name)
            .order_by("id")
            .first()
            or Subscription.objects.filter(company=company, status="active", offer_name__startswith=name)
            .order_by("id")
            .first()
        )
        assert row is not None, f"{company.name} has no active subscription called {name}"
        return self.view(row)

    def view(self, row: Subscription) -> SubscriptionView:
        """Look at a mirrored subscription as pages do."""
        found = subscription_view(CompanyId(row.company_id), row.id, Moment.current().commerce)
        assert found is not None
        return found

    def at_microsoft(self, row: Subscription) -> Record:
        """Read the subscription as Microsoft has it now."""
        client = client_for(self.connection.id)
        return client.subscription(CustomerId(row.company.tenant_id), SubscriptionId(row.upstream_id))

    def patches(self) -> list[dict[str, object]]:
        """Return the PATCH requests that the sandbox has seen, oldest first."""
        return [entry for entry in self.sandbox.journal() if entry["method"] == "PATCH"]

    def end_user(self, company: Company, key: str, role: EndUserRole) -> Person:
        """Give a person of the world bound access to a company."""
        person = self._person(key)
        make_end_user(company.id, person, role)
        return person

    def staff(self, key: str, role: StaffRole, companies: list[Company] | None = None) -> Person:
        """Give a person of the world a bound place at the partner, for all companies or the named ones."""
        person = self._person(key)
        make_staff(person, role, None if companies is None else [company.id for company in companies])
        return person

    def _person(self, key: str) -> Person:
        entry = next(one for one in self.sandbox.world()["people"] if one["key"] == key)
        return make_person(entry["tenant"], entry["oid"], entry["name"], entry["upn"])


def make_house(sandbox: SandboxHandle) -> House:
    """Make a connection with a refresh token that the sandbox's partner has consented to."""
    forget_clients()
    clock.read_commerce_clock_again()
    world = sandbox.world()
    application = next(one for one in world["applications"] if one["id"] == settings.PARTNER_CLIENT_ID)
    connection_id = uuid.uuid4()
    connection = PartnerConnection.objects.create(
        id=connection_id,
        name=world["partner"]["name"],
        mode="consent",
        partner_tenant_id=world["partner"]["tenant_id"],
        client_id=settings.PARTNER_CLIENT_ID,
        account="partnercenter@kestrel-it.example",
        sealed_refresh_token=seal(
            application["refresh_tokens"][0]["refresh_token"].encode(), token_place(connection_id)
        ),
        state=ConnectionState.WORKING,
        direct_csp=DirectCsp.SET,
        created_at=clock.now(),
        consented_at=clock.now(),
    )
    Tenant.objects.bulk_create(
        Tenant(
            connection=connection,
            tenant_id=customer.id,
            name=customer.name,
            domain=customer.company_profile.domain,
            first_seen_at=clock.now(),
        )
        for customer in client_for(connection_id).customers().items
    )
    call_log.flush()  # or its thread writes later, in the middle of the test
    return House(sandbox, connection)


def leave_house() -> None:
    """Write what the call log still holds and close the clients."""
    call_log.flush()
    forget_clients()


def finish(order_id: uuid.UUID) -> ChangeOrder:
    """Work through the jobs that are due and return the order."""
    run_due_jobs()
    return ChangeOrder.objects.get(id=order_id)
