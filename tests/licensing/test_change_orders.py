"""Change orders from the click to the outcome, over the sandbox."""

import time
import uuid
from datetime import timedelta

import pytest
from django.db import transaction
from pytest_django import Settings

from tenantry.audit.models import AuditRow
from tenantry.kernel import clock
from tenantry.kernel.ids import CompanyId
from tenantry.kernel.refusals import Refusal
from tenantry.licensing import actions
from tenantry.licensing.engine.carry_out import carry_out
from tenantry.licensing.models import ChangeOrder, OrderState, Wish
from tenantry.licensing.moment import Moment
from tenantry.licensing.queries import facts_of
from tenantry.licensing.rules.facts import EndOfTerm, ScheduledAction
from tenantry.licensing.rules.wishes import Cancel, DecideEndOfTerm, ScheduleHandling, ScheduleQuantity, SetQuantity
from tenantry.notices.models import Notice
from tests.scenarios.months import change_elsewhere, pass_until
from tests.support.house import NORDLYS, OWNER, House, finish
from tests.support.orders import ANNA, BEN, allow, place, placed, refused, steps
from tests.support.waiting import BUSY, until

PREMIUM = "Microsoft 365 Business Premium"


def finish_until_closed(order_id: uuid.UUID, seconds: float = 30.0) -> ChangeOrder:
    """Work on until the order is settled; retries wait for their time."""
    end = time.monotonic() + seconds * BUSY
    while True:
        order = finish(order_id)
        if order.state not in (OrderState.QUEUED, OrderState.SENDING, OrderState.UNSURE) or order.needs_person:
            return order
        assert time.monotonic() < end, (order.state, steps(order))
        time.sleep(0.1)


def withdraw(order: ChangeOrder) -> Refusal | None:
    return actions.withdraw_order(
        acting_as=ANNA, company_id=CompanyId(order.company_id), order_id=order.id, moment=Moment.current()
    )


def test_an_addition_is_sent_once_and_read_back(house: House) -> None:
    view = house.subscription(house.add_company(), PREMIUM)
    order = placed(view, SetQuantity(view.facts.quantity + 3))
    assert order.state == OrderState.QUEUED
    assert house.patches() == []

    order = finish(order.id)

    assert order.state == OrderState.APPLIED
    assert steps(order) == ["requested", "sending", "accepted", "confirmed"]
    assert [patch["acted"] for patch in house.patches()] == [True]
    assert house.at_microsoft(view.row).quantity == view.facts.quantity + 3
    assert house.view(view.row).facts.quantity == view.facts.quantity + 3
    told = list(AuditRow.objects.filter(subject_id=str(order.id)).order_by("id").values_list("verb", flat=True))
    assert told == ["change_order.placed", "change_order.sending", "change_order.took_effect"]


def test_a_double_click_is_one_order_and_a_second_person_gets_a_clear_answer(house: House) -> None:
    view = house.subscription(house.add_company(), PREMIUM)
    key = uuid.uuid4()
    first = place(view, SetQuantity(view.facts.quantity + 1), form_key=key)
    again = place(view, SetQuantity(view.facts.quantity + 1), form_key=key)
    assert isinstance(first, actions.PlacedOrder) and isinstance(again, actions.PlacedOrder)
    assert (again.id, again.created) == (first.id, False)
    other = place(view, SetQuantity(view.facts.quantity + 2), who=BEN)
    assert isinstance(other, Refusal)
    assert (other.reason, other.facts) == ("order_under_way", {"number": first.number})

    finish(first.id)

    assert [patch["acted"] for patch in house.patches()] == [True]
    late = place(view, SetQuantity(view.facts.quantity + 2), who=BEN)
    assert isinstance(late, Refusal)
    assert late.reason == "changed_meanwhile"


def test_what_changed_at_microsoft_before_sending_refuses_the_order(house: House) -> None:
    view = house.subscription(house.add_company(), PREMIUM)
    order = placed(view, SetQuantity(view.facts.quantity + 1))
    house.sandbox.fault("seats_changed", path=f"*/subscriptions/{view.row.upstream_id}", method="GET", count=1, delta=2)

    order = finish(order.id)

    assert order.state == OrderState.REFUSED
    assert order.outcome is not None and order.outcome["refusal"]["reason"] == "changed_meanwhile"
    assert house.patches() == []
    assert house.view(view.row).facts.quantity == view.facts.quantity + 2


