"""Renewals, ends of terms, the extended term and what follows, each at its exact moment."""

import pytest

from tests.sandbox.commerce import AZURE, BASIC, LEGACY, TRIAL, Caller, Json, nce
from tests.sandbox.conftest import Play
from tests.sandbox.test_partner_center_schedule import CANCEL, EIGHT, EXTEND, RENEW


def test_a_renewal_is_queued_at_the_end_of_the_last_day_and_completes_an_hour_later(caller: Caller) -> None:
    before = caller.subscription()
    caller.move(set="2026-08-31T23:59:59.999999Z")
    assert caller.subscription()["commitmentEndDate"] == before["commitmentEndDate"]
    assert caller.patch(quantity=16).status == 200
    caller.move(set="2026-09-01T00:00:00Z")
    assert caller.subscription()["commitmentEndDate"] == "2026-08-31T00:00:00Z"
    assert caller.patch(quantity=17).refusal == (409, 800082)
    caller.move(set="2026-09-01T00:59:59.999999Z")
    assert caller.patch(quantity=17).refusal == (409, 800082)
    caller.move(set="2026-09-01T01:00:00Z")
    after = caller.subscription()
    assert after["effectiveStartDate"] == "2026-09-01T00:00:00Z"
    assert after["commitmentEndDate"] == "2027-08-31T00:00:00Z"
    assert after["commitmentEndDateTime"] == "2027-08-31T23:59:59Z"
    assert after["cancellationAllowedUntilDate"] == "2026-09-08T01:00:00Z"
    assert after["refundOptions"] == [{"type": "Full", "expiresAt": "2026-09-02T01:00:00Z"}]
    assert after["refundableQuantity"] == {
        "totalQuantity": 16,
        "details": [{"quantity": 16, "allowedUntilDateTime": "2026-09-08T01:00:00Z"}],
    }
    assert caller.patch(quantity=3).json["quantity"] == 3


@pytest.mark.parametrize("generation", [{"scheduledNextTermInstructions": EIGHT}, {"scheduledActions": RENEW}])
def test_a_schedule_takes_effect_with_the_renewal_and_is_gone_then(caller: Caller, generation: Json) -> None:
    caller.patch(**generation)
    caller.move(set="2026-09-01T01:00:00Z")
    after = caller.subscription()
    assert (after["quantity"], after["refundableQuantity"]["totalQuantity"]) == (8, 8)
    assert not {"scheduledNextTermInstructions", "scheduledActions"} & set(after)
    records = caller.api("GET", "/auditrecords?size=10&startDate=2026-08-30").json["items"]
    mine = [one for one in records if {"key": "SubscriptionId", "value": BASIC} in one["customizedData"]]
    assert [one["operationDate"] for one in mine] == ["2026-09-01T01:00:00Z", "2026-09-01T00:00:00Z"]


def test_the_clock_goes_over_many_terms_in_one_step(play: Play) -> None:
    monthly = nce(
        termDuration="P1M",
        effectiveStartDate="2026-05-31T00:00:00Z",
        commitmentEndDate="2026-06-29T00:00:00Z",
        commitmentEndDateTime="2026-06-29T23:59:59Z",
    )
    caller = play(monthly)
    moved = caller.move(advance="P365D")
    starts = [one["at"] for one in moved["happened"] if one["what"] == "the term ends"]
    assert starts[:4] == [
        "2026-06-30T00:00:00Z",
        "2026-07-30T00:00:00Z",
        "2026-08-30T00:00:00Z",
        "2026-09-30T00:00:00Z",
    ]
    assert len(starts) == 12
    assert [one["at"] for one in moved["happened"]] == sorted(one["at"] for one in moved["happened"])


def test_cancel_at_term_end_expires_then_disables_then_deletes(caller: Caller) -> None:
    caller.patch(autoRenewEnabled=False, scheduledActions=CANCEL)
    seen = []
    for moment in (
        "08-31T23:59:59",
        "09-01T00:00:00",
        "09-30T23:59:59",
        "10-01T00:00:00",
        "12-29T23:59:59",
        "12-30T00:00:00",
    ):
        caller.move(set=f"2026-{moment}Z")
        seen.append(caller.subscription()["status"])
    assert seen == ["active", "expired", "expired", "disabled", "disabled", "deleted"]
    assert "scheduledActions" not in caller.subscription()


