"""Today: each kind of thing that waits, who sees it, and where its one action leads."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tenantry.connection.models import ConnectionState, DirectCsp, PartnerConnection
from tenantry.kernel import clock
from tenantry.licensing import queries
from tenantry.licensing.actions import stop
from tenantry.licensing.models import ChangeOrder, CompanyRefresh, OrderState, Subscription, Wish
from tenantry.licensing.moment import Moment
from tenantry.licensing.rules.wishes import SetQuantity
from tenantry.licensing.upcoming import UNDECIDED, due, next_end, upcoming
from tenantry.people.models import Company, EndUserRole, SignInRecord, StaffRole
from tests.people.house import House as SmallHouse
from tests.support.house import HARBOUR, MERIDIAN, NORDLYS, OWNER, House
from tests.support.orders import placed
from tests.support.people import make_end_user, make_person
from tests.web.backoffice.visitors import billing, owner, page, staff_of, strangers, support, told, words

TODAY = "/office/"
STOPS = "Nothing new is read from Microsoft, and no change reaches it."
PREMIUM, SONNENSCHEIN = "Microsoft 365 Business Premium", "503a4286-b7ae-5bd8-985c-d88d74134615"


@pytest.fixture
def harbour(house: House) -> Company:
    """Harbour & Vale with its mirrored subscriptions."""
    return house.add_company(HARBOUR)


def sections(client: Client) -> dict[str, str]:
    """Return the sections of the page: title with count, and what a reader sees of the rest."""
    markup = page(client.get(TODAY))
    found = re.findall(r'<h2 id="waits-\d+">(.*?)</h2>(.*?)</section>', markup, re.DOTALL)
    return {words(f"<main>{title}</main>"): words(f"<main>{rest}</main>") for title, rest in found}


def links(client: Client, title: str) -> list[str]:
    """Return the addresses of the actions of a section."""
    markup = page(client.get(TODAY))
    (part,) = re.findall(rf'<h2 id="waits-\d+">{re.escape(title)} .*?</section>', markup, re.DOTALL)
    return re.findall(r'<a class="button[^"]*" href="([^"]+)"', part)


def settled_otherwise(house: House, company: Company, name: str, **columns: object) -> ChangeOrder:
    view = house.subscription(company, name)
    assert view.facts.quantity is not None
    order = placed(view, SetQuantity(view.facts.quantity + 1))
    ChangeOrder.objects.filter(id=order.id).update(**columns)
    order.refresh_from_db()
    return order


@pytest.mark.parametrize("tenant", [HARBOUR, NORDLYS, MERIDIAN, SONNENSCHEIN])
def test_what_is_due_is_what_renewals_has_as_undecided(house: House, tenant: str) -> None:
    house.add_company(tenant)
    now = Moment.current().commerce
    listed = upcoming(now, only=None, since=now, until=now + queries.DECIDED_BEFORE, kind=UNDECIDED, limit=500)
    everything = upcoming(now, only=None, since=now, until=now + queries.YEAR, limit=1)
    found = due(now, only=None, limit=500, most=500)
    parts = (found.decisions, found.trials)
    rows = [one for part in parts for one in part.rows]
    assert {one.row.id for one in rows} == {one.row.id for one in listed.rows} and not found.lost.rows
    assert [part.total for part in parts] == [len(part.rows) for part in parts]
    assert all(one.undecided for one in rows) and all(one.row.is_trial for one in found.trials.rows)
    first = next_end(now, only=None)
    assert first is not None and first.id == everything.rows[0].row.id
    assert next_end(now, only=[]) is None


def test_decisions_and_trials_lead_to_where_they_are_decided(house: House, harbour: Company) -> None:
    dana = owner(house)
    now = Moment.current().commerce
    found = due(now, only=None, limit=5, most=101)
    shown = sections(dana)
    decisions, trials = (
        f"Decisions that are due {found.decisions.total}",
        f"Trials that become paid {found.trials.total}",
    )
    assert found.decisions.total and found.trials.total and {decisions, trials} <= set(shown)
    assert f"{PREMIUM} Harbour & Vale Ltd · 42 seats · " in shown[decisions]
    first = found.decisions.rows[0].row
    assert links(dana, "Decisions that are due")[0] == f"/c/{harbour.id}/subscriptions/{first.id}/end-of-term/"
    assert dana.get(links(dana, "Decisions that are due")[0]).status_code == 200
    trial = found.trials.rows[0].row
    assert links(dana, "Trials that become paid") == [f"/c/{harbour.id}/subscriptions/{trial.id}/"]
    # Who may not act is led to the company's page.
    petra = billing(house)
    assert set(sections(petra)) == set(shown)
    assert set(links(petra, "Decisions that are due")) == {f"/office/c/{harbour.id}/"}
    assert "Decide" not in sections(petra)[decisions]


def test_more_than_five_lead_on_to_renewals_with_the_same_filter(house: House) -> None:
    house.add_company(MERIDIAN)
    dana = owner(house)
    total = due(Moment.current().commerce, only=None, limit=5, most=101).decisions.total
    assert total > 5
    markup = page(dana.get(TODAY))
    assert sections(dana)[f"Decisions that are due {total}"].count("Decide") == 5
    assert 'href="/office/renewals/?show=undecided"' in markup
    assert page(dana.get("/office/renewals/?show=undecided")).count("<tr>") - 1 >= total


def test_a_decision_that_microsoft_lost_stands_alone(house: House, harbour: Company) -> None:
    dana, view = owner(house), house.subscription(harbour, PREMIUM)
    assert view.row.commitment_end is not None
    now = Moment.current().commerce
    before = due(now, only=None, limit=50, most=101).decisions.total
    Wish.objects.create(
        subscription=view.row,
        company=harbour,
        choice="end",
        term_end=view.row.commitment_end,
        decided_by="Anna Lindqvist",
        decided_at=now,
        lost_at=now,
    )
    shown = sections(dana)
    assert PREMIUM in shown["Decisions that Microsoft does not have 1"]
    assert f"Decisions that are due {before - 1}" in shown
    there = told(dana, "/office/renewals/?show=lost&month=year")
    assert "Not at Microsoft 1" in there and PREMIUM in there
    assert f"Trials that become paid {due(now, only=None, limit=5, most=101).trials.total}" in told(
        dana, "/office/renewals/?show=trials"
    )
    assert "Not at Microsoft 1" not in told(dana, "/office/renewals/")


def test_orders_that_need_a_person_and_that_failed(house: House, harbour: Company) -> None:
    dana, petra = owner(house), billing(house)
    unsure = settled_otherwise(house, harbour, "Exchange", state=OrderState.UNSURE, needs_person=True)
    failed = settled_otherwise(house, harbour, PREMIUM, state=OrderState.FAILED)
    shown = sections(dana)
    assert f"#{unsure.number} " in shown["Orders that need a person 1"]
    assert shown["Orders that need a person 1"].endswith("Settle")
    assert links(dana, "Orders that need a person") == [f"/office/orders/{unsure.id}/"]
    assert sections(petra)["Orders that need a person 1"].endswith("Open")
    assert f"#{failed.number} " in shown["Orders of the last 7 days that were not carried out 1"]
    # A later order of the subscription, or a week, and nobody waits for the failed one any more.
    later = settled_otherwise(house, harbour, PREMIUM, state=OrderState.APPLIED)
    assert not any("not carried out" in title for title in sections(dana))
    ChangeOrder.objects.filter(id=later.id).delete()
    ChangeOrder.objects.filter(id=failed.id).update(requested_at=failed.requested_at - timedelta(days=8))
    assert not any("not carried out" in title for title in sections(dana))


def test_connections_that_fail_or_lack_something(small: SmallHouse, harbour_vale: Company) -> None:
    dana, ines = staff_of(StaffRole.SUPPORT), staff_of(StaffRole.SUPPORT, [harbour_vale])
    PartnerConnection.objects.update(
        sealed_refresh_token=b"sealed",
        direct_csp=DirectCsp.SET,
        mfa_compliant=True,
        tenants_refreshed_at=clock.now(),
        consented_at=clock.now(),
    )
    assert sections(dana) == {}
    PartnerConnection.objects.update(consented_at=clock.now() - timedelta(days=70))
    shown = sections(dana)["Partner connections 1"]
    said = "The consent has not been renewed for a long time. Works, needs attention in 20 days"
    assert f"Kestrel IT Services {said}" in shown
    assert links(dana, "Partner connections") == [f"/office/delegated-admin/{small.connection.id}/"]
    assert sections(ines) == {}
    PartnerConnection.objects.update(state=ConnectionState.BROKEN)
    assert sections(dana)["Partner connections 1"].startswith(f"Kestrel IT Services {STOPS} Does not work")
    assert sections(ines)["Partner connections 1"] == (
        f"Kestrel IT Services {STOPS} Staff for all companies see what to do. Does not work"
    )
    # The connection explains the companies that are read over it.
    CompanyRefresh.objects.create(company=harbour_vale, failed_at=clock.now())
    assert not any("could not be read" in title for title in sections(dana))
    PartnerConnection.objects.update(state=ConnectionState.WORKING)
    assert sections(ines) == {"Companies that could not be read 1": "Harbour & Vale Ltd Never read See why"}


def test_people_who_were_refused_until_somebody_lets_them_in(small: SmallHouse, harbour_vale: Company) -> None:
    working(small)
    dana, ines = staff_of(StaffRole.OWNER), staff_of(StaffRole.SUPPORT, [harbour_vale])
    nordlys = Company.objects.get(id=small.nordlys)
    eddie = refused("eddie", harbour_vale)
    refused("eddie", harbour_vale)  # he tried twice
    refused("olga", nordlys)
    refused("stranger", None)
    refused("old", harbour_vale, days=8)
    title = "People who were refused at sign-in in the last 7 days"
    shown = sections(dana)[f"{title} 3"]
    assert (
        "eddie eddie@example.com · Harbour & Vale Ltd · The right tenant, but a user name that nobody invited." in shown
    )
    assert set(links(dana, title)) == {
        f"/office/c/{small.harbour}/portal/",
        f"/office/c/{small.nordlys}/portal/",
        "/office/logs/sign-ins/?show=refused&amp;q=stranger%40example.com",
    }
    assert list(sections(ines)) == [f"{title} 1"] and "olga" not in sections(ines)[f"{title} 1"]
    person = make_person(eddie.tid, eddie.oid, "eddie", "eddie@example.com")
    assert list(sections(ines)) == [f"{title} 1"]
    make_end_user(harbour_vale.id, person, EndUserRole.VIEW)
    assert sections(ines) == {}
    SignInRecord.objects.filter(username="olga@example.com").update(accepted=True)
    assert list(sections(dana)) == [f"{title} 1"]


def refused(name: str, company: Company | None, *, days: int = 1) -> SignInRecord:
    return SignInRecord.objects.create(
        happened_at=clock.now() - timedelta(days=days),
        accepted=False,
        reason="other_name",
        company=company,
        tid=HARBOUR,
        oid=f"oid-{name}",
        tenant_name="Some tenant",
        name=name,
        username=f"{name}@example.com",
    )


def working(small: SmallHouse) -> None:
    """Let nothing be said of the connection."""
    PartnerConnection.objects.filter(id=small.connection.id).update(
        sealed_refresh_token=b"sealed",
        direct_csp=DirectCsp.SET,
        mfa_compliant=True,
        tenants_refreshed_at=clock.now(),
        consented_at=clock.now(),
    )


def test_removed_tenants_wait_for_those_for_all_companies(small: SmallHouse, harbour_vale: Company) -> None:
    working(small)
    gone = small.connection.tenants.get(tenant_id=harbour_vale.tenant_id)
    gone.missing_since = clock.now() - timedelta(days=2)
    gone.save()
    assert sections(staff_of(StaffRole.ADMIN))["Removed tenants 1"].endswith("Decide")
    assert sections(staff_of(StaffRole.SUPPORT))["Removed tenants 1"].endswith("Open")
    assert sections(staff_of(StaffRole.ADMIN, [harbour_vale])) == {}


def test_a_calm_day_names_the_next_end(house: House, harbour: Company) -> None:
    PartnerConnection.objects.update(mfa_compliant=True, tenants_refreshed_at=clock.now())
    dana = owner(house)
    Subscription.objects.update(asks=False)
    Subscription.objects.filter(outcome="stays_extended").delete()
    text = told(dana, TODAY)
    first = next_end(Moment.current().commerce, only=None)
    assert first is not None
    assert (
        f"Today Nothing waits for you. The next term to end is {first.friendly_name or first.offer_name}, Harbour"
        in text
    )
    stop(acting_as=OWNER, reason="The price list is wrong", moment=Moment.current())
    assert "Nothing waits for you." not in told(dana, TODAY)
    assert "The price list is wrong" in page(dana.get(TODAY))


def test_without_a_company_the_page_says_how_to_begin(db: None) -> None:
    dana = staff_of(StaffRole.OWNER)
    assert told(dana, TODAY).startswith("Today No companies yet.") and "Go to Delegated Admin" in told(dana, TODAY)
    assert "An owner can name companies for you." in told(staff_of(StaffRole.SUPPORT, []), TODAY)


def test_staff_for_named_companies_see_theirs_only(house: House, harbour: Company) -> None:
    nordlys = house.add_company(NORDLYS)
    settled_otherwise(house, harbour, "Exchange", state=OrderState.UNSURE, needs_person=True)
    CompanyRefresh.objects.filter(company=harbour).update(failed_at=clock.now() + timedelta(seconds=1))
    refused("eddie", harbour)
    text = page(support(house, [nordlys]).get(TODAY))
    assert "Harbour" not in text and "eddie" not in text and "Nordlys" in text
    for client, status in strangers(harbour).values():
        assert client.get(TODAY).status_code == status


def test_the_page_asks_the_database_as_often_for_sixty_companies_as_for_one(house: House, harbour: Company) -> None:
    dana = owner(house)
    settled_otherwise(house, harbour, "Exchange", state=OrderState.UNSURE, needs_person=True)
    refused("eddie", harbour)
    few = count(dana)
    now = clock.now()
    rows = list(Subscription.objects.filter(company=harbour))
    for number in range(60):
        company = Company.objects.create(
            connection=house.connection, tenant_id=f"{number:036d}", name=f"Customer {number:03d}", added_at=now
        )
        CompanyRefresh.objects.create(company=company, failed_at=now)
        refused(f"person{number}", company)
        Subscription.objects.bulk_create(
            Subscription(
                **{
                    field.attname: getattr(row, field.attname)
                    for field in Subscription._meta.concrete_fields
                    if field.name not in ("id", "company")
                },
                company=company,
            )
            for row in rows
        )
    assert count(dana) == few <= 23
    assert "Decisions that are due 100+" in sections(dana) and "More than 100 things wait" in told(dana, TODAY)


def count(client: Client) -> int:
    client.get(TODAY)
    with CaptureQueriesContext(connection) as captured:
        page(client.get(TODAY))
    return len(captured)
