"""Renewals: filters with counts, search, and saying of several that they renew as they are."""

import re
import threading
from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tenantry.audit.models import AuditRow
from tenantry.licensing.models import ChangeOrder, SubscriptionChange, Wish
from tenantry.licensing.refresh import refresh_company
from tenantry.licensing.rules.wishes import SetQuantity
from tenantry.people.models import Company, EndUserRole
from tests.support.house import MERIDIAN, House
from tests.support.orders import placed
from tests.web.portal.visitors import ANNA, BEN, CHLOE, DANA, INGRID, PREMIUM, SAMUEL, at, signed_in, text, words


def ticks(client: Client, company: Company, query: str = "") -> list[str]:
    """Return what may be ticked on the page."""
    page = client.get(at(company, f"renewals/{query}")).content.decode()
    return re.findall(r'name="term" value="([^"]+)"', page)


def review(client: Client, company: Company, terms: list[str]) -> tuple[str, str]:
    """Tick and return the page that asks: its words, and what its button sends."""
    answer = client.post(at(company, "renewals/confirm/"), {"term": terms})
    assert answer.status_code == 200, answer.headers.get("Location")
    found = re.search(r'name="terms" value="([^"]+)"', answer.content.decode())
    assert found
    return words(answer.content), unescape(found[1])


def confirm(client: Client, company: Company, terms: str) -> str:
    """Press the button and return the words of the page that it leads to."""
    answer = client.post(at(company, "renewals/confirm/"), {"terms": terms}, follow=True)
    assert answer.redirect_chain == [(at(company, "renewals/"), 302)]
    return words(answer.content)


def test_what_happens_and_a_name_filter_with_counts(house: House, harbour: Company) -> None:
    anna = signed_in(ANNA)
    page = text(anna, at(harbour, "renewals/"))
    found = re.search(r"All (\d+) To decide (\d+) Renews (\d+) Ends (\d+)", page)
    assert found, page
    total, *kinds = (int(number) for number in found.groups())
    assert (total, sum(kinds)) == (9, 9 - page.count("Month by month"))
    for show, number in zip(("undecided", "renews", "ends"), kinds, strict=True):
        rows = anna.get(at(harbour, f"renewals/?show={show}")).content.decode().count('class="primary-link strong"')
        assert rows == number, show
    page = text(anna, at(harbour, "renewals/?q=teams+phone"))
    assert "All 1" in page and PREMIUM not in page.split("All 1")[1]
    assert "9 terms end in the next twelve months" in page
    page = text(anna, at(harbour, "renewals/?q=nothing-of-that-name&show=ends"))
    assert "Nothing matches. Show all renewals" in page and "All 0" in page and "Ends 0" in page


def test_every_mark_of_the_year_leads_to_a_row(house: House, harbour: Company) -> None:
    anna = signed_in(ANNA)
    page = anna.get(at(harbour, "renewals/")).content.decode()
    led_to = re.findall(r'<a href="[^"]*/renewals/#([^"]+)" aria-label', page)
    assert led_to and set(led_to) <= set(re.findall(r' id="([^"]+)"', page))
    overview = anna.get(at(harbour)).content.decode()
    assert "/renewals/#term-" not in overview and f'href="{at(harbour)}subscriptions/' in overview
    # As many are to be decided as the overview says: a shortage of seats is one of them.
    decisions = re.search(r"(\d+) decisions", text(anna, at(harbour)))
    assert decisions is not None
    undecided = text(anna, at(harbour, "renewals/?show=undecided"))
    assert f"To decide {decisions[1]} " in undecided and "Visio Plan 2" in undecided


def test_several_renew_as_they_are_after_one_review(house: House, harbour: Company) -> None:
    anna, view = signed_in(ANNA), house.subscription(harbour, PREMIUM)
    terms = ticks(anna, harbour)
    assert len(terms) >= 2 and str(view.id) in terms
    asked, sealed = review(anna, harbour, terms)
    assert f"{len(terms)} subscriptions renew as they are" in asked
    assert "On Tue 15 Dec it renews with 42 seats. 1 year, paid monthly" in asked
    assert "nothing is sent to Microsoft" in asked
    assert not Wish.objects.filter(subscription_id__in=terms).exists()

    assert f"Decided: {len(terms)} terms renew as they are." in confirm(anna, harbour, sealed)
    assert (ChangeOrder.objects.count(), house.patches()) == (0, [])
    kept = Wish.objects.filter(subscription_id__in=terms).values_list("choice", "quantity", "decided_by")
    assert list(kept) == [("renew", None, "Anna Lindqvist")] * len(terms)
    rows = AuditRow.objects.filter(verb="wish.decided")
    assert {row.subject_id for row in rows} == set(terms) and len(rows) == len(terms)
    assert {(row.actor_name, row.company_id) for row in rows} == {("Anna Lindqvist", harbour.id)}
    assert ticks(anna, harbour) == []

    # A double click, or Back and once more: nothing is recorded again, and the page says so.
    assert f"{len(terms)} terms were decided so already: nothing changed." in confirm(anna, harbour, sealed)
    assert AuditRow.objects.filter(verb="wish.decided").count() == len(terms)
    assert SubscriptionChange.objects.filter(source="decision").count() == len(terms)


