"""Pages that ask again by themselves, and how fresh pages say they are."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from pytest_django import Settings

from tenantry.kernel import clock
from tenantry.licensing.models import ChangeOrder, CompanyRefresh, OrderState
from tenantry.licensing.rules.wishes import ScheduleQuantity, SetQuantity
from tenantry.people.models import Company
from tests.support.house import House, finish
from tests.support.orders import placed
from tests.support.waiting import until
from tests.web.portal.visitors import BEN, CHLOE, PREMIUM, at, of, signed_in, text

BY_SCRIPT = {"HX-Request": "true", "X-By-Itself": "true"}
BY_BROWSER = {"Sec-Fetch-Mode": "navigate"}  # what Chromium, Firefox and Safari say when a page loads itself again
BY_CLICK = BY_BROWSER | {"Sec-Fetch-User": "?1"}


@pytest.mark.parametrize("headers", [BY_SCRIPT, BY_BROWSER], ids=["with scripts", "without scripts"])
def test_progress_keeps_nobody_signed_in(
    house: House, harbour: Company, settings: Settings, headers: dict[str, str]
) -> None:
    order = placed(house.subscription(harbour, PREMIUM), SetQuantity(43))
    page, began, idle = (
        at(harbour, f"orders/{order.id}/"),
        clock.now(),
        timedelta(minutes=settings.SESSION_IDLE_MINUTES),
    )
    watching, clicking = signed_in(BEN), signed_in(BEN)
    with time_machine.travel(began + idle / 2):
        assert watching.get(page, headers=headers).status_code == 200
        assert clicking.get(page, headers=BY_CLICK).status_code == 200
    with time_machine.travel(began + idle + timedelta(minutes=1)):
        answer = watching.get(page, headers=headers)
        leads_to = urlsplit(answer.headers.get("HX-Redirect") or answer.headers["Location"])
        assert (leads_to.path, parse_qs(leads_to.query)["ended"]) == ("/sign-in/", ["idle"])
        assert clicking.get(page, headers=BY_CLICK).status_code == 200


def test_what_a_person_looks_into_is_not_asked_for_by_the_second(house: House, harbour: Company) -> None:
    order = placed(house.subscription(harbour, PREMIUM), SetQuantity(43))
    ben, page = signed_in(BEN), at(harbour, f"orders/{order.id}/")
    assert "every 400ms" in ben.get(page).content.decode()
    ChangeOrder.objects.filter(id=order.id).update(state="unsure", needs_person=True)
    shown = ben.get(page).content.decode()
    assert "every 400ms" not in shown and 'http-equiv="refresh"' not in shown


def test_an_order_that_could_not_be_sent_says_when_it_is_tried_again(house: House, harbour: Company) -> None:
    order = placed(house.subscription(harbour, PREMIUM), SetQuantity(43))
    house.sandbox.fault("conflict", method="PATCH", count=1)
    finish(order.id)
    shown = text(signed_in(BEN), at(harbour, f"orders/{order.id}/"))
    assert "Your change is saved. It could not be sent yet. We try again in 2 minutes." in shown
    assert "Microsoft is busy with this subscription" in shown and "on its way" not in shown
    ChangeOrder.objects.filter(id=order.id).update(not_before=clock.now() + timedelta(seconds=40))
    assert "We try again within a minute." in text(signed_in(BEN), at(harbour, f"orders/{order.id}/"))


def test_how_fresh_a_page_is_stands_on_the_clock_of_its_dates(house: House, harbour: Company) -> None:
    chloe, view = signed_in(CHLOE), house.subscription(harbour, PREMIUM)
    assert "9 subscriptions · As of Sun 22 Nov, 09:30 UTC" in text(chloe, at(harbour, "subscriptions/"))
    CompanyRefresh.objects.filter(company=harbour).update(succeeded_at=clock.now() - timedelta(hours=2))
    view.row.stored_at = clock.now() - timedelta(hours=3)
    view.row.save()
    old = text(chloe, of(view))
    assert "As of Sun 22 Nov, 07:30 UTC" in old and "before the last change" not in old

    finish(placed(view, SetQuantity(43)).id)

    new = text(chloe, of(view))
    assert "43 seats · 1 year, paid monthly · As of Sun 22 Nov, 09:30 UTC" in new
    assert "41 of 42 · 1 free Counted Sun 22 Nov, 07:30 UTC, before the last change." in new


def test_a_decision_that_undid_somebodys_seats_says_so_to_each_role(
    house: House, harbour: Company, settings: Settings
) -> None:
    settings.SETTLE_SECONDS = 1
    view = house.subscription(harbour, PREMIUM)
    seats = view.facts.quantity
    order = placed(view, ScheduleQuantity(seats - 2))
    here = f"*/subscriptions/{view.row.upstream_id}"
    house.sandbox.fault("seats_changed", path=here, method="PATCH", count=1, delta=1, when="before")
    until(lambda: finish(order.id).state == OrderState.FAILED, 30, "the order to be settled")

    page = at(harbour, f"orders/{order.id}/")
    told = text(signed_in(BEN), page)
    assert "This had another effect than the one you asked for." in told
    assert f"somebody else set {seats + 1} seats. It carried the seats as they were before" in told
    assert "We keep it and put it back where we can: the subscription's page shows how it stands." in told
    assert "Took another effect" in told and "Nothing has changed" not in told
    assert "Put 1 seat back" in told
    assert "Put 1 seat back" not in text(signed_in(CHLOE), page)
    assert "Took another effect" in text(signed_in(CHLOE), at(harbour, "activity/"))

    finish(order.id)  # the order that puts the decision back
    assert f"{seats - 2} seats" in text(signed_in(BEN), of(view))
    preview = text(signed_in(BEN), f"{of(view)}change/?seats={seats + 1}&when=now")
    assert f"You get 1 seat more: {seats + 1} instead of {seats}." in preview
    assert f"{seats - 2} (as planned)" in preview
