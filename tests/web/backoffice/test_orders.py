"""Change orders in the back office: the list, one order with its evidence, and what staff can do about it."""

import csv
import io
import uuid

import pytest
from django.test import Client
from pytest_django import Settings

from tenantry.jobs.testing import run_due_jobs, waiting_jobs
from tenantry.licensing.models import ChangeOrder, OrderState
from tenantry.licensing.rules.wishes import ScheduleHandling, ScheduleQuantity, SetQuantity
from tenantry.people.models import Company
from tests.people.house import audit_verbs
from tests.support.house import HARBOUR, NORDLYS, House, finish
from tests.support.orders import BEN, placed
from tests.support.waiting import until
from tests.web.backoffice.visitors import billing, end_user, owner, page, support, told, words

LIST = "/office/orders/"
PREMIUM = "Microsoft 365 Business Premium"


@pytest.fixture
def harbour(house: House) -> Company:
    """Harbour & Vale with its mirrored subscriptions."""
    return house.add_company(HARBOUR)


def add_one(house: House, company: Company, name: str = PREMIUM) -> ChangeOrder:
    view = house.subscription(company, name)
    return placed(view, SetQuantity(view.facts.quantity + 1))


def undecided(order: ChangeOrder) -> ChangeOrder:
    """Make an order one that Microsoft's records do not decide."""
    order.state, order.needs_person = OrderState.UNSURE, True
    order.outcome = {"settled": "undecidable", "seen": ["quantity_differs"], "records": []}
    order.save()
    return order


def test_orders_are_filtered_by_state_company_period_and_person(house: House, harbour: Company) -> None:
    done = add_one(house, harbour)
    run_due_jobs()
    view = house.subscription(harbour, "Exchange Online")
    waits = placed(view, SetQuantity(view.facts.quantity + 2), who=BEN)
    dana = owner(house)
    numbers = {done.number: "done", waits.number: "waits"}
    cases = {
        "": {"done", "waits"},
        "?state=open": {"waits"},
        "?state=done": {"done"},
        "?state=failed": set(),
        "?q=exchange": {"waits"},
        "?q=ben": {"waits"},
        "?q=harbour": {"done", "waits"},
        f"?q=%23{done.number}": {"done"},
        f"?q={ChangeOrder.objects.get(id=done.id).request_id}": {"done"},
        f"?company={harbour.id}": {"done", "waits"},
        f"?company={uuid.uuid4()}": set(),
        "?period=1": {"done", "waits"},
    }
    for query, expected in cases.items():
        text = told(dana, LIST + query)
        assert {name for number, name in numbers.items() if f"#{number} " in text} == expected, query
    told_row = f"#{waits.number} Add 2 seats (9 → 11) Exchange Online (Plan 1) Harbour & Vale Ltd Ben Carter"
    assert told_row in told(dana, LIST)
    assert "No order matches." in told(dana, f"{LIST}?state=failed")
    assert "All 2 Under way 1 Done 1 Change orders" in told(dana, LIST)
    assert "All 1 Under way 1 Not carried out 0 No order" in told(dana, f"{LIST}?q=ben&state=failed")
    ines = support(house, [house.add_company(NORDLYS)])
    assert "All 2" not in told(ines, LIST) and "No orders yet." in told(ines, LIST)


def test_orders_are_taken_along_as_a_file(house: House, harbour: Company) -> None:
    order = add_one(house, harbour)
    run_due_jobs()
    order.refresh_from_db()
    answer = owner(house).get(f"{LIST}?export=csv")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    head, row = csv.reader(io.StringIO(page(answer).removeprefix("\ufeff")))
    assert len(head) == len(row) == 11
    assert row[0] == f"#{order.number}"
    assert row[2:7] == ["Harbour & Vale Ltd", PREMIUM, "Added 1 seat (42 → 43)", "Anna Lindqvist", "Done"]
    assert row[9] == str(order.request_id)


