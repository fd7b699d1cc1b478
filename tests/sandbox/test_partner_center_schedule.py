"""Scheduled changes of both generations: what is taken, what is refused, what drops them."""

from typing import Any

import pytest

from tests.sandbox.commerce import (
    FABRIKAM,
    LEGACY,
    MONTHLY,
    PREMIUM_OFFER,
    SOFTWARE,
    TRIAL,
    Caller,
    Json,
    customer,
    nce,
    small_world,
)
from tests.sandbox.conftest import Play

OWN = {
    "productId": "CFQ7TTC0LH18",
    "skuId": "0001",
    "availabilityId": "CFQ7TTC0K971",
    "billingCycle": "monthly",
    "termDuration": "P1Y",
}
EIGHT = {"product": OWN, "quantity": 8}
RENEW = [{"scheduleType": "TermEnd", "actionType": "RenewToNewTerm", "instructions": EIGHT}]
CANCEL = [{"scheduleType": "TermEnd", "actionType": "Cancel"}]
EXTEND = [{"scheduleType": "TermEnd", "actionType": "RenewToExtendedServiceTerm"}]


@pytest.mark.parametrize(
    "schedule", [{"scheduledNextTermInstructions": EIGHT}, {"scheduledActions": RENEW}], ids=["first", "second"]
)
def test_a_schedule_is_kept_changed_and_withdrawn(caller: Caller, schedule: Json) -> None:
    (name, value), *_ = schedule.items()
    assert caller.patch(**schedule).json[name] == value
    assert caller.subscription()[name] == value
    assert caller.subscription()["quantity"] == 15
    assert caller.journal(method="PATCH")[-1]["after"] == {
        "quantity": 15,
        "status": "active",
        "autoRenewEnabled": True,
        "scheduledActions": None,
        "scheduledNextTermInstructions": None,
        name: value,
    }
    assert not caller.patch().json.get("acted")
    withdrawn: Json = {name: None}
    assert name not in caller.patch(**withdrawn).json


@pytest.mark.parametrize(
    "schedule", [{"scheduledNextTermInstructions": EIGHT}, {"scheduledActions": RENEW}], ids=["first", "second"]
)
@pytest.mark.parametrize(
    "change", [{"quantity": 16}, {"quantity": 14}, {"status": "suspended"}, {"autoRenewEnabled": False}], ids=str
)
def test_what_makes_the_service_drop_a_schedule(caller: Caller, schedule: Json, change: Json) -> None:
    (name, _), *_ = schedule.items()
    caller.patch(**schedule)
    after = caller.patch(**(change | ({name: None} if "autoRenewEnabled" in change else {})))
    assert after.status == 200
    assert name not in after.json


def test_a_schedule_sent_with_a_new_quantity_is_dropped_and_noted(caller: Caller) -> None:
    after = caller.patch(quantity=16, scheduledNextTermInstructions=EIGHT)
    assert "scheduledNextTermInstructions" not in after.json
    assert caller.journal(method="PATCH")[0]["doubts"] == ["a schedule sent together with a new quantity is dropped"]
    caller.switch(schedule_in_quantity_patch="keep")
    assert caller.patch(quantity=17, scheduledNextTermInstructions=EIGHT).json["scheduledNextTermInstructions"] == EIGHT


def test_a_schedule_needs_auto_renew(caller: Caller) -> None:
    assert caller.patch(autoRenewEnabled=False, scheduledNextTermInstructions=EIGHT).refusal == (400, 800002)
    assert caller.patch(autoRenewEnabled=False, scheduledActions=RENEW).refusal == (400, 800002)
    caller.switch(schedule_without_auto_renew="drop")
    after = caller.patch(autoRenewEnabled=False, scheduledNextTermInstructions=EIGHT).json
    assert "scheduledNextTermInstructions" not in after
    assert after["autoRenewEnabled"] is False