def test_auto_renew_off_without_a_choice_rolls_into_the_extended_term(caller: Caller) -> None:
    caller.patch(autoRenewEnabled=False)
    caller.move(set="2026-09-01T00:00:00Z")
    extended = caller.subscription()
    assert (extended["status"], extended["commitmentEndDate"]) == ("active", "2026-09-30T00:00:00Z")
    assert (extended["billingCycle"], extended["autoRenewEnabled"]) == ("monthly", False)
    assert extended["scheduledActions"] == EXTEND
    caller.move(set="2026-12-31T12:00:00Z")
    assert caller.subscription()["commitmentEndDate"] == "2026-12-31T00:00:00Z"
    assert caller.patch(quantity=16).refusal == (400, 900280)
    assert caller.patch(status="suspended").refusal == (400, 900280)


@pytest.mark.parametrize(
    ("switches", "start"),
    [
        ({"end_without_choice": "expired"}, "2025-09-01T00:00:00Z"),
        ({"extended_since": "2026-10-01"}, "2025-09-01T00:00:00Z"),
        ({}, "2025-03-31T00:00:00Z"),
    ],
)
def test_older_rules_let_it_expire(play: Play, switches: dict[str, object], start: str) -> None:
    caller = play(nce(autoRenewEnabled=False, effectiveStartDate=start), switches=switches)
    caller.move(set="2026-09-01T00:00:00Z")
    assert caller.subscription()["status"] == "expired"


def test_out_of_the_extended_term_one_can_renew_at_the_months_end(play: Play) -> None:
    caller = play(nce(billingCycle="annual", autoRenewEnabled=False, scheduledActions=EXTEND))
    caller.move(set="2026-09-10T00:00:00Z")
    assert caller.patch(autoRenewEnabled=True, scheduledActions=None).json["autoRenewEnabled"] is True
    caller.move(set="2026-10-01T01:00:00Z")
    after = caller.subscription()
    assert (after["effectiveStartDate"], after["commitmentEndDate"]) == ("2026-10-01T00:00:00Z", "2027-09-30T00:00:00Z")
    assert (after["billingCycle"], after["termDuration"]) == ("annual", "P1Y")
    assert "scheduledActions" not in after


def test_a_renewal_out_of_the_extended_term_takes_what_was_scheduled_for_it(play: Play) -> None:
    caller = play(nce(autoRenewEnabled=False, scheduledActions=EXTEND))
    caller.move(set="2026-09-10T00:00:00Z")
    renewal = {"scheduleType": "TermEnd", "actionType": "RenewToNewTerm", "instructions": {"quantity": 8}}
    answer = caller.patch(autoRenewEnabled=True, scheduledActions=[*EXTEND, renewal]).json
    assert answer["scheduledActions"] == [renewal]
    caller.move(set="2026-10-01T01:00:00Z")
    assert (caller.subscription()["quantity"], caller.subscription()["commitmentEndDate"]) == (
        8,
        "2027-09-30T00:00:00Z",
    )


def test_out_of_the_extended_term_one_can_renew_at_once_by_switch(play: Play) -> None:
    caller = play(nce(autoRenewEnabled=False, scheduledActions=EXTEND), switches={"extended_renew": "now"})
    caller.move(set="2026-09-10T00:00:00Z")
    caller.patch(autoRenewEnabled=True, scheduledActions=None)
    caller.move(advance="PT1H")
    after = caller.subscription()
    assert (after["effectiveStartDate"], after["commitmentEndDate"]) == ("2026-09-10T00:00:00Z", "2027-09-09T00:00:00Z")


def test_out_of_the_extended_term_one_can_cancel_at_any_time_or_at_the_months_end(play: Play) -> None:
    caller = play(nce(autoRenewEnabled=False, scheduledActions=EXTEND))
    caller.move(set="2026-09-10T00:00:00Z")
    assert caller.patch(scheduledActions=CANCEL).json["scheduledActions"] == CANCEL
    caller.move(set="2026-10-01T00:00:00Z")
    assert caller.subscription()["status"] == "expired"
    caller = play(nce(autoRenewEnabled=False, scheduledActions=EXTEND))
    caller.move(set="2026-09-20T00:00:00Z")
    assert caller.patch(status="deleted").json["status"] == "deleted"


