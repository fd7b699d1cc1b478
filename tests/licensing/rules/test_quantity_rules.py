"""Seats up and down at once: a table per rule."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from tenantry.kernel.refusals import Facts
from tenantry.licensing.rules.facts import Lot, ScheduledAction, Status, SubscriptionKind, Term
from tenantry.licensing.rules.plan import (
    Alternative,
    Caution,
    Consequence,
    Intent,
    Option,
    Plan,
    Question,
    RuleUse,
    Target,
    When,
    Write,
)
from tenantry.licensing.rules.planner import plan_change
from tenantry.licensing.rules.possibilities import possible_changes
from tenantry.licensing.rules.wishes import Cancel, DecideEndOfTerm, Reactivate, ScheduleHandling, SetQuantity
from tenantry.licensing.rules.wishes import ScheduleQuantity as Schedule
from tests.licensing.rules.cases import (
    END,
    ENDS,
    FIRST,
    GONE,
    LAST,
    NOT_UNDERSTOOD,
    NOW,
    keys,
    legacy,
    nce,
    outcome,
    renewal_with,
    warned,
)

KEEP, SHIFT, DROP = ScheduleHandling.KEEP, ScheduleHandling.SHIFT, ScheduleHandling.DROP


def plan(quantity: int, schedule: ScheduleHandling | None = None, /, **changes: Any) -> Plan:
    return plan_change(nce(**changes), SetQuantity(quantity, schedule), NOW)


@pytest.mark.parametrize(
    ("quantity", "changes", "expected"),
    [
        pytest.param(15, {}, "now", id="three more"),
        pytest.param(300, {}, "now", id="up to the maximum"),
        pytest.param(301, {}, "above_maximum → set_now", id="one above the maximum"),
        pytest.param(301, {"quantity": 300}, "above_maximum → ask_partner", id="at the maximum already"),
        pytest.param(900, {"maximum": None}, "now", id="no maximum known"),
        pytest.param(20, {"promotion_maximum": 15}, "above_promotion_maximum → set_now", id="above the promotion"),
        pytest.param(15, {"promotion_maximum": 15}, "now", id="up to the promotion"),
        pytest.param(13, {"update_count": 1199}, "now", id="the last update"),
        pytest.param(13, {"update_count": 1200}, "too_many_updates → ask_partner", id="no update left"),
        pytest.param(12, {}, "same_quantity → choose_another_number", id="the same number"),
        pytest.param(0, {}, "zero_is_no_quantity → end_at_term", id="zero, too late to cancel"),
        pytest.param(0, {"cancellation_allowed_until": LAST}, "zero_is_no_quantity → cancel", id="zero, may cancel"),
        pytest.param(-4, {}, "zero_is_no_quantity → end_at_term", id="less than zero"),
        pytest.param(11, {}, "now", id="one back"),
        pytest.param(9, {}, "now", id="all that is returnable"),
        pytest.param(8, {}, "more_than_returnable → schedule", id="one more than returnable"),
        pytest.param(8, {"auto_renew": False}, "more_than_returnable → renew_with", id="no auto-renew: renew with it"),
        pytest.param(
            8,
            {"auto_renew": False, "can_renew": False},
            "more_than_returnable → set_now",
            id="cannot renew: go lower now",
        ),
        pytest.param(9, {"lots": (Lot(3, GONE),)}, "return_window_closed → schedule", id="the window has closed"),
        pytest.param(9, {"lots": (Lot(3, NOW),)}, "return_window_closed → schedule", id="it closes at this instant"),
        pytest.param(
            9,
            {"lots": (Lot(3, NOW + timedelta(microseconds=1)),)},
            "now",
            id="a microsecond before it closes",
        ),
        pytest.param(11, {"lots": (), "refundable_total": 0}, "nothing_returnable → schedule", id="nothing returnable"),
        pytest.param(
            11, {"lots": (), "refundable_total": None}, "nothing_returnable → schedule", id="Microsoft says none"
        ),
        pytest.param(11, {"lots": (), "refundable_total": 1}, "now", id="a total without details"),
        pytest.param(9, {"refundable_total": 2}, "more_than_returnable → schedule", id="Microsoft's total wins"),
        pytest.param(9, {"refundable_total": None}, "now", id="details without a total"),
        pytest.param(9, {"minimum": 10}, "below_minimum → set_now", id="below the minimum"),
        pytest.param(10, {"minimum": 10}, "now", id="the minimum"),
        pytest.param(9, {"minimum": None}, "now", id="no minimum known"),
    ],
)
def test_seats_up_and_down(quantity: int, changes: dict[str, Any], expected: str) -> None:
    assert outcome(plan(quantity, **changes)) == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({"kind": SubscriptionKind.AZURE_PLAN}, "usage_has_no_seats → ask_partner", id="Azure plan"),
        pytest.param({"kind": SubscriptionKind.LEGACY_AZURE}, "usage_has_no_seats → ask_partner", id="legacy Azure"),
        pytest.param({"kind": SubscriptionKind.MARKETPLACE}, "publisher_decides → ask_partner", id="marketplace"),
        pytest.param({"kind": SubscriptionKind.RESERVATION}, "reservation_is_fixed → ask_partner", id="reservation"),
        pytest.param({"kind": SubscriptionKind.UNKNOWN}, "kind_unknown → ask_partner", id="unknown kind"),
        pytest.param({"status": Status.PENDING}, "pending → wait_until_ready", id="pending"),
        pytest.param({"status": Status.SUSPENDED}, "suspended → ask_partner", id="suspended"),
        pytest.param({"status": Status.EXPIRED}, "expired → order_again", id="expired"),
        pytest.param({"status": Status.DISABLED}, "disabled → order_again", id="disabled"),
        pytest.param({"status": Status.DELETED}, "deleted → order_again", id="cancelled"),
        pytest.param({"status": Status.NONE}, "status_unknown → ask_partner", id="no status"),
        pytest.param({"status": Status.UNKNOWN}, "status_unknown → ask_partner", id="unknown status"),
        pytest.param({"is_trial": True}, "trial → after_trial", id="trial"),
        pytest.param({"is_trial": True, "commitment_end": None}, "trial → ask_partner", id="trial without an end"),
        pytest.param({"renewing": True}, "renewing → try_again_in_minutes", id="renewing"),
        pytest.param({"commitment_end": GONE}, "renewing → try_again_in_minutes", id="the end has passed: renewing"),
        pytest.param(
            {"in_extended_term": True, "auto_renew": False}, "extended_term_is_fixed → renew", id="extended term"
        ),
        pytest.param(
            {"in_extended_term": True}, "extended_term_is_fixed → after_renewal", id="extended term that renews"
        ),
        pytest.param(
            {"commitment_end": GONE, "auto_renew": False},
            "extended_term_is_fixed → renew",
            id="rolled into the extended term",
        ),
        pytest.param(
            {"commitment_end": GONE, "auto_renew": False, "scheduled": (ENDS,)}, "term_is_over → order_again", id="over"
        ),
    ],
)
@pytest.mark.parametrize("quantity", [9, 15])
def test_seats_are_locked(quantity: int, changes: dict[str, Any], expected: str) -> None:
    found = plan(quantity, **changes)
    assert (outcome(found), found.write, found.consequences) == (expected, None, ())


def test_adding_says_what_it_commits_to() -> None:
    assert plan(15) == Plan(
        SetQuantity(15),
        plan(15).verdict,
        Write(Intent.ADD_SEATS, Target(15, Status.ACTIVE, True)),
        (
            Consequence(When.NOW, "seats_added", None, {"seats": 3, "before": 12, "after": 15}),
            Consequence(When.UNTIL, "added_can_be_returned", datetime(2026, 11, 29, 12, tzinfo=UTC), {"seats": 3}),
            Consequence(When.UNTIL, "seats_committed", END, {"seats": 3}),
            Consequence(When.AT_TERM_END, "end_renews", END, {"quantity": 15}),
        ),
        rules=(RuleUse("return-window", date(2022, 3, 12)), RuleUse("add-any-time")),
    )


def test_the_return_window_of_an_addition_is_not_promised_past_the_end_of_the_term() -> None:
    soon = NOW + timedelta(days=2)
    until = [
        consequence.at for consequence in plan(15, commitment_end=soon).consequences if consequence.when is When.UNTIL
    ]
    assert until == [soon]  # and nothing is committed beyond it


def test_an_addition_without_a_known_end_names_no_date() -> None:
    found = plan(15, commitment_end=None)
    assert keys(found) == ["seats_added", "added_can_be_returned", "seats_committed"]
    assert found.consequences[2].at is None


def test_returning_says_what_may_still_go_at_least_until_when() -> None:
    found = plan(10)
    assert found.write == Write(Intent.RETURN_SEATS, Target(10, Status.ACTIVE, True))
    assert found.consequences == (
        Consequence(When.NOW, "seats_returned", None, {"seats": 2, "before": 12, "after": 10}),
        Consequence(When.NOW, "refund_prorated"),
        Consequence(When.UNTIL, "rest_can_be_returned", FIRST, {"seats": 1}),
        Consequence(When.AT_TERM_END, "end_renews", END, {"quantity": 10}),
    )
    assert found.rules == (RuleUse("return-window", date(2022, 3, 12)),)


def test_returning_all_that_is_returnable_leaves_no_rest() -> None:
    assert keys(plan(9)) == ["seats_returned", "refund_prorated", "end_renews"]


@pytest.mark.parametrize(
    ("changes", "returnable", "lots"),
    [
        pytest.param({}, 3, (Lot(1, FIRST), Lot(2, LAST)), id="as Microsoft counts"),
        pytest.param({"quantity": 18, "lots": (Lot(18, LAST),), "refundable_total": 18}, 17, (Lot(17, LAST),), id="18"),
        pytest.param(
            {"quantity": 18, "lots": (Lot(13, FIRST), Lot(5, LAST)), "refundable_total": 18},
            17,
            (Lot(12, FIRST), Lot(5, LAST)),
            id="the seat that stays is of the lot that closes first",
        ),
        pytest.param({"quantity": 3}, 2, (Lot(2, LAST),), id="a lot of which nothing can go is left out"),
        pytest.param({"minimum": 10}, 2, (Lot(2, LAST),), id="down to the product's minimum"),
        pytest.param({"refundable_total": 2}, 2, (Lot(2, LAST),), id="Microsoft's total is smaller"),
        pytest.param({"lots": (), "refundable_total": 12}, 11, (), id="a total without details"),
        pytest.param({"quantity": 1, "lots": (Lot(1, LAST),), "refundable_total": 1}, 0, (), id="the last seat"),
        pytest.param({"minimum": 20}, 0, (), id="below the minimum already"),
        pytest.param({"lots": (Lot(3, GONE),)}, 0, (), id="closed"),
        pytest.param({"renewing": True}, 0, (), id="seats are locked"),
        pytest.param({"kind": SubscriptionKind.LEGACY, "lots": (), "refundable_total": None}, 11, (), id="legacy"),
        pytest.param({"kind": SubscriptionKind.SOFTWARE_PERPETUAL}, 0, (), id="software"),
    ],
)
def test_what_can_be_returned_is_counted_once(changes: dict[str, Any], returnable: int, lots: tuple[Lot, ...]) -> None:
    facts = nce(**changes)
    found = possible_changes(facts, NOW)
    assert found.returnable_now == facts.quantity - found.lowest_now == returnable
    assert tuple(Lot(lot.quantity, lot.returnable_until) for lot in found.lots) == lots
    assert found.returnable_until == (lots[-1].returnable_until if lots else None)


def test_the_last_seat_is_not_among_those_that_can_still_be_returned() -> None:
    found = plan(97, quantity=130, lots=(Lot(130, LAST),), refundable_total=130)
    assert found.consequences[2] == Consequence(When.UNTIL, "rest_can_be_returned", LAST, {"seats": 96})
    assert keys(plan(1, quantity=130, lots=(Lot(130, LAST),), refundable_total=130)) == [
        "seats_returned",
        "refund_prorated",
        "end_renews",
    ]


def test_a_refusal_names_figures_rule_and_every_alternative() -> None:
    found = plan(8)
    assert found.refusal is not None
    assert found.refusal.facts == {"returned": 4, "returnable": 3}
    assert found.refusal.next_step_facts == {"quantity": 8, "value": END}
    assert found.rules == (RuleUse("return-window", date(2022, 3, 12)),)
    assert found.alternatives == (Alternative(Schedule(8), END), Alternative(SetQuantity(9)))


def test_a_closed_window_says_when_it_closed() -> None:
    found = plan(11, lots=(Lot(3, GONE), Lot(2, GONE - timedelta(days=1)))).refusal
    assert found is not None
    assert found.facts == {"returned": 1, "closed": GONE}


@pytest.mark.parametrize(
    ("assigned", "sold", "quantity", "expected"),
    [
        pytest.param(None, None, 9, None, id="not known"),
        pytest.param(9, None, 9, None, id="just enough"),
        pytest.param(10, None, 9, {"assigned": 10, "remaining": 9, "short": 1}, id="one too few"),
        pytest.param(10, 20, 9, None, id="another subscription has the rest"),
        pytest.param(19, 20, 9, {"assigned": 19, "remaining": 17, "short": 2}, id="too few in the tenant"),
        pytest.param(40, 20, 15, None, id="adding never warns"),
        pytest.param(8, 9, 9, None, id="the count is older than an addition"),
        pytest.param(10, 9, 9, {"assigned": 10, "remaining": 9, "short": 1}, id="too few, and the count is old"),
    ],
)
def test_going_below_assigned_seats_warns(
    assigned: int | None, sold: int | None, quantity: int, expected: dict[str, int] | None
) -> None:
    found = plan(quantity, assigned=assigned, sold_total=sold)
    assert found.warnings == ((Caution("below_assigned", True, expected),) if expected else ())
    assert found.dangerous is bool(expected)
    assert outcome(found) == "now"
    assert (RuleUse("assigned-seats") in found.rules) is bool(expected)


def test_a_schedule_makes_a_change_at_once_ask() -> None:
    found = plan(15, scheduled=(renewal_with(8),))
    assert (outcome(found), found.write) == ("now", None)
    known: Facts = {"before": 12, "after": 15, "scheduled": 8, "at": END}
    assert found.questions == (Question("schedule", (Option(KEEP, 8), Option(SHIFT, 11), Option(DROP, 15)), known),)
    assert keys(found) == ["seats_added", "added_can_be_returned", "seats_committed"]


@pytest.mark.parametrize(
    ("quantity", "answer", "put_back", "warnings", "end"),
    [
        pytest.param(15, KEEP, (renewal_with(8),), ["schedule_put_back"], "end_renews_changed", id="up, keep"),
        pytest.param(15, SHIFT, (renewal_with(11),), ["schedule_put_back"], "end_renews_changed", id="up, shift"),
        pytest.param(15, DROP, (), ["schedule_taken_back"], "end_renews", id="up, drop"),
        pytest.param(10, KEEP, (renewal_with(8),), ["schedule_put_back"], "end_renews_changed", id="down, keep"),
        pytest.param(10, SHIFT, (renewal_with(6),), ["schedule_put_back"], "end_renews_changed", id="down, shift"),
    ],
)
def test_the_answer_is_part_of_the_change(
    quantity: int, answer: ScheduleHandling, put_back: tuple[Any, ...], warnings: list[str], end: str
) -> None:
    found = plan(quantity, answer, scheduled=(renewal_with(8),))
    assert found.write is not None
    assert (found.write.put_back, warned(found), keys(found)[-1]) == (put_back, warnings, end)
    assert found.questions == ()
    assert found.rules[0] == RuleUse("schedule-dropped")


@pytest.mark.parametrize(
    ("quantity", "scheduled", "options"),
    [
        pytest.param(9, renewal_with(9), [(KEEP, 9), (SHIFT, 6)], id="the new number is the scheduled one"),
        pytest.param(9, renewal_with(2), [(KEEP, 2), (DROP, 9)], id="shifting would go below one"),
        pytest.param(15, renewal_with(299), [(KEEP, 299), (DROP, 15)], id="shifting would go above the maximum"),
        pytest.param(
            15, renewal_with(12, term=Term.MONTH), [(KEEP, 12), (SHIFT, 15)], id="only the term was to change"
        ),
    ],
)
def test_only_answers_that_differ_and_fit_are_offered(
    quantity: int, scheduled: Any, options: list[tuple[ScheduleHandling, int]]
) -> None:
    (question,) = plan(quantity, scheduled=(scheduled,)).questions
    assert [(option.answer, option.quantity) for option in question.options] == options


def test_an_answer_that_is_not_offered_asks_again() -> None:
    assert plan(9, SHIFT, scheduled=(renewal_with(2),)).questions != ()


def test_no_question_where_every_answer_is_the_same() -> None:
    found = plan(300, scheduled=(renewal_with(300),))
    assert (found.questions, outcome(found)) == ((), "now")
    assert found.write is not None
    assert found.write.put_back == ()


def test_a_decision_to_end_is_put_back_without_a_question() -> None:
    found = plan(15, auto_renew=False, scheduled=(ENDS,))
    assert found.write == Write(Intent.ADD_SEATS, Target(15, Status.ACTIVE, False, (ENDS,)))
    assert (found.write.put_back, warned(found), keys(found)[-1]) == ((ENDS,), ["schedule_put_back"], "end_ends")


def test_what_is_not_understood_cannot_be_put_back_and_is_dangerous() -> None:
    found = plan(15, scheduled=(NOT_UNDERSTOOD,))
    assert found.write is not None
    assert (found.write.put_back, warned(found), found.dangerous) == ((), ["schedule_not_understood!"], True)


def test_dropping_the_number_keeps_an_upgrade() -> None:
    upgrade = renewal_with(8, action=ScheduledAction.TRANSITION, product_id="CFQ7TTC0LCHC")
    found = plan(15, DROP, scheduled=(upgrade,))
    assert found.write is not None
    assert [(change.action, change.quantity) for change in found.write.put_back] == [(ScheduledAction.TRANSITION, 15)]


@pytest.mark.parametrize(
    ("quantity", "changes", "expected"),
    [
        pytest.param(15, {}, "now", id="up"),
        pytest.param(1, {}, "now", id="down to one, long after the purchase"),
        pytest.param(0, {}, "zero_is_no_quantity → cancel", id="zero"),
        pytest.param(301, {}, "above_maximum → set_now", id="above the maximum"),
        pytest.param(15, {"status": Status.SUSPENDED}, "suspended → reactivate", id="suspended"),
    ],
)
def test_legacy_goes_both_ways_at_any_time(quantity: int, changes: dict[str, Any], expected: str) -> None:
    assert outcome(plan_change(legacy(**changes), SetQuantity(quantity), NOW)) == expected


def test_legacy_consequences() -> None:
    more = plan_change(legacy(), SetQuantity(15), NOW)
    less = plan_change(legacy(), SetQuantity(4), NOW)
    assert keys(more) == ["seats_added", "end_renews", "legacy_can_go_down"]
    assert keys(less) == ["seats_returned", "end_renews"]
    assert less.rules == (RuleUse("legacy-any-time"),)


@pytest.mark.parametrize("kind", [SubscriptionKind.SOFTWARE_SUBSCRIPTION, SubscriptionKind.SOFTWARE_PERPETUAL])
@pytest.mark.parametrize("quantity", [0, 1, 11, 12, 13, 15, 301])
def test_seats_of_software_neither_rise_nor_fall(kind: SubscriptionKind, quantity: int) -> None:
    assert outcome(plan(quantity, kind=kind)) == "software_seats_stay → ask_partner_for_more"
    locked = possible_changes(nce(kind=kind), NOW)
    assert locked.seats is not None and locked.seats == locked.add
    assert (locked.lowest_now, locked.highest_now) == (12, 12)


def test_alternatives_are_wishes_that_would_be_allowed() -> None:
    assert plan(0, cancellation_allowed_until=LAST).alternatives[0] == Alternative(Cancel())
    suspended = plan_change(legacy(status=Status.SUSPENDED), SetQuantity(3), NOW)
    assert suspended.alternatives == (Alternative(Reactivate()),)
    assert isinstance(plan(8, auto_renew=False).alternatives[0].wish, DecideEndOfTerm)
