"""Renewals over all companies: what the list says, who sees what, and many that renew as they are at once."""

import re
from datetime import timedelta
from html import unescape
from uuid import UUID

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tenantry.audit.models import AuditRow
from tenantry.kernel import clock
from tenantry.kernel.ids import CompanyId
from tenantry.licensing import queries
from tenantry.licensing.models import ChangeOrder, Subscription, Wish
from tenantry.licensing.moment import Moment
from tenantry.licensing.refresh import refresh_company
from tenantry.licensing.rules.facts import EndOfTerm
from tenantry.licensing.rules.wishes import DecideEndOfTerm, SetQuantity
from tenantry.licensing.upcoming import upcoming
from tenantry.people import actions as people
from tenantry.people.models import Company
from tests.support.house import HARBOUR, MERIDIAN, NORDLYS, OWNER, House, finish
from tests.support.orders import placed
from tests.web.backoffice.visitors import admin, billing, end_user, owner, page, support, told, words

LIST, CONFIRM = "/office/renewals/", "/office/renewals/confirm/"
YEAR = f"{LIST}?month=year"
PREMIUM = "Microsoft 365 Business Premium"
SONNENSCHEIN = "503a4286-b7ae-5bd8-985c-d88d74134615"


@pytest.fixture
def harbour(house: House) -> Company:
    """Harbour & Vale with its mirrored subscriptions."""
    return house.add_company(HARBOUR)


@pytest.fixture
def nordlys(house: House) -> Company:
    """Another company."""
    return house.add_company(NORDLYS)


def ticks(client: Client, address: str = YEAR) -> list[str]:
    """Return what may be ticked on a page."""
    return re.findall(r'name="term" value="([^"]+)"', page(client.get(address)))


def review(client: Client, terms: list[str]) -> tuple[str, str]:
    """Tick and return the page that asks: its words, and what its button sends."""
    markup = page(client.post(CONFIRM, {"term": terms}))
    found = re.search(r'name="terms" value="([^"]+)"', markup)
    assert found
    return words(markup), unescape(found[1])


def confirm(client: Client, terms: str) -> str:
    """Press the button and return the words of the page that it leads to."""
    answer = client.post(CONFIRM, {"terms": terms}, follow=True)
    assert answer.redirect_chain == [(LIST, 302)]
    return words(answer.content.decode())


@pytest.mark.parametrize("tenant", [HARBOUR, NORDLYS, MERIDIAN, SONNENSCHEIN])
def test_the_stored_columns_say_what_the_companys_own_page_says(house: House, tenant: str) -> None:
    company = house.add_company(tenant)
    now = Moment.current().commerce
    views = queries.year_ahead(CompanyId(company.id), now).renewals
    undecided = {view.id for view in queries.needs_decision(views, now)}
    found = upcoming(now, only=None, since=now, until=now + queries.YEAR, limit=500)
    assert [one.row.id for one in found.rows if one.undecided] == [view.id for view in views if view.id in undecided]
    assert {one.row.id for one in found.rows} == {view.id for view in views}
    for one in found.rows:
        assert one.row.outcome == one.ending.outcome, one.row.offer_name
    assert found.counts["all"] == len(views) and found.counts["undecided"] == len(undecided)


def test_a_decision_an_order_and_a_chosen_extended_term_count_here_too(house: House, harbour: Company) -> None:
    now = Moment.current().commerce

    def agrees(company: Company) -> set[UUID]:
        views = queries.year_ahead(CompanyId(company.id), now).renewals
        found = upcoming(now, only=[company.id], since=now, until=now + queries.YEAR, limit=500)
        undecided = {one.row.id for one in found.rows if one.undecided}
        assert undecided == {view.id for view in queries.needs_decision(views, now)}
        return undecided

    before = agrees(harbour)
    order = placed(house.subscription(harbour, PREMIUM), DecideEndOfTerm(EndOfTerm.EXTEND))
    finish(order.id)
    assert len(agrees(harbour)) == len(before) - 1
    Wish.objects.filter(company=harbour).update(lost_at=now)
    assert len(agrees(harbour)) > len(before) - 1
    bakery = house.add_company(SONNENSCHEIN)
    view = house.subscription(bakery, "Exchange Online Kiosk")
    assert view.id in agrees(bakery)
    ChangeOrder.objects.filter(id=order.id).update(subscription=view.row, company=bakery)  # as if chosen last year
    assert view.id not in agrees(bakery)


