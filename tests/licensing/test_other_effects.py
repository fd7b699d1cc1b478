"""A decision for the end of the term carries the seats as they were read: what it does to seats of somebody else."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection as database
from pytest_django import Settings

from tenantry.audit.models import AuditRow
from tenantry.jobs.queue import enqueue
from tenantry.jobs.testing import run_due_jobs
from tenantry.kernel import clock as commerce_clock
from tenantry.licensing import actions
from tenantry.licensing.models import ChangeOrder, OrderState, Wish
from tenantry.licensing.moment import Moment
from tenantry.licensing.queries import SubscriptionView
from tenantry.licensing.rules.facts import EndOfTerm
from tenantry.licensing.rules.wishes import (
    DecideEndOfTerm,
    ScheduleHandling,
    ScheduleQuantity,
    SetQuantity,
    WithdrawSchedule,
)
from tenantry.notices.models import Notice
from tests.scenarios.months import change_elsewhere, refreshed, schedule_elsewhere
from tests.support.house import OWNER, House, finish
from tests.support.orders import ANNA, placed, steps
from tests.support.waiting import until

PREMIUM = "Microsoft 365 Business Premium"
SEATS_UNDONE = "undid somebody's change of seats"


@pytest.fixture
def view(house: House, settings: Settings) -> Iterator[SubscriptionView]:
    """A subscription with auto-renew, at a Microsoft that has finished two seconds after a lost answer."""
    settings.SETTLE_SECONDS = 2
    yield house.subscription(house.add_company(), PREMIUM)


def somebody_changes_seats(house: House, view: SubscriptionView, delta: int, when: str = "before") -> None:
    """Have somebody change the seats between our reading and our next write."""
    here = f"*/subscriptions/{view.row.upstream_id}"
    house.sandbox.fault("seats_changed", path=here, method="PATCH", count=1, delta=delta, when=when)


def settled(order: ChangeOrder) -> ChangeOrder:
    """Work on until the order and whatever follows it are closed."""
    until(lambda: finish(order.id).state not in ("queued", "sending", "unsure"), 30, "the order to be settled")
    for follower in ChangeOrder.objects.exclude(id=order.id):
        until(lambda one=follower: finish(one.id).settled_at is not None, 30, "what follows it")  # type: ignore[misc]
    return ChangeOrder.objects.get(id=order.id)


@pytest.mark.parametrize("fault", ["", "cut_after"])
@pytest.mark.parametrize("delta", [1, -1])
def test_seats_of_somebody_else_that_a_decision_undid(
    house: House, view: SubscriptionView, fault: str, delta: int
) -> None:
    seats = view.facts.quantity
    order = placed(view, ScheduleQuantity(seats - 2))
    somebody_changes_seats(house, view, delta)
    if fault:
        house.sandbox.fault(fault, path=f"*/subscriptions/{view.row.upstream_id}", method="PATCH", count=1)

    order = settled(order)

    assert (order.state, order.needs_person) == (OrderState.FAILED, False)
    assert steps(order)[-1] == "other_effect"
    assert order.outcome is not None
    assert order.outcome["settled"] == "other_effect"
    assert order.outcome["undid"] == {"from": seats + delta, "to": seats}
    [theirs] = order.outcome["overwrote"]
    assert (theirs["from"], theirs["to"]) == (seats, seats + delta)
    assert theirs["by"].startswith("somebody.else@")
    assert AuditRow.objects.filter(subject_id=str(order.id)).last().verb == "change_order.other_effect"  # type: ignore[union-attr]
    assert [notice.kind for notice in Notice.objects.filter(kind="seats_undone")] == ["seats_undone"]
    assert SEATS_UNDONE in Notice.objects.get(kind="seats_undone").subject

    # The wish outlives it: an order of its own has put it back, under the name of whoever decided it.
    [again] = ChangeOrder.objects.exclude(id=order.id)
    assert (again.state, again.actor_kind) == (OrderState.SCHEDULED, "system")
    wish = Wish.objects.get(subscription=view.row)
    assert (wish.choice, wish.quantity, wish.decided_by, wish.lost_at) == ("renew", seats - 2, ANNA.label, None)
    assert again.outcome is not None and "overwrote" not in again.outcome
    assert not Notice.objects.filter(kind="change_overwritten").exists()
    now = house.view(view.row).facts
    assert (now.quantity, now.scheduled_at_term_end and now.scheduled_at_term_end.quantity) == (seats, seats - 2)
    assert [patch["acted"] for patch in house.patches()] == [True, True]


def test_a_change_long_after_it_that_never_arrived_settles_by_itself(house: House, view: SubscriptionView) -> None:
    seats = view.facts.quantity
    decision = placed(view, ScheduleQuantity(seats - 2))
    somebody_changes_seats(house, view, 1)
    settled(decision)
    house.sandbox.clock_advance("PT5M")  # Microsoft's records date somebody's change a moment after ours that undid it
    commerce_clock.read_commerce_clock_again()

    order = placed(house.view(view.row), SetQuantity(seats + 3, ScheduleHandling.KEEP))
    house.sandbox.fault("cut_before", path=f"*/subscriptions/{view.row.upstream_id}", method="PATCH", count=1)

    order = settled(order)
    assert (order.state, steps(order).count("did_not_arrive")) == (OrderState.APPLIED, 1)
    assert house.view(view.row).facts.quantity == seats + 3


def test_a_good_answer_that_shows_it_is_not_waited_for(
    house: House, view: SubscriptionView, settings: Settings
) -> None:
    settings.SETTLE_SECONDS = 600
    order = placed(view, ScheduleQuantity(view.facts.quantity - 2))
    somebody_changes_seats(house, view, 1)
    assert steps(finish(order.id)) == ["requested", "sending", "accepted", "other_effect"]
    # Asked for a second time, the records might tell less, and the order would be sent again.
    asked = [one for one in house.sandbox.journal(method="GET") if one["path"] == "/v1/auditrecords"]
    assert len(asked) == 2, "one for this order, one for the order that puts the wish back"


def test_an_old_reading_of_somebodys_same_decision_is_not_taken_for_ours(
    house: House, view: SubscriptionView, settings: Settings
) -> None:
    settings.SETTLE_SECONDS = 600
    seats, here = view.facts.quantity, f"*/subscriptions/{view.row.upstream_id}"
    order = placed(view, ScheduleQuantity(seats - 2))
    writing = house.sandbox.fault("slow", path=here, method="PATCH", count=1, seconds=600)

    def meddle() -> None:
        house.sandbox.wait_until_struck(writing)
        change_elsewhere(house, view, quantity=seats + 1)
        schedule_elsewhere(house, view, seats - 2)
        house.sandbox.fault("stale", path=here, method="GET", count=2, writes=1)
        house.sandbox.end_fault(writing)
        database.close()

    with ThreadPoolExecutor() as beside:
        meddling = beside.submit(meddle)
        finish(order.id)
        meddling.result()

    order.refresh_from_db()
    assert (order.state, steps(order)[-1]) == (OrderState.FAILED, "other_effect")
    # The mirror shows the old reading until the next one: the wish is put back as soon as that is known.
    refreshed(house, view)
    settled(order)
    now = house.view(view.row).facts
    assert (now.quantity, now.scheduled_at_term_end and now.scheduled_at_term_end.quantity) == (seats, seats - 2)


def test_an_ending_that_was_dropped_with_somebodys_seats_is_put_back(house: House, view: SubscriptionView) -> None:
    order = placed(view, DecideEndOfTerm(EndOfTerm.END))
    somebody_changes_seats(house, view, 1)

    order = settled(order)

    assert order.state == OrderState.FAILED
    # Auto-renew went off with it and the choice did not stay: without the wish it would slide into the extended term.
    now = house.view(view.row).facts
    assert (now.auto_renew, [change.action.value for change in now.scheduled]) == (False, ["end"])
    assert Wish.objects.get(subscription=view.row).choice == "end"


def test_a_withdrawal_takes_effect_and_says_which_seats_it_undid(house: House, view: SubscriptionView) -> None:
    seats = view.facts.quantity
    finish(placed(view, ScheduleQuantity(seats - 2)).id)
    order = placed(house.view(view.row), WithdrawSchedule())
    somebody_changes_seats(house, view, 1)

    order = finish(order.id)

    assert order.state == OrderState.APPLIED
    assert order.outcome is not None and order.outcome["undid"] == {"from": seats + 1, "to": seats}
    assert [SEATS_UNDONE in notice.subject for notice in Notice.objects.all()] == [True]
    assert not Wish.objects.exists()
    assert ChangeOrder.objects.count() == 2


def test_a_microsoft_that_keeps_the_decision_has_taken_it_and_still_moved_the_seats(
    house: House, view: SubscriptionView
) -> None:
    house.sandbox.put("/_sandbox/switches", {"schedule_in_quantity_patch": "keep"})
    seats = view.facts.quantity
    order = placed(view, ScheduleQuantity(seats - 2))
    somebody_changes_seats(house, view, 1)

    order = settled(order)

    assert order.state == OrderState.SCHEDULED
    assert order.outcome is not None and order.outcome["undid"] == {"from": seats + 1, "to": seats}
    assert [notice.kind for notice in Notice.objects.all()] == ["seats_undone"]
    assert ChangeOrder.objects.count() == 1


def test_records_that_come_late_still_tell_of_it(house: House, view: SubscriptionView) -> None:
    seats = view.facts.quantity
    finish(placed(view, ScheduleQuantity(seats - 2)).id)
    house.sandbox.put("/_sandbox/switches", {"audit_lag_seconds": 3600})
    order = placed(house.view(view.row), WithdrawSchedule())
    somebody_changes_seats(house, view, 1)
    order = finish(order.id)
    assert order.state == OrderState.APPLIED
    assert not order.outcome and not Notice.objects.exists()

    house.sandbox.put("/_sandbox/switches", {"audit_lag_seconds": 0})

    def told() -> bool:
        enqueue("licensing.poll_audit_records")
        run_due_jobs()
        order.refresh_from_db()
        return bool(order.outcome)

    until(told, 15, "the late records")
    told()  # once more: nothing is told twice
    assert order.outcome is not None and order.outcome["undid"] == {"from": seats + 1, "to": seats}
    assert Notice.objects.count() == 1


def test_seats_that_were_wanted_undo_nothing(house: House, view: SubscriptionView) -> None:
    order = placed(view, SetQuantity(view.facts.quantity + 3))
    somebody_changes_seats(house, view, 1)
    order = finish(order.id)
    assert order.state == OrderState.APPLIED
    assert order.outcome is not None
    assert "undid" not in order.outcome and len(order.outcome["overwrote"]) == 1
    assert [notice.kind for notice in Notice.objects.all()] == ["change_overwritten"]


def test_a_decision_that_somebody_overwrote_stays_the_wish(house: House, view: SubscriptionView) -> None:
    seats = view.facts.quantity
    order = placed(view, ScheduleQuantity(seats - 2))
    somebody_changes_seats(house, view, 1, when="after")

    order = settled(order)

    assert order.state == OrderState.SCHEDULED
    assert order.outcome is not None and order.outcome["settled"] == "overwritten"
    wish = Wish.objects.get(subscription=view.row)
    assert (wish.choice, wish.quantity, wish.decided_by) == ("renew", seats - 2, ANNA.label)
    now = house.view(view.row).facts
    assert (now.quantity, now.scheduled_at_term_end and now.scheduled_at_term_end.quantity) == (seats + 1, seats - 2)


@pytest.mark.parametrize("took_effect", [True, False])
def test_a_decision_that_a_person_settled_is_kept_as_a_wish(
    house: House, view: SubscriptionView, took_effect: bool
) -> None:
    order = placed(view, ScheduleQuantity(view.facts.quantity - 2))
    known = {"settled": "undecidable", "seen": ["state_reached", "record_without_id"]}
    ChangeOrder.objects.filter(id=order.id).update(state=OrderState.UNSURE, needs_person=True, outcome=known)

    refusal = actions.settle_by_hand(
        acting_as=OWNER, order_id=order.id, took_effect=took_effect, note="looked", moment=Moment.current()
    )

    assert refusal is None
    order.refresh_from_db()
    assert order.state == (OrderState.SCHEDULED if took_effect else OrderState.FAILED)
    assert order.outcome is not None and order.outcome["seen"] == known["seen"] and order.outcome["note"] == "looked"
    assert Wish.objects.filter(quantity=view.facts.quantity - 2).exists() is took_effect