@pytest.mark.parametrize("actions", [CANCEL, EXTEND])
def test_the_two_other_ways_out_of_a_term_go_with_auto_renew_off(caller: Caller, actions: list[Json]) -> None:
    after = caller.patch(autoRenewEnabled=False, scheduledActions=actions).json
    assert (after["autoRenewEnabled"], after["scheduledActions"]) == (False, actions)
    back = caller.patch(autoRenewEnabled=True, scheduledActions=None).json
    assert back["autoRenewEnabled"] is True
    assert "scheduledActions" not in back


def test_both_names_of_the_type_are_taken_and_the_switch_says_which_is_given(caller: Caller) -> None:
    other = [{"scheduledType": "termend", "actionType": "cancel"}]
    assert caller.patch(autoRenewEnabled=False, scheduledActions=other).json["scheduledActions"] == CANCEL
    caller.switch(schedule_type_key="scheduledType")
    after = caller.patch(scheduledActions=EXTEND).json["scheduledActions"]
    assert after == [{"scheduledType": "TermEnd", "actionType": "RenewToExtendedServiceTerm"}]


def test_of_both_generations_only_the_second_counts(caller: Caller) -> None:
    after = caller.patch(scheduledActions=RENEW, scheduledNextTermInstructions=EIGHT | {"quantity": 9}).json
    assert after["scheduledActions"] == RENEW
    assert "scheduledNextTermInstructions" not in after


@pytest.mark.parametrize(
    ("instructions", "refusal"),
    [
        (EIGHT | {"quantity": 0}, (400, 2002)),
        (EIGHT | {"quantity": 301}, (400, 2002)),
        (EIGHT | {"product": OWN | {"productId": "CFQ7TTC0ZZZZ"}}, (404, 400013)),
        (EIGHT | {"product": OWN | {"skuId": "0009"}}, (404, 400018)),
        (EIGHT | {"product": OWN | {"availabilityId": "CFQ7TTC0ZZZZ"}}, (404, 400019)),
        (EIGHT | {"customTermEndDate": "2026-10-15"}, (400, 900246)),
        (EIGHT | {"customTermEndDate": "2028-10-31"}, (400, 900245)),
        (EIGHT | {"customTermEndDate": "sometime"}, (400, 800002)),
        (EIGHT | {"customTermEndDate": "2026-10-31"}, None),
        (EIGHT | {"customTermEndDate": "2026-11-14"}, None),
    ],
)
def test_instructions_are_checked(play: Play, instructions: Json, refusal: tuple[int, int] | None) -> None:
    other = nce(MONTHLY, commitmentEndDate="2026-11-14T00:00:00Z", commitmentEndDateTime="2026-11-14T23:59:59Z")
    caller = play(nce(), other)
    reply = caller.patch(scheduledNextTermInstructions=instructions)
    assert (reply.refusal if reply.status != 200 else None) == refusal


@pytest.mark.parametrize(
    ("term", "end", "refusal"),
    [
        ("P1Y", "2026-09-14", (400, 900246)),
        ("P3Y", "2026-09-14", (400, 900246)),
        ("P1M", "2026-09-14", None),
        ("p1m", "2026-09-28", (400, 900245)),
        ("p1m", "2026-11-14", (400, 900245)),
        ("p3y", "2028-10-31", None),
    ],
)
def test_a_yearly_term_does_not_follow_a_monthly_one_and_each_has_its_own_length(
    play: Play, term: str, end: str, refusal: tuple[int, int] | None
) -> None:
    monthly = nce(MONTHLY, termDuration="P1M", commitmentEndDate="2026-09-14T00:00:00Z")
    caller = play(nce(), monthly)
    wish = {"product": {"termDuration": term, "billingCycle": "monthly"}, "quantity": 8, "customTermEndDate": end}
    reply = caller.patch(scheduledNextTermInstructions=wish)
    assert (reply.refusal if reply.status != 200 else None) == refusal
    dates = caller.api("GET", f"/customers/{FABRIKAM}/subscriptions/customTermEndDates?term_duration={term}").json
    followed = [one for one in dates["items"] if MONTHLY in one.get("cotermSubscriptionIds", [])]
    assert followed == []  # its end is beyond a monthly term from today, and not for the longer ones