def test_the_list_is_sorted_by_date_filtered_and_counted(house: House, harbour: Company, nordlys: Company) -> None:
    dana = owner(house)
    text = told(dana, LIST)
    assert "Next 60 days" in text
    found = re.search(r"All (\d+) To decide (\d+) Renews (\d+)", text)
    assert found
    assert "Harbour & Vale Ltd" in text and f"All {Subscription.objects.count()}" not in text
    rows = page(dana.get(LIST)).count("<tr>") - 1
    assert rows == int(found[1])
    assert page(dana.get(f"{LIST}?show=undecided")).count("<tr>") - 1 == int(found[2])
    assert "Nordlys" not in told(dana, f"{YEAR}&q=harbour")
    assert "Harbour" not in told(dana, f"{YEAR}&q=nordlys").replace("harbour", "")
    premium = told(dana, f"{YEAR}&q=business+prem")
    assert f"{PREMIUM} Harbour & Vale Ltd 42 in 23 days · Tue 15 Dec Renews" in premium
    assert PREMIUM in told(dana, f"{LIST}?month=2026-12") and PREMIUM not in told(dana, f"{LIST}?month=2027-03")
    assert "No term matches. Show the next 60 days" in told(dana, f"{LIST}?q=nothing-of-that-name")
    assert dana.get(f"{LIST}?page=9").headers["Location"] == LIST
    dates = list(
        Subscription.objects.filter(id__in=ticks(dana)).order_by("commitment_end", "id").values_list("id", flat=True)
    )
    assert [str(one) for one in dates] == ticks(dana)


def test_without_a_term_that_ends_the_list_leads_on(house: House) -> None:
    text = told(owner(house), LIST)
    assert "No term ends in the next 60 days. Show the next 12 months" in text


def test_terms_of_several_companies_renew_as_they_are(house: House, harbour: Company, nordlys: Company) -> None:
    dana = owner(house)
    terms = ticks(dana)
    rows = Subscription.objects.filter(id__in=terms)
    assert {row.company_id for row in rows} == {harbour.id, nordlys.id}
    asked, sealed = review(dana, terms)
    assert f"{len(terms)} subscriptions renew as they are" in asked and "nothing is sent to Microsoft" in asked
    assert f"{PREMIUM} Harbour & Vale Ltd On Tue 15 Dec it renews with 42 seats. 1 year, paid monthly" in asked
    assert not Wish.objects.filter(subscription_id__in=terms).exists()

    assert f"Decided: {len(terms)} terms renew as they are." in confirm(dana, sealed)
    assert (ChangeOrder.objects.count(), house.patches()) == (0, [])
    records = AuditRow.objects.filter(verb="wish.decided")
    assert {record.subject_id for record in records} == set(terms) and len(records) == len(terms)
    assert {(record.company_id, record.actor_name) for record in records} == {
        (company.id, f"Dana Okafor of {house.connection.name}, for {company.name}") for company in (harbour, nordlys)
    }
    assert ticks(dana) == []
    assert f"{len(terms)} terms were decided so already: nothing changed." in confirm(dana, sealed)
    assert AuditRow.objects.filter(verb="wish.decided").count() == len(terms)


def test_what_changed_and_whose_portal_is_off_is_left_out_and_named(
    house: House, harbour: Company, nordlys: Company
) -> None:
    dana, view = owner(house), house.subscription(harbour, PREMIUM)
    terms = ticks(dana)
    _, sealed = review(dana, terms)
    of_nordlys = Subscription.objects.filter(id__in=terms, company=nordlys).count()
    about = {"customer": harbour.tenant_id, "subscription": view.row.upstream_id}
    house.sandbox.post("/_sandbox/change", {**about, "body": {"quantity": 45}})
    refresh_company(harbour.id)
    people.disable_portal(acting_as=OWNER, company_id=nordlys.id, now=clock.now())
    text = confirm(dana, sealed)
    assert f"Left out: Harbour & Vale Ltd, {PREMIUM}: This subscription is no longer as your page showed it" in text
    assert "Left out, because the End User Portal is off or you may not act there: Nordlys" in text
    assert Wish.objects.filter(subscription_id__in=terms).count() == len(terms) - of_nordlys - 1
    assert not set(ticks(dana)) & {str(row.id) for row in nordlys.subscriptions.all()}
    asked, _ = review(dana, [str(view.id), *(str(row.id) for row in nordlys.subscriptions.all())])
    assert "1 subscription renews as it is" in asked and "Left out" in asked and "Nordlys" in asked


