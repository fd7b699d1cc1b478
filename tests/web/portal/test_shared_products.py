"""Several subscriptions of one product: what each may give up depends on what the others will have left."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tenantry.licensing import actions
from tenantry.licensing.models import ChangeOrder, OrderState, Subscription
from tenantry.licensing.moment import Moment
from tenantry.licensing.queries import SubscriptionView
from tenantry.licensing.refresh import refresh_company
from tenantry.licensing.rules.facts import EndOfTerm
from tenantry.licensing.rules.wishes import Cancel, DecideEndOfTerm, ScheduleQuantity, SetQuantity, Wish
from tenantry.people.models import Company, EndUserRole
from tests.scenarios.months import change_elsewhere
from tests.support.house import OWNER, House, finish
from tests.support.orders import placed
from tests.web.portal.visitors import ANNA, at, of, signed_in, text, token

REDWOOD = "0d53a902-efe0-5870-a73f-1565c4875772"
MARCUS = "marcus.washington@redwoodprecision.example"
SHORT = "113 seats of this product are assigned, and {} would remain{}: take {} away from people first."
Redwood = tuple[Company, SubscriptionView, SubscriptionView, Client]
LAST_DAY = " after Thu 30 Sep 2027"


@pytest.fixture
def redwood(house: House) -> Redwood:
    """A company with 130 and 210 seats of Office 365 E3, of which 113 are assigned, and its Admin."""
    company = house.add_company(REDWOOD)
    limits = {"changes_per_day": 20, "seats_per_change": 500, "seats_per_cancellation": 500}
    actions.set_limits(acting_as=OWNER, **limits, moment=Moment.current())
    first, second = house.subscription(company, "Office 365 E3"), house.subscription(company, "Office 365 F3")
    change_elsewhere(house, second, body={"offerId": first.row.offer_id})
    refresh_company(company.id)
    first, second = (house.view(Subscription.objects.get(id=view.id)) for view in (first, second))
    assert [(view.facts.quantity, view.facts.assigned, view.facts.sold_total) for view in (first, second)] == [
        (130, 113, 340),
        (210, 113, 340),
    ]
    house.end_user(company, MARCUS, EndUserRole.ADMIN)
    return company, first, second, signed_in(MARCUS)


def in_their_return_window(house: House, redwood: Redwood) -> tuple[SubscriptionView, SubscriptionView]:
    """Let all seats of both subscriptions be returned until the end of the week, and both be cancelled."""
    company, first, second, _marcus = redwood
    until = "2026-11-28T09:00:00Z"
    for view in (first, second):
        lots = [{"quantity": view.facts.quantity, "until": until}]
        change_elsewhere(house, view, hidden={"lots": lots}, body={"cancellationAllowedUntilDate": until})
    refresh_company(company.id)
    first, second = (house.view(Subscription.objects.get(id=view.id)) for view in (first, second))
    return first, second


def test_the_second_cut_says_what_both_leave(house: House, redwood: Redwood) -> None:
    company, first, second, marcus = redwood
    assert "are assigned, and" not in text(marcus, of(first, "change/?seats=20&when=renewal"))
    assert "are assigned, and" not in text(marcus, at(company))
    assert finish(placed(first, ScheduleQuantity(20)).id).state == OrderState.SCHEDULED

    cut = of(second, "change/?seats=20&when=renewal")
    told = SHORT.format(40, LAST_DAY, 73)
    assert told in text(marcus, cut)
    renewal = text(marcus, of(second, "end-of-term/?choice=renew&seats=20"))
    assert told in renewal
    assert "are assigned, and" not in text(marcus, of(second, "change/?seats=93&when=renewal"))
    marcus.post(of(second, "change/"), {"plan": token(marcus, cut)})
    order = ChangeOrder.objects.latest("number")
    (warning,) = order.plan["warnings"]
    assert (warning["key"], warning["facts"]["remaining"], warning["facts"]["short"]) == ("below_assigned", 40, 73)
    finish(order.id)

    for address in (at(company), at(company, "renewals/")):
        assert text(marcus, address).count(told) == 1
    line = text(marcus, at(company)).split("Needs your decision")[1].split("The next twelve months")[0]
    assert "Office 365 E3" in line and told in line and "in 312 days" in line
    refresh_company(company.id)
    assert told in text(marcus, at(company))
    finish(placed(house.view(second.row), ScheduleQuantity(93)).id)
    assert "are assigned, and" not in text(marcus, at(company))


@pytest.mark.parametrize(
    ("wish", "remaining"),
    [
        pytest.param(DecideEndOfTerm(EndOfTerm.END), 20, id="ends"),
        pytest.param(ScheduleQuantity(50), 70, id="renews with fewer"),
    ],
)
@pytest.mark.parametrize("done", [True, False], ids=["at Microsoft", "on its way"])
def test_what_is_decided_about_the_others_counts(
    house: House,
    redwood: Redwood,
    wish: Wish,
    remaining: int,
    done: bool,
) -> None:
    _company, first, second, marcus = redwood
    order = placed(first, wish)
    if done:
        finish(order.id)
    told = SHORT.format(remaining, LAST_DAY, 113 - remaining)
    assert told in text(marcus, of(second, "change/?seats=20&when=renewal"))
    ending = text(marcus, of(second, "end-of-term/?choice=end"))
    left = remaining - 20
    assert (SHORT.format(left, LAST_DAY, 113 - left) in ending) is bool(left)
    assert ("everybody who uses one of your 210 seats loses access" in ending) is not bool(left)
    assert "are assigned, and" not in text(marcus, of(second, "end-of-term/?choice=extend"))


@pytest.mark.parametrize(
    ("changes", "remaining"),
    [
        pytest.param(
            {"autoRenewEnabled": False, "effectiveStartDate": "2025-03-01T00:00:00Z", "termDuration": "P3Y"},
            20,
            id="expires",
        ),
        pytest.param({"autoRenewEnabled": False, "isTrial": True}, 20, id="a trial that ends"),
        pytest.param({"status": "suspended", "autoRenewEnabled": False}, 20, id="suspended"),
        pytest.param({"autoRenewEnabled": False}, None, id="goes on in the extended term"),
        pytest.param({"commitmentEndDateTime": "2027-03-01T23:59:59Z"}, None, id="renews before"),
    ],
)
def test_what_microsoft_shows_of_the_others_counts(
    house: House,
    redwood: Redwood,
    changes: dict[str, Any],
    remaining: int | None,
) -> None:
    company, first, second, marcus = redwood
    change_elsewhere(house, first, body=changes)
    refresh_company(company.id)
    page = text(marcus, of(second, "change/?seats=20&when=renewal"))
    if remaining is None:
        assert "are assigned, and" not in page
    else:
        assert SHORT.format(remaining, LAST_DAY, 113 - remaining) in page


def test_a_trial_and_what_it_becomes_are_one_product(house: House, harbour: Company) -> None:
    trial, paid = house.subscription(harbour, "Microsoft Teams Premium Trial"), house.subscription(harbour, "Visio")
    offer = trial.row.offer_id.replace(":0004:", ":0002:")
    change_elsewhere(house, paid, body={"offerId": offer, "scheduledActions": None})
    refresh_company(harbour.id)
    assigned = house.view(Subscription.objects.get(id=paid.id)).facts.assigned
    assert assigned is not None and 1 < assigned <= 25
    anna, cut = signed_in(ANNA), of(paid, "change/?seats=1&when=renewal")
    assert "are assigned, and" not in text(anna, cut)  # 25 seats of the trial become paid ones
    change_elsewhere(house, trial, body={"autoRenewEnabled": False})
    refresh_company(harbour.id)
    assert f"{assigned} seats of this product are assigned, and 1 would remain" in text(anna, cut)


@pytest.mark.parametrize("wish", [SetQuantity(20), Cancel()], ids=["returned", "cancelled"])
def test_what_was_returned_since_the_count_is_not_taken_for_seats_of_others(
    house: House, redwood: Redwood, wish: Wish
) -> None:
    company, marcus = redwood[0], redwood[3]
    first, second = in_their_return_window(house, redwood)
    now = of(second, "change/?seats=20&when=now")
    assert "are assigned, and" not in text(marcus, now)
    order = placed(first, wish)
    left = 20 if isinstance(wish, Cancel) else 40
    assert SHORT.format(left, "", 113 - left) in text(marcus, now)  # on its way
    assert finish(order.id).state == OrderState.APPLIED
    assert SHORT.format(left, "", 113 - left) in text(marcus, now)  # done, and nobody has counted since
    refresh_company(company.id)
    assert SHORT.format(left, "", 113 - left) in text(marcus, now)


def test_an_order_is_not_refused_for_one_that_was_placed_after_it(house: House, redwood: Redwood) -> None:
    first, second = in_their_return_window(house, redwood)
    earlier = placed(first, SetQuantity(20))
    later = placed(house.view(second.row), SetQuantity(20))
    assert [one["key"] for one in later.plan["warnings"]] == ["below_assigned"]
    finish(later.id)
    assert {one.state for one in ChangeOrder.objects.filter(id__in=(earlier.id, later.id))} == {OrderState.APPLIED}


def test_what_was_done_before_it_is_sent_counts(house: House, redwood: Redwood) -> None:
    first, second = in_their_return_window(house, redwood)
    earlier = placed(first, SetQuantity(20))
    house.sandbox.fault("conflict", path=f"*{first.row.upstream_id}*", method="PATCH", count=1)
    assert finish(earlier.id).state == OrderState.QUEUED
    assert finish(placed(house.view(second.row), SetQuantity(20)).id).state == OrderState.APPLIED
    ChangeOrder.objects.filter(id=earlier.id).update(not_before=Moment.current().real)
    actions.wake(earlier.id)
    held = finish(earlier.id)  # nobody has read the warning that 73 seats have to be taken away
    assert (held.state, house.at_microsoft(first.row).quantity) == (OrderState.REFUSED, 130)


def test_a_hundred_subscriptions_of_a_product_take_as_many_queries_as_two(house: House, redwood: Redwood) -> None:
    company, first, second, marcus = redwood
    finish(placed(first, ScheduleQuantity(20)).id)
    pages = (at(company), at(company, "renewals/"), of(second), of(second, "change/?seats=20&when=renewal"))

    def counted() -> list[int]:
        found = []
        for page in pages:
            marcus.get(page)
            with CaptureQueriesContext(connection) as queries:
                assert marcus.get(page).status_code == 200
            found.append(len(queries))
        return found

    few = counted()
    row = Subscription.objects.get(id=first.id)
    copies = [
        Subscription(**{field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields})
        for _number in range(100)
    ]
    for number, copy in enumerate(copies):
        copy.pk, copy.upstream_id = Subscription().pk, f"copy-{number}"
    Subscription.objects.bulk_create(copies)
    assert counted() == few
