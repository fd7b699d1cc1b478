"""Laws that hold for every subscription and every wish."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tenantry.licensing.rules.book import RuleName
from tenantry.licensing.rules.facts import (
    BillingPlan,
    EndOfTerm,
    Lot,
    ScheduledAction,
    ScheduledChange,
    Status,
    SubscriptionFacts,
    SubscriptionKind,
    Term,
    changed_fields,
    facts_from_json,
    facts_to_json,
    fingerprint,
    same_change,
)
from tenantry.licensing.rules.plan import (
    CHANGES_QUANTITY,
    Consequence,
    Plan,
    Scheduled,
    When,
    plan_from_json,
    plan_to_json,
    same_effect,
)
from tenantry.licensing.rules.planner import plan_change
from tenantry.licensing.rules.possibilities import possible_changes
from tenantry.licensing.rules.seats import returnable_lots, returnable_now
from tenantry.licensing.rules.terms import next_charge
from tenantry.licensing.rules.wishes import (
    Cancel,
    DecideEndOfTerm,
    Reactivate,
    ScheduleHandling,
    ScheduleQuantity,
    SetQuantity,
    Wish,
    WithdrawSchedule,
    wish_from_json,
    wish_to_json,
)
from tests.licensing.rules.cases import NCE, NOW, nce, renewal_with

instants = st.datetimes(datetime(2020, 1, 1), datetime(2031, 1, 1), timezones=st.just(UTC))
numbers = st.integers(-2, 20) | st.integers(-(10**6), 10**6)

changes = st.builds(
    ScheduledChange,
    action=st.sampled_from(ScheduledAction),
    quantity=st.none() | numbers,
    product_id=st.sampled_from(["", NCE.product_id, "CFQ7TTC0LCHC"]),
    effective_date=st.none() | instants,
)

maybe_number, maybe_instant = st.none() | numbers, st.none() | instants
lots = st.lists(st.builds(Lot, numbers, instants), max_size=3).map(tuple)
several_changes = st.lists(changes, max_size=3).map(tuple)
flag, maybe_flag = st.booleans(), st.sampled_from([None, False, True])

# Whatever Microsoft may send, sense or nonsense.
subscriptions = st.builds(
    SubscriptionFacts,
    subscription_id=st.just(NCE.subscription_id),
    kind=st.sampled_from(SubscriptionKind),
    status=st.sampled_from([*Status, *[Status.ACTIVE] * 8]),
    name=st.just(NCE.name),
    quantity=numbers,
    product_id=st.sampled_from(["", NCE.product_id]),
    minimum=maybe_number,
    maximum=maybe_number,
    promotion_maximum=maybe_number,
    term=st.sampled_from(Term),
    billing_plan=st.sampled_from(BillingPlan),
    purchased_at=maybe_instant,
    term_start=maybe_instant,
    commitment_end=maybe_instant,
    billing_cycle_end=maybe_instant,
    cancellation_allowed_until=maybe_instant,
    full_refund_until=maybe_instant,
    auto_renew=maybe_flag,
    is_trial=flag,
    lots=lots,
    refundable_total=maybe_number,
    scheduled=several_changes,
    renewing=flag,
    in_extended_term=flag,
    can_renew=maybe_flag,
    has_monthly_plan=maybe_flag,
    assigned=maybe_number,
    sold_total=maybe_number,
    others=st.lists(
        st.builds(replace, st.just(NCE), quantity=numbers, auto_renew=maybe_flag, scheduled=several_changes), max_size=2
    ).map(tuple),
    update_count=maybe_number,
)
wishes: st.SearchStrategy[Wish] = st.one_of(
    st.builds(SetQuantity, numbers, st.none() | st.sampled_from(ScheduleHandling)),
    st.builds(ScheduleQuantity, numbers),
    st.builds(DecideEndOfTerm, st.sampled_from(EndOfTerm), maybe_number),
    st.sampled_from([WithdrawSchedule(), Cancel(), Reactivate()]),
)

# Mostly subscriptions that can be changed, so that the laws meet plans that are allowed.
usable = st.builds(
    replace,
    st.just(NCE),
    kind=st.sampled_from([SubscriptionKind.NCE, SubscriptionKind.NCE, SubscriptionKind.LEGACY]),
    quantity=st.integers(1, 30),
    maximum=st.none() | st.integers(20, 40),
    minimum=st.none() | st.integers(1, 5),
    auto_renew=st.sampled_from([True, True, False]),
    lots=st.lists(st.builds(Lot, st.integers(1, 10), instants), max_size=3).map(tuple),
    refundable_total=st.none() | st.integers(0, 30),
    scheduled=st.lists(changes | st.builds(renewal_with, st.integers(1, 30)), max_size=2).map(tuple),
    cancellation_allowed_until=st.none() | instants,
    assigned=st.none() | st.integers(0, 30),
    in_extended_term=st.sampled_from([False, False, False, True]),
)
small = st.builds(SetQuantity, st.integers(0, 45), st.none() | st.sampled_from(ScheduleHandling))
any_facts = subscriptions | usable
any_wish = wishes | small | st.builds(ScheduleQuantity, st.integers(1, 40))


@settings(max_examples=200)
@given(any_facts, any_wish, instants)
def test_planning_never_raises_and_is_stable(facts: SubscriptionFacts, wish: Wish, now: datetime) -> None:
    plan = plan_change(facts, wish, now)
    assert plan == plan_change(facts, wish, now)
    assert same_effect(plan, plan)
    assert plan.wish == wish


@settings(max_examples=200)
@given(any_facts, any_wish, instants)
def test_plans_facts_and_wishes_survive_storing(facts: SubscriptionFacts, wish: Wish, now: datetime) -> None:
    plan = plan_change(facts, wish, now)
    assert plan_from_json(plan_to_json(plan)) == plan
    assert facts_from_json(facts_to_json(facts)) == facts
    assert wish_from_json(wish_to_json(wish)) == wish
    assert fingerprint(facts_from_json(facts_to_json(facts))) == fingerprint(facts)


@settings(max_examples=200)
@given(any_facts, any_wish, instants)
def test_nothing_is_lowered_in_a_term_outside_its_windows(facts: SubscriptionFacts, wish: Wish, now: datetime) -> None:
    write = plan_change(facts, wish, now).write
    if write is None or facts.kind is SubscriptionKind.LEGACY:
        return
    returned = facts.quantity - write.target.quantity
    assert returned <= 0 or returned <= returnable_now(facts, now)


@settings(max_examples=200)
@given(any_facts, any_wish, instants)
def test_a_refusal_has_a_way_out_and_writes_nothing(facts: SubscriptionFacts, wish: Wish, now: datetime) -> None:
    plan = plan_change(facts, wish, now)
    assert plan.rules
    assert all(rule.name in list(RuleName) for rule in plan.rules)
    if plan.refusal is None:
        assert (plan.write is None) is bool(plan.questions)
        assert plan.consequences
        return
    assert plan.write is None
    assert not plan.consequences
    assert plan.refusal.reason
    assert plan.refusal.next_step
    for alternative in plan.alternatives:
        other = plan_change(facts, alternative.wish, now)
        assert other.refusal is None
        assert (other.verdict.at if isinstance(other.verdict, Scheduled) else None) == alternative.at


@settings(max_examples=200)
@given(any_facts, any_wish, instants)
def test_consequences_are_in_the_order_of_time(facts: SubscriptionFacts, wish: Wish, now: datetime) -> None:
    order = [list(When).index(consequence.when) for consequence in plan_change(facts, wish, now).consequences]
    assert order == sorted(order)


@settings(max_examples=200)
@given(any_facts, any_wish, instants)
def test_only_a_change_at_once_changes_the_number_at_once(facts: SubscriptionFacts, wish: Wish, now: datetime) -> None:
    write = plan_change(facts, wish, now).write
    if write is None:
        return
    assert (write.target.quantity != facts.quantity) is (write.intent in CHANGES_QUANTITY)
    assert write.target.quantity > 0 or facts.quantity <= 0


@settings(max_examples=200)
@given(any_facts, instants)
def test_what_is_possible_is_what_can_be_planned(facts: SubscriptionFacts, now: datetime) -> None:
    assume(facts.quantity > 0)
    found = possible_changes(facts, now)

    def refused(wish: Wish) -> bool:
        return plan_change(facts, wish, now).refusal is not None

    if found.lowest_now < facts.quantity:
        assert not refused(SetQuantity(found.lowest_now))
        assert refused(SetQuantity(found.lowest_now - 1))
    if found.highest_now is not None and found.highest_now > facts.quantity:
        assert not refused(SetQuantity(found.highest_now))
        assert refused(SetQuantity(found.highest_now + 1))
    assert (found.lower is not None) is refused(SetQuantity(facts.quantity - 1))
    assert (found.cancel is not None) is refused(Cancel())
    assert found.returnable_now >= 0
    assert [lot.returnable_until for lot in found.lots] == sorted(lot.returnable_until for lot in found.lots)


@settings(max_examples=200)
@given(any_facts, st.integers(0, 45), instants, instants)
def test_every_count_of_what_can_be_returned_is_the_same(
    facts: SubscriptionFacts, wanted: int, now: datetime, later: datetime
) -> None:
    assume(facts.kind is SubscriptionKind.NCE and now <= later)
    lots = returnable_lots(facts, now)
    if facts.lots:
        assert sum(lot.quantity for lot in lots) == returnable_now(facts, now)
        assert sum(lot.quantity for lot in lots if later < lot.returnable_until) == returnable_now(facts, later)
    found = possible_changes(facts, now)
    assert found.returnable_now in (0, returnable_now(facts, now))
    assert sum(lot.quantity for lot in found.lots) == (found.returnable_now if facts.lots else 0)
    for consequence in plan_change(facts, SetQuantity(wanted), now).consequences:
        if consequence.key == "rest_can_be_returned":
            assert consequence.facts["seats"] == wanted - found.lowest_now


@given(any_facts, instants)
def test_the_next_charge_lies_ahead_and_in_the_term(facts: SubscriptionFacts, now: datetime) -> None:
    due = next_charge(facts, now)
    if due is not None and facts.commitment_end is not None:
        assert now.date() < due <= facts.commitment_end.date()


@pytest.mark.parametrize(
    ("changes", "same"),
    [
        ({"assigned": 4}, True),
        ({"lots": ()}, True),
        ({"renewing": True}, True),
        ({"name": "Another name"}, True),
        ({"quantity": 13}, False),
        ({"status": Status.SUSPENDED}, False),
        ({"auto_renew": False}, False),
        ({"scheduled": (renewal_with(8),)}, False),
        ({"commitment_end": NOW}, False),
        ({"in_extended_term": True}, False),
    ],
)
def test_the_fingerprint_is_of_what_must_still_be_so(changes: dict[str, object], same: bool) -> None:
    changed = nce(**changes)
    assert (fingerprint(changed) == fingerprint(NCE)) is same
    assert changed_fields(NCE, changed) == (() if same else tuple(changes))


def test_a_shown_plan_holds_as_long_as_its_effect_does() -> None:
    shown = plan_change(NCE, SetQuantity(15), NOW)
    later = NOW.replace(minute=20)
    assert same_effect(shown, plan_change(NCE, SetQuantity(15), later))
    assert not same_effect(shown, plan_change(nce(quantity=13), SetQuantity(15), later))
    assert not same_effect(shown, plan_change(nce(scheduled=(renewal_with(8),)), SetQuantity(15), later))
    assert not same_effect(shown, plan_change(nce(auto_renew=False), SetQuantity(15), later))
    assert not same_effect(shown, plan_change(nce(maximum=14), SetQuantity(15), later))
    assert not same_effect(
        shown, plan_change(nce(commitment_end=datetime(2027, 6, 1, tzinfo=UTC)), SetQuantity(15), later)
    )


def test_a_new_danger_is_another_effect_and_a_gone_one_is_not() -> None:
    safe = plan_change(NCE, SetQuantity(10), NOW)
    risky = plan_change(nce(assigned=12), SetQuantity(10), NOW)
    assert not same_effect(safe, risky)
    assert same_effect(risky, safe)


def test_the_same_refusal_is_the_same_effect() -> None:
    refused = plan_change(NCE, SetQuantity(8), NOW)
    assert same_effect(refused, plan_change(nce(refundable_total=2), SetQuantity(8), NOW))
    assert not same_effect(refused, plan_change(NCE, SetQuantity(0), NOW))


def test_the_same_scheduled_change_however_microsoft_writes_it() -> None:
    assert same_change(renewal_with(8), renewal_with(8, promotion_id="x", effective_date=NOW))
    assert not same_change(renewal_with(8), renewal_with(9))
    assert same_change(None, None)
    assert not same_change(renewal_with(8), None)


@pytest.mark.parametrize("word", ["NCE", "nce", " Nce "])
def test_words_of_microsoft_are_read_in_any_case(word: str) -> None:
    assert SubscriptionKind(word) is SubscriptionKind.NCE


def test_unknown_words_are_unknown() -> None:
    assert (Status("paused"), SubscriptionKind("")) == (Status.UNKNOWN, SubscriptionKind.UNKNOWN)


@pytest.mark.parametrize(
    "damaged",
    [
        None,
        [],
        {"type": "SetQuantity"},
        {"type": "Nonsense"},
        {"type": "SetQuantity", "quantity": "3"},
        {"type": "SetQuantity", "quantity": True},
        {"type": "DecideEndOfTerm", "choice": "perhaps"},
        {"type": "SetQuantity", "quantity": 3, "more": 1},
    ],
)
def test_what_was_not_stored_by_us_is_refused(damaged: object) -> None:
    with pytest.raises(ValueError, match=r"."):
        wish_from_json(damaged)


@pytest.mark.parametrize(
    ("field", "value"),
    [("lots", "none"), ("lots", ["three"]), ("kind", 3), ("term_start", "yesterday"), ("quantity", None)],
)
def test_damaged_facts_are_refused(field: str, value: object) -> None:
    data = facts_to_json(NCE)
    data[field] = value
    if field == "kind":
        assert facts_from_json(data).kind is SubscriptionKind.UNKNOWN
        return
    with pytest.raises(ValueError, match=r"."):
        facts_from_json(data)


def test_a_stored_plan_keeps_instants_days_and_facts() -> None:
    plan = plan_change(NCE, SetQuantity(8), NOW)
    stored = plan_to_json(plan)
    assert stored["rules"] == [{"name": "return-window", "since": "2022-03-12"}]
    assert plan_from_json(stored).rules[0].since == date(2022, 3, 12)
    assert isinstance(plan_from_json(stored), Plan)
    assert Consequence(When.NOW, "x") == Consequence(When.NOW, "x", None, {})