def test_a_change_between_read_and_write_is_told_as_overwritten(house: House) -> None:
    view = house.subscription(house.add_company(), PREMIUM)
    order = placed(view, SetQuantity(view.facts.quantity + 3))
    house.sandbox.fault(
        "seats_changed", path=f"*/subscriptions/{view.row.upstream_id}", method="PATCH", count=1, delta=1, when="before"
    )

    order = finish(order.id)

    assert order.state == OrderState.APPLIED
    assert house.at_microsoft(view.row).quantity == view.facts.quantity + 3
    assert order.outcome is not None and len(order.outcome["overwrote"]) == 1


def test_a_change_right_after_ours_does_not_make_ours_undone(house: House, settings: Settings) -> None:
    settings.SETTLE_SECONDS = 2
    view = house.subscription(house.add_company(), PREMIUM)
    order = placed(view, SetQuantity(view.facts.quantity + 3))
    house.sandbox.fault(
        "seats_changed", path=f"*/subscriptions/{view.row.upstream_id}", method="PATCH", count=1, delta=1, when="after"
    )

    order = finish_until_closed(order.id)

    assert order.state == OrderState.APPLIED
    assert order.outcome is not None and order.outcome["settled"] == "overwritten"
    assert house.view(view.row).facts.quantity == view.facts.quantity + 4


@pytest.mark.parametrize("fault", ["cut_after", "cut_midway", "malformed"])
def test_a_lost_reply_is_settled_by_asking(house: House, settings: Settings, fault: str) -> None:
    settings.SETTLE_SECONDS = 2
    view = house.subscription(house.add_company(), PREMIUM)
    order = placed(view, SetQuantity(view.facts.quantity + 1))
    house.sandbox.fault(fault, method="PATCH", count=1)

    order = finish_until_closed(order.id)

    assert order.state == OrderState.APPLIED
    assert "answer_lost" in steps(order)
    assert [patch["acted"] for patch in house.patches()] == [True]
    assert Notice.objects.filter(kind="order_unsure", subject_id=str(order.id)).count() == 1


@pytest.mark.parametrize(
    ("path", "status", "seen"),
    [("*/subscriptions/*", 404, "cannot_look"), ("/v1/auditrecords", 403, "journal_unavailable")],
)
def test_what_microsoft_cannot_be_asked_for_a_day_is_left_to_a_person(
    house: House, settings: Settings, path: str, status: int, seen: str
) -> None:
    settings.SETTLE_SECONDS = 600
    view = house.subscription(house.add_company(), PREMIUM)
    order = placed(view, SetQuantity(view.facts.quantity + 1))
    house.sandbox.fault("cut_after", method="PATCH", count=1)
    assert finish(order.id).state == OrderState.UNSURE
    house.sandbox.fault("status", method="GET", path=path, status=status)
    now = clock.now()
    due = ChangeOrder.objects.filter(id=order.id)
    due.update(sent_at=now - timedelta(hours=23), not_before=now)
    carry_out(order.id)
    assert not due.get().needs_person
    due.update(sent_at=now - timedelta(hours=25), not_before=now)
    carry_out(order.id)

    asked = due.get()
    assert (asked.state, asked.needs_person) == (OrderState.UNSURE, True)
    assert asked.outcome is not None and seen in asked.outcome["seen"]
    assert Notice.objects.filter(kind="order_undecidable", subject_id=str(order.id)).count() == 1
    settled = actions.settle_by_hand(
        acting_as=OWNER, order_id=order.id, took_effect=True, note="seen", moment=Moment.current()
    )
    assert settled is None
    assert len(house.patches()) == 1


def test_an_order_that_was_tried_very_often_can_still_be_taken_up(house: House) -> None:
    """The stop switch may hold one for weeks, and every 30 seconds somebody looks."""
    view = house.subscription(house.add_company(), PREMIUM)
    order = placed(view, SetQuantity(view.facts.quantity + 1))
    ChangeOrder.objects.filter(id=order.id).update(attempts=32767)
    assert finish(order.id).state == OrderState.APPLIED


@pytest.mark.parametrize("fault", [{"kind": "cut_before"}, {"kind": "status", "status": 503}])
def test_what_did_not_arrive_is_sent_again_after_microsoft_has_said_so(
    house: House, settings: Settings, fault: dict[str, object]
) -> None:
    settings.SETTLE_SECONDS = 2
    view = house.subscription(house.add_company(), PREMIUM)
    order = placed(view, SetQuantity(view.facts.quantity + 1))
    house.sandbox.fault(**{**fault, "method": "PATCH", "count": 1})  # type: ignore[arg-type]  # keys are text

    order = finish_until_closed(order.id)

    assert order.state == OrderState.APPLIED
    assert "did_not_arrive" in steps(order)
    assert [patch["acted"] for patch in house.patches()] == [False, True]
    assert house.at_microsoft(view.row).quantity == view.facts.quantity + 1


