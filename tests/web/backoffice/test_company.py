"""One company: its subscriptions, what happened to them, and reading it again."""

import csv
import io

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tenantry.connection.models import DirectCsp, PartnerConnection
from tenantry.jobs.testing import run_due_jobs
from tenantry.licensing.refresh import refresh_company
from tenantry.licensing.rules.wishes import SetQuantity
from tenantry.people.models import Company, EndUser, StaffRole
from tests.people.house import House as SmallHouse
from tests.support.house import HARBOUR, House
from tests.support.orders import placed
from tests.web.backoffice.visitors import billing, end_user, owner, page, staff_of, strangers, told


@pytest.fixture
def harbour(house: House) -> Company:
    """Harbour & Vale with its mirrored subscriptions."""
    return house.add_company(HARBOUR)


def test_subscriptions_stand_in_one_dense_list(house: House, harbour: Company) -> None:
    address = f"/office/c/{harbour.id}/"
    view = house.subscription(harbour, "Microsoft 365 Business Premium")
    order = placed(view, SetQuantity(view.facts.quantity + 1))
    dana = owner(house)
    markup = page(dana.get(address))
    text = told(dana, address)
    assert "Harbour & Vale Ltd harbourvale.onmicrosoft.com · As of" in text
    assert "Teams Phone Standard NCE 12 5 free 1 year, paid monthly in 3 days · Wed 25 Nov Renews → 8 seats" in text
    assert f"Business Premium NCE 42 1 free 1 year, paid monthly in 23 days · Tue 15 Dec Renews #{order.number}" in text
    assert f'href="/office/orders/{order.id}/"' in markup
    assert f'href="/c/{harbour.id}/subscriptions/{view.id}/"' in markup
    assert f'href="/c/{harbour.id}/"' in markup  # open the portal as staff
    assert "No subscription matches." in told(dana, f"{address}?q=nothing")
    assert "Visio" not in told(dana, f"{address}?q=exchange")
    petra = page(billing(house).get(address))
    assert f"/c/{harbour.id}/subscriptions/" not in petra
    assert "Open the portal as staff" not in petra


def test_the_lists_of_a_company_say_how_much_each_chip_shows(house: House, harbour: Company) -> None:
    dana = owner(house)
    assert "All now 9 Trials 1 Subscriptions of" in told(dana, f"/office/c/{harbour.id}/")
    view = house.subscription(harbour, "Microsoft 365 Business Premium")
    placed(view, SetQuantity(view.facts.quantity + 1))
    assert "All 1 Change orders 1 Export" in told(dana, f"/office/c/{harbour.id}/activity/")
    assert "All 1 Change orders 1 At Microsoft 0" in told(dana, f"/office/c/{harbour.id}/activity/?show=elsewhere")


def test_free_seats_of_a_product_are_said_once(house: House, harbour: Company) -> None:
    premium, visio = (
        house.subscription(harbour, name).row for name in ("Microsoft 365 Business Premium", "Visio Plan 2")
    )
    visio.facts |= {key: premium.facts[key] for key in ("product_id", "sku_id")}
    visio.save()
    text = told(owner(house), f"/office/c/{harbour.id}/?sort=-quantity")
    assert text.count("1 free in all Microsoft 365 Business Premium") == 1 and "Visio Plan 2 NCE 5 1 year" in text


