"""What was decided for the end of a term is kept as it was decided: the whole change, and against whom."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection as database
from django.db import transaction

from tenantry.audit.models import AuditRow
from tenantry.jobs.testing import run_due_jobs
from tenantry.kernel.actor import Actor
from tenantry.kernel.ids import CompanyId
from tenantry.kernel.refusals import Refusal
from tenantry.licensing import actions, keeping, renewing
from tenantry.licensing.models import ChangeOrder, OrderState, Subscription, Wish
from tenantry.licensing.moment import Moment
from tenantry.licensing.queries import SubscriptionView, needs_decision
from tenantry.licensing.rules.facts import EndOfTerm, ScheduledAction, Term, fingerprint
from tenantry.licensing.rules.wishes import DecideEndOfTerm, ScheduleHandling, ScheduleQuantity, SetQuantity
from tenantry.notices.models import Notice
from tests.scenarios.months import change_elsewhere, pass_until, refreshed, schedule_elsewhere
from tests.support.house import NORDLYS, OWNER, House, finish
from tests.support.orders import ANNA, BEN, placed
from tests.support.waiting import FAR_TOO_LONG, until_somebody_waits_for_us

PREMIUM = "Microsoft 365 Business Premium"
RIVERA = "842e905e-b4a5-56d2-88c8-5dc389b3b006"


@pytest.fixture
def view(house: House) -> SubscriptionView:
    """A subscription for a year that renews by itself."""
    return house.subscription(house.add_company(), PREMIUM)


def confirm(view: SubscriptionView, who: Actor = ANNA) -> Refusal | None:
    """Say that it may renew as it does by itself, as the page does."""
    return renewing.confirm_renewal(
        acting_as=who,
        company_id=CompanyId(view.row.company_id),
        subscription_id=view.id,
        seen=fingerprint(view.facts),
        moment=Moment.current(),
    )


def test_a_confirmed_renewal_is_not_what_somebody_else_scheduled_instead(house: House, view: SubscriptionView) -> None:
    assert confirm(view) is None
    assert confirm(view, BEN) is None  # the first one has decided it
    assert refreshed(house, view).ending.quantity == view.facts.quantity
    assert Wish.objects.get().lost_at is None

    schedule_elsewhere(house, view, view.facts.quantity - 4)
    after = refreshed(house, view)

    wish = Wish.objects.get()
    assert (wish.decided_by, wish.lost_reason and wish.lost_reason["reason"]) == (ANNA.label, "other_schedule")
    assert [one.id for one in needs_decision([after], house.sandbox.now())] == [view.id]
    assert not ChangeOrder.objects.exists()


def test_a_confirmed_renewal_outlives_a_change_of_seats(house: House, view: SubscriptionView) -> None:
    assert confirm(view) is None
    finish(placed(view, SetQuantity(view.facts.quantity + 1)).id)
    wish = Wish.objects.get()
    assert (wish.choice, wish.quantity, wish.lost_at, ChangeOrder.objects.count()) == ("renew", None, None, 1)


def test_a_confirmed_renewal_asks_for_the_subscription_as_it_is(house: House, view: SubscriptionView) -> None:
    change_elsewhere(house, view, quantity=view.facts.quantity + 1)
    refreshed(house, view)
    outcome = confirm(view)
    assert isinstance(outcome, Refusal) and outcome.reason == "changed_meanwhile"
    under_way = house.view(view.row)
    placed(under_way, ScheduleQuantity(view.facts.quantity - 2))
    outcome = confirm(under_way)
    assert isinstance(outcome, Refusal) and outcome.reason == "order_under_way"
    assert not Wish.objects.exists()


def test_two_people_who_confirm_at_once_decide_once(view: SubscriptionView) -> None:
    together = threading.Barrier(2)

    def confirm_together(who: Actor) -> Refusal | None:
        try:
            together.wait(FAR_TOO_LONG)
            return confirm(view, who)
        finally:
            database.close()

    with ThreadPoolExecutor() as beside:
        assert list(beside.map(confirm_together, (ANNA, BEN))) == [None, None]
    assert view.row.changes.filter(source="decision").count() == Wish.objects.count() == 1


@pytest.mark.parametrize("fewer", [0, 2])
def test_a_renewal_into_another_term_is_put_back_whole(house: House, view: SubscriptionView, fewer: int) -> None:
    seats = view.facts.quantity
    schedule_elsewhere(house, view, seats - fewer, term="P1M")
    view = refreshed(house, view)

    finish(placed(view, SetQuantity(seats + 1, ScheduleHandling.KEEP)).id)

    assert [order.state for order in ChangeOrder.objects.order_by("number")] == ["applied", "scheduled"]
    [change] = house.view(view.row).facts.scheduled
    assert (change.quantity, change.term) == (seats - fewer, Term.MONTH)
    assert Wish.objects.get().lost_at is None

    schedule_elsewhere(house, view, seats - fewer)  # a year again: not what was decided
    refreshed(house, view)
    lost = Wish.objects.get().lost_reason
    assert lost is not None and lost["reason"] == "other_schedule"
    assert ChangeOrder.objects.count() == 2


def test_a_renewal_into_another_term_is_not_bought_again_as_one_into_the_same_term(
    house: House, view: SubscriptionView
) -> None:
    schedule_elsewhere(house, view, view.facts.quantity - 2, term="P1M")
    finish(placed(refreshed(house, view), ScheduleQuantity(view.facts.quantity - 3)).id)
    change_elsewhere(house, view, body={"autoRenewEnabled": False, "scheduledActions": None})

    after = refreshed(house, view)

    assert (after.facts.auto_renew, ChangeOrder.objects.count()) == (False, 1)
    lost = Wish.objects.get().lost_reason
    assert lost is not None and lost["reason"] == "switched_off"


def test_who_takes_a_wish_out_again_and_again_is_not_answered_for_ever(house: House, view: SubscriptionView) -> None:
    finish(placed(view, ScheduleQuantity(view.facts.quantity - 2)).id)
    for _ in range(8):
        change_elsewhere(house, view, body={"scheduledActions": None, "scheduledNextTermInstructions": None})
        refreshed(house, view)

    assert ChangeOrder.objects.filter(actor_kind="system", state=OrderState.SCHEDULED).count() == 6
    lost = Wish.objects.get().lost_reason
    assert lost is not None and lost["reason"] == "put_back_refused"
    assert Notice.objects.filter(kind="schedule_lost").count() == 1


def test_how_a_term_ends_outlives_a_change_of_seats_where_nothing_is_scheduled_for_it(house: House) -> None:
    view = house.subscription(house.add_company(RIVERA), "Exchange Online (Plan 1)")
    finish(placed(view, DecideEndOfTerm(EndOfTerm.END)).id)
    finish(placed(house.view(view.row), SetQuantity(view.facts.quantity + 1)).id)
    assert [order.state for order in ChangeOrder.objects.order_by("number")] == ["scheduled", "applied"]
    assert [(wish.choice, wish.lost_at) for wish in Wish.objects.all()] == [("end", None)]


def test_a_comparison_waits_for_a_person_who_is_settling_an_order(house: House, view: SubscriptionView) -> None:
    finish(placed(view, ScheduleQuantity(view.facts.quantity - 2)).id)
    order = placed(house.view(view.row), ScheduleQuantity(view.facts.quantity - 3))
    ChangeOrder.objects.filter(id=order.id).update(state=OrderState.UNSURE, needs_person=True, outcome={})
    asked = threading.Event()

    def settle() -> None:
        try:
            assert asked.wait(FAR_TOO_LONG)
            actions.settle_by_hand(
                acting_as=OWNER, order_id=order.id, took_effect=True, note="", moment=Moment.current()
            )
        finally:
            database.close()

    with ThreadPoolExecutor() as beside:
        settling = beside.submit(settle)
        with transaction.atomic():
            row = Subscription.objects.select_for_update().get(id=view.id)
            asked.set()
            until_somebody_waits_for_us()
            # As a refresh does it: the order is open for as long as the subscription's row is held.
            assert row.orders.filter(state=OrderState.UNSURE).exists()
            keeping.check(row, Moment.current())
        settling.result()
    assert Wish.objects.get().quantity == view.facts.quantity - 3


@pytest.mark.parametrize(
    ("choice", "verb", "alarms"), [(EndOfTerm.RENEW, "wish.did_not_come_true", 1), (EndOfTerm.END, "wish.came_true", 0)]
)
def test_what_is_no_longer_listed_has_not_renewed(
    house: House, view: SubscriptionView, choice: EndOfTerm, verb: str, alarms: int
) -> None:
    if choice is EndOfTerm.RENEW:
        assert confirm(view) is None
    else:
        finish(placed(view, DecideEndOfTerm(choice)).id)
    change_elsewhere(house, view, remove=True)
    assert view.facts.commitment_end is not None
    refreshed(house, view)
    pass_until(house, view.facts.commitment_end + timedelta(days=2))
    refreshed(house, view)

    told = AuditRow.objects.filter(subject_id=str(view.id), verb__startswith="wish.").exclude(verb="wish.decided")
    assert list(told.values_list("verb", flat=True)) == [verb]
    assert not Wish.objects.exists()
    assert Notice.objects.filter(kind="schedule_lost").count() == alarms


def test_a_wish_of_the_last_term_answers_nothing_about_the_next(house: House, view: SubscriptionView) -> None:
    assert confirm(view) is None
    order = placed(view, SetQuantity(view.facts.quantity + 1))
    assert view.facts.commitment_end is not None
    pass_until(house, view.facts.commitment_end + timedelta(hours=3))
    # It has renewed meanwhile: the order is refused, and nothing was compared yet.
    assert finish(order.id).state == OrderState.REFUSED
    renewed = house.view(Subscription.objects.get(id=view.id))
    assert renewed.facts.commitment_end is not None and renewed.facts.commitment_end > view.facts.commitment_end

    assert confirm(renewed, BEN) is None

    refreshed(house, view)
    wish = Wish.objects.get()
    assert (wish.decided_by, wish.term_end) == (BEN.label, renewed.facts.commitment_end)


def test_a_state_that_passes_does_not_end_a_decision(house: House) -> None:
    view = house.subscription(house.add_company(), "Exchange Online (Plan 1)")
    finish(placed(view, DecideEndOfTerm(EndOfTerm.END)).id)
    change_elsewhere(house, view, body={"status": "suspended", "autoRenewEnabled": False, "scheduledActions": None})
    refreshed(house, view)
    assert [wish.choice for wish in Wish.objects.all()] == ["end"]

    change_elsewhere(house, view, body={"status": "active"})
    after = refreshed(house, view)

    assert [order.state for order in ChangeOrder.objects.order_by("number")] == ["scheduled", "scheduled"]
    assert [change.action for change in after.facts.scheduled] == [ScheduledAction.END]
    assert [(wish.choice, wish.lost_at) for wish in Wish.objects.all()] == [("end", None)]
    assert not AuditRow.objects.filter(verb__in=("wish.came_true", "wish.did_not_come_true")).exists()


@pytest.mark.parametrize("shown", [None, [{"scheduleType": "TermEnd", "actionType": "RenewToExtendedServiceTerm"}]])
def test_an_end_is_put_back_where_microsoft_made_the_extended_term_of_it(
    house: House, view: SubscriptionView, shown: list[dict[str, str]] | None
) -> None:
    finish(placed(view, DecideEndOfTerm(EndOfTerm.END)).id)
    change_elsewhere(house, view, body={"autoRenewEnabled": False, "scheduledActions": shown})
    after = refreshed(house, view)
    assert [change.action for change in after.facts.scheduled] == [ScheduledAction.END]
    assert ChangeOrder.objects.filter(actor_kind="system", state=OrderState.SCHEDULED).count() == 1


def test_an_end_by_switch_is_put_back_where_microsoft_shows_the_extended_term_all_the_same(house: House) -> None:
    view = house.subscription(house.add_company(NORDLYS), "Microsoft 365 E3")
    finish(placed(view, DecideEndOfTerm(EndOfTerm.END)).id)
    assert house.view(view.row).facts.scheduled == ()  # by our book such a term expires
    shown = [{"scheduleType": "TermEnd", "actionType": "RenewToExtendedServiceTerm"}]
    change_elsewhere(house, view, body={"scheduledActions": shown})
    after = refreshed(house, view)
    assert [change.action for change in after.facts.scheduled] == [ScheduledAction.END]
    assert [(wish.choice, wish.lost_at) for wish in Wish.objects.all()] == [("end", None)]


def test_a_renewal_is_asked_about_where_it_would_commit_to_another_term(house: House, view: SubscriptionView) -> None:
    finish(placed(view, DecideEndOfTerm(EndOfTerm.END)).id)
    finish(placed(house.view(view.row), DecideEndOfTerm(EndOfTerm.RENEW)).id)
    change_elsewhere(house, view, body={"autoRenewEnabled": False, "scheduledActions": None})

    after = refreshed(house, view)

    assert (after.facts.auto_renew, ChangeOrder.objects.count()) == (False, 2)
    lost = Wish.objects.get().lost_reason
    assert lost is not None and lost["reason"] == "switched_off"
    assert [one.id for one in needs_decision([after], house.sandbox.now())] == [view.id]
    assert "Somebody switched the renewal off" in Notice.objects.get(kind="schedule_lost").body


def test_a_reduction_is_not_put_back_as_an_addition(house: House) -> None:
    view = house.subscription(house.add_company(NORDLYS), "Microsoft 365 E3")
    assert view.facts.quantity == 180
    finish(placed(view, ScheduleQuantity(175)).id)
    change_elsewhere(house, view, quantity=150)

    after = refreshed(house, view)

    assert (after.facts.quantity, after.facts.scheduled, ChangeOrder.objects.count()) == (150, (), 1)
    lost = Wish.objects.get().lost_reason
    assert lost is not None and lost["reason"] == "direction_reversed"
    assert "Is it still 175, or 150?" in Notice.objects.get(kind="schedule_lost").body
    assert [one.id for one in needs_decision([after], house.sandbox.now())] == [view.id]

    finish(placed(after, ScheduleQuantity(149)).id)  # what a person decides anew stands
    assert [(wish.quantity, wish.lost_at) for wish in Wish.objects.all()] == [(149, None)]


def test_an_addition_is_not_put_back_as_a_reduction(house: House, view: SubscriptionView) -> None:
    seats = view.facts.quantity
    finish(placed(view, ScheduleQuantity(seats + 3)).id)
    change_elsewhere(house, view, quantity=seats + 9)
    refreshed(house, view)
    lost = Wish.objects.get().lost_reason
    assert lost is not None and lost["reason"] == "direction_reversed"
    assert ChangeOrder.objects.count() == 1


def test_a_number_whose_direction_still_holds_is_put_back(house: House) -> None:
    view = house.subscription(house.add_company(NORDLYS), "Microsoft 365 E3")
    finish(placed(view, ScheduleQuantity(175)).id)
    change_elsewhere(house, view, quantity=178)
    after = refreshed(house, view)
    assert [change.quantity for change in after.facts.scheduled] == [175]
    assert Wish.objects.get().lost_at is None


def test_a_wish_is_given_up_with_the_order_that_was_to_put_it_back(house: House, view: SubscriptionView) -> None:
    finish(placed(view, ScheduleQuantity(view.facts.quantity - 2)).id)
    actions.stop(acting_as=OWNER, reason="moving", moment=Moment.current())
    change_elsewhere(house, view, body={"scheduledActions": None, "scheduledNextTermInstructions": None})
    refreshed(house, view)
    order = ChangeOrder.objects.get(actor_kind="system")
    company_id = CompanyId(view.row.company_id)

    refusal = actions.withdraw_order(acting_as=BEN, company_id=company_id, order_id=order.id, moment=Moment.current())

    assert refusal is None
    after = refreshed(house, view)
    assert ChangeOrder.objects.filter(actor_kind="system").count() == 1
    given_up = AuditRow.objects.get(verb="wish.given_up")
    assert (given_up.actor_name, given_up.before and given_up.before["decided_by"]) == (BEN.label, ANNA.label)
    assert [one.id for one in needs_decision([after], house.sandbox.now())] == [view.id]


def test_a_wish_outlives_a_person_who_takes_an_order_of_their_own_back(house: House, view: SubscriptionView) -> None:
    finish(placed(view, ScheduleQuantity(view.facts.quantity - 2)).id)
    order = placed(house.view(view.row), ScheduleQuantity(view.facts.quantity - 3))
    company_id = CompanyId(view.row.company_id)
    actions.withdraw_order(acting_as=ANNA, company_id=company_id, order_id=order.id, moment=Moment.current())
    assert Wish.objects.get().quantity == view.facts.quantity - 2


def test_a_put_back_that_meets_a_state_that_passes_waits_for_its_end(house: House, view: SubscriptionView) -> None:
    finish(placed(view, DecideEndOfTerm(EndOfTerm.END)).id)
    actions.stop(acting_as=OWNER, reason="moving", moment=Moment.current())
    change_elsewhere(house, view, body={"autoRenewEnabled": False, "scheduledActions": None})
    refreshed(house, view)
    change_elsewhere(house, view, body={"status": "suspended"})
    actions.go(acting_as=OWNER, moment=Moment.current())
    put_back = ChangeOrder.objects.get(actor_kind="system")
    assert finish(put_back.id).state == OrderState.REFUSED
    assert [(wish.choice, wish.lost_at) for wish in Wish.objects.all()] == [("end", None)]
    assert not Notice.objects.filter(kind="schedule_lost").exists()

    change_elsewhere(house, view, body={"status": "active"})
    after = refreshed(house, view)
    assert [change.action for change in after.facts.scheduled] == [ScheduledAction.END]


def put_back_waits(house: House, view: SubscriptionView) -> None:
    """Have Microsoft drop what was decided, and the order that puts it back wait behind the stop switch."""
    finish(placed(view, ScheduleQuantity(view.facts.quantity - 5)).id)
    actions.stop(acting_as=OWNER, reason="moving", moment=Moment.current())
    change_elsewhere(house, view, body={"scheduledActions": None})
    refreshed(house, view)


def test_a_put_back_is_made_anew_where_the_seats_changed_while_it_waited(house: House, view: SubscriptionView) -> None:
    put_back_waits(house, view)
    change_elsewhere(house, view, quantity=view.facts.quantity + 1)
    actions.go(acting_as=OWNER, moment=Moment.current())
    run_due_jobs()
    states = ChangeOrder.objects.filter(actor_kind="system").order_by("number").values_list("state", flat=True)
    assert list(states) == [OrderState.REFUSED, OrderState.SCHEDULED]
    assert [(wish.quantity, wish.lost_at) for wish in Wish.objects.all()] == [(view.facts.quantity - 5, None)]
    assert not Notice.objects.filter(kind="schedule_lost").exists()


def test_a_put_back_that_lost_its_sense_while_it_waited_is_asked_about(house: House, view: SubscriptionView) -> None:
    seats = view.facts.quantity
    put_back_waits(house, view)
    change_elsewhere(house, view, quantity=seats - 10)
    actions.go(acting_as=OWNER, moment=Moment.current())
    run_due_jobs()
    assert f"Is it still {seats - 5}, or {seats - 10}?" in Notice.objects.get(kind="schedule_lost").body
    assert ChangeOrder.objects.filter(actor_kind="system").count() == 1


def test_each_decision_that_is_lost_is_told_though_it_is_the_same_day(house: House, view: SubscriptionView) -> None:
    seats = view.facts.quantity
    for decided, elsewhere in ((seats - 5, seats - 7), (seats - 4, seats - 8)):
        finish(placed(house.view(view.row), ScheduleQuantity(decided)).id)
        schedule_elsewhere(house, view, elsewhere)
        refreshed(house, view)
        refreshed(house, view)  # what stays lost is told once
    bodies = Notice.objects.filter(kind="schedule_lost").order_by("created_at").values_list("body", flat=True)
    assert [f"{seats - 5} seats" in bodies[0], f"{seats - 4} seats" in bodies[1], len(bodies)] == [True, True, 2]