def test_only_the_first_term_is_cut_to_a_date(caller: Caller) -> None:
    wish = EIGHT | {"customTermEndDate": "2026-10-31T00:00:00Z"}
    assert caller.patch(scheduledNextTermInstructions=wish).status == 200
    caller.move(set="2026-09-01T02:00:00Z")
    first = caller.subscription()
    assert (first["commitmentEndDate"], first["customTermEndDate"]) == (
        "2026-10-31T00:00:00Z",
        wish["customTermEndDate"],
    )
    caller.move(set="2026-11-01T02:00:00Z")
    second = caller.subscription()
    assert (second["commitmentEndDate"], "customTermEndDate" in second) == ("2027-10-31T00:00:00Z", False)


@pytest.mark.parametrize(
    "actions",
    [
        [{"scheduleType": "Someday", "actionType": "Cancel"}],
        [{"scheduleType": "TermEnd", "actionType": "Explode"}],
        [{"scheduleType": "CustomDate", "actionType": "Cancel"}],
        [{"scheduleType": "CustomDate", "actionType": "Cancel", "effectiveDate": "2026-01-01T00:00:00Z"}],
        [{"scheduleType": "CustomDate", "actionType": "Cancel", "effectiveDate": "2027-01-01T00:00:00Z"}],
        "Cancel",
    ],
)
def test_actions_are_checked(caller: Caller, actions: Any) -> None:
    assert caller.patch(autoRenewEnabled=False, scheduledActions=actions).refusal == (400, 800002)


def test_schedules_are_for_new_commerce_only(caller: Caller) -> None:
    assert caller.patch(LEGACY, scheduledNextTermInstructions=EIGHT).refusal == (403, 900263)
    later = EIGHT | {"product": {}, "quantity": 2, "customTermEndDate": "2026-10-31"}
    assert caller.patch(SOFTWARE, scheduledNextTermInstructions=later).refusal == (400, 900244)


def test_a_trial_always_keeps_instructions(caller: Caller) -> None:
    before = caller.subscription(TRIAL)["scheduledNextTermInstructions"]
    assert caller.patch(TRIAL, scheduledNextTermInstructions=None).json["scheduledNextTermInstructions"] == before
    fewer = before | {"quantity": 10}
    assert caller.patch(TRIAL, scheduledNextTermInstructions=fewer).json["scheduledNextTermInstructions"] == fewer
    with_actions = caller.patch(TRIAL, autoRenewEnabled=False, scheduledActions=CANCEL).json
    assert (with_actions["scheduledNextTermInstructions"], with_actions["scheduledActions"]) == (fewer, CANCEL)


def test_a_trial_that_was_not_to_become_anything_can_be_told_to_again(play: Play) -> None:
    catalogue = small_world()["catalogue"]
    for availability in catalogue["availabilities"]:
        availability["isRenewable"] = False  # as the availabilities of trials are
    caller = play(catalogue=catalogue)
    before = caller.subscription(TRIAL)["scheduledNextTermInstructions"]
    off = caller.patch(TRIAL, autoRenewEnabled=False).json
    assert (off["autoRenewEnabled"], off["scheduledNextTermInstructions"]) == (False, before)
    on = caller.patch(TRIAL, autoRenewEnabled=True)
    assert (on.status, on.json["scheduledNextTermInstructions"]) == (200, before)
    caller.move(set="2026-06-20T02:00:00Z")
    after = caller.subscription(TRIAL)
    assert (after["isTrial"], after["termDuration"], after["quantity"]) == (False, "P1Y", 25)


def test_the_billing_frequency_changes_mid_term_for_three_years_only(play: Play) -> None:
    annual = {"product": {"billingCycle": "annual"}}
    caller = play(
        nce(), nce(MONTHLY, termDuration="P3Y", billingCycleEndDate="2026-06-30T00:00:00Z", scheduledActions=None)
    )
    assert caller.patch(nextChargeInstructions=annual).refusal == (400, 800097)
    assert caller.patch(MONTHLY, nextChargeInstructions=annual).json["nextChargeInstructions"] == annual
    caller.move(set="2026-07-01T00:00:00Z")
    after = caller.subscription(MONTHLY)
    assert (after["billingCycle"], after["billingCycleEndDate"]) == ("annual", "2026-08-31T00:00:00Z")
    assert "nextChargeInstructions" not in after