def test_everybody_sees_and_decides_only_where_they_may(house: House, harbour: Company, nordlys: Company) -> None:
    dana = owner(house)
    terms = ticks(dana)
    _, sealed = review(dana, terms)
    ines, petra = support(house, [nordlys]), billing(house)
    assert "Harbour" not in told(ines, YEAR) and "Nordlys" in told(ines, YEAR)
    assert "Harbour" in told(petra, YEAR)
    assert ticks(petra) == [] and "Decide" not in re.sub("Decided|decides", "", told(petra, YEAR).split("Month")[-1])
    assert petra.post(CONFIRM, {"terms": sealed}).status_code == 403
    assert Client().get(LIST).status_code == 302 and end_user(house, harbour).get(LIST).status_code == 404
    # What somebody else was shown, and companies that one does not see.
    assert "This page had become old" in confirm(ines, sealed)
    of_harbour = [str(row.id) for row in harbour.subscriptions.all()]
    answer = ines.post(CONFIRM, {"term": of_harbour}, follow=True)
    assert "Tick at least one subscription" in words(answer.content.decode())
    assert not Wish.objects.filter(subscription_id__in=terms).exists()
    mine = ticks(ines)
    _, sealed = review(ines, mine)
    assert f"Decided: {len(mine)} term" in confirm(ines, sealed)
    # A right that went meanwhile counts.
    milan = admin(house, [harbour])
    _, sealed = review(milan, ticks(milan))
    Company.objects.filter(id=harbour.id).update(removed_at=clock.now())
    assert "This page had become old" in confirm(milan, sealed)
    assert not Wish.objects.filter(company=harbour, decided_by__startswith="Milan").exists()


@pytest.mark.parametrize("body", [{}, {"term": "no-id"}, {"term": "\x00"}, {"terms": "forged"}, {"terms": ""}])
def test_odd_forms_record_nothing_and_say_why(house: House, harbour: Company, body: dict[str, str]) -> None:
    dana = owner(house)
    text = words(dana.post(CONFIRM, body, follow=True).content.decode())
    assert "Tick at least one" in text or "This page had become old" in text
    assert not AuditRow.objects.filter(verb="wish.decided").exists()
    assert dana.get(CONFIRM).headers["Location"] == LIST


def test_an_order_under_way_shows_and_cannot_be_ticked(house: House, harbour: Company) -> None:
    dana, view = owner(house), house.subscription(harbour, PREMIUM)
    assert str(view.id) in ticks(dana)
    placed(view, SetQuantity(view.facts.quantity + 1))
    assert str(view.id) not in ticks(dana) and "Order under way" in told(dana, YEAR)


def test_the_number_of_queries_does_not_depend_on_how_many(house: House, harbour: Company) -> None:
    dana, counted = owner(house), []
    for more in ((), (NORDLYS, MERIDIAN)):
        for tenant in more:
            house.add_company(tenant)
        dana.get(YEAR)
        with CaptureQueriesContext(connection) as captured:
            dana.get(f"{YEAR}&q=m&tick=page")
        counted.append(len(captured))
    assert counted[0] == counted[1] <= 10, counted


def test_a_full_page_has_fifty_and_leads_on(house: House, harbour: Company) -> None:
    house.add_company(MERIDIAN)
    dana = owner(house)
    assert page(dana.get(YEAR)).count("<tr>") - 1 == 50
    assert page(dana.get(f"{YEAR}&page=2")).count("<tr>") - 1 > 0


def test_what_has_ended_is_not_listed(house: House, harbour: Company) -> None:
    now = Moment.current().commerce
    harbour.subscriptions.update(commitment_end=now - timedelta(seconds=1))
    assert "No term matches." in told(owner(house), YEAR)
