"""Stories over months: what was decided for the end of a term comes true, or somebody hears of it."""

from datetime import timedelta

import pytest

from tenantry.audit.models import AuditRow
from tenantry.jobs.testing import run_due_jobs
from tenantry.kernel.ids import CompanyId
from tenantry.licensing.models import ChangeOrder, OrderState, Subscription, SubscriptionChange
from tenantry.licensing.queries import needs_decision, overview, views
from tenantry.licensing.rules.facts import EndOfTerm, Status
from tenantry.licensing.rules.wishes import DecideEndOfTerm, ScheduleHandling, ScheduleQuantity, SetQuantity
from tenantry.notices.models import Notice
from tests.scenarios.months import PREMIUM, after_term, change_elsewhere, kept_wish, pass_until, refreshed
from tests.support.house import NORDLYS, House, finish
from tests.support.orders import ANNA, placed


def verbs(view_id: object) -> list[str]:
    return list(AuditRow.objects.filter(subject_id=str(view_id)).order_by("id").values_list("verb", flat=True))


def test_a_scheduled_number_survives_an_addition_and_comes_true_with_the_renewal(house: House) -> None:
    view = house.subscription(house.add_company(), PREMIUM)
    start, end = view.facts.quantity, view.facts.commitment_end
    finish(placed(view, ScheduleQuantity(start - 4)).id)
    finish(placed(house.view(view.row), SetQuantity(start + 2, ScheduleHandling.KEEP)).id)
    assert house.at_microsoft(view.row).quantity == start + 2
    wish = kept_wish(view)
    assert wish is not None and (wish.quantity, wish.decided_by, wish.lost_at) == (start - 4, ANNA.label, None)

    after = after_term(house, view)

    assert after.facts.quantity == start - 4
    assert after.facts.commitment_end is not None and end is not None
    assert timedelta(days=364) < after.facts.commitment_end - end < timedelta(days=367)
    assert (after.facts.auto_renew, after.facts.scheduled, kept_wish(after)) == (True, (), None)
    assert verbs(view.id) == ["wish.came_true"]
    assert Notice.objects.filter(kind="schedule_lost").count() == 0


def test_an_end_at_the_term_comes_true(house: House) -> None:
    view = house.subscription(house.add_company(), PREMIUM)
    finish(placed(view, DecideEndOfTerm(EndOfTerm.END)).id)

    after = after_term(house, view)

    assert after.facts.status is Status.EXPIRED
    assert (kept_wish(after), verbs(view.id)) == (None, ["wish.came_true"])
    assert ChangeOrder.objects.count() == 1


def test_an_extension_runs_month_by_month_and_can_be_renewed(house: House) -> None:
    view = house.subscription(house.add_company(), PREMIUM)
    finish(placed(view, DecideEndOfTerm(EndOfTerm.EXTEND)).id)

    after = after_term(house, view)

    assert (after.facts.status, after.facts.in_extended_term) == (Status.ACTIVE, True)
    assert (kept_wish(after), verbs(view.id)) == (None, ["wish.came_true"])
    assert needs_decision([after], house.sandbox.now()) == []

    back = finish(placed(after, DecideEndOfTerm(EndOfTerm.RENEW)).id)
    assert back.state == OrderState.APPLIED
    renewed = after_term(house, after)
    assert (renewed.facts.in_extended_term, renewed.facts.auto_renew) == (False, True)
    assert renewed.facts.quantity == view.facts.quantity

    # What was chosen for one term says nothing about the next one.
    change_elsewhere(house, renewed, body={"autoRenewEnabled": False})
    again = after_term(house, refreshed(house, renewed))
    assert again.facts.in_extended_term
    assert [found.id for found in needs_decision([again], house.sandbox.now())] == [view.id]


def test_a_schedule_that_somebody_dropped_is_put_back_under_the_name_of_who_wished_it(house: House) -> None:
    view = house.subscription(house.add_company(), PREMIUM)
    start = view.facts.quantity
    finish(placed(view, ScheduleQuantity(start - 2)).id)
    change_elsewhere(house, view, body={"scheduledActions": None, "scheduledNextTermInstructions": None})

    after = refreshed(house, view)

    assert after.facts.scheduled_at_term_end is not None
    assert after.facts.scheduled_at_term_end.quantity == start - 2
    system = ChangeOrder.objects.get(actor_kind="system")
    assert (system.state, system.actor_label) == (
        OrderState.SCHEDULED,
        "Tenantry, keeping the decision of Anna Lindqvist",
    )
    assert Notice.objects.count() == 0


