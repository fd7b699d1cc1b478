"""Adding and removing companies, opening and closing their portals."""

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from django.db import connection as database
from django.db import transaction

from tenantry.audit.models import AuditRow
from tenantry.connection.actions import remove_connection
from tenantry.connection.models import DirectCsp, PartnerConnection, Tenant
from tenantry.kernel.actor import Actor
from tenantry.kernel.refusals import Refusal
from tenantry.people import actions, queries
from tenantry.people.models import Company, EndUser, EndUserRole
from tenantry.people.outcomes import AddedCompanies
from tests.people.house import (
    DANA,
    GREENFIELD_TENANT,
    HARBOUR_TENANT,
    NORDLYS_TENANT,
    NOW,
    add_company,
    audit_verbs,
    make_connection,
    make_house,
)
from tests.support.people import make_end_user, make_person
from tests.support.waiting import until_somebody_waits_for_us

pytestmark = pytest.mark.django_db


def add(connection: PartnerConnection, *tenant_ids: str) -> AddedCompanies | Refusal:
    return actions.add_companies(acting_as=DANA, connection_id=connection.id, tenant_ids=tenant_ids, now=NOW)


def test_many_at_once_and_those_that_are_there_stay_as_they_are() -> None:
    connection = make_connection()
    harbour = add_company(connection, HARBOUR_TENANT)
    outcome = add(connection, HARBOUR_TENANT, NORDLYS_TENANT, GREENFIELD_TENANT, NORDLYS_TENANT)
    assert isinstance(outcome, AddedCompanies)
    assert outcome.already == (harbour,)
    assert [Company.objects.get(id=added).name for added in outcome.added] == [
        "Nordlys Shipping AS",
        "Greenfield Charter School District",
    ]
    assert Company.objects.count() == 3
    assert not Company.objects.filter(portal_enabled=True).exists()
    assert audit_verbs() == ["company.added"] * 3
    row = AuditRow.objects.get(company_id=outcome.added[0])
    assert (row.actor_name, row.subject_kind, row.subject_name) == ("Dana Okafor", "company", "Nordlys Shipping AS")
    assert row.after == {"tenant_id": NORDLYS_TENANT, "name": "Nordlys Shipping AS"}


@pytest.mark.django_db(transaction=True)
def test_none_is_added_to_a_connection_that_is_being_removed() -> None:
    connection = make_connection()

    def add_meanwhile() -> AddedCompanies | Refusal:
        try:
            return add(connection, HARBOUR_TENANT)
        finally:
            database.close()

    with ThreadPoolExecutor() as beside:
        with transaction.atomic():
            refusal = remove_connection(
                acting_as=DANA,
                connection_id=connection.id,
                confirmed_name=connection.name,
                companies_of=lambda used: len(queries.companies_of_tenants(used)),
                now=NOW,
            )
            adding = beside.submit(add_meanwhile)
            until_somebody_waits_for_us()
        outcome = adding.result()

    assert refusal is None
    assert isinstance(outcome, Refusal) and outcome.reason == "gone"
    assert not Company.objects.exists()


def test_a_tenant_that_two_connections_list_is_one_company() -> None:
    first, second = make_connection(), make_connection()
    harbour = add_company(first, HARBOUR_TENANT)
    outcome = add(second, HARBOUR_TENANT, NORDLYS_TENANT)
    assert isinstance(outcome, AddedCompanies)
    assert outcome.already == (harbour,)
    assert dict(Company.objects.values_list("tenant_id", "connection_id")) == {
        HARBOUR_TENANT: first.id,
        NORDLYS_TENANT: second.id,
    }
    assert queries.companies_of_tenants(first.id) == {HARBOUR_TENANT: harbour}
    assert queries.companies_of_tenants() == {HARBOUR_TENANT: harbour, NORDLYS_TENANT: outcome.added[0]}
    assert audit_verbs() == ["company.added"] * 2


def test_a_tenant_that_partner_center_does_not_list_adds_nothing() -> None:
    connection = make_connection()
    Tenant.objects.filter(tenant_id=NORDLYS_TENANT).update(missing_since=NOW)
    for stranger in (str(uuid4()), NORDLYS_TENANT):
        outcome = add(connection, HARBOUR_TENANT, stranger)
        assert isinstance(outcome, Refusal)
        assert (outcome.reason, outcome.facts) == ("tenant_missing", {"tenant": stranger})
    assert Company.objects.count() == 0
    assert audit_verbs() == []


def test_a_removed_connection_adds_nothing() -> None:
    connection = make_connection()
    PartnerConnection.objects.update(removed_at=NOW)
    outcome = add(connection, HARBOUR_TENANT)
    assert isinstance(outcome, Refusal)
    assert outcome.reason == "gone"