def test_a_new_billing_frequency_starts_with_the_next_term_where_that_is_the_next_charge(play: Play) -> None:
    caller = play(nce(MONTHLY, termDuration="P3Y", billingCycle="annual", billingCycleEndDate="2026-08-31T00:00:00Z"))
    shorter = {"product": {"billingCycle": "monthly", "termDuration": "P1Y"}}
    assert caller.patch(MONTHLY, nextChargeInstructions=shorter).refusal == (400, 800097)
    monthly = {"product": {"billingCycle": "Monthly", "termDuration": "P3Y"}}
    assert caller.patch(MONTHLY, nextChargeInstructions=monthly).status == 200
    caller.move(set="2026-09-01T02:00:00Z")
    after = caller.subscription(MONTHLY)
    assert "nextChargeInstructions" not in after
    assert (after["billingCycle"], after["billingCycleEndDate"]) == ("monthly", "2026-09-30T00:00:00Z")
    assert (after["termDuration"], after["commitmentEndDate"]) == ("P3Y", "2029-08-31T00:00:00Z")


def test_an_upgrade_at_renewal_takes_the_other_products_limits_and_name(play: Play) -> None:
    german = customer(FABRIKAM, "Fabrikam", billingProfile={"defaultAddress": {"country": "DE"}})
    caller = play(customers=[german])
    product, sku, availability = PREMIUM_OFFER.split(":")
    upgrade = {"product": OWN | {"productId": product, "skuId": sku, "availabilityId": availability}, "quantity": 12}
    assert caller.patch(scheduledNextTermInstructions=upgrade).status == 200
    caller.move(set="2026-09-01T02:00:00Z")
    after = caller.subscription()
    assert (after["offerId"], after["quantity"], after["offerName"]) == (PREMIUM_OFFER, 12, "Business Premium")
    assert after["links"]["sku"]["uri"] == f"/products/{product}/skus/{sku}?country=DE"
    counted = caller.api("GET", f"/customers/{FABRIKAM}/subscribedskus").json["items"]
    [premium] = [row for row in counted if row["productSku"]["name"] == "Business Premium"]
    assert (premium["activeUnits"], premium["totalUnits"], premium["availableUnits"]) == (12, 12, 12)


@pytest.mark.parametrize(
    ("plan", "refusal"),
    [
        ({"termDuration": "P1M", "billingCycle": "monthly"}, None),
        ({"termDuration": "p1y", "billingCycle": "Annual"}, None),
        ({"termDuration": "P3Y", "billingCycle": "triennial"}, None),
        ({"termDuration": "P1M", "billingCycle": "annual"}, (400, 800097)),
        ({"termDuration": "P1Y", "billingCycle": "triennial"}, (400, 800097)),
        ({"termDuration": "P9Y", "billingCycle": "monthly"}, (400, 800002)),
        ({"termDuration": "P1Y", "billingCycle": "weekly"}, (400, 800097)),
        ({"termDuration": 12}, (400, 800002)),
    ],
)
def test_a_next_term_has_a_length_and_a_plan_that_exist(
    play: Play, plan: Json, refusal: tuple[int, int] | None
) -> None:
    caller = play(nce(autoRenewEnabled=True))
    instructions = {"product": OWN | plan, "quantity": 8}
    action = {"scheduleType": "TermEnd", "actionType": "RenewToNewTerm", "instructions": instructions}
    for schedule in ({"scheduledNextTermInstructions": instructions}, {"scheduledActions": [action]}):
        reply = caller.patch(**schedule)
        assert (None if reply.status == 200 else reply.refusal) == refusal
    caller.move(set="2026-09-10T00:00:00Z")
    expected = "P1Y" if refusal else str(plan["termDuration"]).upper()
    assert caller.subscription()["termDuration"] == expected