def test_a_suspended_subscription_is_disabled_at_the_end_and_deleted_120_days_later(caller: Caller) -> None:
    caller.patch(status="suspended")
    caller.move(set="2026-09-01T00:00:00Z")
    assert caller.subscription()["status"] == "disabled"
    caller.move(set="2026-12-29T23:59:59Z")
    assert caller.subscription()["status"] == "disabled"
    caller.move(set="2026-12-30T00:00:00Z")
    assert caller.subscription()["status"] == "deleted"


def test_a_trial_becomes_what_its_instructions_say(caller: Caller) -> None:
    caller.patch(
        TRIAL,
        scheduledNextTermInstructions=caller.subscription(TRIAL)["scheduledNextTermInstructions"] | {"quantity": 10},
    )
    caller.move(set="2026-06-20T01:00:00Z")
    after = caller.subscription(TRIAL)
    assert (after["isTrial"], after["quantity"], after["termDuration"]) == (False, 10, "P1Y")
    assert after["commitmentEndDate"] == "2027-06-19T00:00:00Z"
    assert after["refundableQuantity"]["totalQuantity"] == 10
    assert "scheduledNextTermInstructions" not in after


def test_a_trial_without_instructions_gets_those_of_its_world(play: Play) -> None:
    product = {"productId": "CFQ7TTC0LH18", "skuId": "0001", "availabilityId": "CFQ7TTC0K971", "termDuration": "P1Y"}
    caller = play(nce(TRIAL, isTrial=True, quantity=25, _sandbox={"trial_converts_to": product}))
    assert caller.subscription(TRIAL)["scheduledNextTermInstructions"] == {"product": product, "quantity": 25}


def test_a_legacy_subscription_renews_without_a_window_and_is_deleted_after_ninety_days_of_suspension(
    caller: Caller,
) -> None:
    caller.patch(LEGACY, status="suspended")
    caller.move(set="2026-09-08T11:59:59Z")
    assert caller.subscription(LEGACY)["status"] == "suspended"
    caller.move(set="2026-09-08T12:00:00Z")
    assert caller.subscription(LEGACY)["status"] == "deleted"


def test_an_azure_plan_and_what_is_held_still_do_not_age(play: Play) -> None:
    caller = play()
    before = caller.subscription(AZURE)
    caller.move(set="2029-01-01T00:00:00Z")
    assert caller.subscription(AZURE) == before
    caller = play(nce(_sandbox={"still": True}))
    before = caller.subscription()
    caller.move(set="2029-01-01T00:00:00Z")
    assert caller.subscription() == before


def test_an_action_with_a_date_of_its_own_happens_then(caller: Caller) -> None:
    when = [{"scheduleType": "CustomDate", "actionType": "Cancel", "effectiveDate": "2026-07-01T00:00:00Z"}]
    caller.patch(autoRenewEnabled=False, scheduledActions=when)
    caller.move(set="2026-06-30T23:59:59Z")
    assert caller.subscription()["status"] == "active"
    caller.move(set="2026-07-01T00:00:00Z")
    assert caller.subscription()["status"] == "expired"


def test_a_pending_operation_ends_by_itself(play: Play) -> None:
    caller = play(nce(_sandbox={"pending": {"until": "2026-06-11T00:00:00Z", "why": "operation"}}))
    assert caller.patch(quantity=16).refusal == (409, 900278)
    caller.move(set="2026-06-11T00:00:00Z")
    assert caller.patch(quantity=16).status == 200


def test_charge_cycles_roll_on(play: Play) -> None:
    caller = play(nce(billingCycleEndDate="2026-06-30T00:00:00Z", billingCycleEndDateTime="2026-06-30T23:59:59Z"))
    caller.move(set="2026-07-01T00:00:00Z")
    after = caller.subscription()
    assert (after["billingCycleEndDate"], after["billingCycleEndDateTime"]) == (
        "2026-07-31T00:00:00Z",
        "2026-07-31T23:59:59Z",
    )


def test_a_suspended_subscription_is_billed_on(play: Play) -> None:
    caller = play(nce(billingCycleEndDate="2026-06-30T00:00:00Z"))
    caller.patch(status="suspended")
    happened = caller.move(set="2026-08-10T00:00:00Z")["happened"]
    cycles = [event["at"] for event in happened if event["what"] == "a charge cycle ends"]
    assert cycles == ["2026-07-01T00:00:00Z", "2026-08-01T00:00:00Z"]
    woken = caller.patch(status="active").json
    assert woken["billingCycleEndDate"] == "2026-08-31T00:00:00Z"
    assert caller.move(advance="PT1S")["happened"] == []  # nothing is made up for afterwards