def test_one_order_shows_its_way_and_its_evidence(house: House, harbour: Company) -> None:
    order = add_one(house, harbour)
    dana = owner(house)
    address = f"{LIST}{order.id}/"
    markup = page(dana.get(address))
    assert "It waits to be sent." in words(markup)
    assert f'hx-get="{address}?seen=queued-' in markup
    assert "Nothing was sent to Microsoft." in words(markup)
    seen = markup.partition("?seen=")[2].partition('"')[0]
    poll = {"HX-Request": "true"}
    assert dana.get(f"{address}?seen={seen}", headers=poll).status_code == 204

    run_due_jobs()

    assert dana.get(f"{address}?seen={seen}", headers=poll).headers["HX-Refresh"] == "true"
    order.refresh_from_db()
    markup = page(dana.get(address))
    text = words(markup)
    assert "Added 1 seat (42 → 43) Microsoft 365 Business Premium · Harbour & Vale Ltd" in text
    assert "It took effect, read back from Microsoft. Done" in text
    assert "What the page showed Now You get 1 seat more: 43 instead of 42." in text
    assert "Seats can be added at any time." in text
    assert "They saw 42 seats" in text
    assert f'value="{order.request_id}"' in markup
    assert f'value="{order.correlation_id}"' in markup
    assert "every 500ms" not in markup
    assert f'href="/office/logs/audit/?subject={order.id}"' in markup


def test_a_refusal_by_microsoft_comes_with_its_words_and_advice(house: House, harbour: Company) -> None:
    order = add_one(house, harbour)
    house.sandbox.fault("status", method="PATCH", status=400, code=800002, count=1)
    run_due_jobs()
    order.refresh_from_db()
    assert order.state == OrderState.REFUSED
    text = told(owner(house), f"{LIST}{order.id}/")
    assert "Microsoft refused it." in text
    assert "In Microsoft's words:" in text
    assert "What to do" in text
    assert "Who can" in text


def test_a_bare_status_is_not_shown_as_words_of_microsoft(house: House, harbour: Company) -> None:
    order = add_one(house, harbour)
    house.sandbox.fault("mfa_missing")
    run_due_jobs()
    order.refresh_from_db()
    assert order.state == OrderState.FAILED
    assert order.outcome is not None
    assert order.outcome["reason"] == "HTTP 401"
    assert "In Microsoft's words:" not in told(owner(house), f"{LIST}{order.id}/")


def test_what_microsoft_does_not_decide_is_settled_by_hand_with_a_note(house: House, harbour: Company) -> None:
    order = undecided(add_one(house, harbour))
    dana = owner(house)
    address = f"{LIST}{order.id}/"
    assert "Needs a person 1" in told(dana, LIST)
    assert "Settle it by hand" in told(dana, address)
    assert 'http-equiv="refresh"' not in page(dana.get(address))  # it would empty the form under somebody's hands
    markup = page(dana.post(f"{address}settle/", {"took_effect": "yes", "note": ""}), 422)
    assert "Nothing is written here. Fill it in." in words(markup)
    before = len(audit_verbs())
    note = "Partner Center shows 43 seats since 09:31."
    assert dana.post(f"{address}settle/", {"took_effect": "yes", "note": note}).headers["Location"] == address
    assert audit_verbs()[before:] == ["change_order.settled_by_hand"]
    order.refresh_from_db()
    assert (order.state, order.needs_person) == (OrderState.APPLIED, False)
    assert "licensing.refresh_company" in [name for name, _arguments, _due in waiting_jobs()]
    text = told(dana, address)
    assert f"Order #{order.number} is settled. The company is being read again." in text
    assert "Settled by hand: it took effect. Done Saved" in text
    assert f"Dana Okafor: {note}" in text
    dana.post(f"{address}settle/", {"took_effect": "no", "note": "again"})
    assert "The outcome of this change order is known already." in told(dana, address)
    order.refresh_from_db()
    assert order.state == OrderState.APPLIED