def test_what_changed_since_the_review_is_left_out_and_named(house: House, harbour: Company) -> None:
    anna, view = signed_in(ANNA), house.subscription(harbour, PREMIUM)
    terms = ticks(anna, harbour)
    _, sealed = review(anna, harbour, terms)
    about = {"customer": harbour.tenant_id, "subscription": view.row.upstream_id}
    house.sandbox.post("/_sandbox/change", {**about, "body": {"quantity": 45}})
    refresh_company(harbour.id)
    told = confirm(anna, harbour, sealed)
    assert f"Left out: {PREMIUM}: This subscription is no longer as your page showed it" in told
    assert Wish.objects.filter(subscription_id__in=terms).count() == len(terms) - 1
    assert not Wish.objects.filter(subscription=view.row).exists()


def test_what_changed_before_the_review_is_named_there(house: House, harbour: Company) -> None:
    anna, view = signed_in(ANNA), house.subscription(harbour, PREMIUM)
    terms = ticks(anna, harbour)
    placed(view, SetQuantity(view.facts.quantity + 1))
    asked, _ = review(anna, harbour, terms)
    assert f"Left out: these were decided or changed meanwhile, or you may not decide them. {PREMIUM}" in asked
    answer = anna.post(at(harbour, "renewals/confirm/"), {"term": str(view.id)}, follow=True)
    assert f"Nothing to confirm: {PREMIUM}." in words(answer.content)


def test_two_people_at_once_decide_once(house: House, harbour: Company) -> None:
    anna, dana = signed_in(ANNA), signed_in(DANA)
    terms = ticks(anna, harbour)
    forms = [(client, review(client, harbour, terms)[1]) for client in (anna, dana)]
    told: list[str] = []

    def press(client: Client, sealed: str) -> None:
        try:
            told.append(confirm(client, harbour, sealed))
        finally:
            connection.close()

    together = [threading.Thread(target=press, args=form) for form in forms]
    for one in together:
        one.start()
    for one in together:
        one.join()
    assert AuditRow.objects.filter(verb="wish.decided").count() == len(terms)
    recorded = [int(number) for page in told for number in re.findall(r"Decided: (\d+) term", page)]
    stood = [int(number) for page in told for number in re.findall(r"(\d+) terms? (?:was|were) decided so", page)]
    assert sum(recorded) == sum(stood) == len(terms)


def test_it_is_for_those_who_decide_and_for_the_own_company(house: House, harbour: Company) -> None:
    anna = signed_in(ANNA)
    terms = ticks(anna, harbour)
    _, sealed = review(anna, harbour, terms)
    address = at(harbour, "renewals/confirm/")
    for who, status in ((BEN, 403), (CHLOE, 403), (INGRID, 404), (SAMUEL, 404)):
        client = signed_in(who)
        assert client.post(address, {"term": terms}).status_code == status
        assert client.post(address, {"terms": sealed}).status_code == status
    for who in (BEN, CHLOE):
        assert ticks(signed_in(who), harbour) == []
    assert Client().post(address, {"terms": sealed}).status_code == 302
    # Another person's page, and another company's subscriptions at the own address.
    dana, ingrid = signed_in(DANA), signed_in(INGRID)
    assert "This page had become old, and nothing was recorded." in confirm(dana, harbour, sealed)
    other = Company.objects.exclude(id=harbour.id).get()
    answer = ingrid.post(at(other, "renewals/confirm/"), {"term": terms}, follow=True)
    assert "Tick at least one subscription that renews by itself." in words(answer.content)
    house.end_user(other, ANNA, EndUserRole.ADMIN)
    assert "Left out: A subscription that is gone" in confirm(anna, other, sealed)
    assert not Wish.objects.filter(subscription_id__in=terms).exists()
    # Staff act in their own name, for the company.
    _, sealed = review(dana, harbour, terms[:1])
    assert "Decided: 1 term renews as it is." in confirm(dana, harbour, sealed)
    assert Wish.objects.get(subscription_id=terms[0]).decided_by.startswith("Dana Okafor of ")


@pytest.mark.parametrize("body", [{}, {"term": "no-id"}, {"term": "\x00"}, {"terms": "forged"}, {"terms": ""}])
def test_odd_forms_record_nothing_and_say_why(harbour: Company, body: dict[str, str]) -> None:
    anna = signed_in(ANNA)
    answer = anna.post(at(harbour, "renewals/confirm/"), body, follow=True)
    told = words(answer.content)
    assert "Tick at least one" in told or "This page had become old" in told
    assert not AuditRow.objects.filter(verb="wish.decided").exists()
    assert anna.get(at(harbour, "renewals/confirm/")).headers["Location"] == at(harbour, "renewals/")


def test_sixty_rows_take_as_many_queries_as_nine(house: House, harbour: Company) -> None:
    meridian = house.add_company(MERIDIAN)
    dana = signed_in(DANA)
    counted = []
    for company in (harbour, meridian):
        dana.get(at(company, "renewals/"))
        with CaptureQueriesContext(connection) as captured:
            dana.get(at(company, "renewals/?q=a&show=renews&tick=all"))
        counted.append(len(captured))
    assert counted[0] == counted[1], counted
