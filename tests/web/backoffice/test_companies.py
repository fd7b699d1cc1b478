"""The list of companies, adding some, refreshing them, and tenants that vanished."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tenantry.connection.models import ConnectionState, DirectCsp, PartnerConnection, Tenant
from tenantry.jobs.models import RunRecord
from tenantry.jobs.testing import run_due_jobs
from tenantry.kernel import clock
from tenantry.kernel.ids import CompanyId
from tenantry.licensing.models import ChangeOrder, CompanyRefresh, OrderState, Subscription
from tenantry.licensing.moment import Moment
from tenantry.licensing.queries import DECIDED_BEFORE
from tenantry.licensing.renewing import SeenTerm, confirm_renewals
from tenantry.licensing.rules.facts import fingerprint
from tenantry.licensing.rules.wishes import SetQuantity
from tenantry.licensing.summary import decisions_of, summaries
from tenantry.licensing.upcoming import due
from tenantry.people.models import Company, StaffRole
from tenantry.web.backoffice.lists import PER_PAGE
from tests.people.house import (
    GREENFIELD_TENANT,
    HARBOUR_TENANT,
    PARTNER_TENANT,
    add_company,
    audit_verbs,
    make_connection,
)
from tests.people.house import House as SmallHouse
from tests.support.house import HARBOUR, MERIDIAN, NORDLYS, OWNER, House, finish
from tests.support.orders import placed
from tests.support.people import make_person, make_staff
from tests.web.backoffice.visitors import admin_of, owner, page, signed_in, staff_of, strangers, support, told, words

LIST = "/office/companies/"


def named(small: SmallHouse) -> list[Company]:
    return [Company.objects.get(id=small.harbour)]


def test_the_list_says_what_matters_about_each_company(house: House) -> None:
    harbour = house.add_company(HARBOUR)
    dana = owner(house)
    text = told(dana, LIST)
    active = Subscription.objects.filter(company=harbour, status="active", gone_at=None)
    seats = sum(active.values_list("quantity", flat=True))
    assert text.startswith(
        "Companies 1 company · refreshed now Refresh now Add companies Companies Delegated Admin Removed tenants"
    )
    waiting = due(Moment.current().commerce, only=None, limit=5, most=101)
    n = waiting.decisions.total + waiting.trials.total
    assert text.endswith(
        f"HV Harbour & Vale Ltd harbourvale.onmicrosoft.com {active.count()} subscriptions · {seats} seats · "
        f"{n} to decide {n} in 38 hours Mon 23 Nov {active.count()} {seats} On 0"
    )
    (address,) = re.findall(r'<td class="nowrap"><a href="([^"]+)"', page(dana.get(LIST)))
    assert f"To decide {n}" in told(dana, unescape(address))


def test_companies_are_searched_filtered_and_sorted(small: SmallHouse) -> None:
    dana = staff_of(StaffRole.OWNER)
    Company.objects.filter(id=small.nordlys).update(portal_enabled=False)
    cases = {
        "": ["Harbour & Vale Ltd", "Nordlys Shipping AS"],
        "?sort=-name": ["Nordlys Shipping AS", "Harbour & Vale Ltd"],
        "?q=nord": ["Nordlys Shipping AS"],
        "?q=harbourvale.example": ["Harbour & Vale Ltd"],
        f"?q={HARBOUR_TENANT}": ["Harbour & Vale Ltd"],
        "?sort=-portal": ["Nordlys Shipping AS", "Harbour & Vale Ltd"],
        "?show=off": ["Nordlys Shipping AS"],
        "?show=decide": [],
        "?q=nobody": [],
        "?page=oops&sort=oops&show=oops": ["Harbour & Vale Ltd", "Nordlys Shipping AS"],
    }
    for query, names in cases.items():
        text = told(dana, LIST + query)
        found = sorted((name for name in ("Harbour & Vale Ltd", "Nordlys Shipping AS") if name in text), key=text.find)
        assert found == names, query
    assert "No company matches." in told(dana, f"{LIST}?q=nobody")


@pytest.mark.parametrize("column", ["name", "decide", "next_end", "orders", "active", "seats", "portal", "people"])
def test_every_column_sorts_both_ways(house: House, column: str) -> None:
    house.add_company(HARBOUR)
    CompanyRefresh.objects.filter(company=house.add_company(NORDLYS)).update(active=1)  # the world gives both as many
    dana = owner(house)
    markup = page(dana.get(LIST))
    assert f'href="?sort={"-" if column == "decide" else ""}{column}"' in markup
    up, down = (names(dana, f"?sort={sign}{column}") for sign in ("", "-"))
    assert sorted(up) == sorted(down) == ["Harbour & Vale Ltd", "Nordlys Shipping AS"]
    if column not in {"orders", "portal", "people"}:  # alike, so by name both ways
        assert up == down[::-1]


def names(client: Client, query: str = "") -> list[str]:
    """Return the companies of a page in their order."""
    return [
        unescape(name) for name in re.findall(r'class="primary-link"[^>]*><bdi>([^<]+)', page(client.get(LIST + query)))
    ]


def test_the_most_urgent_company_goes_first(house: House) -> None:
    dana, harbour, nordlys = owner(house), house.add_company(HARBOUR), house.add_company(NORDLYS)
    assert names(dana) == ["Nordlys Shipping AS", "Harbour & Vale Ltd"]  # in 14 and in 38 hours
    view = house.subscription(harbour, "Exchange")
    assert view.facts.quantity is not None
    order = placed(view, SetQuantity(view.facts.quantity + 1))
    ChangeOrder.objects.filter(id=order.id).update(state=OrderState.UNSURE, needs_person=True)
    assert names(dana) == ["Harbour & Vale Ltd", "Nordlys Shipping AS"]
    assert "Needs a person 1" in told(dana, LIST) and names(dana, "?show=person") == ["Harbour & Vale Ltd"]
    (address,) = re.findall(r'<td class="numeric"><a href="([^"]+)"', page(dana.get(LIST)))
    assert f"#{order.number}" in told(dana, unescape(address))
    CompanyRefresh.objects.filter(company=nordlys).update(failed_at=clock.now() + timedelta(seconds=1))
    assert "Could not be read last time" in told(dana, LIST)
    assert "Could not be read 1" in told(dana, LIST) and names(dana, "?show=trouble") == ["Nordlys Shipping AS"]
    assert "2 days ago" not in told(dana, LIST)
    CompanyRefresh.objects.filter(company=nordlys).update(succeeded_at=clock.now() - timedelta(days=2))
    assert "Read 2 days ago" in told(dana, LIST)


@pytest.mark.parametrize("tenant", [HARBOUR, NORDLYS, MERIDIAN, "503a4286-b7ae-5bd8-985c-d88d74134615"])
def test_the_columns_follow_decisions_orders_and_refreshes(house: House, tenant: str) -> None:
    company = house.add_company(tenant)
    now = Moment.current().commerce

    def agrees() -> int:
        waiting, known = due(now, only=None, limit=500, most=500), summaries([company.id])[company.id]
        rows = [one.row for part in (waiting.decisions, waiting.trials) for one in part.rows]
        ends = [row.commitment_end for row in rows if row.commitment_end]
        assert decisions_of([company.id], now).get(company.id, 0) == len(rows)
        later = known.decide_by is None or known.decide_by >= now + DECIDED_BEFORE
        assert known.decide_by == min(ends) if ends else later
        active = Subscription.objects.filter(company=company, status="active", gone_at=None)
        assert (known.active, known.seats) == (active.count(), sum(active.values_list("quantity", flat=True)))
        return len(rows)

    before = agrees()
    first = due(now, only=None, limit=500, most=500).decisions.rows
    confirmed = [one for one in first if one.may_be_confirmed]
    terms = [
        SeenTerm(CompanyId(company.id), one.row.id, fingerprint(house.view(one.row).facts), OWNER) for one in confirmed
    ]
    assert set(confirm_renewals(terms, Moment.current()).values()) <= {True}
    assert agrees() == before - len(terms)


def test_an_order_that_took_effect_counts_at_once(house: House) -> None:
    harbour = house.add_company(HARBOUR)
    view, before = house.subscription(harbour, "Microsoft 365 Business Premium"), summaries([harbour.id])[harbour.id]
    assert view.facts.quantity is not None
    order = placed(view, SetQuantity(view.facts.quantity + 3))
    finish(order.id)
    assert summaries([harbour.id])[harbour.id].seats == before.seats + 3


def test_staff_for_named_companies_see_theirs_only(small: SmallHouse) -> None:
    for role in StaffRole:
        text = told(staff_of(role, named(small)), LIST)
        assert "1 company" in text
        assert "Harbour & Vale Ltd" in text
        for hidden in ("Nordlys", "Delegated Admin", "Removed tenants", "Refresh now", "Add companies"):
            assert hidden not in text


@pytest.mark.parametrize("address", [LIST, "/office/add/", "/office/removed-tenants/"])
def test_nobody_else_sees_these_pages(small: SmallHouse, harbour_vale: Company, address: str) -> None:
    for who, (client, status) in strangers(harbour_vale).items():
        assert client.get(address).status_code == status, who
    seen = staff_of(StaffRole.BILLING).get(address).status_code
    assert seen == (403 if address == "/office/add/" else 200)


def test_an_empty_office_says_how_to_begin(db: None) -> None:
    person = make_person(PARTNER_TENANT, "dana", "Dana Okafor", "dana@kestrel-it.example")
    make_staff(person, StaffRole.OWNER)
    dana = signed_in(person)
    markup = page(dana.get(LIST))
    assert "A partner connection reads them: it comes first. Go to Delegated Admin" in words(markup)
    assert "Refresh now" not in markup
    assert "Add companies" not in markup
    make_connection(DirectCsp.UNSET)
    assert "Enable Direct CSP on it next" in told(dana, LIST)
    assert "Enable Direct CSP Add companies" in told(dana, LIST)
    assert "Go to Delegated Admin Add companies" in told(staff_of(StaffRole.ADMIN), LIST)
    PartnerConnection.objects.update(direct_csp=DirectCsp.SET)
    markup = page(dana.get(LIST))
    assert "Companies are made of the tenants that Partner Center lists for your partner connection." in words(markup)
    assert "Go to Delegated Admin" not in markup
    assert "No companies yet. An administrator adds them." in told(staff_of(StaffRole.BILLING), LIST)
    PartnerConnection.objects.update(removed_at=clock.now())
    assert "There is no partner connection yet." in told(dana, "/office/add/")


def test_a_connection_that_does_not_work_is_named_where_people_work(small: SmallHouse, harbour_vale: Company) -> None:
    company, told_here = f"/office/c/{small.harbour}/", "The partner connection Kestrel IT Services does not work."
    dana, ines = staff_of(StaffRole.SUPPORT), staff_of(StaffRole.SUPPORT, [harbour_vale])
    PartnerConnection.objects.update(sealed_refresh_token=b"sealed")
    assert all(told_here not in told(dana, address) for address in (LIST, company))
    PartnerConnection.objects.update(state=ConnectionState.BROKEN)
    assert all(told_here in told(dana, address) for address in (LIST, company, f"{company}portal/"))
    assert "What to do" in told(dana, company)
    assert f"{told_here} Nothing new is read from Microsoft" in told(ines, company)
    assert "Staff for all companies see what to do." in told(ines, company)
    assert told_here not in told(ines, LIST)


def test_the_list_asks_the_database_as_often_for_fifty_companies_as_for_one(db: None) -> None:
    partner = make_connection()
    add_company(partner, HARBOUR_TENANT)
    dana = staff_of(StaffRole.OWNER)
    few = count(dana)
    now = clock.now()
    Company.objects.bulk_create(
        Company(connection=partner, tenant_id=f"{number:036d}", name=f"Customer {number:03d}", added_at=now)
        for number in range(60)
    )
    assert count(dana) == few <= 15
    assert "61 companies" in told(dana, LIST)
    assert "51–61 of 61 companies" in told(dana, f"{LIST}?page=2")
    assert dana.get(f"{LIST}?page=3").headers["Location"] == LIST


def test_chips_say_how_many_companies_they_show(db: None) -> None:
    partner = make_connection()
    harbour, greenfield = (
        Company.objects.get(id=add_company(partner, tenant)) for tenant in (HARBOUR_TENANT, GREENFIELD_TENANT)
    )
    dana, ines = staff_of(StaffRole.OWNER), staff_of(StaffRole.SUPPORT, [harbour])
    assert "All 2 Portal off 2" in told(dana, LIST)
    Company.objects.filter(id=harbour.id).update(portal_enabled=True)
    assert "All 2 Portal off 1" in told(dana, LIST)
    assert "Portal off" not in told(ines, LIST)
    assert "All 1 Portal off 1" in told(dana, f"{LIST}?q={greenfield.name}&show=off")


def count(client: Client) -> int:
    client.get(LIST)
    with CaptureQueriesContext(connection) as queries:
        page(client.get(LIST))
    return len(queries)


def test_refreshing_shows_its_progress_and_how_it_ended(house: House) -> None:
    house.add_company(HARBOUR)
    dana = owner(house)
    assert dana.post("/office/refresh/").headers["Location"] == LIST
    run = RunRecord.objects.get(kind="refresh_subscriptions")
    assert (run.asked_by, run.state) == ("Dana Okafor", "waiting")
    markup = page(dana.get(LIST))
    assert f'hx-get="/office/refresh/{run.id}/progress/" hx-trigger="every 500ms"' in markup
    assert '<noscript><meta http-equiv="refresh" content="3"></noscript>' in markup
    assert "Waiting for a worker" in page(dana.get(f"/office/refresh/{run.id}/progress/"))
    assert dana.post("/office/refresh/").status_code == 302
    assert RunRecord.objects.count() == 1

    run_due_jobs()

    assert dana.get(f"/office/refresh/{run.id}/progress/").headers["HX-Refresh"] == "true"
    text = told(dana, LIST)
    assert "1 company was refreshed." in text
    assert "Reading from Microsoft" not in text


def test_a_refresh_that_failed_says_so(house: House) -> None:
    harbour = house.add_company(HARBOUR)
    dana = owner(house)
    house.sandbox.fault("status", status=403, code=3000)
    answer = dana.post(f"/office/c/{harbour.id}/refresh/", {"side": "activity"})
    assert answer.headers["Location"] == f"/office/c/{harbour.id}/activity/"
    run = RunRecord.objects.get(kind="refresh_company")
    run_due_jobs()
    dana.get(f"/office/refresh/{run.id}/progress/")
    assert "Microsoft could not be read." in told(dana, LIST)
    assert "1 could not be read" in told(dana, LIST)


def test_a_refresh_is_watched_by_those_who_see_its_companies(house: House) -> None:
    harbour, nordlys = house.add_company(HARBOUR), house.add_company(NORDLYS)
    ines, dana = support(house, [nordlys]), owner(house)
    dana.post("/office/refresh/")
    dana.post(f"/office/c/{harbour.id}/refresh/")
    for run in RunRecord.objects.all():
        assert ines.get(f"/office/refresh/{run.id}/progress/").status_code == 404
        assert ines.get(f"/office/refresh/{run.id}/").status_code == 404
        assert dana.get(f"/office/refresh/{run.id}/").status_code == 200
    assert ines.post("/office/refresh/").status_code == 403
    assert ines.post(f"/office/c/{harbour.id}/refresh/").status_code == 404
    assert ines.post(f"/office/c/{nordlys.id}/refresh/").status_code == 302


def test_many_tenants_become_companies_at_once_and_are_read(house: House) -> None:
    house.add_company(HARBOUR)
    dana = owner(house)
    text = told(dana, "/office/add/")
    assert "Harbour & Vale Ltd" not in text
    assert "Nordlys Shipping AS nordlys.onmicrosoft.com" in text
    shown = told(dana, "/office/add/?added=yes&q=harbour")
    assert "Harbour & Vale Ltd already added harbourvale.onmicrosoft.com" in shown
    form = {"connection": str(house.connection.id), "tenant": [NORDLYS.upper(), MERIDIAN]}
    answer = dana.post("/office/add/", form)
    run = RunRecord.objects.get(kind="refresh_new")
    assert answer.headers["Location"] == f"/office/refresh/{run.id}/"
    assert "2 companies were added." in told(dana, f"/office/refresh/{run.id}/")
    run_due_jobs()
    assert dana.get(f"/office/refresh/{run.id}/").headers["Location"] == LIST
    text = told(dana, LIST)
    assert "2 companies were refreshed." in text
    assert Subscription.objects.filter(company__tenant_id=MERIDIAN).count() == 60
    dana.post("/office/add/", form)
    assert "All of these are companies already." in told(dana, LIST)
    assert Company.objects.count() == 3


def test_a_tenant_of_another_connection_is_shown_as_added(small: SmallHouse) -> None:
    second, dana = make_connection(), staff_of(StaffRole.ADMIN)
    listed = f"/office/add/?connection={second.id}"
    assert "Harbour & Vale Ltd" not in told(dana, listed)
    assert "Harbour & Vale Ltd already added" in told(dana, f"{listed}&added=yes")
    dana.post("/office/add/", {"connection": str(second.id), "tenant": [HARBOUR_TENANT]})
    assert "All of these are companies already." in told(dana, LIST)
    assert Company.objects.count() == 2


def test_ticks_outlive_searching_and_turning_pages(small: SmallHouse) -> None:
    dana, mine = staff_of(StaffRole.ADMIN), small.connection
    for number in range(PER_PAGE + 1):
        Tenant.objects.create(
            connection=mine,
            tenant_id=f"0000{number:04}-0000-4000-8000-000000000000",
            name=f"Tenant {number:04}",
            first_seen_at=clock.now(),
        )
    first, last = "00000000-0000-4000-8000-000000000000", "00000050-0000-4000-8000-000000000000"

    def post(**fields: object) -> str:
        return page(dana.post("/office/add/", {"connection": str(mine.id), "ticks_of": str(mine.id), **fields}))

    searched = post(do="look", q="0050", tenant=[first])
    assert ticks(searched) == {first: True, last: False}
    assert "1 ticked tenant is not in this list Tenant 0000" in words(searched)
    assert f'value="{first}"' not in post(do="look", q="0050", tenant=[last])
    assert ticks(post(page="2", q="Tenant", tenant=[first])) == {first: True, last: False}
    both = post(do="all", at="2", q="Tenant", tenant=[first])
    assert ticks(both) == {first: True, last: True}
    every = ticks(post(do="all", at="1", q="Tenant", tenant=[last]))
    assert len(every) == PER_PAGE + 1
    assert all(every.values())
    assert ticks(post(do="none", at="2", q="Tenant", tenant=[first, last])) == {last: False}
    assert ticks(post(do="look", q="nobody there", tenant=[first])) == {first: True}
    assert "No tenant matches." in words(post(do="look", q="nobody there", tenant=[first]))
    assert ticks(post(do="look", q="0050", tenant=[first, HARBOUR_TENANT, "nobody"])) == {first: True, last: False}
    bare = dana.post("/office/add/", {"connection": str(mine.id), "do": "look", "q": "0050", "added": "yes"})
    assert bare.headers["Location"] == f"/office/add/?connection={mine.id}&q=0050&added=yes"
    assert Company.objects.count() == 2


def test_ticks_of_one_connection_are_not_taken_for_another(small: SmallHouse) -> None:
    dana, mine, second = staff_of(StaffRole.ADMIN), small.connection, make_connection()
    form = {"connection": str(second.id), "ticks_of": str(mine.id), "tenant": [GREENFIELD_TENANT], "do": "add"}
    answer = dana.post("/office/add/", form)
    assert answer.headers["Location"] == f"/office/add/?connection={second.id}"
    assert "The ticks belonged to the other connection" in told(dana, "/office/add/")
    assert Company.objects.count() == 2


def test_thousands_of_ticks_are_taken(small: SmallHouse) -> None:
    many = [GREENFIELD_TENANT, *(f"0000{number:04}-0000-4000-8000-000000000000" for number in range(3_000))]
    form = {"connection": str(small.connection.id), "do": "look", "q": "nobody there", "tenant": many}
    assert ticks(page(staff_of(StaffRole.ADMIN).post("/office/add/", form))) == {GREENFIELD_TENANT: True}


def ticks(markup: str) -> dict[str, bool]:
    """Return the tenants that can be ticked, and which are."""
    found = re.findall(r'name="tenant" value="([^"]+)"[^>]*?( checked)?>', markup)
    return {tenant: bool(checked) for tenant, checked in found}


def test_nothing_is_added_without_a_tick_or_from_elsewhere(small: SmallHouse) -> None:
    dana = staff_of(StaffRole.ADMIN)
    before = audit_verbs()
    dana.post("/office/add/", {"connection": str(small.connection.id)})
    assert "No tenant is ticked, so nothing was added." in told(dana, "/office/add/")
    form = {"connection": str(small.connection.id), "tenant": [GREENFIELD_TENANT, "nobody"]}
    refused = page(dana.post("/office/add/", form), 422)
    assert "The tenant nobody is not in the list" in words(refused)
    assert ticks(refused) == {GREENFIELD_TENANT: True}
    assert dana.post("/office/add/", {"tenant": ["\x00"]}).status_code == 422
    for role in (StaffRole.SUPPORT, StaffRole.BILLING):
        assert staff_of(role).post("/office/add/", {"tenant": [GREENFIELD_TENANT]}).status_code == 403
    assert staff_of(StaffRole.ADMIN, named(small)).post("/office/add/").status_code == 403
    assert audit_verbs() == before
    assert Company.objects.count() == 2


def test_the_list_of_tenants_is_read_again_on_request(small: SmallHouse) -> None:
    dana = staff_of(StaffRole.ADMIN)
    answer = dana.post(f"/office/add/{small.connection.id}/refresh/")
    run = RunRecord.objects.get()
    assert (run.kind, answer.headers["Location"]) == ("refresh_tenants", f"/office/delegated-admin/runs/{run.id}/")
    assert "You can leave this page." in told(dana, answer.headers["Location"])
    run_due_jobs()  # nobody has consented in this house
    ended = page(dana.get(answer.headers["Location"]))
    assert f'href="/office/add/?connection={small.connection.id}"' in ended
    assert staff_of(StaffRole.SUPPORT).post(f"/office/add/{small.connection.id}/refresh/").status_code == 403


def missing(tenant_id: str) -> Tenant:
    row = Tenant.objects.get(tenant_id=tenant_id)
    row.missing_since = clock.now() - timedelta(days=2)
    row.save()
    return row


def test_a_vanished_tenant_is_held_until_somebody_decides(small: SmallHouse) -> None:
    dana = staff_of(StaffRole.ADMIN)
    assert "Nothing waits for a decision" in told(dana, "/office/removed-tenants/")
    assert "Removed tenants Search companies" in told(dana, LIST)
    harbour, greenfield = missing(HARBOUR_TENANT), missing(GREENFIELD_TENANT)
    text = told(dana, "/office/removed-tenants/")
    assert "2 tenants wait for a decision" in text
    assert "Removed tenants 2 Search companies" in told(dana, LIST)
    assert "Harbour & Vale Ltd harbourvale.example Kestrel IT Services · missing since" in text
    vanished = "Partner Center does not list this tenant any more."
    assert vanished in told(dana, f"/office/c/{small.harbour}/")
    assert vanished not in told(dana, f"/office/c/{small.nordlys}/")
    asked = told(dana, f"/office/removed-tenants/{harbour.id}/")
    assert "Is Harbour & Vale Ltd gone for good?" in asked
    assert "The company Harbour & Vale Ltd is removed here" in asked
    assert "The company" not in told(dana, f"/office/removed-tenants/{greenfield.id}/")

    before = len(audit_verbs())
    dana.post(f"/office/removed-tenants/{harbour.id}/", {"decision": "confirm"})
    assert audit_verbs()[before:] == ["tenant.removal_confirmed", "company.removed"]
    assert "Harbour & Vale Ltd is gone for good." in told(dana, "/office/removed-tenants/")
    assert Company.objects.get(id=small.harbour).removed_at is not None
    assert Company.objects.get(id=small.nordlys).removed_at is None
    dana.post(f"/office/removed-tenants/{greenfield.id}/", {"decision": "dismiss"})
    assert "Greenfield Charter School District stays." in told(dana, "/office/removed-tenants/")
    assert dana.get(f"/office/removed-tenants/{greenfield.id}/").status_code == 404


def test_only_admins_for_all_companies_decide(small: SmallHouse) -> None:
    row = missing(HARBOUR_TENANT)
    who = "An Owner or Admin for all companies decides"
    for reader in (staff_of(StaffRole.SUPPORT), staff_of(StaffRole.BILLING)):
        listed = told(reader, "/office/removed-tenants/")
        assert who in listed
        assert "Keep it" not in listed
        assert who in told(reader, f"/office/c/{small.harbour}/")
    assert who in told(staff_of(StaffRole.ADMIN, named(small)), f"/office/c/{small.harbour}/")
    assert who not in told(staff_of(StaffRole.ADMIN), f"/office/c/{small.harbour}/")
    for client in (staff_of(StaffRole.SUPPORT), staff_of(StaffRole.BILLING), staff_of(StaffRole.ADMIN, named(small))):
        assert client.post(f"/office/removed-tenants/{row.id}/", {"decision": "confirm"}).status_code == 403
    text = told(staff_of(StaffRole.SUPPORT), "/office/removed-tenants/")
    assert "Harbour & Vale Ltd" in text
    assert "It is gone" not in text
    assert Company.objects.get(id=small.harbour).removed_at is None


def test_a_removed_company_is_missing_for_everybody(small: SmallHouse, harbour_vale: Company) -> None:
    dana, anna = staff_of(StaffRole.ADMIN), admin_of(harbour_vale)
    address = reverse("office:remove_company", args=[small.harbour])
    assert "Remove Harbour & Vale Ltd?" in told(dana, address)
    for client in (staff_of(StaffRole.SUPPORT), staff_of(StaffRole.ADMIN, [harbour_vale])):
        assert client.post(address).status_code == 403
    assert dana.post(address).headers["Location"] == LIST
    assert "Harbour & Vale Ltd was removed. Nothing changed at Microsoft." in told(dana, LIST)
    assert dana.get(reverse("office:company", args=[small.harbour])).status_code == 404
    assert anna.get(f"/c/{small.harbour}/").status_code == 302