def test_an_order_that_gave_somebodys_seat_back_says_so_and_leads_to_putting_it_back(
    house: House, harbour: Company, settings: Settings
) -> None:
    settings.SETTLE_SECONDS = 1
    view = house.subscription(harbour, PREMIUM)
    seats = view.facts.quantity
    order = placed(view, ScheduleQuantity(seats - 1))
    here = {"path": f"*/subscriptions/{view.row.upstream_id}", "method": "PATCH", "count": 1}
    house.sandbox.fault("seats_changed", **here, delta=1, when="before")
    house.sandbox.fault("cut_after", **here)
    until(lambda: finish(order.id).state == OrderState.FAILED, 30, "the order to be settled")
    run_due_jobs()  # the wish is put back

    dana = owner(house)
    text = told(dana, f"{LIST}{order.id}/")
    assert "It acted, but undid somebody's change of seats instead." in text
    assert f"somebody else set {seats + 1} seats" in text
    assert f"Microsoft set {seats} again" in text
    assert "It came on top of a change by somebody.else@" in text
    assert f"from {seats} to {seats + 1} seats" in text
    assert "Took another effect" in told(dana, LIST)
    address = f"/c/{harbour.id}/subscriptions/{view.id}/change/?seats={seats + 1}&amp;when=now"
    assert f'href="{address}"' in page(dana.get(f"{LIST}{order.id}/"))
    assert "Put 1 seat back" not in told(billing(house), f"{LIST}{order.id}/")

    finish(placed(house.view(view.row), SetQuantity(seats + 1, ScheduleHandling.KEEP)).id)
    assert "Put 1 seat back" not in told(dana, f"{LIST}{order.id}/")  # it has been put back


def test_a_queued_order_is_withdrawn_by_staff(house: House, harbour: Company) -> None:
    order = add_one(house, harbour)
    samuel = support(house)
    assert "Withdraw the order" in told(samuel, f"{LIST}{order.id}/")
    samuel.post(f"{LIST}{order.id}/withdraw/")
    assert f"Order #{order.number} was withdrawn. Nothing was sent to Microsoft." in told(samuel, f"{LIST}{order.id}/")
    samuel.post(f"{LIST}{order.id}/withdraw/")
    assert "cannot be withdrawn any more" in told(samuel, f"{LIST}{order.id}/")
    run_due_jobs()
    assert house.patches() == []


def test_an_order_is_seen_by_those_who_see_its_company(house: House, harbour: Company) -> None:
    nordlys = house.add_company(NORDLYS)
    order = undecided(add_one(house, harbour))
    address = f"{LIST}{order.id}/"
    ines, petra = support(house, [nordlys]), billing(house)
    assert "No orders yet." in told(ines, LIST)
    assert "Needs a person 1" not in told(ines, LIST)
    assert page(ines.get(f"{LIST}?export=csv")).count("\r\n") == 1
    form = {"took_effect": "yes", "note": "x"}
    for what in ("", "settle/", "withdraw/"):
        assert ines.get(address + what).status_code == 404
        assert ines.post(address + what, form).status_code == 404
    text = told(petra, address)
    assert "Settle it by hand" not in text
    assert f'href="/c/{harbour.id}/' not in page(petra.get(address))
    assert petra.post(f"{address}settle/", form).status_code == 403
    for client, status in ((Client(), 302), (end_user(house, harbour), 404)):
        for what in ("", "settle/", "withdraw/"):
            assert client.post(address + what, form).status_code == status
        assert client.get(LIST).status_code == status
    order.refresh_from_db()
    assert order.state == OrderState.UNSURE


def test_a_refusal_by_the_rules_says_which(house: House, harbour: Company) -> None:
    order = add_one(house, harbour)
    house.sandbox.fault("seats_changed", path="*/subscriptions/*", method="GET", delta=2, count=1)
    run_due_jobs()
    order.refresh_from_db()
    assert order.state == OrderState.REFUSED
    text = told(owner(house), f"{LIST}{order.id}/")
    assert "It was refused here before it was sent. Refused" in text
    assert "This subscription is no longer as your page showed it, so nothing was changed." in text
    assert "Nothing was sent to Microsoft." in text
