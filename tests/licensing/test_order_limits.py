"""The partner's limits weigh every write by its effect, count under a lock, and believe the worker's ledger alone."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection as database

from tenantry.licensing.actions import PlacedOrder
from tenantry.licensing.engine.carry_out import carry_out
from tenantry.licensing.models import ChangeOrder, OrderState, Sent, Wish
from tenantry.licensing.queries import SubscriptionView
from tenantry.licensing.rules.facts import EndOfTerm
from tenantry.licensing.rules.weights import Measure
from tenantry.licensing.rules.wishes import Cancel, DecideEndOfTerm, ScheduleHandling, ScheduleQuantity, SetQuantity
from tenantry.licensing.rules.wishes import Wish as AnyWish
from tests.scenarios.months import change_elsewhere, pass_until, refreshed
from tests.support.house import MERIDIAN, NORDLYS, House, finish
from tests.support.orders import allow, place, placed, refused

PREMIUM = "Microsoft 365 Business Premium"
AT_ONCE = 30
# Test databases have room for this many connections beside the others.
THREADS = 15


@pytest.fixture
def view(house: House) -> SubscriptionView:
    """A subscription for a year that renews by itself."""
    return house.subscription(house.add_company(), PREMIUM)


@pytest.fixture
def many(house: House) -> list[SubscriptionView]:
    """Subscriptions of one company that can each have a seat more."""
    rows = house.add_company(MERIDIAN).subscriptions.filter(kind="nce", status="active", is_trial=False)
    views = [house.view(row) for row in rows.filter(auto_renew=True, gone_at=None).order_by("id")]
    return [view for view in views if not view.facts.scheduled and can_have_one_more(view)][:AT_ONCE]


def can_have_one_more(view: SubscriptionView) -> bool:
    return view.facts.maximum is None or view.facts.quantity < view.facts.maximum


def reason_of(order: ChangeOrder) -> str:
    """Return why an order was refused here."""
    assert order.outcome is not None
    return str(order.outcome["refusal"]["reason"])


@pytest.mark.parametrize(
    "wish",
    [
        lambda seats: ScheduleQuantity(seats + 51),
        lambda seats: DecideEndOfTerm(EndOfTerm.RENEW, seats + 51),
        lambda seats: SetQuantity(seats + 51),
    ],
    ids=["for the renewal", "at the end of the term", "at once"],
)
def test_the_limit_of_seats_holds_for_every_way_in(
    house: House, view: SubscriptionView, wish: Callable[[int], AnyWish]
) -> None:
    assert refused(view, wish(view.facts.quantity)) == "too_many_seats"
    assert not ChangeOrder.objects.exists()


def test_a_decision_about_the_end_weighs_no_seats(house: House) -> None:
    view = house.subscription(house.add_company(NORDLYS), "Microsoft 365 E3")
    allow(seats=1)
    assert finish(placed(view, DecideEndOfTerm(EndOfTerm.END)).id).state == OrderState.SCHEDULED
    back = finish(placed(house.view(view.row), DecideEndOfTerm(EndOfTerm.RENEW)).id)
    assert back.state == OrderState.SCHEDULED


def test_cancelling_is_a_change_and_has_a_limit_of_its_own(house: House) -> None:
    company = house.add_company(NORDLYS)
    now = house.sandbox.now()
    fresh = next(
        view
        for view in (house.view(row) for row in company.subscriptions.filter(status="active", kind="nce"))
        if view.facts.cancellation_allowed_until and view.facts.cancellation_allowed_until > now
    )
    allow(seats=1, cancelled=fresh.facts.quantity - 1)
    assert refused(fresh, Cancel()) == "too_many_cancelled"
    allow(changes=1, seats=1, cancelled=fresh.facts.quantity)
    assert finish(placed(fresh, Cancel()).id).state == OrderState.APPLIED
    entered = Sent.objects.values_list("measure", "amount")
    assert set(entered) == {(Measure.CHANGES, 1), (Measure.CANCELLED, fresh.facts.quantity)}
    other = house.subscription(company, "Microsoft 365 E3")
    assert refused(other, SetQuantity(other.facts.quantity + 1)) == "too_many_changes"


def test_a_refused_order_does_not_use_the_day_up_and_a_sent_one_does_for_a_day(
    house: House, view: SubscriptionView
) -> None:
    allow(changes=1)
    change_elsewhere(house, view, quantity=view.facts.quantity + 1)
    assert finish(placed(view, SetQuantity(view.facts.quantity + 2)).id).state == OrderState.REFUSED
    after = refreshed(house, view)
    assert finish(placed(after, SetQuantity(after.facts.quantity + 1)).id).state == OrderState.APPLIED
    assert refused(house.view(view.row), SetQuantity(after.facts.quantity + 2)) == "too_many_changes"
    pass_until(house, house.sandbox.now() + timedelta(days=1, minutes=1))
    after = refreshed(house, view)
    assert finish(placed(after, SetQuantity(after.facts.quantity + 1)).id).state == OrderState.APPLIED


def test_an_order_that_is_sent_again_counts_once(house: House, view: SubscriptionView) -> None:
    allow(changes=1)
    house.sandbox.fault("throttle", method="PATCH", count=1, retry_after=0)
    order = finish(placed(view, SetQuantity(view.facts.quantity + 1)).id)
    while order.state == OrderState.QUEUED:
        order = finish(order.id)
    assert order.state == OrderState.APPLIED
    assert list(Sent.objects.filter(measure=Measure.CHANGES).values_list("amount", flat=True)) == [1]


def test_of_many_confirmations_at_once_as_many_are_taken_as_are_left(
    house: House, many: list[SubscriptionView]
) -> None:
    assert len(many) == AT_ONCE
    allow(changes=6)
    finish(placed(many[0], SetQuantity(many[0].facts.quantity + 1)).id)
    together = threading.Barrier(THREADS)

    def confirm(view: SubscriptionView) -> str:
        try:
            together.wait(30)
            outcome = place(view, SetQuantity(view.facts.quantity + 1))
            return "" if isinstance(outcome, PlacedOrder) else outcome.reason
        finally:
            database.close()

    views = [house.view(many[0].row), *many[1:]]
    with ThreadPoolExecutor(THREADS) as beside:
        outcomes = list(beside.map(confirm, views))

    assert sorted(outcomes) == [""] * 5 + ["too_many_changes"] * (AT_ONCE - 5)
    for order in ChangeOrder.objects.filter(state=OrderState.QUEUED):
        assert finish(order.id).state == OrderState.APPLIED
    assert len(house.patches()) == 6


def test_of_many_orders_sent_at_once_as_many_go_out_as_are_left(house: House, many: list[SubscriptionView]) -> None:
    allow(changes=1000)
    orders = [placed(view, SetQuantity(view.facts.quantity + 1)) for view in many[:THREADS]]
    allow(changes=5)

    def carry(order: ChangeOrder) -> None:
        try:
            carry_out(order.id)
        finally:
            database.close()

    with ThreadPoolExecutor(THREADS) as beside:
        list(beside.map(carry, orders))

    ended = list(ChangeOrder.objects.all())
    refused_ones = [order for order in ended if order.state == OrderState.REFUSED]
    assert len(house.patches()) == len([order for order in ended if order.state == OrderState.APPLIED]) == 5
    assert {reason_of(order) for order in refused_ones} == {"too_many_changes"}
    assert len(refused_ones) == THREADS - 5


@pytest.mark.parametrize("forged", [{"actor_kind": "system"}, {"number": -1}, {"actor_kind": "system", "number": -1}])
@pytest.mark.parametrize(
    "wish", [lambda n: SetQuantity(n + 5), lambda n: ScheduleQuantity(n + 5)], ids=["now", "later"]
)
def test_what_the_order_says_of_its_author_frees_it_of_no_limit(
    house: House, view: SubscriptionView, wish: Callable[[int], AnyWish], forged: dict[str, object]
) -> None:
    order = placed(view, wish(view.facts.quantity))
    allow(seats=4)
    ChangeOrder.objects.filter(id=order.id).update(**forged)
    order = finish(order.id)
    assert (order.state, reason_of(order)) == (OrderState.REFUSED, "too_many_seats")
    assert house.patches() == []


def test_a_decision_is_put_back_when_the_day_is_used_up(house: House, view: SubscriptionView) -> None:
    seats = view.facts.quantity
    finish(placed(view, ScheduleQuantity(seats - 4)).id)
    allow(changes=2, seats=3)
    finish(placed(house.view(view.row), SetQuantity(seats + 1, ScheduleHandling.KEEP)).id)
    assert [order.state for order in ChangeOrder.objects.order_by("number")] == ["scheduled", "applied", "scheduled"]
    assert [change.quantity for change in house.view(view.row).facts.scheduled] == [seats - 4]
    assert Sent.objects.filter(measure=Measure.CHANGES).count() == 2


def test_an_order_of_nobody_goes_no_further_than_one_that_was_sent(house: House, view: SubscriptionView) -> None:
    seats = view.facts.quantity
    finish(placed(view, ScheduleQuantity(seats + 2)).id)
    further = placed(house.view(view.row), ScheduleQuantity(seats + 3))
    allow(changes=1)
    ChangeOrder.objects.filter(id=further.id).update(actor_kind="system")
    further = finish(further.id)
    assert (further.state, reason_of(further)) == (OrderState.REFUSED, "too_many_changes")
    assert Wish.objects.get().quantity == seats + 2


@pytest.mark.parametrize(
    "wish", [DecideEndOfTerm(EndOfTerm.END), DecideEndOfTerm(EndOfTerm.EXTEND)], ids=lambda wish: wish.choice.value
)
def test_an_order_of_nobody_ends_no_term_otherwise_than_one_that_was_sent(
    house: House, view: SubscriptionView, wish: AnyWish
) -> None:
    finish(placed(view, ScheduleQuantity(view.facts.quantity + 2)).id)
    otherwise = placed(house.view(view.row), wish)
    allow(changes=1)
    ChangeOrder.objects.filter(id=otherwise.id).update(actor_kind="system")
    otherwise = finish(otherwise.id)
    assert (otherwise.state, reason_of(otherwise)) == (OrderState.REFUSED, "too_many_changes")