def test_a_throttled_order_waits_and_is_sent_once(house: House) -> None:
    view = house.subscription(house.add_company(), PREMIUM)
    order = placed(view, SetQuantity(view.facts.quantity + 1))
    house.sandbox.fault("throttle", method="PATCH", count=1, retry_after=1)

    order = finish_until_closed(order.id)

    assert order.state == OrderState.APPLIED
    assert steps(order)[:4] == ["requested", "sending", "throttled", "sending"]
    assert [patch["acted"] for patch in house.patches()] == [False, True]


def test_an_order_that_could_not_be_sent_for_a_day_fails_and_the_partner_hears_of_it(house: House) -> None:
    view = house.subscription(house.add_company(), PREMIUM)
    order = placed(view, SetQuantity(view.facts.quantity + 1))
    ChangeOrder.objects.filter(id=order.id).update(created_at=clock.now() - timedelta(hours=25))
    house.sandbox.fault("throttle", method="PATCH", count=1, retry_after=1)

    assert finish(order.id).state == OrderState.FAILED
    assert Notice.objects.filter(kind="order_failed", subject_id=str(order.id)).count() == 1
    assert [patch["acted"] for patch in house.patches()] == [False]


def test_an_accepted_order_is_applied_only_when_it_shows(house: House) -> None:
    house.sandbox.put("/_sandbox/switches", {"patch_status": 202, "patch_202_seconds": 3})
    view = house.subscription(house.add_company(), PREMIUM)
    order = placed(view, SetQuantity(view.facts.quantity + 1))

    order = finish_until_closed(order.id)

    assert order.state == OrderState.APPLIED
    happened = {event.what: event.happened_at for event in order.events.all()}
    assert happened["sending"] < happened["accepted"] < happened["confirmed"]
    assert happened["confirmed"] - happened["sending"] > timedelta(seconds=3)
    assert [patch["status"] for patch in house.patches()] == [202]


def test_what_somebody_else_did_is_not_ours_where_an_accepted_order_came_to_nothing(
    house: House, settings: Settings
) -> None:
    settings.SETTLE_SECONDS = 2
    view = house.subscription(house.add_company(), PREMIUM)
    before = view.facts.quantity
    order = placed(view, SetQuantity(before + 1))
    here = {"path": f"*/subscriptions/{view.row.upstream_id}", "method": "PATCH", "count": 1}
    house.sandbox.fault("seats_changed", **here, delta=1, when="after")
    house.sandbox.fault("accept_and_drop", **here)

    order = finish_until_closed(order.id)

    assert order.needs_person
    assert order.outcome and order.outcome["seen"] == ["state_reached", "record_without_id"]
    assert order.outcome["now"]["quantity"] == before + 1
    assert "not_yet_recorded" in steps(order)
    assert "confirmed" not in steps(order)
    assert [patch["acted"] for patch in house.patches()] == [False]


def test_an_accepted_order_is_applied_without_a_record_where_nobody_else_did_the_same(
    house: House, settings: Settings
) -> None:
    settings.SETTLE_SECONDS = 2
    house.sandbox.put("/_sandbox/switches", {"patch_status": 202, "patch_202_seconds": 0, "audit_lag_seconds": 3600})
    view = house.subscription(house.add_company(), PREMIUM)
    order = placed(view, SetQuantity(view.facts.quantity + 1))

    order = finish_until_closed(order.id)

    assert order.state == OrderState.APPLIED
    assert "not_yet_recorded" in steps(order)
    assert order.outcome and order.outcome["seen"] == ["state_reached", "accepted_by_microsoft"]
    assert [patch["acted"] for patch in house.patches()] == [True]


def test_one_old_reading_does_not_make_an_accepted_order_that_came_to_nothing_applied(
    house: House, settings: Settings
) -> None:
    settings.SETTLE_SECONDS = 600
    view = house.subscription(house.add_company(), PREMIUM)
    here = f"*/subscriptions/{view.row.upstream_id}"
    before = view.facts.quantity
    # Somebody else had bought the same seat and gave it back: an old reading shows what our order wants.
    for quantity in (before + 1, before):
        change_elsewhere(house, view, quantity=quantity)
    pass_until(house, clock.now() + timedelta(hours=1))
    order = placed(house.view(view.row), SetQuantity(before + 1))
    house.sandbox.fault("accept_and_drop", path=here, method="PATCH", count=1)
    assert steps(finish(order.id))[-1] == "not_yet_shown"
    # When records can no longer be late there is none, and Microsoft shows what it showed before somebody's last write.
    settings.SETTLE_SECONDS = 0
    house.sandbox.fault("stale", path=here, method="GET", count=2, writes=1)
    until(lambda: "looking_again" in steps(finish(order.id)))

    order = finish_until_closed(order.id)

    assert order.state == OrderState.APPLIED
    assert steps(order).count("sending") == 2, "it had come to nothing, and was sent once more"
    assert [patch["acted"] for patch in house.patches()][-2:] == [False, True]