def test_removing_a_company_closes_its_portal_and_takes_its_people_out_and_it_can_come_back() -> None:
    house = make_house()
    person = make_person(HARBOUR_TENANT, "oid-anna", "Anna", "anna@harbourvale.example")
    make_end_user(house.harbour, person, EndUserRole.ADMIN)
    assert actions.remove_company(acting_as=DANA, company_id=house.harbour, now=NOW) is None
    company = Company.objects.get(id=house.harbour)
    assert (company.removed_at, company.portal_enabled) == (NOW, False)
    assert EndUser.objects.get(company=company).removed_at == NOW
    assert Company.objects.get(id=house.nordlys).removed_at is None
    assert audit_verbs()[-1] == "company.removed"
    again = actions.remove_company(acting_as=DANA, company_id=house.harbour, now=NOW)
    assert again is not None
    assert again.reason == "gone"
    assert add_company(house.connection, HARBOUR_TENANT) != house.harbour


@pytest.mark.parametrize("state", [DirectCsp.UNSET, DirectCsp.TESTING, DirectCsp.FAILED])
def test_a_portal_opens_only_where_direct_csp_is_set(state: DirectCsp) -> None:
    connection = make_connection(state)
    company_id = add_company(connection, HARBOUR_TENANT)
    refusal = actions.enable_portal(acting_as=DANA, company_id=company_id, now=NOW)
    assert refusal == Refusal(
        reason="direct_csp_not_set",
        rule="people.portal_needs_direct_csp",
        next_step="set_direct_csp",
        facts={"connection": "Kestrel IT Services"},
    )
    assert not Company.objects.get(id=company_id).portal_enabled
    assert audit_verbs() == ["company.added"]


def test_a_portal_opens_and_closes_once() -> None:
    company_id = add_company(make_connection(), HARBOUR_TENANT)
    for _ in range(2):
        assert actions.enable_portal(acting_as=DANA, company_id=company_id, now=NOW) is None
    company = Company.objects.get(id=company_id)
    assert (company.portal_enabled, company.portal_enabled_at) == (True, NOW)
    for _ in range(2):
        assert actions.disable_portal(acting_as=DANA, company_id=company_id, now=NOW) is None
    assert not Company.objects.get(id=company_id).portal_enabled
    assert audit_verbs() == ["company.added", "portal.enabled", "portal.disabled"]


def test_nothing_is_done_to_a_company_that_is_not_there() -> None:
    for action in (actions.enable_portal, actions.disable_portal, actions.remove_company):
        refusal = action(acting_as=DANA, company_id=uuid4(), now=NOW)
        assert refusal is not None
        assert refusal.reason == "gone"


def test_companies_follow_the_names_of_their_tenants() -> None:
    house = make_house()
    Tenant.objects.filter(tenant_id=HARBOUR_TENANT).update(name="Harbour & Vale plc")
    Tenant.objects.filter(tenant_id=NORDLYS_TENANT).update(name="Gone", missing_since=NOW)
    assert actions.follow_tenant_names(acting_as=Actor.system(), now=NOW) == 1
    assert actions.follow_tenant_names(acting_as=Actor.system(), now=NOW) == 0
    names = set(Company.objects.values_list("name", flat=True))
    assert names == {"Harbour & Vale plc", "Nordlys Shipping AS"}
    row = AuditRow.objects.get(verb="company.renamed")
    assert (row.company_id, row.before, row.after) == (
        house.harbour,
        {"name": "Harbour & Vale Ltd"},
        {"name": "Harbour & Vale plc"},
    )


def test_the_list_searches_and_pages() -> None:
    house = make_house()
    person = make_person(HARBOUR_TENANT, "oid-anna", "Anna", "anna@harbourvale.example")
    make_end_user(house.harbour, person, EndUserRole.ADMIN)
    everything = queries.companies(only=None)
    assert [(row.name, row.end_users, row.portal_enabled) for row in everything.rows] == [
        ("Harbour & Vale Ltd", 1, True),
        ("Nordlys Shipping AS", 0, True),
    ]
    assert everything.total == 2
    found = queries.companies(only=None, search=" vale ")
    assert [row.id for row in found.rows] == [house.harbour]
    assert [row.id for row in queries.companies(only=None, search=NORDLYS_TENANT).rows] == [house.nordlys]
    named = queries.companies(only=frozenset({house.nordlys}))
    assert ([row.id for row in named.rows], named.total) == ([house.nordlys], 1)
    assert queries.companies(only=frozenset()).rows == ()
    second = queries.companies(only=None, offset=1, limit=1)
    assert ([row.id for row in second.rows], second.total) == ([house.nordlys], 2)
    row = queries.company(house.harbour)
    assert row == everything.rows[0]
    assert queries.company(uuid4()) is None
    assert queries.companies_of_tenants(house.connection.id) == {
        HARBOUR_TENANT: house.harbour,
        NORDLYS_TENANT: house.nordlys,
    }