def test_the_page_asks_the_database_a_fixed_number_of_times(house: House, harbour: Company) -> None:
    dana = owner(house)
    address = f"/office/c/{harbour.id}/"

    def count(query: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            page(dana.get(address + query))
        return len(queries)

    assert count("") == count("?q=exchange") <= 17


def test_a_company_whose_portal_was_never_on_offers_to_switch_it_on(house: House, harbour: Company) -> None:
    dana, address = owner(house), f"/office/c/{harbour.id}/"
    offer = "Switch on the End User Portal of Harbour & Vale Ltd"
    Company.objects.update(portal_enabled=False)
    EndUser.objects.all().delete()
    assert offer in told(dana, address)
    assert offer not in told(billing(house), address)  # who may not
    PartnerConnection.objects.update(direct_csp=DirectCsp.UNSET)
    assert offer not in told(dana, address)
    PartnerConnection.objects.update(direct_csp=DirectCsp.SET)
    Company.objects.update(portal_enabled=True)
    assert offer not in told(dana, address)


def test_what_happened_is_told_and_can_be_taken_along(house: House, harbour: Company) -> None:
    address = f"/office/c/{harbour.id}/activity/"
    dana = owner(house)
    assert "Nothing has happened yet." in told(dana, address)
    view = house.subscription(harbour, "Microsoft 365 Business Premium")
    order = placed(view, SetQuantity(view.facts.quantity + 1))
    run_due_jobs()
    text = told(dana, address)
    assert "Microsoft 365 Business Premium: Added 1 seat (42 → 43) Anna Lindqvist" in text
    assert f"Done · order #{order.number}" in text
    assert f'href="/office/orders/{order.id}/"' in page(dana.get(address))
    assert "Nothing has happened yet." in told(dana, f"{address}?show=elsewhere")
    assert "Nothing matches." in told(dana, f"{address}?q=nobody")
    searched = page(dana.get(f"{address}?q=premium&page=1"))
    assert 'href="?q=premium&amp;show=orders"' in searched
    assert 'href="?q=premium&amp;export=csv"' in searched
    answer = dana.get(f"{address}?export=csv")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    rows = list(csv.reader(io.StringIO(page(answer).removeprefix("\ufeff"))))
    assert len(rows) == 2
    assert rows[1][1:6] == [
        "Microsoft 365 Business Premium",
        "Added 1 seat (42 → 43)",
        "Anna Lindqvist",
        "Done",
        f"#{order.number}",
    ]


def test_a_company_that_was_never_read_says_so(small: SmallHouse) -> None:
    dana = staff_of(StaffRole.OWNER)
    assert "Not read from Microsoft yet." in told(dana, f"/office/c/{small.harbour}/")


@pytest.mark.parametrize("side", ["", "activity/", "portal/"])
def test_each_side_is_for_those_who_see_the_company(small: SmallHouse, harbour_vale: Company, side: str) -> None:
    address = f"/office/c/{small.harbour}/{side}"
    for role in StaffRole:
        assert staff_of(role).get(address).status_code == 200
        assert staff_of(role, [harbour_vale]).get(address).status_code == 200
        assert staff_of(role, [Company.objects.get(id=small.nordlys)]).get(address).status_code == 404
    for who, (client, status) in strangers(harbour_vale).items():
        assert client.get(address).status_code == status, who


def test_what_could_not_be_kept_is_named_to_staff_until_it_is_mended(house: House, harbour: Company) -> None:
    address = f"/office/c/{harbour.id}/"
    dana, support = owner(house), staff_of(StaffRole.SUPPORT)
    view = house.subscription(harbour, "Visio Plan 2")
    about = {"customer": HARBOUR, "subscription": view.row.upstream_id}
    house.sandbox.post("/_sandbox/change", {**about, "body": {"nextChargeInstructions": {"quantity": "1_000"}}})
    refresh_company(harbour.id)

    for who in (dana, support):
        text = told(who, address)
        assert "Some of Microsoft's records could not be kept." in text
        assert f"{view.row.upstream_id}: Subscription: nextChargeInstructions.quantity: " in text
        assert "What was known of them before still shows. Everything else is up to date." in text
        assert "A part of this company could not be read" not in text  # the same once more, and there is no request id
    assert "1 company · refreshed" in told(dana, "/office/companies/") and "1 not complete" in told(
        dana, "/office/companies/"
    )
    assert "could not be kept" not in told(end_user(house, harbour), f"/c/{harbour.id}/subscriptions/")

    house.sandbox.post("/_sandbox/change", {**about, "body": {"nextChargeInstructions": None}})
    refresh_company(harbour.id)
    assert "could not be kept" not in told(dana, address)
    assert "not complete" not in told(dana, "/office/companies/")