def test_a_conflict_waits_for_two_minutes(house: House) -> None:
    view = house.subscription(house.add_company(), PREMIUM)
    order = placed(view, SetQuantity(view.facts.quantity + 1))
    house.sandbox.fault("conflict", method="PATCH", count=1)

    order = finish(order.id)

    assert order.state == OrderState.QUEUED
    assert steps(order)[-1] == "conflict"
    assert timedelta(seconds=100) < order.not_before - clock.now() < timedelta(seconds=125)


def test_the_stop_switch_holds_what_is_not_sent_yet_and_lets_it_go_again(house: House) -> None:
    company = house.add_company()
    view = house.subscription(company, PREMIUM)
    order = placed(view, SetQuantity(view.facts.quantity + 1))
    actions.stop(acting_as=OWNER, reason="an audit", moment=Moment.current())

    order = finish(order.id)
    assert order.state == OrderState.QUEUED
    assert steps(order)[-1] == "held"
    assert house.patches() == []
    other = next(house.view(row) for row in company.subscriptions.filter(status="active").exclude(id=view.id))
    assert refused(other, SetQuantity(other.facts.quantity + 1)) == "stopped"
    actions.go(acting_as=OWNER, moment=Moment.current())
    order = finish(order.id)

    assert order.state == OrderState.APPLIED


def test_a_queued_order_can_be_withdrawn_and_a_sent_one_not(house: House) -> None:
    view = house.subscription(house.add_company(), PREMIUM)
    order = placed(view, SetQuantity(view.facts.quantity + 1))
    assert (
        actions.withdraw_order(
            acting_as=ANNA, company_id=CompanyId(order.company_id), order_id=order.id, moment=Moment.current()
        )
        is None
    )
    order = finish(order.id)
    assert order.state == OrderState.WITHDRAWN
    assert house.patches() == []

    second = finish(placed(view, SetQuantity(view.facts.quantity + 1)).id)
    refusal = withdraw(second)
    assert refusal is not None and refusal.reason == "already_sent"


def test_limits_per_change_and_per_day(house: House) -> None:
    company = house.add_company()
    view = house.subscription(company, PREMIUM)
    allow(changes=1, seats=5)
    assert refused(view, SetQuantity(view.facts.quantity + 6)) == "too_many_seats"
    finish(placed(view, SetQuantity(view.facts.quantity + 5)).id)
    assert refused(house.view(view.row), SetQuantity(view.facts.quantity + 6)) == "too_many_changes"


def test_the_worker_holds_an_order_against_the_limits_again(house: House) -> None:
    view = house.subscription(house.add_company(), PREMIUM)
    order = placed(view, SetQuantity(view.facts.quantity + 5))
    allow(changes=10, seats=2)

    order = finish(order.id)

    assert order.state == OrderState.REFUSED
    assert order.outcome is not None and order.outcome["refusal"]["reason"] == "too_many_seats"
    assert house.patches() == []


def test_of_too_many_orders_only_the_last_ones_are_refused(house: House) -> None:
    company = house.add_company()
    views = [house.subscription(company, name) for name in (PREMIUM, "Power BI", "Planner and Project")]
    orders = [placed(view, SetQuantity(view.facts.quantity + 1)) for view in views]
    allow(changes=2)

    ended = [finish(order.id) for order in orders]

    assert [order.state for order in ended] == [OrderState.APPLIED, OrderState.APPLIED, OrderState.REFUSED]
    assert ended[2].outcome is not None and ended[2].outcome["refusal"]["reason"] == "too_many_changes"


def test_another_companys_subscription_does_not_exist(house: House) -> None:
    view = house.subscription(house.add_company(), PREMIUM)
    other = house.add_company(NORDLYS)
    with pytest.raises(type(view.row).DoesNotExist):
        actions.place_change_order(
            acting_as=ANNA,
            company_id=CompanyId(other.id),
            subscription_id=view.id,
            wish=SetQuantity(1),
            shown=None,  # type: ignore[arg-type]  # never looked at
            seen="",
            form_key=uuid.uuid4(),
            moment=Moment.current(),
        )
    assert ChangeOrder.objects.count() == 0