def test_another_schedule_in_its_place_is_left_alone_and_raises_an_alarm_once(house: House) -> None:
    view = house.subscription(house.add_company(), PREMIUM)
    start = view.facts.quantity
    finish(placed(view, ScheduleQuantity(start - 2)).id)
    cancel = [{"scheduleType": "TermEnd", "actionType": "Cancel"}]
    change_elsewhere(
        house,
        view,
        body={"autoRenewEnabled": False, "scheduledActions": cancel, "scheduledNextTermInstructions": None},
    )

    after = refreshed(house, view)
    refreshed(house, view)

    wish = kept_wish(after)
    assert wish is not None and wish.lost_at is not None
    assert wish.lost_reason is not None and wish.lost_reason["reason"] == "other_schedule"
    assert Notice.objects.filter(kind="schedule_lost").count() == 1
    assert [found.id for found in needs_decision([after], house.sandbox.now())] == [view.id]
    assert len(house.patches()) == 1

    after_term(house, view)
    assert verbs(view.id) == ["wish.lost", "wish.did_not_come_true"]
    assert Notice.objects.filter(kind="schedule_lost").count() == 2


def test_a_trial_converts_into_what_it_said_it_would(house: House) -> None:
    company = house.add_company()
    row = Subscription.objects.get(company=company, is_trial=True)
    trial = house.view(row)
    now = house.sandbox.now()
    assert [found.id for found in needs_decision([trial], now)] == [trial.id]
    assert trial.facts.commitment_end is not None

    converted = after_term(house, trial)

    assert (converted.facts.is_trial, converted.facts.status) == (False, Status.ACTIVE)
    assert converted.facts.quantity == trial.facts.quantity
    assert converted.facts.commitment_end is not None
    assert converted.facts.commitment_end > trial.facts.commitment_end + timedelta(days=25)
    assert SubscriptionChange.objects.filter(subscription=row, source="elsewhere").count() == 1


@pytest.mark.parametrize(("days", "asks", "soon"), [(61, False, 0), (59, True, 0), (29, True, 1)])
def test_the_end_of_a_term_asks_for_a_decision_sixty_days_ahead(house: House, days: int, asks: bool, soon: int) -> None:
    company = house.add_company()
    view = house.subscription(company, "Planner and Project")
    assert view.facts.commitment_end is not None
    pass_until(house, view.facts.commitment_end - timedelta(days=days))
    view = refreshed(house, view)
    now = house.sandbox.now()
    assert bool(needs_decision(views(CompanyId(company.id), [view.row], now), now)) is asks
    Subscription.objects.filter(company=company).exclude(id=view.id).update(commitment_end=None)
    assert overview(CompanyId(company.id), now).ending_soon == soon


def test_a_decision_answers_the_question(house: House) -> None:
    view = house.subscription(house.add_company(), PREMIUM)
    now = house.sandbox.now()
    assert [found.id for found in needs_decision([view], now)] == [view.id]
    finish(placed(view, DecideEndOfTerm(EndOfTerm.END)).id)
    assert needs_decision([house.view(view.row)], now) == []


def test_a_monthly_subscription_renews_by_itself_month_after_month(house: House) -> None:
    view = house.subscription(house.add_company(), "Power BI")
    ends = []
    for _ in range(4):
        view = after_term(house, view)
        assert view.facts.commitment_end is not None
        ends.append(view.facts.commitment_end)
        assert (view.facts.status, view.facts.quantity) == (Status.ACTIVE, 6)
    assert ends == sorted(set(ends))
    assert run_due_jobs() == []
    assert ChangeOrder.objects.count() == 0
    assert house.patches() == []


def test_what_meets_a_running_renewal_is_refused_with_the_way_on_and_works_after_it(house: House) -> None:
    view = house.subscription(house.add_company(NORDLYS), "Microsoft 365 F3")
    order = placed(view, SetQuantity(view.facts.quantity + 1))
    assert view.facts.commitment_end is not None
    pass_until(house, view.facts.commitment_end + timedelta(minutes=10))

    order = finish(order.id)

    assert order.state == OrderState.REFUSED
    assert order.outcome is not None
    refusal = order.outcome["refusal"]
    assert (refusal["reason"], refusal["next_step"]) == ("renewing", "try_again_in_minutes")
    assert house.patches() == []

    renewed = after_term(house, view)
    assert finish(placed(renewed, SetQuantity(view.facts.quantity + 1)).id).state == OrderState.APPLIED
    assert house.at_microsoft(view.row).quantity == view.facts.quantity + 1
