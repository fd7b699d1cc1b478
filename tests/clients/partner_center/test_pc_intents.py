"""PATCH bodies: per intent exactly the named fields change, everything else goes back as it was read."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tenantry.clients.http import JsonObject, JsonValue
from tenantry.clients.partner_center import Generation, Intent, NextTerm, Patch, Subscription, intents, next_term_as_now

NEXT: JsonObject = {"product": {"productId": "P"}, "quantity": 3}
CUSTOM: JsonObject = {"scheduleType": "CustomDate", "actionType": "Transition", "effectiveDate": "2027-01-01T00:00:00Z"}
RENEW: JsonObject = {"scheduleType": "TermEnd", "actionType": "RenewToNewTerm", "instructions": {"quantity": 3}}
END: JsonObject = {"scheduleType": "TermEnd", "actionType": "Cancel"}

RAW: JsonObject = {
    "id": "s-1",
    "offerId": "CFQ7TTC0LH18:0001:CFQ7TTC0K971",
    "friendlyName": "Basics",
    "status": "active",
    "quantity": 15,
    "autoRenewEnabled": True,
    "billingCycle": "monthly",
    "termDuration": "P1Y",
    "creationDate": "2021-01-14T16:57:15.0966728Z",
    "nextChargeInstructions": {"product": {"productId": "P", "skuId": "0001"}, "quantity": 15},
    "brandNew": {"kept": [1, None, "x"]},
    "attributes": {"objectType": "Subscription"},
}


def read(**more: JsonValue) -> Subscription:
    return Subscription.parse({**RAW, **more})


def differences(patch: Patch, subscription: Subscription) -> dict[str, JsonValue]:
    """Return what the body says differently; None for a field that is left out."""
    before, after = subscription.as_read(), patch.body
    return {name: after.get(name) for name in {*before, *after} if before.get(name) != after.get(name)}


SEATS = read()
WITH_CHANGE = read(scheduledActions=[CUSTOM, RENEW], scheduledNextTermInstructions=NEXT)
ENDING = read(autoRenewEnabled=False, scheduledActions=[END])
ACTION_8: JsonObject = {
    "scheduleType": "TermEnd",
    "actionType": "RenewToNewTerm",
    "instructions": {
        "product": {
            "productId": "CFQ7TTC0LH18",
            "skuId": "0001",
            "availabilityId": "CFQ7TTC0K971",
            "billingCycle": "monthly",
            "termDuration": "P1Y",
        },
        "quantity": 8,
    },
}


def eight(subscription: Subscription, generation: Generation = Generation.ACTIONS) -> Patch:
    return intents.schedule_change(subscription, next_term_as_now(subscription, 8), generation)


@pytest.mark.parametrize(
    ("subscription", "patch", "intent", "expected"),
    [
        (SEATS, intents.set_quantity(SEATS, 18), Intent.ADD_SEATS, {"quantity": 18}),
        (SEATS, intents.set_quantity(SEATS, 1), Intent.RETURN_SEATS, {"quantity": 1}),
        (WITH_CHANGE, intents.set_quantity(WITH_CHANGE, 18), Intent.ADD_SEATS, {"quantity": 18}),
        (WITH_CHANGE, intents.cancel(WITH_CHANGE), Intent.CANCEL, {"status": "deleted"}),
        (SEATS, intents.suspend(SEATS), Intent.SUSPEND, {"status": "suspended"}),
        (
            (suspended := read(status="suspended", autoRenewEnabled=False)),
            intents.reactivate(suspended),
            Intent.REACTIVATE,
            {"status": "active"},
        ),
        (SEATS, intents.rename(SEATS, "Office"), Intent.RENAME, {"friendlyName": "Office"}),
        (
            ENDING,
            intents.auto_renew_on(ENDING),
            Intent.AUTO_RENEW_ON,
            {"autoRenewEnabled": True, "scheduledActions": None},
        ),
        (WITH_CHANGE, intents.auto_renew_on(WITH_CHANGE), Intent.AUTO_RENEW_ON, {}),
        (SEATS, intents.auto_renew_off(SEATS), Intent.AUTO_RENEW_OFF, {"autoRenewEnabled": False}),
        (
            WITH_CHANGE,
            intents.auto_renew_off(WITH_CHANGE),
            Intent.AUTO_RENEW_OFF,
            {"autoRenewEnabled": False, "scheduledActions": None, "scheduledNextTermInstructions": None},
        ),
        (SEATS, eight(SEATS), Intent.SCHEDULE_CHANGE, {"scheduledActions": [ACTION_8]}),
        (
            WITH_CHANGE,
            eight(WITH_CHANGE),
            Intent.SCHEDULE_CHANGE,
            {"scheduledActions": [CUSTOM, ACTION_8], "scheduledNextTermInstructions": None},
        ),
        (
            ENDING,
            eight(ENDING),
            Intent.SCHEDULE_CHANGE,
            {"autoRenewEnabled": True, "scheduledActions": [ACTION_8]},
        ),
        (
            WITH_CHANGE,
            eight(WITH_CHANGE, Generation.INSTRUCTIONS),
            Intent.SCHEDULE_CHANGE,
            {"scheduledActions": None, "scheduledNextTermInstructions": ACTION_8["instructions"]},
        ),
        (
            WITH_CHANGE,
            intents.withdraw_schedule(WITH_CHANGE),
            Intent.WITHDRAW_SCHEDULE,
            {"scheduledActions": [CUSTOM], "scheduledNextTermInstructions": None},
        ),
        (ENDING, intents.withdraw_schedule(ENDING), Intent.WITHDRAW_SCHEDULE, {}),
        (
            WITH_CHANGE,
            intents.end_at_term(WITH_CHANGE),
            Intent.END_AT_TERM,
            {
                "autoRenewEnabled": False,
                "scheduledActions": [CUSTOM, END],
                "scheduledNextTermInstructions": None,
            },
        ),
        (
            SEATS,
            intents.extend_at_term(SEATS),
            Intent.EXTEND_AT_TERM,
            {
                "autoRenewEnabled": False,
                "scheduledActions": [{"scheduleType": "TermEnd", "actionType": "RenewToExtendedServiceTerm"}],
            },
        ),
    ],
)
def test_a_body_changes_what_its_intent_names_and_nothing_else(
    subscription: Subscription, patch: Patch, intent: Intent, expected: JsonObject
) -> None:
    assert patch.intent is intent
    assert differences(patch, subscription) == expected
    assert subscription.as_read()["brandNew"] == patch.body["brandNew"] == {"kept": [1, None, "x"]}
    assert patch.body["creationDate"] == "2021-01-14T16:57:15.0966728Z"
    assert patch.body["nextChargeInstructions"] == RAW["nextChargeInstructions"]


def test_the_other_name_of_an_actions_date_is_read_and_not_sent() -> None:
    action: JsonObject = {"scheduledType": "TermEnd", "actionType": "Cancel", "new": 1}
    patch = intents.set_quantity(read(scheduledActions=[action]), 16)
    assert patch.body["scheduledActions"] == [{"scheduleType": "TermEnd", "actionType": "Cancel", "new": 1}]


def test_a_next_term_may_name_another_product_promotion_and_end() -> None:
    term = NextTerm(
        quantity=5,
        product_id=next_term_as_now(SEATS, 5).product_id,
        sku_id=next_term_as_now(SEATS, 5).sku_id,
        availability_id=next_term_as_now(SEATS, 5).availability_id,
        billing_cycle="annual",
        term_duration="P3Y",
        promotion_id="promo",
        custom_term_end_date=datetime(2027, 12, 31, 23, 59, 59, tzinfo=UTC),
    )
    body = intents.schedule_change(SEATS, term, Generation.INSTRUCTIONS).body
    assert body["scheduledNextTermInstructions"] == {
        "product": {
            "productId": "CFQ7TTC0LH18",
            "skuId": "0001",
            "availabilityId": "CFQ7TTC0K971",
            "billingCycle": "annual",
            "termDuration": "P3Y",
            "promotionId": "promo",
        },
        "quantity": 5,
        "customTermEndDate": "2027-12-31T23:59:59Z",
    }


def test_an_etag_goes_along() -> None:
    assert intents.suspend(read(attributes={"etag": "e-1"})).etag == "e-1"
    assert intents.suspend(SEATS).etag == ""


@pytest.mark.parametrize("quantity", [0, -1, 15])
def test_no_quantity_and_the_present_one_are_no_change(quantity: int) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        intents.set_quantity(SEATS, quantity)


def test_a_legacy_offer_has_no_next_term() -> None:
    with pytest.raises(ValueError, match="has no product"):
        next_term_as_now(read(offerId="031C9E47-4802-4248-838E-778FB1D2CC05"), 3)


def test_the_table_for_readers_is_the_table_in_the_code() -> None:
    page = (Path(__file__).parents[3] / "docs/reference/patch-bodies.md").read_text(encoding="utf-8")
    rows = [f"| {intent} | {fields.changes} | {fields.effect} |" for intent, fields in intents.INTENTS.items()]
    assert list(intents.INTENTS) == list(Intent)
    table = [line for line in page.splitlines() if line.startswith("| ")]
    assert table == ["| Intent | Changes in the body | What Microsoft does with it |", *rows]