def test_a_cancelled_subscription_is_deleted_at_microsoft(house: House) -> None:
    company = house.add_company(NORDLYS)
    fresh = next(
        view
        for view in (house.view(row) for row in company.subscriptions.filter(status="active", kind="nce"))
        if view.facts.cancellation_allowed_until and view.facts.cancellation_allowed_until > house.sandbox.now()
    )
    order = finish(placed(fresh, Cancel()).id)
    assert order.state == OrderState.APPLIED
    assert house.at_microsoft(fresh.row).status == "deleted"


class TestWishesThatSurvive:
    """A scheduled number outlives what Microsoft drops."""

    def test_a_schedule_is_kept_and_put_back_after_an_addition(self, house: House) -> None:
        view = house.subscription(house.add_company(), PREMIUM)
        start = view.facts.quantity
        order = finish(placed(view, ScheduleQuantity(start - 2)).id)
        assert order.state == OrderState.SCHEDULED
        assert Wish.objects.get(subscription=view.row).quantity == start - 2

        view = house.view(view.row)
        order = finish(placed(view, SetQuantity(start + 1, ScheduleHandling.KEEP)).id)

        assert order.state == OrderState.APPLIED
        orders = list(ChangeOrder.objects.order_by("number").values_list("actor_kind", "state"))
        assert orders == [("end_user", "scheduled"), ("end_user", "applied"), ("system", "scheduled")]
        waiting = facts_of(house.view(view.row).row).scheduled_at_term_end
        assert waiting is not None and waiting.quantity == start - 2
        wish = Wish.objects.get(subscription=view.row)
        assert (wish.quantity, wish.lost_at, wish.decided_by) == (start - 2, None, "Anna Lindqvist")

    def test_a_shifted_schedule_moves_with_the_seats(self, house: House) -> None:
        view = house.subscription(house.add_company(), PREMIUM)
        start = view.facts.quantity
        finish(placed(view, ScheduleQuantity(start - 2)).id)
        view = house.view(view.row)
        finish(placed(view, SetQuantity(start + 3, ScheduleHandling.SHIFT)).id)
        waiting = facts_of(house.view(view.row).row).scheduled_at_term_end
        assert waiting is not None and waiting.quantity == start + 1

    def test_a_wish_that_cannot_be_put_back_raises_an_alarm(self, house: House) -> None:
        view = house.subscription(house.add_company(), PREMIUM)
        start = view.facts.quantity
        finish(placed(view, ScheduleQuantity(start - 2)).id)
        view = house.view(view.row)
        order = placed(view, SetQuantity(start + 1, ScheduleHandling.KEEP))
        carry_out(order.id)
        house.sandbox.fault("status", method="PATCH", status=400, code=800097)
        finish(order.id)

        wish = Wish.objects.get(subscription=view.row)
        assert wish.lost_at is not None
        assert Notice.objects.filter(kind="schedule_lost").count() == 1

    @pytest.mark.parametrize(
        ("choice", "action"), [(EndOfTerm.END, ScheduledAction.END), (EndOfTerm.EXTEND, ScheduledAction.EXTEND)]
    )
    def test_the_ways_a_term_can_end(self, house: House, choice: EndOfTerm, action: ScheduledAction) -> None:
        view = house.subscription(house.add_company(), PREMIUM)
        order = finish(placed(view, DecideEndOfTerm(choice)).id)
        assert order.state == OrderState.SCHEDULED
        after = house.view(view.row)
        assert after.facts.auto_renew is False
        waiting = after.facts.scheduled_at_term_end
        assert waiting is not None and waiting.action is action
        assert Wish.objects.get(subscription=view.row).choice == choice

        back = finish(placed(after, DecideEndOfTerm(EndOfTerm.RENEW)).id)
        assert back.state == OrderState.SCHEDULED
        assert house.view(view.row).facts.auto_renew is True


def test_only_one_open_order_per_subscription_in_the_database_itself(house: House) -> None:
    view = house.subscription(house.add_company(), PREMIUM)
    order = placed(view, SetQuantity(view.facts.quantity + 1))
    with pytest.raises(Exception, match="order_one_open_per_subscription"), transaction.atomic():
        ChangeOrder.objects.filter(id=order.id).update(id=order.id)
        order.pk = uuid.uuid4()
        order.form_key = uuid.uuid4()
        order.number += 1
        order.save(force_insert=True)
