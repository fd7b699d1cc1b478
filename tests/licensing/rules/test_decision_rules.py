"""The end of the term, cancelling and taking back into use: a table per rule."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from tenantry.licensing.rules.facts import (
    EndOfTerm,
    ScheduledAction,
    ScheduleGeneration,
    Status,
    SubscriptionKind,
    Term,
)
from tenantry.licensing.rules.plan import (
    Alternative,
    Caution,
    Consequence,
    Intent,
    Plan,
    RuleUse,
    Target,
    When,
    Write,
)
from tenantry.licensing.rules.planner import plan_change
from tenantry.licensing.rules.possibilities import OpenLot, possible_changes
from tenantry.licensing.rules.wishes import (
    Cancel,
    DecideEndOfTerm,
    Reactivate,
    ScheduleQuantity,
    SetQuantity,
    Wish,
    WithdrawSchedule,
)
from tests.licensing.rules.cases import (
    END,
    ENDS,
    EXTENDS,
    FIRST,
    GONE,
    LAST,
    LEGACY,
    NCE,
    NOT_UNDERSTOOD,
    NOW,
    keys,
    legacy,
    nce,
    outcome,
    renewal_with,
    warned,
)

RENEW, STOP, EXTEND, UNDECIDED = EndOfTerm.RENEW, EndOfTerm.END, EndOfTerm.EXTEND, EndOfTerm.UNDECIDED
OFF = {"auto_renew": False}


def plan(wish: Wish, /, **changes: Any) -> Plan:
    return plan_change(nce(**changes), wish, NOW)


@pytest.mark.parametrize(
    ("quantity", "changes", "expected"),
    [
        pytest.param(8, {}, "at term end", id="fewer"),
        pytest.param(40, {}, "at term end", id="more"),
        pytest.param(12, {}, "same_quantity → choose_another_number", id="the same"),
        pytest.param(8, {"scheduled": (renewal_with(8),)}, "already_scheduled → choose_another_number", id="scheduled"),
        pytest.param(6, {"scheduled": (renewal_with(8),)}, "at term end", id="another than scheduled"),
        pytest.param(12, {"scheduled": (renewal_with(8),)}, "now", id="back to the present number takes it back"),
        pytest.param(0, {}, "zero_is_no_quantity → end_at_term", id="zero"),
        pytest.param(301, {}, "above_maximum → schedule", id="above the maximum"),
        pytest.param(20, {"promotion_maximum": 15}, "at term end", id="this term's promotion does not bind the next"),
        pytest.param(2, {"minimum": 5}, "below_minimum → schedule", id="below the minimum"),
        pytest.param(8, OFF, "schedule_needs_renewal → renew_with", id="auto-renew off"),
        pytest.param(8, {**OFF, "can_renew": False}, "schedule_needs_renewal → ask_partner", id="cannot renew"),
        pytest.param(8, {"scheduled": (ENDS,)}, "ending_is_a_decision → renew_with", id="ending was chosen"),
        pytest.param(8, {"scheduled": (NOT_UNDERSTOOD,)}, "schedule_not_understood → ask_partner", id="not understood"),
        pytest.param(8, {"commitment_end": None}, "term_end_unknown → ask_partner", id="no end"),
        pytest.param(8, {"kind": SubscriptionKind.LEGACY}, "legacy_has_no_schedule → set_now", id="legacy"),
        pytest.param(8, {"in_extended_term": True, **OFF}, "extended_term_is_fixed → renew", id="extended term"),
        pytest.param(8, {"renewing": True}, "renewing_is_locked → wait_for_renewal", id="renewing"),
        pytest.param(8, {"is_trial": True}, "trial → after_trial", id="trial"),
        pytest.param(8, {"status": Status.PENDING}, "pending → wait_until_ready", id="pending"),
    ],
)
def test_a_number_for_the_next_term(quantity: int, changes: dict[str, Any], expected: str) -> None:
    assert outcome(plan(ScheduleQuantity(quantity), **changes)) == expected


def test_scheduling_says_that_nothing_changes_now() -> None:
    found = plan(ScheduleQuantity(8))
    assert found.write == Write(Intent.SCHEDULE_CHANGE, Target(12, Status.ACTIVE, True, (renewal_with(8),)))
    assert found.write.put_back == ()
    assert found.consequences == (
        Consequence(When.NOW, "nothing_changes_now", END, {"quantity": 12}),
        Consequence(When.UNTIL, "can_be_changed", END),
        Consequence(
            When.AT_TERM_END, "end_renews_changed", END, {"quantity": 8, "term": "P1Y", "billing_plan": "monthly"}
        ),
        Consequence(When.LATER, "renewal_opens_window", None, {"hours": 168}),
    )
    assert (found.warnings, found.rules) == ((), (RuleUse("schedule-at-term-end", date(2026, 2, 16)),))


def test_scheduling_below_assigned_seats_warns_without_danger() -> None:
    found = plan(ScheduleQuantity(8), assigned=10)
    expected = Caution("below_assigned", False, {"assigned": 10, "remaining": 8, "short": 2, "at": END})
    assert found.warnings == (expected,)


def test_scheduling_keeps_what_else_is_scheduled() -> None:
    elsewhere = renewal_with(9, effective_date=datetime(2027, 1, 1, tzinfo=UTC))
    longer = renewal_with(8, term=Term.THREE_YEARS)
    found = plan(ScheduleQuantity(6), scheduled=(elsewhere, longer))
    assert found.write is not None
    assert found.write.target.scheduled == (replace(longer, quantity=6), elsewhere)


def test_before_february_2026_schedules_are_written_the_old_way() -> None:
    found = plan_change(nce(), ScheduleQuantity(8), datetime(2026, 2, 15, tzinfo=UTC))
    assert found.write is not None
    assert found.write.target.scheduled[0].generation is ScheduleGeneration.NEXT_TERM_INSTRUCTIONS


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({"scheduled": (renewal_with(8),)}, "now", id="a number"),
        pytest.param({}, "nothing_scheduled → nothing_to_do", id="nothing"),
        pytest.param({**OFF, "scheduled": (ENDS,)}, "ending_is_a_decision → renew", id="ending"),
        pytest.param({**OFF, "scheduled": (renewal_with(8),)}, "ending_is_a_decision → renew", id="does not renew"),
        pytest.param({"scheduled": (NOT_UNDERSTOOD,)}, "schedule_not_understood → ask_partner", id="not understood"),
        pytest.param({"is_trial": True, "scheduled": (renewal_with(8),)}, "trial → after_trial", id="trial"),
    ],
)
def test_taking_a_schedule_back(changes: dict[str, Any], expected: str) -> None:
    assert outcome(plan(WithdrawSchedule(), **changes)) == expected


def test_taking_back_leaves_a_plain_renewal() -> None:
    found = plan(WithdrawSchedule(), scheduled=(renewal_with(8),))
    assert found.write == Write(Intent.WITHDRAW_SCHEDULE, Target(12, Status.ACTIVE, True))
    assert keys(found) == ["nothing_changes_now", "can_be_changed", "end_renews", "renewal_opens_window"]


@pytest.mark.parametrize(
    ("wish", "changes", "expected"),
    [
        pytest.param(DecideEndOfTerm(RENEW), {}, "already_decided → nothing_to_do", id="renew, renews"),
        pytest.param(DecideEndOfTerm(RENEW), OFF, "at term end", id="renew, was off"),
        pytest.param(DecideEndOfTerm(RENEW), {**OFF, "scheduled": (ENDS,)}, "at term end", id="renew after all"),
        pytest.param(DecideEndOfTerm(RENEW), {"auto_renew": None}, "at term end", id="renew, not known"),
        pytest.param(DecideEndOfTerm(RENEW, 8), {}, "at term end", id="renew with 8, renews"),
        pytest.param(DecideEndOfTerm(RENEW, 12), {}, "already_decided → nothing_to_do", id="renew with the same"),
        pytest.param(DecideEndOfTerm(RENEW, 8), OFF, "at term end", id="renew with 8, was off"),
        pytest.param(DecideEndOfTerm(RENEW, 12), OFF, "at term end", id="renew with the same, was off"),
        pytest.param(DecideEndOfTerm(RENEW, 0), OFF, "zero_is_no_quantity → end_at_term", id="renew with zero"),
        pytest.param(DecideEndOfTerm(RENEW, 400), OFF, "above_maximum → renew_with", id="renew above the maximum"),
        pytest.param(
            DecideEndOfTerm(RENEW), {**OFF, "can_renew": False}, "cannot_renew → ask_partner", id="end of sale"
        ),
        pytest.param(DecideEndOfTerm(STOP), {}, "at term end", id="end"),
        pytest.param(DecideEndOfTerm(STOP), OFF, "at term end", id="end, nobody chose"),
        pytest.param(
            DecideEndOfTerm(STOP), {**OFF, "scheduled": (ENDS,)}, "already_decided → nothing_to_do", id="end, ends"
        ),
        pytest.param(DecideEndOfTerm(STOP, 8), {}, "quantity_needs_renewal → choose_end_of_term", id="end with 8"),
        pytest.param(DecideEndOfTerm(EXTEND), {}, "at term end", id="extend"),
        pytest.param(DecideEndOfTerm(EXTEND), OFF, "at term end", id="extend, nobody chose: said expressly"),
        pytest.param(
            DecideEndOfTerm(EXTEND),
            {**OFF, "scheduled": (EXTENDS,)},
            "already_decided → nothing_to_do",
            id="extend, extends",
        ),
        pytest.param(
            DecideEndOfTerm(EXTEND),
            {"term_start": datetime(2025, 3, 31, tzinfo=UTC)},
            "no_extended_term → end_at_term",
            id="extend, too old a term",
        ),
        pytest.param(DecideEndOfTerm(UNDECIDED), {}, "no_choice → choose_end_of_term", id="no choice"),
        pytest.param(
            DecideEndOfTerm(STOP),
            {"scheduled": (NOT_UNDERSTOOD,)},
            "schedule_not_understood → ask_partner",
            id="unknown",
        ),
        pytest.param(DecideEndOfTerm(STOP), {"commitment_end": None}, "term_end_unknown → ask_partner", id="no end"),
        pytest.param(DecideEndOfTerm(STOP), {"renewing": True}, "renewing_is_locked → wait_for_renewal", id="renewing"),
        pytest.param(DecideEndOfTerm(STOP), {"is_trial": True}, "trial → after_trial", id="trial"),
        pytest.param(
            DecideEndOfTerm(STOP),
            {"commitment_end": GONE, **OFF, "scheduled": (ENDS,)},
            "term_is_over → order_again",
            id="over",
        ),
        pytest.param(
            DecideEndOfTerm(RENEW), {"in_extended_term": True, **OFF}, "now", id="renew out of the extended term"
        ),
        pytest.param(
            DecideEndOfTerm(RENEW, 8),
            {"in_extended_term": True, **OFF},
            "extended_term_renews_as_it_is → renew",
            id="renew with 8 out of the extended term",
        ),
        pytest.param(
            DecideEndOfTerm(STOP), {"in_extended_term": True, **OFF}, "extended_term_has_no_end → cancel", id="end it"
        ),
        pytest.param(
            DecideEndOfTerm(EXTEND),
            {"in_extended_term": True, **OFF},
            "already_decided → nothing_to_do",
            id="extend it",
        ),
        pytest.param(
            DecideEndOfTerm(STOP), {"kind": SubscriptionKind.MARKETPLACE}, "publisher_decides → ask_partner", id="SaaS"
        ),
    ],
)
def test_three_ways_to_end(wish: DecideEndOfTerm, changes: dict[str, Any], expected: str) -> None:
    assert outcome(plan(wish, **changes)) == expected


def test_ending_is_written_expressly_and_confirmed_twice() -> None:
    found = plan(DecideEndOfTerm(STOP), scheduled=(renewal_with(8),))
    assert found.write == Write(Intent.END_AT_TERM, Target(12, Status.ACTIVE, False, (ENDS,)))
    assert (found.dangerous, warned(found)) == (True, ["access_will_stop!", "schedule_taken_back"])
    assert keys(found) == ["nothing_changes_now", "can_be_changed", "end_ends", "not_recoverable"]


def test_without_an_extended_term_ending_is_auto_renew_off() -> None:
    found = plan(DecideEndOfTerm(STOP), term_start=datetime(2025, 3, 31, tzinfo=UTC))
    assert found.write == Write(Intent.END_AT_TERM, Target(12, Status.ACTIVE, False))
    assert keys(found)[-2:] == ["end_expires", "expired_grace"]
    assert found.consequences[-1].facts == {"days": 30}


def test_extending_names_the_surcharge() -> None:
    found = plan(DecideEndOfTerm(EXTEND), has_monthly_plan=False)
    assert found.write == Write(Intent.EXTEND_AT_TERM, Target(12, Status.ACTIVE, False, (EXTENDS,)))
    assert keys(found) == ["nothing_changes_now", "can_be_changed", "end_extends", "extended_can_be_left"]
    assert found.consequences[2].facts == {"quantity": 12, "surcharge": 23, "surcharge_at_most": 23}
    assert found.rules == (RuleUse("extended-term", date(2026, 5, 4)),)


def test_renewing_after_all_withdraws_the_ending() -> None:
    found = plan(DecideEndOfTerm(RENEW, 8), auto_renew=False, scheduled=(ENDS,))
    assert found.write == Write(Intent.RENEW, Target(12, Status.ACTIVE, True, (renewal_with(8),)))
    plain = plan(DecideEndOfTerm(RENEW), auto_renew=False, scheduled=(ENDS,))
    assert plain.write == Write(Intent.RENEW, Target(12, Status.ACTIVE, True))


def test_renewing_with_a_number_is_scheduling_it() -> None:
    found = plan(DecideEndOfTerm(RENEW, 8))
    assert (found.wish, found.write) == (DecideEndOfTerm(RENEW, 8), plan(ScheduleQuantity(8)).write)


def test_renewing_out_of_the_extended_term_starts_a_term() -> None:
    found = plan(DecideEndOfTerm(RENEW), in_extended_term=True, auto_renew=False)
    assert found.consequences == (
        Consequence(When.NOW, "renews_out_of_extended", None, {"quantity": 12, "term": "P1Y"}),
        Consequence(When.LATER, "renewal_opens_window", None, {"hours": 168}),
    )


@pytest.mark.parametrize(
    ("wish", "changes", "expected"),
    [
        pytest.param(DecideEndOfTerm(STOP), {}, "at term end", id="end"),
        pytest.param(DecideEndOfTerm(RENEW), OFF, "at term end", id="renew"),
        pytest.param(DecideEndOfTerm(RENEW, 8), OFF, "legacy_has_no_schedule → set_now", id="renew with 8"),
        pytest.param(DecideEndOfTerm(EXTEND), OFF, "no_extended_term → renew", id="extend"),
    ],
)
def test_legacy_renews_or_ends(wish: DecideEndOfTerm, changes: dict[str, Any], expected: str) -> None:
    assert outcome(plan_change(legacy(**changes), wish, NOW)) == expected


LATER = NOW + timedelta(days=3)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({"cancellation_allowed_until": LATER}, "now", id="in the window"),
        pytest.param(
            {"cancellation_allowed_until": NOW}, "cancel_window_closed → end_at_term", id="at its last moment"
        ),
        pytest.param({"cancellation_allowed_until": None}, "cancel_not_offered → end_at_term", id="none named"),
        pytest.param({**OFF, "scheduled": (ENDS,)}, "cancel_window_closed → ask_partner", id="closed, and ends anyway"),
        pytest.param({"in_extended_term": True, **OFF}, "now", id="in the extended term"),
        pytest.param({"renewing": True}, "renewing → try_again_in_minutes", id="renewing"),
        pytest.param({"is_trial": True, "cancellation_allowed_until": LATER}, "trial → after_trial", id="trial"),
        pytest.param(
            {"status": Status.SUSPENDED, "cancellation_allowed_until": LATER}, "suspended → ask_partner", id="off"
        ),
        pytest.param({"status": Status.DELETED}, "deleted → order_again", id="cancelled already"),
        pytest.param({"kind": SubscriptionKind.AZURE_PLAN}, "usage_has_no_seats → ask_partner", id="Azure plan"),
        pytest.param({"commitment_end": GONE, **OFF, "scheduled": (ENDS,)}, "term_is_over → order_again", id="over"),
        pytest.param(
            {"kind": SubscriptionKind.SOFTWARE_SUBSCRIPTION, "cancellation_allowed_until": LATER},
            "software_by_partner → ask_partner_before",
            id="software, Microsoft's figure",
        ),
        pytest.param(
            {
                "kind": SubscriptionKind.SOFTWARE_PERPETUAL,
                "cancellation_allowed_until": None,
                "purchased_at": NOW - timedelta(days=29),
            },
            "software_by_partner → ask_partner_before",
            id="perpetual, day 29",
        ),
        pytest.param(
            {
                "kind": SubscriptionKind.SOFTWARE_PERPETUAL,
                "cancellation_allowed_until": None,
                "purchased_at": NOW - timedelta(days=30),
            },
            "software_by_partner → ask_partner",
            id="perpetual, day 30",
        ),
        pytest.param(
            {
                "kind": SubscriptionKind.SOFTWARE_SUBSCRIPTION,
                "cancellation_allowed_until": None,
                "term_start": NOW - timedelta(days=6),
            },
            "software_by_partner → ask_partner_before",
            id="software, day 6",
        ),
        pytest.param(
            {
                "kind": SubscriptionKind.SOFTWARE_SUBSCRIPTION,
                "cancellation_allowed_until": None,
                "term_start": None,
            },
            "software_by_partner → ask_partner",
            id="software, nothing known",
        ),
    ],
)
def test_cancelling(changes: dict[str, Any], expected: str) -> None:
    assert outcome(plan(Cancel(), **changes)) == expected


@pytest.mark.parametrize(
    ("changes", "refund", "until"),
    [
        pytest.param({"term_start": NOW - timedelta(hours=23)}, "refund_full", NOW + timedelta(hours=1), id="hour 23"),
        pytest.param({"term_start": NOW - timedelta(hours=24)}, "refund_prorated", None, id="hour 24"),
        pytest.param({"full_refund_until": LATER}, "refund_full", LATER, id="Microsoft's figure wins"),
        pytest.param({"full_refund_until": GONE, "term_start": NOW}, "refund_prorated", None, id="Microsoft says over"),
        pytest.param({"term_start": None}, "refund_prorated", None, id="nothing known"),
        pytest.param({"in_extended_term": True, "full_refund_until": LATER}, "refund_prorated", None, id="extended"),
    ],
)
def test_what_cancelling_pays_back(changes: dict[str, Any], refund: str, until: datetime | None) -> None:
    found = plan(Cancel(), cancellation_allowed_until=LATER, **changes)
    assert found.consequences == (
        Consequence(When.NOW, "access_stops", None, {"seats": 12}),
        Consequence(When.NOW, refund, until),
        Consequence(When.LATER, "not_recoverable"),
    )


def test_cancelling_is_dangerous_and_final() -> None:
    found = plan(Cancel(), cancellation_allowed_until=LATER)
    assert found.write == Write(Intent.CANCEL, Target(12, Status.DELETED, False))
    assert (warned(found), found.rules) == (["cancelling_is_final!"], (RuleUse("cancel-window"),))


def test_a_legacy_subscription_is_suspended() -> None:
    found = plan_change(LEGACY, Cancel(), NOW)
    assert found.write == Write(Intent.SUSPEND, Target(12, Status.SUSPENDED, True))
    assert warned(found) == ["access_stops_now!"]
    assert found.consequences[-1] == Consequence(When.LATER, "deleted_after_suspension", NOW + timedelta(days=90))


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        pytest.param(legacy(status=Status.SUSPENDED), "now", id="suspended legacy"),
        pytest.param(legacy(), "not_suspended → nothing_to_do", id="in use"),
        pytest.param(legacy(status=Status.DELETED), "deleted → order_again", id="deleted"),
        pytest.param(
            nce(status=Status.SUSPENDED), "suspended → ask_partner", id="suspended NCE is the partner's matter"
        ),
        pytest.param(nce(kind=SubscriptionKind.RESERVATION), "reservation_is_fixed → ask_partner", id="reservation"),
    ],
)
def test_taking_back_into_use(facts: Any, expected: str) -> None:
    assert outcome(plan_change(facts, Reactivate(), NOW)) == expected


def test_taking_back_into_use_writes_the_status() -> None:
    found = plan_change(legacy(status=Status.SUSPENDED), Reactivate(), NOW)
    assert found.write == Write(Intent.REACTIVATE, Target(12, Status.ACTIVE, True))
    assert keys(found) == ["access_returns", "charges_start"]


def test_possibilities_of_a_running_term() -> None:
    found = possible_changes(NCE, NOW)
    assert (found.lowest_now, found.highest_now, found.returnable_now, found.returnable_until) == (9, 300, 3, LAST)
    assert found.lots == (OpenLot(1, FIRST, FIRST - NOW), OpenLot(2, LAST, LAST - NOW))
    assert (found.lowest_at_renewal, found.highest_at_renewal) == (1, 300)
    assert (found.seats, found.add, found.lower, found.schedule) == (None, None, None, None)
    reasons = {choice: refusal and refusal.reason for choice, refusal in found.decide.items()}
    assert reasons == {RENEW: "already_decided", STOP: None, EXTEND: None}
    assert found.cancel is not None
    assert (found.cancel.reason, found.cancel.next_step) == ("cancel_window_closed", "end_at_term")
    assert found.withdraw is not None
    assert found.reactivate is not None
    assert found.ending.outcome.value == "renews"


def test_possibilities_of_a_closed_window() -> None:
    found = possible_changes(nce(refundable_total=0, lots=()), NOW)
    assert (found.lowest_now, found.returnable_now, found.returnable_until, found.lots) == (12, 0, None, ())
    assert found.lower is not None
    assert (found.lower.reason, found.lower.next_step) == ("nothing_returnable", "schedule")


def test_possibilities_of_what_is_locked() -> None:
    found = possible_changes(nce(in_extended_term=True, auto_renew=False), NOW)
    assert (found.lowest_now, found.highest_now) == (12, 12)
    assert found.seats is not None
    assert found.schedule is not None
    assert (found.seats.reason, found.schedule.reason) == ("extended_term_is_fixed", "extended_term_is_fixed")
    assert (found.cancel, found.decide[RENEW]) == (None, None)


def test_possibilities_of_legacy_and_of_no_limit() -> None:
    found = possible_changes(legacy(maximum=None), NOW)
    assert (found.lowest_now, found.highest_now, found.returnable_now) == (1, None, 11)


def test_possibilities_without_renewal_point_to_renewing() -> None:
    found = possible_changes(nce(auto_renew=False), NOW)
    assert found.schedule is not None
    assert (found.schedule.reason, found.schedule.next_step) == ("schedule_needs_renewal", "renew_with")
    assert found.decide == {RENEW: None, STOP: None, EXTEND: None}


def test_an_upgrade_that_is_scheduled_is_taken_back_by_ending() -> None:
    upgrade = renewal_with(12, action=ScheduledAction.TRANSITION, product_id="CFQ7TTC0LCHC")
    assert "schedule_taken_back" in warned(plan(DecideEndOfTerm(STOP), scheduled=(upgrade,)))


def test_the_alternative_to_a_number_without_renewal_is_to_renew_with_it() -> None:
    assert plan(ScheduleQuantity(8), **OFF).alternatives == (Alternative(DecideEndOfTerm(RENEW, 8), END),)
    assert plan(SetQuantity(301)).alternatives == (Alternative(SetQuantity(300)),)
